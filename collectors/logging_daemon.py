"""logging_daemon: what writes the machine's log, whether it outlives a restart, and where it is sent.

Configuration is read with all its included files; a forwarding rule counts only beside the daemon
that runs. journald's settings follow systemd's order (journald.conf(5)): the main file, then the
drop-ins of all directories by name.
"""

from __future__ import annotations

from functools import partial

from collectors import journald, processes, rsyslog
from collectors.base import (
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
from collectors.host.protocol import Host
from hustings.declared import Declared

_SYSLOG = ("rsyslogd", "syslog-ng", "syslogd")
_SHIPPERS = ("systemd-journal-upload", "filebeat", "journalbeat", "fluent-bit", "fluentd", "td-agent", "vector",
             "promtail", "alloy", "otelcol", "nxlog", "splunkd", "wazuh-agentd", "ossec-agentd", "elastic-agent",
             "osqueryd")


def collect(host: Host, declared: Declared) -> Collected:
    """The journal, the syslog daemon, what it forwards, and programs that ship logs."""
    return gather({
        ("logging.journal_running",):
            lambda: {"logging.journal_running": bool(processes.running(host, ["systemd-journald"]))},
        ("logging.journal_storage",): lambda: {"logging.journal_storage": journald.storage(host)},
        ("logging.syslog_daemon",): lambda: {"logging.syslog_daemon": _syslog(host)},
        ("logging.remote",): lambda: {"logging.remote": _remote(host)},
        ("logging.shippers",):
            lambda: {"logging.shippers": Listing(sorted(processes.running(host, _SHIPPERS)))},
    })


def _syslog(host: Host) -> str:
    return next(iter(sorted(processes.running(host, _SYSLOG))), "none")


def _remote(host: Host) -> Listing:
    """Where the daemon that runs sends the log."""
    daemon = _syslog(host)
    if daemon == "rsyslogd":
        text, complete = rsyslog.configuration(host)
        return Listing(rsyslog.parse_forwards(text), complete is None, complete)
    if daemon == "none":
        return Listing([])
    return Listing([], False, Missing(Reason.UNSUPPORTED, f"the configuration of {daemon} is not read"))


_fact = partial(Fact, disclosure=Disclosure.SHARED)

COLLECTOR = Collector(
    name="logging_daemon",
    platforms=frozenset({Platform.LINUX}),
    facts=(
        _fact("logging.journal_running", Type.BOOL, "Whether systemd-journald runs"),
        _fact("logging.journal_storage", Type.TEXT, "Where journald keeps the journal: persistent (outlives a "
                                                    "restart), volatile or none"),
        _fact("logging.syslog_daemon", Type.TEXT, "The syslog daemon that runs: rsyslogd, syslog-ng, syslogd or none"),
        _fact("logging.remote", Type.RECORDS, "Where the running syslog daemon forwards the log", fields=(
            Field("target", Type.TEXT, "The other machine"),
            Field("protocol", Type.TEXT, "udp, tcp or relp"),
            Field("tls", Type.BOOL, "Whether the way there is encrypted"),
        )),
        _fact("logging.shippers", Type.TEXTS, "Programs that run and are made to send logs elsewhere"),
    ),
    collect=collect,
    reads=(*processes.READS, *journald.READS, *rsyslog.READS),
)
