"""When to order and when to go live: by the end of support, the lead time and the freeze windows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from server.calendar import Calendar


class Warn(StrEnum):
    """What a person must know of a date beside the date."""

    AFTER_END = "after_end"
    """It cannot be live before support ends: order now, and protect the machine meanwhile."""
    CALENDAR_UNKNOWN = "calendar_unknown"
    """It goes live after the last freeze that is known: a voting day declared later may move it."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """``order_by`` is the last day to order, today when it is late already; ``go_live`` lies in no freeze."""

    order_by: date
    go_live: date
    warnings: tuple[Warn, ...]


def schedule(ends: date | None, today: date, lead_days: int, calendar: Calendar, margin_days: int) -> Schedule:
    """The latest sound dates for something whose support ends on ``ends`` (None: it has ended).

    Rules, in order: go live on the last day outside freezes that leaves ``margin_days`` of support;
    if that is too soon for the lead time, on the last such day that support still covers; otherwise
    order today and go live on the first day outside freezes after the lead time.
    """
    lead = timedelta(days=lead_days)
    for target in () if ends is None else (ends - timedelta(days=margin_days), ends):
        day = calendar.last_open(target)
        if day >= today + lead:
            return Schedule(day - lead, day, _warned(day, calendar, late=False))
    day = calendar.first_open(today + lead)
    return Schedule(today, day, _warned(day, calendar, late=True))


def _warned(go_live: date, calendar: Calendar, *, late: bool) -> tuple[Warn, ...]:
    known = calendar.known_until
    found = [Warn.AFTER_END] if late else []
    if known is None or go_live > known:
        found.append(Warn.CALENDAR_UNKNOWN)
    return tuple(found)
