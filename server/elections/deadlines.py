"""By when a failure must be gone: days from its first sight, brought forward by the election calendar. Pure.

Rules, in order:

1. ``days`` after it was first seen (``policies.grade.DEADLINE_DAYS``; catalogue row LOG-10).
2. A critical or high failure is due no later than the day before the next freeze begins: after
   that day the repair would be a change inside the freeze (catalogue row VTX-10).
3. A critical or high failure first seen inside a freeze is due no later than the day before voting
   (or advance voting) begins: it needs a repair that is safe in a freeze, or a decision.
4. No deadline is less than one day after the failure was first seen.

The calendar changes deadlines alone. It never changes what a failure weighs.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

import msgspec

from hustings.verdicts import Severity
from policies.grade import DEADLINE_DAYS
from server.elections.model import Election, WindowKind

PRESSED = frozenset({Severity.CRITICAL, Severity.HIGH})
"""The severities that an election brings forward."""
LEAST = timedelta(days=1)


class Basis(StrEnum):
    """What decided a deadline."""

    DAYS = "days"
    FREEZE = "freeze"
    VOTING = "voting"


class Deadline(msgspec.Struct, frozen=True):
    """``due`` (aware, UTC): past it the failure is overdue. ``election`` brought it forward; None for ``DAYS``."""

    due: datetime
    basis: Basis = Basis.DAYS
    election: Election | None = None


def deadline(first_failed: datetime, severity: Severity, elections: Iterable[Election] = ()) -> Deadline:
    """When a failure first seen at ``first_failed`` (aware) is due. Days end at midnight UTC."""
    usual = Deadline(first_failed + timedelta(days=DEADLINE_DAYS[severity]))
    if severity not in PRESSED:
        return usual
    day = first_failed.astimezone(UTC).date()
    found = [usual]
    for one in elections:
        brought = _brought(one, day)
        if brought is not None:
            basis, last = brought
            due = max(datetime.combine(last, time(23, 59, 59), UTC), first_failed + LEAST)
            found.append(Deadline(due, basis, one))
    return min(found, key=lambda each: each.due)


def _brought(one: Election, day: date) -> tuple[Basis, date] | None:
    """The last day that an election leaves for a failure seen on ``day``; None once its voting has begun."""
    voting = min([one.first, *(window.first for window in one.of(WindowKind.ADVANCE))])
    freezes = [window.first for window in one.of(WindowKind.FREEZE) if window.first > day]
    if freezes and min(freezes) <= voting:
        return Basis.FREEZE, min(freezes) - timedelta(days=1)
    return (Basis.VOTING, voting - timedelta(days=1)) if voting > day else None
