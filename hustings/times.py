"""Points in time and lengths of time, as text and as values.

A time is UTC, written ``2026-11-22T02:42:33Z``. A bare date (``2028-06-30``) stands for the
last second of that day in UTC: what is supported until a day is supported on that day.
A duration is written ``26h``, ``3d``, ``2w`` or ``24mo``; a month is a calendar month.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


def utc_text(moment: datetime) -> str:
    """``moment`` (aware) as RFC 3339 in UTC with whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_time(text: str) -> datetime:
    """An aware UTC time from a time or a bare date. Raises ``ValueError``."""
    if len(text) == 10:
        return datetime.combine(date.fromisoformat(text), time(23, 59, 59), UTC)
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return moment.astimezone(UTC)


def parse_duration(text: str | int) -> timedelta:
    """A fixed length of time: ``90`` (seconds), ``26h``, ``3d``, ``2w``. Raises ``ValueError``."""
    if isinstance(text, bool):
        raise ValueError("a duration is a number of seconds or text such as 3d")
    if isinstance(text, int):
        return timedelta(seconds=text)
    for unit, seconds in _UNITS.items():
        if text.endswith(unit) and text[: -len(unit)].isdigit():
            return timedelta(seconds=int(text[: -len(unit)]) * seconds)
    raise ValueError(f"{text!r} is not a duration such as 90s, 26h, 3d or 2w")


def shift(moment: datetime, text: str) -> datetime:
    """``moment`` moved by a signed length: ``+0d``, ``-36h``, ``+24mo``, ``+10y``. Raises ``ValueError``."""
    sign, rest = (-1, text[1:]) if text.startswith("-") else (1, text.removeprefix("+"))
    for unit, months in (("mo", 1), ("y", 12)):
        if rest.endswith(unit) and rest[: -len(unit)].isdigit():
            return _add_months(moment, sign * months * int(rest[: -len(unit)]))
    return moment + sign * parse_duration(rest)


def _add_months(moment: datetime, months: int) -> datetime:
    index = moment.year * 12 + moment.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return moment.replace(year=year, month=month, day=min(moment.day, monthrange(year, month)[1]))


def days_between(earlier: datetime, day: date) -> int:
    """Whole days from the date of ``earlier`` until ``day``; negative once it is past."""
    return (day - earlier.astimezone(UTC).date()).days
