"""The picture of a plan in time: where every bar, band and mark goes. Pure geometry; page and print draw it.

``x`` and ``width`` are parts of the picture's width, 0 on the day of the plan and 1 after its last; ``row`` counts
from 0. Whoever draws it shows ``Picture.rows`` as a table beside it: the same days in words.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

import msgspec

from server.pages.language import Language
from server.planning.freezes import frozen
from server.planning.horizon import last_day
from server.planning.kind_names import counted, named
from server.planning.kinds import weight
from server.planning.made import Made
from server.planning.model import Option, Scale
from server.planning.outlook import Outlook, outlooks
from server.planning.sentences import option
from server.planning.wording import clipped, day, inert

ROWS = 30
LETTER = 0.0085
"""How wide a letter of an election's label is; its date takes eleven."""
LABEL = 34


class Bar(msgspec.Struct, frozen=True):
    """``kind``: ``order`` (from the order to going live), ``bare`` (in use without support), ``extended``."""

    kind: str
    x: float
    width: float
    first: date
    last: date
    title: str


class Mark(msgspec.Struct, frozen=True):
    """``kind``: ``end`` (of support), ``live``, ``retired``. ``past``: it lies before the picture."""

    kind: str
    x: float
    day: date
    title: str
    past: bool = False


class Row(msgspec.Struct, frozen=True):
    """One line of equipment."""

    asset: str
    label: str
    detail: str
    option: str
    bars: tuple[Bar, ...] = ()
    marks: tuple[Mark, ...] = ()
    ends: date | None = None
    order_by: date | None = None
    go_live: date | None = None


class Band(msgspec.Struct, frozen=True):
    """A freeze. ``everything``: of every kind; else of some kinds, drawn lighter."""

    x: float
    width: float
    first: date
    last: date
    everything: bool
    title: str


class Vote(msgspec.Struct, frozen=True):
    """An election: a line through all rows. Its label and date stand right of it, or left where ``before``; ``level``
    counts from 0 and keeps those that are close apart."""

    x: float
    day: date
    label: str
    large: bool
    level: int
    before: bool


class Year(msgspec.Struct, frozen=True):
    """A calendar year's part of the width, and the places of its months."""

    label: str
    x: float
    width: float
    months: tuple[float, ...]


class Picture(msgspec.Struct, frozen=True):
    first: date
    last: date
    years: tuple[Year, ...]
    bands: tuple[Band, ...]
    votes: tuple[Vote, ...]
    rows: tuple[Row, ...]
    rest: int
    """Lines that have no row of their own."""
    levels: int
    """How many levels of labels the elections take."""
    alt: str
    """The picture in one sentence."""


def picture(made: Made, speak: Language, rows: int = ROWS, listed: tuple[Outlook, ...] | None = None) -> Picture:
    """The timeline of a plan: the ``rows`` lines with most at stake, by kind and site."""
    listed = outlooks(made) if listed is None else listed
    scale = _Scale(made.problem.today, last_day(made.problem.today))
    lines: dict[str, list[Outlook]] = defaultdict(list)
    for one in listed:
        lines[one.asset.id].append(one)
    moving = [own for own in lines.values() if own[-1].line.option is not Option.KEEP or len(own) > 1 or own[-1].bare]
    best = sorted(moving, key=lambda own: (-own[-1].kept_exposure, own[-1].asset.id))[:rows]
    shown = sorted(best, key=lambda own: (-weight(own[0].asset.kind), own[0].asset.kind, own[0].asset.site,
                                          own[0].asset.id))
    votes = _votes(made, scale)
    return Picture(
        first=scale.first, last=scale.last, years=_years(scale), bands=_bands(made, scale, speak), votes=votes,
        rows=tuple(_row(own, scale, speak) for own in shown), rest=len(lines) - len(shown),
        levels=max((one.level for one in votes), default=0) + 1, alt=_alt(made, shown, len(lines), scale, speak))


class _Scale:
    """From days to places."""

    def __init__(self, first: date, last: date) -> None:
        self.first, self.last = first, last
        self.days = (last - first).days + 1

    def at(self, value: date) -> float:
        """The place of a day's beginning, within the picture."""
        return round(min(max((value - self.first).days / self.days, 0.0), 1.0), 5)

    def span(self, first: date, last: date) -> tuple[float, float]:
        """Place and width of days, both included."""
        start = self.at(first)
        return start, round(self.at(last + timedelta(days=1)) - start, 5)

    def holds(self, value: date) -> bool:
        return self.first <= value <= self.last


