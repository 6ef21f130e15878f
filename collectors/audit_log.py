"""audit_log: how auditd keeps its log, and what it does when room runs out (auditd.conf(5)).

auditd reads ``name = value`` with spaces around the sign, names and words in any case, and the last of two
lines counts; a line of another form keeps it from starting. Where two lines contradict each other the value
is given as ``contradictory``.
"""

from __future__ import annotations

import posixpath
from functools import partial
from typing import Any

from collectors.base import (
    ABSENT,
    Collected,
    Collector,
    Disclosure,
    Fact,
    Listing,
    Missing,
    Platform,
    Reason,
    Type,
    gather,
)
from collectors.host.protocol import Host, LookError, list_optional, read_optional
from hustings.declared import Declared

_FILE = "/etc/audit/auditd.conf"
_PLUGINS = ("/etc/audit/plugins.d", "/etc/audisp/plugins.d")
_REMOTE = ("/etc/audit/audisp-remote.conf", "/etc/audisp/audisp-remote.conf")
_PROGRAMS = ("/usr/sbin/auditd", "/sbin/auditd")
CONTRADICTORY = "contradictory"
_WORDS = {
    "audit_log.written": "write_logs", "audit_log.local_events": "local_events", "audit_log.format": "log_format",
    "audit_log.flush": "flush", "audit_log.name_format": "name_format", "audit_log.group": "log_group",
    "audit_log.file_full_action": "max_log_file_action", "audit_log.space_left_action": "space_left_action",
    "audit_log.admin_space_left_action": "admin_space_left_action", "audit_log.disk_full_action": "disk_full_action",
    "audit_log.disk_error_action": "disk_error_action", "audit_log.overflow_action": "overflow_action",
    "audit_log.mail_account": "action_mail_acct",
}
_NUMBERS = {"audit_log.file_size": "max_log_file", "audit_log.files": "num_logs", "audit_log.frequency": "freq"}
_SPACES = {"audit_log.space_left": "space_left", "audit_log.admin_space_left": "admin_space_left"}
_GOOD_WHEN_SILENT = frozenset({"audit_log.written", "audit_log.local_events", "audit_log.format",
                               "audit_log.overflow_action"})
_OF_FILE = (*_WORDS, *_NUMBERS, *_SPACES, *(f"{one}_percent" for one in _SPACES), "audit_log.faults")


def parse(text: str) -> tuple[dict[str, list[str]], list[str]]:
    """Every value of each setting in order, names in small letters, and the lines auditd refuses."""
    values: dict[str, list[str]] = {}
    faults = []
    for line in map(str.strip, text.splitlines()):
        if not line or line.startswith("#"):
            continue
        words = line.split()
        if len(words) < 3 or words[1] != "=":
            faults.append(line[:160])
            continue
        values.setdefault(words[0].lower(), []).append(words[2])
    return values, faults


def facts(text: str) -> Collected:
    """The facts in one ``auditd.conf``. Pure."""
    values, faults = parse(text)
    said: Collected = {"audit_log.faults": Listing(faults)}
    for name, setting in _WORDS.items():
        words = {one.lower() for one in values.get(setting, ())}
        silent = "default" if name in _GOOD_WHEN_SILENT else ABSENT
        said[name] = silent if not words else words.pop() if len(words) == 1 else CONTRADICTORY
    for name, setting in _NUMBERS.items():
        said[name] = _number(setting, values.get(setting, []))
    for name, setting in _SPACES.items():
        given = values.get(setting, [])
        shares = [one[:-1] for one in given if one.endswith("%")]
        mixed = bool(shares) and len(shares) != len(given)
        said[f"{name}_percent"] = _twice(setting) if mixed else _number(setting, shares)
        said[name] = _twice(setting) if mixed else ABSENT if shares else _number(setting, given)
    return said


def _number(setting: str, given: list[str]) -> Any:
    if not given:
        return ABSENT
    if len(set(given)) > 1:
        return _twice(setting)
    if not given[0].isdigit():
        return Missing(Reason.ERROR, f"{setting} is {given[0]!r}, not a number")
    return int(given[0])


def _twice(setting: str) -> Missing:
    return Missing(Reason.ERROR, f"{setting} is given twice, differently")


def active_plugins(files: dict[str, str]) -> list[str]:
    """The names of plugins whose file says ``active = yes``."""
    return sorted(name.removesuffix(".conf") for name, text in files.items()
                  if [one.lower() for one in parse(text)[0].get("active", [])][-1:] == ["yes"])


