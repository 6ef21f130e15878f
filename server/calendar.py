"""Freeze windows: the days around voting days on which nothing that voting rests on is changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from server.elections.model import Election, WindowKind

BEFORE = 90
AFTER = 30
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """A freeze, first and last day included, and the voting days it protects."""

    first: date
    last: date
    voting_days: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class Calendar:
    """The freezes of an office, in order. Windows that touch or overlap are one."""

    freezes: tuple[Window, ...] = ()

    def windows(self) -> list[Window]:
        """Every freeze, in order."""
        return list(self.freezes)

    def frozen(self, day: date) -> Window | None:
        """The freeze a day lies in, or None."""
        return next((one for one in self.windows() if one.first <= day <= one.last), None)

    def first_open(self, day: date) -> date:
        """The first day from ``day`` on that lies in no freeze."""
        window = self.frozen(day)
        return window.last + _DAY if window else day

    def last_open(self, day: date) -> date:
        """The last day up to ``day`` that lies in no freeze."""
        window = self.frozen(day)
        return window.first - _DAY if window else day

    @property
    def known_until(self) -> date | None:
        """The last day of the last freeze: past it, other voting days may follow that nobody declared yet."""
        windows = self.windows()
        return windows[-1].last if windows else None


def of(voting_days: Iterable[date], before: int = BEFORE, after: int = AFTER) -> Calendar:
    """The calendar of some voting days, in any order and with repeats: ``before`` and ``after`` are days."""
    return _joined(Window(day - before * _DAY, day + after * _DAY, (day,)) for day in set(voting_days))


def of_office(elections: Iterable[Election], voting_days: Iterable[date] = (), before: int = BEFORE,
              after: int = AFTER) -> Calendar:
    """The freezes that elections say, and those around voting days that belong to none of them."""
    known = tuple(elections)
    own = (Window(window.first, window.last, (one.first,)) for one in known for window in one.of(WindowKind.FREEZE))
    bare = (day for day in set(voting_days) if not any(one.first <= day <= one.last for one in known))
    return _joined((*own, *(Window(day - before * _DAY, day + after * _DAY, (day,)) for day in bare)))


def _joined(windows: Iterable[Window]) -> Calendar:
    found: list[Window] = []
    for one in sorted(windows, key=lambda each: (each.first, each.last)):
        if found and one.first <= found[-1].last + _DAY:
            days = tuple(sorted({*found[-1].voting_days, *one.voting_days}))
            found[-1] = Window(found[-1].first, max(found[-1].last, one.last), days)
        else:
            found.append(one)
    return Calendar(tuple(found))
