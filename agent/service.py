"""Installing the agent on systemd's timer under an account of its own, and taking it away without a trace.

Both are plans: pure lists of steps (``agent.steps``) from what is known of the machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from agent import units
from agent.steps import Command, Give, Link, Remove, Step, Write
from collectors.base import Collector
from hustings.errors import UsageError

UNITS = Path("/etc/systemd/system")
WANTED = UNITS / "timers.target.wants" / f"{units.NAME}.timer"
STAMP = Path(f"/var/lib/systemd/timers/stamp-{units.NAME}.timer")
_CAPABILITY = re.compile(r"CAP_[A-Z_]+")


@dataclass(frozen=True)
class Machine:
    """What a plan depends on. ``root`` is ``/`` or the top of another file system, where nothing runs."""

    root: Path
    state: Path
    account: str
    account_exists: bool
    systemd: bool
    """Whether systemd runs here."""


def install(machine: Machine, command: Sequence[str], granted: Sequence[str]) -> list[Step]:
    """Account, state directory, service and timer."""
    steps: list[Step] = []
    if not machine.account_exists:
        prefix = () if machine.root == Path("/") else ("--prefix", str(machine.root))
        steps.append(Command(("useradd", *prefix, "--system", "--user-group", "--no-create-home", "--home-dir",
                              str(machine.state), "--shell", "/usr/sbin/nologin", "--comment", "Hustings agent",
                              machine.account)))
    capabilities = (units.READ_ALL, *granted)
    steps += [
        Give(machine.state, machine.account),
        Write(UNITS / f"{units.NAME}.service",
              units.service(command, machine.account, machine.state, capabilities)),
        Write(UNITS / f"{units.NAME}.timer", units.timer()),
        Link(WANTED, UNITS / f"{units.NAME}.timer"),
    ]
    if machine.systemd:
        steps += [Command(("systemctl", "daemon-reload")), Command(("systemctl", "start", f"{units.NAME}.timer"))]
    return steps


def uninstall(machine: Machine, *, keep_state: bool) -> list[Step]:
    """Everything ``install`` made, and what systemd remembered of it."""
    steps: list[Step] = []
    both = (f"{units.NAME}.timer", f"{units.NAME}.service")
    if machine.systemd:
        steps.append(Command(("systemctl", "stop", *both), may_fail=True))
    steps += [Remove(WANTED), *(Remove(UNITS / one) for one in both), Remove(STAMP)]
    if machine.systemd:
        steps += [Command(("systemctl", "daemon-reload")),
                  Command(("systemctl", "reset-failed", *both), may_fail=True)]
    if not keep_state:
        steps.append(Remove(machine.state))
        if machine.account_exists:
            prefix = () if machine.root == Path("/") else ("--prefix", str(machine.root))
            steps.append(Command(("userdel", *prefix, machine.account)))
    return steps


def grantable(collectors: Iterable[Collector]) -> dict[str, list[str]]:
    """The capabilities that collectors say they need beyond reading, and the facts behind each."""
    found: dict[str, list[str]] = {}
    for one in collectors:
        for capability in _CAPABILITY.findall(one.needs):
            if capability != units.READ_ALL:
                found.setdefault(capability, []).extend(fact.id for fact in one.facts)
    return dict(sorted(found.items()))


def check_granted(asked: Sequence[str], collectors: Iterable[Collector]) -> tuple[str, ...]:
    """The capabilities asked for. Raises ``UsageError`` for one that no collector has a use for."""
    possible = grantable(collectors)
    for capability in asked:
        if capability not in possible:
            raise UsageError(f"no collector needs {capability!r}", where="--grant",
                             remedy="use " + ", ".join(possible))
    return tuple(dict.fromkeys(asked))


def exposed(program: Path) -> str:
    """Why others than root could change what ``program`` runs, or "" if they cannot.

    Every directory above it counts, by its path and by where links lead; a sticky one keeps its
    entries safe.
    """
    for path in {program.absolute(), program.resolve()}:
        for one in [path, *path.parents]:
            seen = one.lstat() if one.is_symlink() else one.stat()
            if seen.st_uid != 0:
                return f"{one} does not belong to root"
            if seen.st_mode & 0o022 and not seen.st_mode & 0o1000 and not one.is_symlink():
                return f"others may write to {one}"
    return ""