def _row(own: list[Outlook], scale: _Scale, speak: Language) -> Row:
    last = own[-1]
    asset = last.asset
    bars: list[Bar] = []
    marks: list[Mark] = []
    for span in last.bare:
        bars.append(_bar("bare", *span, scale, speak.say("Without support from %(first)s to %(last)s"), speak))
    for one in own:
        line = one.line
        if line.option is Option.EXTEND and line.order_by and asset.covered_until:
            until = min(asset.covered_until, last.line.go_live or scale.last, scale.last)
            if until >= line.order_by:
                bars.append(_bar("extended", line.order_by, until, scale,
                                 speak.say("Extended support from %(first)s to %(last)s"), speak))
        elif line.order_by and line.go_live:
            bars.append(_bar("order", line.order_by, line.go_live, scale,
                             speak.say("Ordered by %(first)s, in service on %(last)s"), speak))
        if line.go_live and scale.holds(line.go_live):
            retired = line.option is Option.RETIRE
            text = speak.say("Switched off on %(day)s") if retired else speak.say("In service on %(day)s")
            marks.append(Mark("retired" if retired else "live", scale.at(line.go_live), line.go_live,
                              text % {"day": day(line.go_live, speak)}))
    if asset.ends and asset.ends.day <= scale.last:
        marks.insert(0, Mark("end", scale.at(asset.ends.day), asset.ends.day, speak.say("Support ends on %(day)s") % {
            "day": day(asset.ends.day, speak)}, past=asset.ends.day < scale.first))
    return Row(asset=asset.id, label=clipped(inert(asset.id), LABEL),
               detail=counted(asset.kind, asset.quantity, speak),
               option=" + ".join(option(one.line.option, speak) for one in own), bars=tuple(bars), marks=tuple(marks),
               ends=asset.ends.day if asset.ends else None, order_by=last.line.order_by, go_live=last.line.go_live)


def _bar(kind: str, first: date, last: date, scale: _Scale, text: str, speak: Language) -> Bar:
    x, width = scale.span(first, last)
    return Bar(kind, x, width, first, last, text % {"first": day(first, speak), "last": day(last, speak)})


def _bands(made: Made, scale: _Scale, speak: Language) -> tuple[Band, ...]:
    found = []
    for one in frozen(made.problem.calendar):
        if one.last < scale.first or one.first > scale.last:
            continue
        x, width = scale.span(max(one.first, scale.first), min(one.last, scale.last))
        values = {"first": day(one.first, speak), "last": day(one.last, speak),
                  "kinds": speak.list([named(kind, speak) for kind in one.kinds])}
        text = (speak.say("Freeze from %(first)s to %(last)s: %(kinds)s") if one.kinds
                else speak.say("Freeze from %(first)s to %(last)s: everything")) % values
        found.append(Band(x, width, one.first, one.last, not one.kinds, text))
    return tuple(sorted(found, key=lambda one: (one.everything, one.first, one.last, one.title)))


def _votes(made: Made, scale: _Scale) -> tuple[Vote, ...]:
    levels: list[list[Span]] = []
    found = []
    for one in sorted(made.problem.calendar.elections, key=lambda one: (one.date, one.name)):
        if not scale.holds(one.date):
            continue
        x, label = scale.at(one.date), clipped(inert(one.name), LABEL)
        wide = LETTER * (len(label) + 11)
        before = x + wide > 1
        place = (x - wide, x) if before else (x, x + wide)
        level = next((number for number, taken in enumerate(levels) if _free(taken, place)), len(levels))
        if level == len(levels):
            levels.append([])
        levels[level].append(place)
        found.append(Vote(x, one.date, label, one.scale is Scale.LARGE, level, before))
    return tuple(found)


Span = tuple[float, float]


def _free(taken: list[Span], place: Span) -> bool:
    return all(end <= place[0] or place[1] <= start for start, end in taken)


def _years(scale: _Scale) -> tuple[Year, ...]:
    found = []
    for year in range(scale.first.year, scale.last.year + 1):
        first, last = max(scale.first, date(year, 1, 1)), min(scale.last, date(year, 12, 31))
        months = tuple(scale.at(date(year, month, 1)) for month in range(2, 13)
                       if scale.first < date(year, month, 1) <= scale.last)
        found.append(Year(str(year), *scale.span(first, last), months))
    return tuple(found)


def _alt(made: Made, shown: list[list[Outlook]], count: int, scale: _Scale, speak: Language) -> str:
    text = speak.texts.ngettext(
        "Timeline from %(first)s to %(last)s: %(shown)s of %(count)s line, with freezes and elections. "
        "The table of lines holds the same dates.",
        "Timeline from %(first)s to %(last)s: %(shown)s of %(count)s lines, with freezes and elections. "
        "The table of lines holds the same dates.", count)
    return text % {"first": day(scale.first, speak), "last": day(scale.last, speak),
                   "shown": speak.number(len(shown)), "count": speak.number(count)}
