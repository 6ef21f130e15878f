"""The days of a plan, by number: 0 is today. What each day counts, which are frozen, how elections cut them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from datetime import date, timedelta
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from server.planning import exposure, months
from server.planning.freezes import frozen
from server.planning.kinds import name
from server.planning.model import HORIZON_MONTHS, Calendar

Days = NDArray[np.int64]


def last_day(today: date) -> date:
    """The last day of the 48 calendar months that begin today."""
    return months.add(today, HORIZON_MONTHS) - timedelta(days=1)


class Horizon:
    """The days from today to the last of the plan; ``length`` of them. Number ``length`` is "never in this plan"."""

    def __init__(self, today: date, calendar: Calendar) -> None:
        self.today = today
        self.calendar = calendar
        self.length = (last_day(today) - today).days + 1
        counted = exposure.days(calendar.elections, today, last_day(today))
        self.counted: Days = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(counted)])
        """What the days before each number count together."""
        self._frozen = frozen(calendar)
        self._open: dict[frozenset[str], Days] = {}
        self._orders: dict[int, tuple[Days, Days]] = {}
        self._candidates: dict[tuple[frozenset[str], int], Days] = {}

    def number(self, day: date | None) -> int:
        """The number of a day, within 0 and ``length``; ``length`` for None."""
        return self.length if day is None else min(max((day - self.today).days, 0), self.length)

    def day(self, number: int) -> date:
        return self.today + timedelta(days=int(number))

    @cached_property
    def dates(self) -> list[date]:
        return [self.day(number) for number in range(self.length)]

    @cached_property
    def month(self) -> Days:
        """The calendar month of each day: 12 × year + month − 1."""
        return np.array([day.year * 12 + day.month - 1 for day in self.dates], dtype=np.int64)

    @cached_property
    def span(self) -> Days:
        """How many elections lie before each day: equipment that goes live in one span meets the same elections."""
        held = sorted({one.date for one in self.calendar.elections})
        return np.array([bisect_left(held, day) for day in self.dates], dtype=np.int64)

    def orders(self, lead: int) -> tuple[Days, Days]:
        """For each go-live its order: day number (negative: before today) and calendar year."""
        if lead not in self._orders:
            ordered = [months.order_by(day, lead) for day in self.dates]
            self._orders[lead] = (np.array([(day - self.today).days for day in ordered], dtype=np.int64),
                                  np.array([day.year for day in ordered], dtype=np.int64))
        return self._orders[lead]

    def earliest(self, lead: int) -> int:
        """The first go-live of what is ordered from today on; at least ``length`` where that is after the plan."""
        if lead > HORIZON_MONTHS:
            return self.length
        return (months.earliest(self.today, lead) - self.today).days

    def open_from(self, kinds: frozenset[str]) -> Days:
        """For each number the first day from it on that is in no freeze of any of these kinds (``length``: none)."""
        if kinds not in self._open:
            shut = np.zeros(self.length + 1, dtype=bool)
            for kind in kinds:
                for one in self._frozen:
                    if one.holds(kind):
                        shut[max((one.first - self.today).days, 0):max((one.last - self.today).days + 1, 0)] = True
            shut[self.length] = False
            following = np.where(shut, self.length, np.arange(self.length + 1))
            self._open[kinds] = np.minimum.accumulate(following[::-1])[::-1]
        return self._open[kinds]

    def is_open(self, kinds: frozenset[str], number: int) -> bool:
        return int(self.open_from(kinds)[number]) == number

    def candidates(self, kinds: frozenset[str], earliest: int) -> Days:
        """The first open day of every calendar month, and of every part into which an election cuts it.

        No other day can be better: within such a part a later day has the same month of work, the same year and at
        most the same funds to pay it, meets the same elections, and is exposed for longer.
        """
        key = (kinds, earliest)
        if key not in self._candidates:
            part = self.month * 10_000 + self.span
            first = np.flatnonzero(np.diff(part, prepend=-1))
            end = np.append(first[1:], self.length)
            from_ = np.maximum(first, earliest)
            inside = from_ < end
            found = self.open_from(kinds)[from_[inside]]
            self._candidates[key] = found[found < end[inside]]
        return self._candidates[key]


def kinds_of(words: Iterable[str]) -> frozenset[str]:
    """Kinds in their one spelling."""
    return frozenset(name(word) for word in words)
