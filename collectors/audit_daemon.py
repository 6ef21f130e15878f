"""audit_daemon: whether the kernel's audit events are written down, and which events those are.

On a live machine ``auditctl`` says which rules are in force (it needs root). In an image they are what the
unit that loads them will load at boot: ``augenrules`` merges ``rules.d``, ``auditctl`` reads one file, which
is ``audit.rules`` unless it names another.
Rules that a path does not exist for are refused by the kernel; that is not foreseen here.
"""

from __future__ import annotations

from functools import partial

from collectors import _units, processes
from collectors._audit_reach import reach, silenced
from collectors._audit_rules import ARCHES, Rules, lines, load, merge
from collectors._systemd import entry
from collectors.base import ABSENT, Collected, Collector, Disclosure, Fact, Listing, Platform, Type, gather
from collectors.host.protocol import Denied, Host, NotThere, Output, Unreadable, list_optional
from hustings.declared import Declared

_DAEMON = "auditd"
_DIRECTORY = "/etc/audit/rules.d"
_FILE = "/etc/audit/audit.rules"
_SAME = {"/bin": "/usr/bin", "/sbin": "/usr/sbin", "/lib": "/usr/lib", "/var/run": "/run", "/var/lock": "/run/lock"}
"""Directories that merged systems keep as links."""
_LOADERS = ("auditd.service", "audit-rules.service", "augenrules.service")
_STATUS = ("enabled", "failure", "backlog_limit", "lost")
_RULE_FACTS = ("audit.rules", "audit.calls", "audit.files", "audit.programs", "audit.immutable", "audit.failure_mode",
               "audit.backlog_limit", "audit.silenced")


def parse_status(text: str) -> dict[str, int]:
    """The numbers in ``auditctl -s``; ``enabled`` is 0 off, 1 on, 2 on and locked."""
    found = {}
    for line in text.splitlines():
        name, _, value = line.partition(" ")
        if name in _STATUS and value.isdigit():
            found[name] = int(value)
    if "enabled" not in found:
        raise Unreadable("auditctl -s does not say whether auditing is enabled")
    return found


def parse_rules(text: str) -> Rules:
    """The rules in ``auditctl -l``. Raises ``Unreadable`` if it lists something else."""
    told = lines(text)
    if told == ["No rules"]:
        return Rules()
    if not all(line.startswith("-") for line in told):
        raise Unreadable(f"auditctl -l said {next(line for line in told if not line.startswith('-'))[:80]!r}")
    loaded = load(told)
    if loaded.faults:
        raise Unreadable(f"auditctl -l lists what is not understood: {loaded.faults[0][:120]}")
    return loaded


def collect(host: Host, declared: Declared) -> Collected:
    """The daemon by its process, the kernel's side by ``auditctl`` or by the files it is loaded from."""
    rules = _of_files if host.kind == "image" else _of_kernel
    return gather({
        ("audit.daemon_running",): lambda: {"audit.daemon_running": bool(processes.running(host, [_DAEMON]))},
        ("audit.enabled", "audit.lost"): lambda: _kernel(host),
        _RULE_FACTS: lambda: _facts(host, rules(host)),
        ("audit.rule_faults",): lambda: {"audit.rule_faults": Listing(load(_commands(host)).faults)},
    })


def _kernel(host: Host) -> Collected:
    try:
        status = parse_status(_auditctl(host, "-s"))
    except NotThere:
        if processes.running(host, [_DAEMON]):
            raise
        return {"audit.enabled": False, "audit.lost": ABSENT}
    return {"audit.enabled": status["enabled"] != 0, "audit.lost": status.get("lost", ABSENT)}


def _of_kernel(host: Host) -> Rules:
    try:
        loaded = parse_rules(_auditctl(host, "-l"))
        loaded.settings = parse_status(_auditctl(host, "-s"))
    except NotThere:
        if processes.running(host, [_DAEMON]):
            raise
        loaded = Rules(settings={"enabled": 0})
    return loaded


def _of_files(host: Host) -> Rules:
    return load(_commands(host))


def _facts(host: Host, loaded: Rules) -> Collected:
    recorded = reach(loaded, arches=_arches(host))
    return {
        "audit.rules": len(loaded.rules),
        "audit.calls": Listing(recorded.calls),
        "audit.files": Listing(_spelled(host, recorded.files)),
        "audit.programs": Listing(_spelled(host, recorded.programs)),
        "audit.immutable": loaded.settings.get("enabled") == 2,
        "audit.failure_mode": loaded.settings.get("failure", ABSENT),
        "audit.backlog_limit": loaded.settings.get("backlog_limit", ABSENT),
        "audit.silenced": silenced(loaded),
    }


