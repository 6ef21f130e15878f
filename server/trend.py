"""The trend of an office as its pages show it: a span of closed days as lines, changes and sums. Pure.

Bounds are in millionths, as days are kept; ``whole`` turns them into points of 100.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from evidence.day import MILLION, Point
from evidence.trend import ours
from policies.grade import LETTERS
from server.store.days import Kept

NOTABLE = MILLION // 100
"""A change of a day that is worth a line: one point."""
LISTED = 40
"""Changes that a page lists."""
WIDTH, HEIGHT = 720.0, 300.0
"""The plot's own units; what surrounds it is the template's."""


@dataclass(frozen=True, slots=True)
class Step:
    """One closed day of a line, and what changed since the day before."""

    day: date
    point: Point | None
    ours: int = 0
    rules: int = 0
    letter_before: str | None = None
    first: bool = False
    """Whether nothing stands before it to compare with."""

    @property
    def parts(self) -> Parts:
        """The change since the day before."""
        if self.point is None or self.first:
            return Parts(0, 0, 0)
        return parts(self.point.lower - self.ours - self.rules, self.point.lower, self.rules)

    @property
    def notable(self) -> bool:
        """Whether something changed that a reader should see."""
        if self.point is None or self.first:
            return False
        return abs(self.ours) >= NOTABLE or self.rules != 0 or self.point.letter != self.letter_before


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring days with a point, as coordinates of the plot: the lower bound, and the band up to the upper."""

    line: str
    band: str
    at: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Trend:
    """One line over a span of days."""

    steps: tuple[Step, ...]

    @property
    def known(self) -> tuple[Step, ...]:
        """Days with a point."""
        return tuple(one for one in self.steps if one.point is not None)

    @property
    def first(self) -> Step | None:
        return self.known[0] if self.known else None

    @property
    def last(self) -> Step | None:
        return self.known[-1] if self.known else None

    @property
    def change(self) -> int:
        """Of the lower bound, over the whole span."""
        if self.first is None or self.last is None or self.first.point is None or self.last.point is None:
            return 0
        return self.last.point.lower - self.first.point.lower

    @property
    def rules(self) -> int:
        """The part of ``change`` that other rules made."""
        return sum(one.rules for one in self.known[1:])

    @property
    def ours(self) -> int:
        """The part of ``change`` that the office made."""
        return self.change - self.rules

    @property
    def parts(self) -> Parts:
        """The change over the whole span."""
        if self.first is None or self.last is None or self.first.point is None or self.last.point is None:
            return Parts(0, 0, 0)
        return parts(self.first.point.lower, self.last.point.lower, self.rules)

    @property
    def changes(self) -> tuple[Step, ...]:
        """The days on which something changed, newest first, as many as a page lists."""
        return tuple(one for one in reversed(self.steps) if one.notable)[:LISTED]

    @property
    def notable(self) -> int:
        """How many days something changed on, listed or not."""
        return sum(one.notable for one in self.steps)

    def runs(self, width: float = WIDTH, height: float = HEIGHT) -> tuple[Run, ...]:
        """The line in a plot of that size, broken where days have no point. 100 points are at the top."""
        across = width / max(1, len(self.steps) - 1)
        found: list[list[tuple[float, float, float]]] = [[]]
        for place, one in enumerate(self.steps):
            if one.point is None:
                found.append([])
            else:
                found[-1].append((round(place * across, 1), _height(one.point.lower, height),
                                  _height(one.point.upper, height)))
        return tuple(_run(some) for some in found if some)

    def turns(self, width: float = WIDTH) -> tuple[tuple[float, Step], ...]:
        """The days on which other rules changed the line, and where they stand."""
        across = width / max(1, len(self.steps) - 1)
        return tuple((round(place * across, 1), one) for place, one in enumerate(self.steps) if one.rules)

    def months(self, width: float = WIDTH) -> tuple[tuple[float, date], ...]:
        """The first days of months and where they stand."""
        across = width / max(1, len(self.steps) - 1)
        return tuple((round(place * across, 1), one.day) for place, one in enumerate(self.steps) if one.day.day == 1)


def _run(some: Sequence[tuple[float, float, float]]) -> Run:
    """A single day is drawn as a short stroke."""
    if len(some) == 1:
        some = [some[0], (some[0][0] + 1, *some[0][1:])]
    lower = [f"{x:g},{low:g}" for x, low, _ in some]
    upper = [f"{x:g},{high:g}" for x, _, high in reversed(some)]
    return Run(" ".join(lower), " ".join([*lower, *upper]), tuple((x, low) for x, low, _ in some))


def _height(millionths: int, height: float) -> float:
    return round(height * (1 - millionths / MILLION), 1)


def bands(height: float = HEIGHT) -> tuple[tuple[str, float, float], ...]:
    """Each letter with the top and the bottom of its band in a plot."""
    found, top = [], 0.0
    for letter, needed in LETTERS:
        bottom = round(height * (1 - needed), 1)
        found.append((letter, top, bottom))
        top = bottom
    return tuple(found)


def line(days: Iterable[tuple[date, Point | None]]) -> Trend:
    """A line from the points of days in order."""
    steps: list[Step] = []
    before: Point | None = None
    for day, point in days:
        if point is None or before is None:
            steps.append(Step(day, point, first=True))
        else:
            steps.append(Step(day, point, ours(before, point), point.by_rules, before.letter))
        before = point
    return Trend(tuple(steps))


def office(days: Iterable[Kept]) -> Trend:
    """The line of the office."""
    return line((one.day, one.points.office) for one in days)


def of(days: Iterable[Kept], pick: Callable[[Kept], dict[str, Point]]) -> dict[str, Trend]:
    """A line for each name that ``pick`` finds in any of the days, by name."""
    kept = list(days)
    names = sorted({name for one in kept for name in pick(one)})
    return {name: line((one.day, pick(one).get(name)) for one in kept) for name in names}


def whole(millionths: int) -> int:
    """Whole points of 100, rounded down as on the scorecard: never more than there is."""
    return millionths * 100 // MILLION


def nearest(millionths: int) -> int:
    """A difference in whole points, to the nearest; halves away from zero."""
    found = (abs(millionths) * 100 * 2 + MILLION) // (2 * MILLION)
    return found if millionths >= 0 else -found


@dataclass(frozen=True, slots=True)
class Parts:
    """A change in whole points whose parts add up."""

    change: int
    ours: int
    rules: int


def parts(before: int, now: int, rules: int) -> Parts:
    """From one lower bound to another, of which ``rules`` (all millionths) is the rules' part, in whole points."""
    change, theirs = whole(now) - whole(before), nearest(rules)
    return Parts(change, change - theirs, theirs)
