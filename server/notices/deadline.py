"""Things that end on a day, and when people are warned of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

BEFORE = (timedelta(days=30), timedelta(days=14), timedelta(days=3))
"""How long before the end people are warned."""
LATE = timedelta(days=30)
"""What ended longer ago than this is not told any more."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """``key`` tells it from every other of its kind, for good: what is extended has another ``ends``."""

    kind: str
    key: str
    subject: str
    ends: datetime
    """The first moment at which it holds no more."""
    ended: str = ""
    """The kind of event of the end itself; empty: that of the warnings."""
    begins: datetime | None = None
    """Since when it holds: nobody is warned of what was there already when it began."""
    before: tuple[timedelta, ...] = BEFORE


def stage(one: Deadline, now: datetime) -> tuple[str, str] | None:
    """The kind and key of the event that is due of a deadline now; None where none is. Pure.

    A warning that nobody was there to give is not made up for: of several that are due the last one counts.
    """
    if now >= one.ends:
        if now - one.ends > LATE:
            return None
        return one.ended or one.kind, f"{one.key}:{one.ends:%Y-%m-%d}:ended"
    due = [each for each in one.before if one.ends - each <= now
           and (one.begins is None or one.begins < one.ends - each)]
    return (one.kind, f"{one.key}:{one.ends:%Y-%m-%d}:{min(due).days}") if due else None
