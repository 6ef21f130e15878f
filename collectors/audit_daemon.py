"""audit_daemon: whether the kernel's audit events are written down, and by which rules.

``auditctl`` speaks with the kernel and needs root; whether the daemon runs does not.
"""

from __future__ import annotations

from functools import partial

from collectors import processes
from collectors.base import Collected, Collector, Disclosure, Fact, Platform, Type, gather
from collectors.host.protocol import Denied, Host, NotThere, Output, Unreadable
from hustings.declared import Declared

_DAEMON = "auditd"


def parse_status(text: str) -> bool:
    """Whether auditing is on, from ``auditctl -s`` (0 off, 1 on, 2 on and locked)."""
    for line in text.splitlines():
        name, _, value = line.partition(" ")
        if name == "enabled":
            return int(value) != 0
    raise Unreadable("auditctl -s does not say whether auditing is enabled")


def parse_rules(text: str) -> int:
    """The number of rules in ``auditctl -l``."""
    lines = [line for line in text.splitlines() if line.strip()]
    if lines == ["No rules"]:
        return 0
    if not all(line.startswith("-") for line in lines):
        raise Unreadable(f"auditctl -l said {next(line for line in lines if not line.startswith('-'))[:80]!r}")
    return len(lines)


def collect(host: Host, declared: Declared) -> Collected:
    """The daemon by its process, the kernel's side by ``auditctl``."""
    return gather({
        ("audit.daemon_running",): lambda: {"audit.daemon_running": bool(processes.running(host, [_DAEMON]))},
        ("audit.enabled", "audit.rules"): lambda: _kernel(host),
    })


def _kernel(host: Host) -> Collected:
    try:
        return {"audit.enabled": parse_status(_auditctl(host, "-s")), "audit.rules": parse_rules(_auditctl(host, "-l"))}
    except NotThere:
        if processes.running(host, [_DAEMON]):
            raise
        return {"audit.enabled": False, "audit.rules": 0}


def _auditctl(host: Host, option: str) -> str:
    output: Output = host.run("auditctl", option, ok=(0, 1, 4, 255))
    if output.code or "You must be root" in output.stdout + output.stderr:
        raise Denied(f"auditctl {option} needs root (CAP_AUDIT_CONTROL)")
    return output.stdout


_fact = partial(Fact, disclosure=Disclosure.SHARED)

COLLECTOR = Collector(
    name="audit_daemon",
    platforms=frozenset({Platform.LINUX}),
    facts=(
        _fact("audit.daemon_running", Type.BOOL, "Whether auditd, which writes the kernel's audit events down, runs"),
        _fact("audit.enabled", Type.BOOL, "Whether the kernel records audit events; no where auditd and its tool "
                                          "are not installed"),
        _fact("audit.rules", Type.INT, "The number of audit rules in force"),
    ),
    collect=collect,
    reads=processes.READS,
    runs=("auditctl -s", "auditctl -l"),
    needs="ask the kernel's audit system (CAP_AUDIT_CONTROL)",
)
