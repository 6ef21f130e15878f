"""Findings put together: by check, by machine, by who can repair them, by what the repair takes. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from hustings.verdicts import SEVERITIES, Severity
from server.triage import fixing
from server.triage.model import Finding, FixKind


class By(StrEnum):
    """``WHO``: us, vendor, state, county by the declared inventory; ``FIX``: reboot, money, minutes, hours, days (a
    finding may be in several)."""

    CHECK = "check"
    MACHINE = "machine"
    WHO = "who"
    FIX = "fix"


@dataclass(frozen=True, slots=True)
class Group:
    """Findings that share ``key``: a check, an agent, a party (empty for machines on no list), a kind of repair."""

    key: str
    findings: tuple[Finding, ...]

    @property
    def first(self) -> Finding:
        return self.findings[0]

    @property
    def overdue(self) -> int:
        return sum(one.overdue for one in self.findings)

    @property
    def machines(self) -> int:
        """How many machines it is about; the office as a whole is none."""
        return len({one.agent for one in self.findings if one.agent})

    @property
    def severity(self) -> Severity:
        """The worst."""
        return min((one.severity for one in self.findings), key=SEVERITIES.index)

    @property
    def counts(self) -> tuple[tuple[Severity, int], ...]:
        """How many of each severity, without those of which there are none."""
        found = ((severity, sum(one.severity is severity for one in self.findings)) for severity in SEVERITIES)
        return tuple((severity, count) for severity, count in found if count)


def groups(some: Iterable[Finding], by: By) -> list[Group]:
    """The groups of a list: those with the worst severity first, then the largest."""
    found: dict[str, list[Finding]] = {}
    for one in some:
        for key in _KEYS[by](one):
            found.setdefault(key, []).append(one)
    made = [Group(key, tuple(each)) for key, each in found.items()]
    if by is By.FIX:
        order = list(FixKind)
        return sorted(made, key=lambda one: order.index(FixKind(one.key)))
    return sorted(made, key=lambda one: (SEVERITIES.index(one.severity), -len(one.findings), one.first.number))


_KEYS: dict[By, Callable[[Finding], Iterable[str]]] = {
    By.CHECK: lambda one: (one.check,), By.MACHINE: lambda one: (one.agent,), By.WHO: lambda one: (one.responsible,),
    By.FIX: lambda one: sorted(kind.value for kind in fixing.kinds(one.known))}
