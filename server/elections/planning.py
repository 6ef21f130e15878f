"""The election calendar as the planner reads it, and the lines of a plan that a change of it breaks. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

import msgspec

from server.elections.model import Election, Window, WindowKind, in_order
from server.planning import model


def planning_calendar(elections: Iterable[Election], hours: float | None = None) -> model.Calendar:
    """Every election by its last voting day, and the freezes around it, which may differ by kind of equipment.
    ``hours`` is what the staff can give in a month."""
    known = in_order(elections)
    around: dict[tuple[int, int, tuple[str, ...]], list[date]] = {}
    for one in known:
        for window in one.of(WindowKind.FREEZE):
            key = ((one.last - window.first).days, (window.last - one.last).days, window.equipment)
            around.setdefault(key, []).append(one.last)
    return model.Calendar(
        tuple(model.Election(one.last, one.name, one.scale) for one in known),
        tuple(model.Freeze(before, after, kinds, tuple(sorted(set(days))))
              for (before, after, kinds), days in sorted(around.items())), hours)


class Break(StrEnum):
    """Why a line no longer holds."""

    FROZEN = "frozen"
    """It would go live inside a freeze that was not there."""
    AFTER_VOTE = "after_vote"
    """A vote that was not there is held before it goes live."""


class Goes(Protocol):
    """A line of any plan, as far as it has a day on which it goes live."""

    @property
    def go_live(self) -> date | None: ...


L = TypeVar("L", bound=Goes)


class Broken(msgspec.Struct, Generic[L], frozen=True):
    """A line that a change of the calendar breaks, the election that does it, and the first day it could go live."""

    line: L
    why: Break
    election: Election
    free_from: date | None = None
    """After the freeze; None for a line that is late for the vote."""


def broken_lines(lines: Iterable[L], old: Sequence[Election], new: Sequence[Election], today: date, *,
                 kinds: Mapping[int, str] | None = None,
                 ends: Mapping[int, date | None] | None = None) -> tuple[Broken[L], ...]:
    """The lines that held under ``old`` and do not under ``new``.

    ``kinds`` gives the kind of equipment of a line by its place (a line of unknown kind is bound by every freeze);
    ``ends`` the last supported day of what it replaces: something still supported through a new vote is not late
    for it, and where the day is not known the line is listed.
    """
    found: list[Broken[L]] = []
    before = {one.id: one for one in old}
    for place, line in enumerate(lines):
        day = line.go_live
        if day is None or day < today:
            continue
        kind = (kinds or {}).get(place, "")
        was = _freeze(old, day, kind)
        now = _freeze(new, day, kind)
        if now is not None and was is None:
            found.append(Broken(line, Break.FROZEN, now[0], free_from(new, day, kind)))
            continue
        late = next((one for one in in_order(new) if today <= one.last < day and _is_new(one, before, day)
                     and _unsupported((ends or {}).get(place), one)), None)
        if late is not None:
            found.append(Broken(line, Break.AFTER_VOTE, late))
    return tuple(found)


def free_from(elections: Sequence[Election], day: date, kind: str = "") -> date:
    """The first day from ``day`` on that lies in no freeze of a kind of equipment."""
    while (held := _freeze(elections, day, kind)) is not None:
        day = date.fromordinal(held[1].last.toordinal() + 1)
    return day


def _freeze(elections: Sequence[Election], day: date, kind: str) -> tuple[Election, Window] | None:
    return next(((one, window) for one in in_order(elections) for window in one.of(WindowKind.FREEZE)
                 if window.holds(day) and (not kind or not window.equipment or kind in window.equipment)), None)


def _is_new(one: Election, before: Mapping[str, Election], day: date) -> bool:
    """Whether a vote before ``day`` was not there: added, or moved from ``day`` or later to before it."""
    return one.id not in before or before[one.id].last >= day


def _unsupported(ends: date | None, one: Election) -> bool:
    return ends is None or ends < one.last
