"""The phase an office is in on a day, and what no office may publish meanwhile. Pure.

Phases switch no check off and change no formula: they say how near the vote is, and set deadlines
(``server.elections.deadlines``) and the publication block.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol

import msgspec

from server.elections.days import today as day_of
from server.elections.model import Election, WindowKind, in_order

PLANNED_AHEAD = timedelta(days=365)
PREPARED_AHEAD = timedelta(days=90)
REVIEWED_AFTER = timedelta(days=60)
_DAY = timedelta(days=1)


class Code(StrEnum):
    """What an office does at this time. Of several that hold on a day, the first of this list is shown; but the
    freeze of an election ahead stands before what is left to do of one that is over."""

    VOTING = "voting"
    """A voting day."""
    ADVANCE = "advance"
    """Advance, early or postal voting."""
    CANVASS = "canvass"
    AUDIT = "audit"
    CERTIFICATION = "certification"
    """Voting is over and the result is not certified yet."""
    FREEZE = "freeze"
    """Before voting or after it: nothing that voting rests on is changed."""
    PREPARATION = "preparation"
    """The last 90 days in which things may still be changed: before the freeze, or before voting without one."""
    NOMINATION = "nomination"
    AFTER = "after"
    """Up to 60 days after the last window of an election: look back and repair."""
    PLANNING = "planning"
    """An election lies within a year."""
    QUIET = "quiet"
    """The next election is more than a year away."""
    NONE = "none"
    """No election ahead is declared."""


class Phase(msgspec.Struct, frozen=True):
    """``days`` until the first day of voting of ``election``: 0 while voting goes on, negative once it is over.
    ``until`` is the last day of the phase, None where nothing that is known ends it."""

    code: Code
    day: date
    election: Election | None = None
    days: int | None = None
    until: date | None = None
    next: Election | None = None
    """The first election whose voting is not over: the one to count down to."""
    next_days: int | None = None
    """Days to its first voting day, 0 while it goes on."""
    also: tuple[tuple[Code, Election], ...] = ()
    """What else holds on this day, by weight."""


def phase(elections: Iterable[Election], today: date) -> Phase:
    """The phase of ``today``: the weightiest of all that every election says of it."""
    known = in_order(elections)
    ahead = next((one for one in known if one.last >= today), None)
    found = sorted(((_rank(code, one, today), place, code, one, until) for place, one in enumerate(known)
                    for code, until in _says(one, today)), key=lambda each: each[:2])
    next_days = None if ahead is None else max(0, (ahead.first - today).days)
    if not found:
        return Phase(Code.NONE, today)
    _, _, code, election, until = found[0]
    beside = (each for each in found[1:] if each[2] not in (code, Code.PLANNING, Code.QUIET))
    also = dict.fromkeys((each[2], each[3].id) for each in beside)
    by_id = {one.id: one for one in known}
    return Phase(code, today, election, _days(election, today), until, ahead, next_days,
                 tuple((each, by_id[number]) for each, number in also))


class HasElections(Protocol):
    """An office, as far as phases need it."""

    @property
    def elections(self) -> tuple[Election, ...]: ...
    @property
    def zone(self) -> str: ...


def of_office(office: HasElections, now: datetime) -> Phase:
    """The phase of an office at ``now`` (aware), by its own day."""
    return phase(office.elections, day_of(now, office.zone))


def publication_block(elections: Iterable[Election], today: date) -> Election | None:
    """The election for which nothing is published on ``today``: from the opening of nominations (of the freeze, or
    90 days before voting where no nomination window is entered) to certification. None: publishing is open."""
    return next((one for one in in_order(elections) if blocked(one)[0] <= today <= blocked(one)[1]), None)


def blocked(election: Election) -> tuple[date, date]:
    """The first and last day of an election's publication block."""
    opening = election.of(WindowKind.NOMINATION) or election.of(WindowKind.FREEZE)
    first = min(opening[0].first, election.first) if opening else election.first - PREPARED_AHEAD
    return first, max(election.certified, election.last)


def freeze_starts(election: Election) -> date | None:
    """The first day of an election's freeze of all equipment, or of its first one."""
    windows = election.of(WindowKind.FREEZE)
    return windows[0].first if windows else None


_IN_WINDOW = ((WindowKind.ADVANCE, Code.ADVANCE), (WindowKind.CANVASS, Code.CANVASS), (WindowKind.AUDIT, Code.AUDIT),
              (WindowKind.CERTIFICATION, Code.CERTIFICATION), (WindowKind.FREEZE, Code.FREEZE),
              (WindowKind.NOMINATION, Code.NOMINATION))


def _says(one: Election, today: date) -> list[tuple[Code, date | None]]:
    """What one election says of a day, and until when."""
    found: list[tuple[Code, date | None]] = []
    if one.first <= today <= one.last:
        found.append((Code.VOTING, one.last))
    found += [(code, window.last) for kind, code in _IN_WINDOW for window in one.of(kind) if window.holds(today)]
    if today <= one.last:
        changes_end = freeze_starts(one) or one.first
        if today < changes_end:
            found.append(_ahead(one, today, changes_end))
    elif today <= one.certified and one.of(WindowKind.CERTIFICATION):
        found.append((Code.CERTIFICATION, one.certified))
    elif one.ends < today <= one.ends + REVIEWED_AFTER:
        found.append((Code.AFTER, one.ends + REVIEWED_AFTER))
    return found


def _rank(code: Code, one: Election, today: date) -> float:
    order = list(Code)
    if code is Code.FREEZE and today <= one.last:
        return order.index(Code.ADVANCE) + 0.5
    return order.index(code)


def _ahead(one: Election, today: date, changes_end: date) -> tuple[Code, date]:
    if today >= changes_end - PREPARED_AHEAD:
        return Code.PREPARATION, changes_end - _DAY
    preparation = changes_end - PREPARED_AHEAD - _DAY
    if today >= one.first - PLANNED_AHEAD:
        return Code.PLANNING, preparation
    return Code.QUIET, min(preparation, one.first - PLANNED_AHEAD - _DAY)


def _days(one: Election, today: date) -> int:
    if today <= one.last:
        return max(0, (one.first - today).days)
    return (one.last - today).days


def next_election(elections: Sequence[Election], today: date) -> Election | None:
    """The first election whose voting is not over."""
    return next((one for one in in_order(elections) if one.last >= today), None)