def collect(host: Host, declared: Declared) -> Collected:
    """The daemon's own file, its plugins and where they send events."""
    return gather({
        ("audit_log.installed",): lambda: {"audit_log.installed": any(_is_there(host, one) for one in _PROGRAMS)},
        _OF_FILE: lambda: _of_file(host),
        ("audit_log.plugins",): lambda: {"audit_log.plugins": Listing(active_plugins(_plugin_files(host)))},
        ("audit_log.remote_server",): lambda: {"audit_log.remote_server": _remote(host)},
    })


def _is_there(host: Host, path: str) -> bool:
    folder, name = posixpath.split(path)
    return name in list_optional(host, folder)


def _of_file(host: Host) -> Collected:
    text = read_optional(host, _FILE)
    return facts(text) if text is not None else {**dict.fromkeys(_OF_FILE, ABSENT), "audit_log.faults": Listing([])}


def _plugin_files(host: Host) -> dict[str, str]:
    return {name: host.read(f"{folder}/{name}") for folder in _PLUGINS for name in list_optional(host, folder)
            if name.endswith(".conf")}


def _remote(host: Host) -> Any:
    """The server audit events go to, if the plugin that sends them is active."""
    if not {"au-remote", "audisp-remote"} & set(active_plugins(_plugin_files(host))):
        return ABSENT
    for path in _REMOTE:
        text = read_optional(host, path)
        if text is not None:
            named = parse(text)[0].get("remote_server", [])
            return named[-1] if named else ABSENT
    raise LookError(Reason.ERROR, "the plugin that sends events away is active and its audisp-remote.conf is missing")


_fact = partial(Fact, disclosure=Disclosure.SHARED)
_ACTIONS = "as auditd.conf says it, in small letters; contradictory where two lines differ"

COLLECTOR = Collector(
    name="audit_log",
    platforms=frozenset({Platform.LINUX}),
    facts=(
        _fact("audit_log.installed", Type.BOOL, "Whether the audit daemon is installed"),
        _fact("audit_log.written", Type.TEXT, "Whether events are written to the disk: yes, no, or default (yes)"),
        _fact("audit_log.local_events", Type.TEXT, "Whether this machine's own events are taken: yes, no, or default "
                                                   "(yes)"),
        _fact("audit_log.format", Type.TEXT, "How events are written: raw, enriched (names beside numbers), nolog, or "
                                             "default, which is raw or enriched by version"),
        _fact("audit_log.flush", Type.TEXT, "When events reach the disk: none, incremental, incremental_async, data, "
                                            "sync"),
        _fact("audit_log.frequency", Type.INT, "After how many events an incremental flush is made"),
        _fact("audit_log.name_format", Type.TEXT, "Which name of the machine stands in each event: none, hostname, "
                                                  "fqd, numeric, user"),
        _fact("audit_log.group", Type.TEXT, "The group that may read the log"),
        _fact("audit_log.file_size", Type.INT, "The size at which a log file is full", unit="MiB"),
        _fact("audit_log.files", Type.INT, "How many files are kept when they rotate"),
        _fact("audit_log.file_full_action", Type.TEXT, f"What is done with a full file, {_ACTIONS}"),
        _fact("audit_log.space_left", Type.INT, "Room left at which a warning is due", unit="MiB"),
        _fact("audit_log.space_left_percent", Type.INT, "The same, where it is given as a share", unit="%"),
        _fact("audit_log.space_left_action", Type.TEXT, f"How that warning is given, {_ACTIONS}"),
        _fact("audit_log.admin_space_left", Type.INT, "Room left at which the disk is nearly full", unit="MiB"),
        _fact("audit_log.admin_space_left_percent", Type.INT, "The same, where it is given as a share", unit="%"),
        _fact("audit_log.admin_space_left_action", Type.TEXT, f"What is done then, {_ACTIONS}"),
        _fact("audit_log.disk_full_action", Type.TEXT, f"What is done when the disk is full, {_ACTIONS}"),
        _fact("audit_log.disk_error_action", Type.TEXT, f"What is done when the disk fails, {_ACTIONS}"),
        _fact("audit_log.overflow_action", Type.TEXT, f"What is done when plugins cannot keep up, {_ACTIONS}; default "
                                                      "where it is not said (syslog)"),
        _fact("audit_log.mail_account", Type.TEXT, "Whom warnings are mailed to"),
        _fact("audit_log.plugins", Type.TEXTS, "Plugins that are active: syslog, au-remote …"),
        _fact("audit_log.remote_server", Type.TEXT, "The machine the active remote plugin sends events to"),
        _fact("audit_log.faults", Type.TEXTS, "Lines of auditd.conf that keep the daemon from starting"),
    ),
    collect=collect,
    reads=(_FILE, *(f"{one}/" for one in _PLUGINS), *_REMOTE, "/usr/sbin", "/sbin"),
)
