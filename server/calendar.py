"""Freeze windows: the days around voting days on which nothing that voting rests on is changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

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
    """An office's voting days and the freezes around them.

    ``before`` and ``after`` are days. Windows that touch or overlap are one.
    """

    voting_days: tuple[date, ...] = ()
    before: int = BEFORE
    after: int = AFTER

    def windows(self) -> list[Window]:
        """Every freeze, in order."""
        found: list[Window] = []
        for day in sorted(set(self.voting_days)):
            first, last = day - self.before * _DAY, day + self.after * _DAY
            if found and first <= found[-1].last + _DAY:
                found[-1] = Window(found[-1].first, last, (*found[-1].voting_days, day))
            else:
                found.append(Window(first, last, (day,)))
        return found

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
    """The calendar of some voting days, in any order and with repeats."""
    return Calendar(tuple(sorted(set(voting_days))), before, after)
