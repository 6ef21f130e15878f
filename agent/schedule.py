"""When to report: once a day at a time of this machine's own, and when something changed, hourly at most.

The times come from a hash of the agent's id, so a thousand agents spread over the day and the hour
without talking to each other, and each keeps its times for ever.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Slot:
    """An agent's own times: seconds after midnight UTC for its daily report, after the full hour for looking."""

    of_day: int
    of_hour: int


def slot(agent: str) -> Slot:
    """The slot of an agent, by its id."""
    number = int.from_bytes(hashlib.sha256(agent.encode()).digest()[:8], "big")
    return Slot(number % 86_400, number // 86_400 % 3_600)


def daily_due(now: datetime, last: datetime | None, agent: str) -> bool:
    """Whether the latest daily time has passed without a report since."""
    if last is None or last > now:
        return True
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    due = midnight + timedelta(seconds=slot(agent).of_day)
    return last < (due if due <= now else due - DAY)


def change_due(now: datetime, last: datetime | None, *, changed: bool) -> bool:
    """Whether a change may be told already."""
    return changed and (last is None or not timedelta(0) <= now - last < HOUR - timedelta(minutes=1))
