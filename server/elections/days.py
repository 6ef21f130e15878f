"""The office's own day. A voting day is a day where the office is, not in UTC: at 20:00 in Honolulu polls are open
while the UTC day is already the next one."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hustings.errors import UsageError

UTC_ZONE = "UTC"


def zone(name: str) -> ZoneInfo:
    """A time zone by its name in the IANA database. Raises ``UsageError`` for one that is not there."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UsageError(f"there is no time zone {name!r}",
                         remedy="write it as America/Toronto, America/Chicago or Pacific/Honolulu") from error


def today(now: datetime, name: str = UTC_ZONE) -> date:
    """The day it is at ``now`` (aware) in an office's time zone."""
    return now.astimezone(zone(name)).date()
