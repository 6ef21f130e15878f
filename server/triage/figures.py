"""How long it takes to repair: from the first failure of an episode to the report that passed. Pure.

Deadlines are the rules' own. A day that people set changes none of this.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from hustings.verdicts import SEVERITIES, Severity
from server.elections.deadlines import deadline
from server.elections.model import Election


@dataclass(frozen=True, slots=True)
class Taken:
    """One episode that is over."""

    severity: Severity
    opened: datetime
    resolved: datetime


@dataclass(frozen=True, slots=True)
class Pace:
    """The episodes of one severity that ended. ``within`` is the share that met its deadline, 0 to 1."""

    severity: Severity
    count: int
    median: timedelta
    within: float


def paces(some: Iterable[Taken], elections: Iterable[Election]) -> list[Pace]:
    """For each severity of which an episode ended, the worst first."""
    ahead = tuple(elections)
    by_severity: dict[Severity, list[Taken]] = {}
    for one in some:
        by_severity.setdefault(one.severity, []).append(one)
    return [_pace(severity, by_severity[severity], ahead) for severity in SEVERITIES if severity in by_severity]


def _pace(severity: Severity, some: list[Taken], elections: tuple[Election, ...]) -> Pace:
    lengths = [(one.resolved - one.opened).total_seconds() for one in some]
    met = sum(one.resolved <= deadline(one.opened, severity, elections).due for one in some)
    return Pace(severity, len(some), timedelta(seconds=median(lengths)), met / len(some))
