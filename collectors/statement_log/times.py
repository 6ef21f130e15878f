"""Times as logs write them, as UTC.

PostgreSQL prints the abbreviation of the zone: those of North America and Europe that mean one offset are known,
others need ``--time-zone``. Logs without a zone are taken to be in the zone that was given, or that of this machine.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from hustings.errors import UsageError

_OFFSETS = {
    "UTC": 0,
    "GMT": 0,
    "Z": 0,
    "UCT": 0,
    "NST": -3.5,
    "NDT": -2.5,
    "AST": -4,
    "ADT": -3,
    "EST": -5,
    "EDT": -4,
    "CST": -6,
    "CDT": -5,
    "MST": -7,
    "MDT": -6,
    "PST": -8,
    "PDT": -7,
    "AKST": -9,
    "AKDT": -8,
    "HST": -10,
    "WET": 0,
    "WEST": 1,
    "CET": 1,
    "CEST": 2,
    "EET": 2,
    "EEST": 3,
    "BST": 1,
}
"""Hours from UTC, as the IANA time zone database gives these abbreviations for North America and Europe today."""
_LOCAL = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)[ T](\d\d):(\d\d):(\d\d)(?:[.,]\d+)?\s*(Z|[+-]\d\d(?::?\d\d)?|[A-Za-z]+|)")


_SECOND, _ZONE, _MOST = 19, 6, 20_000
"""Characters up to the second, and at the end those that hold the zone; times that are remembered."""


class Clock:
    """Reads times. ``zone``: for logs that name none, or one that is not known."""

    def __init__(self, zone: str = "") -> None:
        self._known: dict[str, str] = {}
        self.zone: ZoneInfo | None = None
        if zone:
            try:
                self.zone = ZoneInfo(zone)
            except (KeyError, ValueError, OSError):
                raise UsageError(
                    f"there is no time zone {zone!r}",
                    where="--time-zone",
                    remedy="give a name like America/New_York or UTC",
                ) from None

    def iso(self, text: str) -> str:
        """``2026-11-22T09:47:32Z``. Raises ``UsageError`` for a zone that is not known."""
        key = text[:_SECOND] + text[-_ZONE:]
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= _MOST:
                self._known.clear()
            known = self._known[key] = self._iso(text)
        return known

    def _iso(self, text: str) -> str:
        found = _LOCAL.match(text)
        if found is None:
            raise UsageError(
                f"this is no time: {text[:40]!r}",
                where="the log",
                remedy="give the log's format with --log-format, its line prefix with --prefix",
            )
        year, month, day, hour, minute, second, zone = found.groups()
        try:
            plain = datetime(int(year), int(month), int(day), int(hour), int(minute), min(int(second), 59))
        except ValueError:
            raise UsageError(f"there is no such time: {text[:40]!r}", where="the log",
                             remedy="take the damaged line out of a copy of the log, and read that") from None
        return self._utc(plain, zone).strftime("%Y-%m-%dT%H:%M:%SZ")

    def _utc(self, plain: datetime, zone: str) -> datetime:
        if zone[:1] in ("+", "-"):
            digits = zone[1:].replace(":", "").ljust(4, "0")
            offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
            return plain.replace(tzinfo=timezone(offset if zone[0] == "+" else -offset)).astimezone(UTC)
        if self.zone is not None and zone not in ("UTC", "GMT", "Z"):
            return plain.replace(tzinfo=self.zone).astimezone(UTC)
        if not zone:
            return plain.astimezone().astimezone(UTC)
        if zone.upper() not in _OFFSETS:
            raise UsageError(
                f"the log's times are in the zone {zone!r}, which may mean several",
                where="the log",
                remedy="say which with --time-zone, for example --time-zone America/Toronto",
            )
        return plain.replace(tzinfo=timezone(timedelta(hours=_OFFSETS[zone.upper()]))).astimezone(UTC)
