"""logging_daemon: what writes the machine's log, whether it outlives a restart, how long it is kept, and where
it is sent.

Configuration is read with all its included files; a forwarding rule counts only beside the daemon that runs,
or in an image beside the one that is switched on.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial

from collectors import _syslog_ng, journald, processes, rsyslog
from collectors._rsyslog_conf import READS as RSYSLOG_READS
from collectors._rsyslog_conf import Configuration, configuration
from collectors.base import (
    ABSENT,
    Collected,
    Collector,
    Disclosure,
    Fact,
    Field,
    Listing,
    Missing,
    Platform,
    Reason,
    Type,
    gather,
)
from collectors.host.protocol import FileKind, Host, NotThere, Unreadable, list_optional
from hustings.declared import Declared
from hustings.times import utc_text

_PROGRAMS = {"rsyslogd": ("/usr/sbin/rsyslogd", "rsyslog.service"),
             "syslog-ng": ("/usr/sbin/syslog-ng", "syslog-ng.service"),
             "syslogd": ("/usr/sbin/syslogd", "inetutils-syslogd.service")}
_UPLOAD = "systemd-journal-upload"
_SHIPPERS = ("filebeat", "journalbeat", "fluent-bit", "fluentd", "td-agent", "vector",
             "promtail", "alloy", "otelcol", "nxlog", "splunkd", "wazuh-agentd", "ossec-agentd", "elastic-agent",
             "osqueryd")
_WANTS = "/etc/systemd/system/multi-user.target.wants"


def collect(host: Host, declared: Declared) -> Collected:
    """The journal, the syslog daemon, what it forwards, and programs that ship logs."""
    return gather({
        ("logging.journal_running",):
            lambda: {"logging.journal_running": bool(processes.running(host, ["systemd-journald"]))},
        ("logging.journal_storage",): lambda: {"logging.journal_storage": journald.storage(host)},
        ("logging.journal_settings",): lambda: {"logging.journal_settings": Listing(journald.records(host))},
        ("logging.journal_retention",): lambda: {"logging.journal_retention": _retention(host)},
        ("logging.reaches_back_to",): lambda: {"logging.reaches_back_to": _oldest(host)},
        ("logging.syslog_daemon",): lambda: {"logging.syslog_daemon": _syslog(host)},
        ("logging.remote",): lambda: {"logging.remote": _remote(host)},
        ("logging.shippers",):
            lambda: {"logging.shippers": Listing(sorted(processes.running(host, _SHIPPERS)))},
        tuple(fact.id for fact in RSYSLOG): lambda: _rsyslog(host),
    })


def _syslog(host: Host) -> str:
    if host.kind != "image":
        return next(iter(sorted(processes.running(host, tuple(_PROGRAMS)))), "none")
    return next((name for name, (program, unit) in _PROGRAMS.items()
                 if _exists(host, program) and _exists(host, f"{_WANTS}/{unit}")), "none")


def _remote(host: Host) -> Listing:
    """Where the daemon that runs sends the log, and where the journal is uploaded to."""
    items: list[object] = []
    why: Missing | None = None
    daemon = _syslog(host)
    if daemon == "rsyslogd":
        found = configuration(host)
        items, why = rsyslog.forwards(found), found.missing or rsyslog.conditional(found)
    elif daemon == "syslog-ng":
        items, why = _syslog_ng.read(host)
    elif daemon != "none":
        why = Missing(Reason.UNSUPPORTED, f"the configuration of {daemon} is not read")
    uploading = _exists(host, f"{_WANTS}/{_UPLOAD}.service") if host.kind == "image" else bool(
        processes.running(host, [_UPLOAD]))
    if uploading and (sent := journald.upload(host)) is not None:
        items = [*items, sent]
    return Listing(items, why is None, why)


def _retention(host: Host) -> object:
    text = journald.last(host, journald.JOURNALD, "[Journal]", "MaxRetentionSec")
    try:
        limit = journald.seconds(text) if text else 0
    except ValueError as error:
        raise Unreadable(f"journald.conf: MaxRetentionSec: {error}") from error
    return limit or ABSENT


def _oldest(host: Host) -> object:
    """The last change of the oldest log file: what it holds is that old at least."""
    times: list[datetime] = []
    for directory in ("/var/log", *(f"/var/log/journal/{name}" for name in list_optional(host, "/var/log/journal"))):
        for name in list_optional(host, directory):
            journal = name.endswith((".journal", ".journal~"))
            if journal or (directory == "/var/log" and name.startswith(("syslog", "messages", "auth.log", "secure"))):
                stat = host.stat(f"{directory}/{name}")
                if stat.kind is FileKind.FILE and stat.size:
                    times.append(stat.mtime)
    return utc_text(min(times)) if times else ABSENT


def _rsyslog(host: Host) -> Collected:
    if not _exists(host, _PROGRAMS["rsyslogd"][0]):
        return {"rsyslog.installed": False} | {fact.id: ABSENT for fact in RSYSLOG[1:]}
    return {"rsyslog.installed": True} | rsyslog_facts(configuration(host))


def rsyslog_facts(found: Configuration) -> Collected:
    """What the whole configuration says, whether or not the daemon runs."""
    def listed(items: list[object]) -> Listing:
        return Listing(items, found.missing is None, found.missing)

    unclear = found.missing or rsyslog.conditional(found)
    return {
        "rsyslog.settings": listed(list(rsyslog.setting_records(found))),
        "rsyslog.inputs": listed(list(rsyslog.inputs(found))),
        "rsyslog.forwards": Listing(rsyslog.forwards(found), unclear is None, unclear),
        "rsyslog.file_modes": listed([{"mode": mode} for mode in rsyslog.file_modes(found)]),
        "rsyslog.selectors": listed(list(rsyslog.selectors(found))),
        "rsyslog.facilities_logged": listed(list(rsyslog.facilities_logged(found))),
    }


def _exists(host: Host, path: str) -> bool:
    try:
        host.stat(path)
    except NotThere:
        return False
    return True


_fact = partial(Fact, disclosure=Disclosure.SHARED)
_FORWARD = (
    Field("target", Type.TEXT, "The other machine"),
    Field("protocol", Type.TEXT, "udp, tcp, relp, http or https"),
    Field("tls", Type.BOOL, "Whether the way there is encrypted"),
    Field("peer_check", Type.TEXT, "What of the other side is checked under encryption: none, certificate, or "
          "certificate and purpose (that it is one for servers)"),
    Field("everything", Type.BOOL, "Whether no message is left out"),
)
_SETTING = (
    Field("name", Type.TEXT, "The setting, in lower case; those of the journal's upload begin with upload."),
    Field("value", Type.TEXT, "Its last word; empty where it is not stated"),
    Field("origin", Type.TEXT, "stated or built-in"),
    Field("contradictions", Type.INT, "How many other statements say otherwise"),
)
RSYSLOG = (
    _fact("rsyslog.installed", Type.BOOL, "Whether rsyslog is installed"),
    _fact("rsyslog.settings", Type.RECORDS, "Settings of rsyslog by their names in its old language, from directives, "
          "global() and forwarding actions", fields=(
              *_SETTING,
              Field("file", Type.TEXT, "The file of the last word; empty where it is not stated"),
              Field("line", Type.INT, "Its line; 0 where it is not stated"),
          )),
    _fact("rsyslog.inputs", Type.RECORDS, "What rsyslog is told to take messages from the network by", fields=(
        Field("module", Type.TEXT, "imtcp, imudp, imrelp, imptcp, imgssapi or im3195"),
        Field("port", Type.TEXT, "The port it opens; empty where the module is only loaded"),
        Field("file", Type.TEXT, "The file it stands in"),
        Field("line", Type.INT, "Its line"),
    )),
    _fact("rsyslog.forwards", Type.RECORDS, "Where rsyslog is configured to forward, whether or not it runs",
          fields=_FORWARD),
    _fact("rsyslog.file_modes", Type.RECORDS, "The permissions that rsyslog makes log files with", fields=(
        Field("mode", Type.TEXT, "Four octal digits: each that is stated, and the built-in one where it holds"),)),
    _fact("rsyslog.selectors", Type.TEXTS, "The parts of all selectors as written, such as auth,authpriv.*"),
    _fact("rsyslog.facilities_logged", Type.TEXTS, "Facilities of which every message is written or sent somewhere"),
)

COLLECTOR = Collector(
    name="logging_daemon",
    platforms=frozenset({Platform.LINUX}),
    facts=(
        _fact("logging.journal_running", Type.BOOL, "Whether systemd-journald runs"),
        _fact("logging.journal_storage", Type.TEXT, "Where journald keeps the journal: persistent (outlives a "
                                                    "restart), volatile or none"),
        _fact("logging.journal_settings", Type.RECORDS, "Settings of journald and of its upload", fields=_SETTING),
        _fact("logging.journal_retention", Type.DURATION, "Age at which the journal is thrown away; absent: only size "
              "limits it", unit="s"),
        _fact("logging.reaches_back_to", Type.TIME, "A moment that the machine's log reaches back to at least: when "
              "its oldest file was last written; absent: there is no log file"),
        _fact("logging.syslog_daemon", Type.TEXT, "The syslog daemon that runs (in an image: is switched on): "
              "rsyslogd, syslog-ng, syslogd or none"),
        _fact("logging.remote", Type.RECORDS, "Where the running syslog daemon forwards the log and the journal is "
              "uploaded to", fields=_FORWARD),
        _fact("logging.shippers", Type.TEXTS, "Programs that run and are made to send logs elsewhere"),
        *RSYSLOG,
    ),
    collect=collect,
    reads=(*processes.READS, *journald.READS, *RSYSLOG_READS, *_syslog_ng.READS),
    stats=(*journald.STATS, *(program for program, _ in _PROGRAMS.values()), "/var/log", "/var/log/*",
           *(f"{_WANTS}/{unit}" for _, unit in _PROGRAMS.values()), f"{_WANTS}/{_UPLOAD}.service"),
)
