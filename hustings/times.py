"""Points in time and lengths of time, as text and as values.

A time is UTC, written ``2026-11-22T02:42:33Z``. A bare date (``2028-06-30``) stands for the
last second of that day in UTC: what is supported until a day is supported on that day.
A duration is written ``26h``, ``3d``, ``2w`` or ``24mo``; a month is a calendar month.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, TypeAlias

import msgspec

Moment: TypeAlias = Annotated[datetime, msgspec.Meta(tz=True)]
"""A time with its zone, in documents: one without cannot be compared with any other."""
_WRITTEN = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}:?[0-9]{2}))?\Z")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


def utc_text(moment: datetime) -> str:
    """``moment`` (aware) as RFC 3339 in UTC with whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_time(text: str) -> datetime:
    """An aware UTC time from a time or a bare date. Raises ``ValueError``."""
    if not _WRITTEN.match(text):
        raise ValueError(f"{text!r} is neither a date such as 2026-11-22 nor a time such as 2026-11-22T02:42:33Z")
    if len(text) == 10:
        return datetime.combine(date.fromisoformat(text), time(23, 59, 59), UTC)
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text!r} is out of range") from error


def parse_duration(text: str | int) -> timedelta:
    """A fixed length of time: ``90`` (seconds), ``26h``, ``3d``, ``2w``. Raises ``ValueError``."""
    if isinstance(text, bool):
        raise ValueError("a duration is a number of seconds or text such as 3d")
    try:
        if isinstance(text, int):
            return timedelta(seconds=text)
        for unit, seconds in _UNITS.items():
            if text.endswith(unit) and _digits(text[: -len(unit)]):
                return timedelta(seconds=int(text[: -len(unit)]) * seconds)
    except OverflowError as error:
        raise ValueError(f"{text!r} is longer than any duration") from error
    raise ValueError(f"{text!r} is not a duration such as 90s, 26h, 3d or 2w")


def shift(moment: datetime, text: str) -> datetime:
    """``moment`` moved by a signed length: ``+0d``, ``-36h``, ``+24mo``, ``+10y``. Raises ``ValueError``."""
    sign, rest = (-1, text[1:]) if text.startswith("-") else (1, text.removeprefix("+"))
    for unit, months in (("mo", 1), ("y", 12)):
        if rest.endswith(unit) and _digits(rest[: -len(unit)]):
            return _add_months(moment, sign * months * int(rest[: -len(unit)]))
    try:
        return moment + sign * parse_duration(rest)
    except OverflowError as error:
        raise ValueError(f"{text!r} from {moment:%Y-%m-%d} is out of range") from error


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 15


def _add_months(moment: datetime, months: int) -> datetime:
    index = moment.year * 12 + moment.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return moment.replace(year=year, month=month, day=min(moment.day, monthrange(year, month)[1]))


def voting_day(day: date) -> date:
    """``day``, where it can be a voting day. Raises ``ValueError`` for a year mistyped beyond any calendar's use."""
    if not 2000 <= day.year < 2200:
        raise ValueError(f"{day.isoformat()} is no voting day: its year is not between 2000 and 2199")
    return day


def days_between(earlier: datetime, day: date) -> int:
    """Whole days from the date of ``earlier`` until ``day``; negative once it is past."""
    return (day - earlier.astimezone(UTC).date()).days
