"""When somebody is told: at once, after their quiet hours, or with the next digest. Pure.

Times of day are the office's own, whatever its clocks do in spring and autumn.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from server.elections.days import zone as zone_of
from server.elections.model import Election
from server.elections.phase import Code, phase
from server.notices.kind import Kind, Timing
from server.store.notice_choices import Choices

DIGEST = time(7)
"""When digests are put together: of the day, and on Mondays of the week."""
_FROZEN = frozenset({Code.FREEZE, Code.ADVANCE, Code.VOTING})
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]\Z")


def frozen(elections: Iterable[Election], today: date) -> bool:
    """Whether the office is in a freeze, or votes: only what matters then is told."""
    found = phase(elections, today)
    return found.code in _FROZEN or any(code in _FROZEN for code, _ in found.also)


def clock(text: str) -> time | None:
    """A time of day from ``22:00``; None for anything else."""
    return time(int(text[:2]), int(text[3:])) if _CLOCK.match(text) else None


def due(timing: Timing, kind: Kind, chosen: Choices, now: datetime, zone: str) -> datetime:
    """The moment for an event of a kind that happens ``now``. ``timing`` is not ``NEVER``."""
    local = now.astimezone(zone_of(zone))
    if timing is Timing.NOW:
        if kind.critical and chosen.pierce:
            return now
        return _after_quiet(now, chosen, zone)
    day = local.date()
    if timing is Timing.WEEKLY:
        day += timedelta(days=-day.weekday() % 7)
        step = timedelta(days=7)
    else:
        step = timedelta(days=1)
    at = _local(day, DIGEST, zone)
    return _after_quiet(at if at > now else _local(day + step, DIGEST, zone), chosen, zone)


def _after_quiet(moment: datetime, chosen: Choices, zone: str) -> datetime:
    """The moment itself, or the end of the quiet hours that it falls into."""
    begins, ends = clock(chosen.quiet_from), clock(chosen.quiet_to)
    if begins is None or ends is None or begins == ends:
        return moment
    local = moment.astimezone(zone_of(zone))
    at = local.timetz().replace(tzinfo=None)
    if begins < ends:
        return _local(local.date(), ends, zone) if begins <= at < ends else moment
    if at >= begins:
        return _local(local.date() + timedelta(days=1), ends, zone)
    return _local(local.date(), ends, zone) if at < ends else moment


def _local(day: date, at: time, zone: str) -> datetime:
    return datetime.combine(day, at, zone_of(zone))
