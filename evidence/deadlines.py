"""By when a failure must be gone, from plain records: the same rule as the pages'.

The server's own rule (``server.elections.deadlines``) reads its election records; a verifier has only what a day's
inputs hold. A test holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

import msgspec

from hustings.verdicts import Severity
from policies.grade import DEADLINE_DAYS

PRESSED = frozenset({Severity.CRITICAL, Severity.HIGH})
LEAST = timedelta(days=1)


class Voting(msgspec.Struct, frozen=True, array_like=True):
    """One election: the first day of voting, advance voting included, and the first days of its freezes."""

    first: date
    freezes: tuple[date, ...]


def due(first_failed: datetime, severity: Severity, elections: Iterable[Voting]) -> datetime:
    """When a failure first seen at ``first_failed`` (aware) is due."""
    found = first_failed + timedelta(days=DEADLINE_DAYS[severity])
    if severity not in PRESSED:
        return found
    day = first_failed.astimezone(UTC).date()
    for one in elections:
        last = _last(one, day)
        if last is not None:
            found = min(found, max(datetime.combine(last, time(23, 59, 59), UTC), first_failed + LEAST))
    return found


def _last(one: Voting, day: date) -> date | None:
    freezes = [first for first in one.freezes if first > day]
    if freezes and min(freezes) <= one.first:
        return min(freezes) - timedelta(days=1)
    return one.first - timedelta(days=1) if one.first > day else None