def _commands(host: Host) -> list[str]:
    """The commands that are given to the kernel at boot. Without a unit that loads any, none are."""
    units = _units.Units(host)
    for name in _LOADERS:
        unit = units.unit(name)
        if unit is None or unit.masked:
            continue
        starts = [*unit.values("Service", "ExecStart"), *unit.values("Service", "ExecStartPost")]
        for words in (line.lstrip("-@:+!").split() for line in starts):
            if words[0].endswith("/augenrules") and "--load" in words:
                return _merged(host)
            if words[0].endswith("/auditctl"):
                return lines(host.read(words[words.index("-R") + 1] if "-R" in words[:-1] else _FILE))
    return []


def _merged(host: Host) -> list[str]:
    """What ``augenrules --load`` loads: the merged rules, or the old file where there is no directory."""
    if entry(host, _DIRECTORY) is None:
        return lines(host.read(_FILE)) if entry(host, _FILE) else []
    names = [name for name in list_optional(host, _DIRECTORY) if name.endswith(".rules")]
    return merge([(name, host.read(f"{_DIRECTORY}/{name}")) for name in names])


def _arches(host: Host) -> frozenset[str]:
    """The kinds of programs the machine runs: 32-bit ones everywhere, 64-bit ones beside a 64-bit C library."""
    wide = any(entry(host, path) is not None for path in ("/lib64", "/usr/lib64", "/lib/ld-linux-aarch64.so.1"))
    return ARCHES if wide else frozenset({"b32"})


def _spelled(host: Host, paths: list[str]) -> list[str]:
    """Paths by both names where one of two directories is a link to the other, as /bin to /usr/bin."""
    found = set(paths)
    for link, directory in _SAME.items():
        seen = entry(host, link)
        if seen is not None and seen.target.strip("/").endswith(directory.strip("/")):
            found |= {directory + one.removeprefix(link) for one in paths if one.startswith(f"{link}/")}
            found |= {link + one.removeprefix(directory) for one in paths if one.startswith(f"{directory}/")}
    return sorted(found)


def _auditctl(host: Host, option: str) -> str:
    output: Output = host.run("auditctl", option, ok=(0, 1, 4, 255))
    if output.code or "You must be root" in output.stdout + output.stderr:
        raise Denied(f"auditctl {option} needs root (CAP_AUDIT_CONTROL)")
    return output.stdout


_fact = partial(Fact, disclosure=Disclosure.SHARED)
_IMAGE = "In an image: as the files will have it at boot"

COLLECTOR = Collector(
    name="audit_daemon",
    platforms=frozenset({Platform.LINUX}),
    facts=(
        _fact("audit.daemon_running", Type.BOOL, "Whether auditd, which writes the kernel's audit events down, runs"),
        _fact("audit.enabled", Type.BOOL, "Whether the kernel records audit events; no where auditd and its tool "
                                          "are not installed"),
        _fact("audit.lost", Type.INT, "Audit events lost since the machine started, for want of room"),
        _fact("audit.rules", Type.INT, "The number of audit rules in force", platforms=_IMAGE),
        _fact("audit.calls", Type.TEXTS, "System calls that are recorded under a key, on every architecture and for "
                                         "every person; `:people` follows where service accounts are left out, "
                                         "`:refused` where refusals are (EACCES and EPERM), `:a0=0`, "
                                         "`:set-id-root` and `:user-emulation` where those uses are", platforms=_IMAGE),
        _fact("audit.files", Type.TEXTS, "Files and directories named by rules that record every write and change of "
                                         "attributes by anyone", platforms=_IMAGE),
        _fact("audit.programs", Type.TEXTS, "Programs named by rules that record every use by people; `:people` "
                                            "follows where they do so under a key, for execution, and leave service "
                                            "accounts out",
              platforms=_IMAGE),
        _fact("audit.immutable", Type.BOOL, "Whether rules stay as they are until the next start (-e 2)",
              platforms=_IMAGE),
        _fact("audit.failure_mode", Type.INT, "What the kernel does when it cannot record: 0 nothing, 1 a line in its "
                                              "log, 2 stop", platforms=_IMAGE),
        _fact("audit.backlog_limit", Type.INT, "How many events may wait to be written", platforms=_IMAGE),
        _fact("audit.silenced", Type.BOOL, "Whether a rule takes every event of programs away before others are asked",
              platforms=_IMAGE),
        _fact("audit.rule_faults", Type.TEXTS, "Lines of the rules' files that auditctl refuses, the first of which "
                                               "ends the loading"),
    ),
    collect=collect,
    reads=(*processes.READS, *_units.READS, f"{_DIRECTORY}/", "/etc/audit/*", "/lib64", "/usr/lib64", *_SAME,
           "/lib/ld-linux-aarch64.so.1"),
    runs=("auditctl -s", "auditctl -l"),
    needs="ask the kernel's audit system (CAP_AUDIT_CONTROL)",
)
