"""What each line of a plan means, in days and elections: facts, no words.

Days without support count from the day after the last supported one, or from the day of the plan. A support extension
covers from the day it is ordered to its last day. Of an asset whose end of support nobody knows, no day is counted
either way, and its asset's ``ends`` is None: it is never taken for fine.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from enum import StrEnum

import msgspec

from server.planning.exposure import exposure
from server.planning.horizon import last_day
from server.planning.kinds import name
from server.planning.made import Made
from server.planning.model import Asset, Budget, Calendar, Election, Line, Option

COUNT = "quantity"
"""Why an asset is unmatched where all that is missing is how many there are."""
DAY = timedelta(days=1)
Span = tuple[date, date]


class Kept(StrEnum):
    """Why an asset is kept as it is."""

    LASTS = "lasts"
    """Its support lasts to the end of the plan."""
    UNKNOWN = "unknown"
    """Nobody knows when its support ends, or only that its expected life or certification lasts."""
    NO_PRICE = "no_price"
    NO_LEAD = "no_lead"
    NO_FUND = "no_fund"
    """No fund may pay for its kind."""
    NO_ROOM = "no_room"
    """Money, hours or days in which it could go live do not reach, or go further elsewhere."""


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """One line, its asset, and what follows from them."""

    asset: Asset
    line: Line
    bridge: bool = False
    """A support extension until a later line of the same asset."""
    bare: tuple[Span, ...] = ()
    """When the asset is in use without support under the plan, within its horizon. On its last line alone."""
    bare_elections: tuple[Election, ...] = ()
    kept_bare: Span | None = None
    """The same, were nothing done."""
    kept_elections: tuple[Election, ...] = ()
    precedes: Election | None = None
    """The first election on or after the day it goes live."""
    reason: Kept | None = None
    late: bool = False
    """It misses its ``must_by``."""
    overdue: bool = False
    """Its order is due on the day of the plan."""
    unforeseen: bool = False
    """It goes live after the last election that is known: one that is called later may move it."""
    exposure: int = 0
    """Weighted device-days under the plan; on its last line alone."""
    kept_exposure: int = 0
    """The same, were nothing done."""
    together: int = 0
    """How many assets of its group change on its day."""
    unsure: bool = False
    """What it is could not be matched: its support may end before any day that is known."""
    extended: bool = False
    """Whether the plan buys the asset's support extension, on this line or on another."""

    @property
    def bare_days(self) -> int:
        return sum(days(one) for one in self.bare)

    @property
    def kept_days(self) -> int:
        return days(self.kept_bare) if self.kept_bare else 0


def days(span: Span) -> int:
    return (span[1] - span[0]).days + 1


def outlooks(made: Made) -> tuple[Outlook, ...]:
    """Every line in the order of the plan: by asset, an extension before what it bridges to."""
    problem = made.problem
    assets = {one.id: one for one in problem.assets}
    lines: dict[str, list[Line]] = {}
    for line in made.solved.lines:
        lines.setdefault(line.asset, []).append(line)
    together = Counter((assets[one.asset].group, one.go_live) for one in made.solved.lines
                       if assets[one.asset].group and one.option in CHANGES)
    last = max((one.date for one in problem.calendar.elections), default=None)
    end = last_day(problem.today)
    unmet = frozenset(made.solved.unmet)
    unsure = frozenset(one.asset for one in made.unmatched if one.why != COUNT)
    found = []
    for line in made.solved.lines:
        asset = assets[line.asset]
        own = lines[asset.id]
        final = line is own[-1]
        kept = bare(asset, (), problem.today, end)
        spans = bare(asset, own, problem.today, end) if final else ()
        found.append(Outlook(
            asset=asset, line=line, bridge=not final, bare=spans,
            bare_elections=during(problem.calendar, spans), kept_bare=kept[0] if kept else None,
            kept_elections=during(problem.calendar, kept), precedes=_first(problem.calendar, line.go_live),
            reason=_reason(asset, problem.budgets, end, asset.id in unsure) if line.option is Option.KEEP else None,
            late=final and asset.id in unmet,
            overdue=line.order_by is not None and line.order_by <= problem.today,
            unforeseen=line.go_live is not None and (last is None or line.go_live > last),
            exposure=sum(exposure(asset, problem.calendar.elections, *span) for span in spans),
            kept_exposure=sum(exposure(asset, problem.calendar.elections, *span) for span in kept),
            together=together[asset.group, line.go_live] if line.option in CHANGES else 0,
            unsure=asset.id in unsure, extended=any(one.option is Option.EXTEND for one in own)))
    return tuple(found)


CHANGES = frozenset((Option.UPGRADE, Option.REPLACE, Option.RETIRE))
"""Options after which the asset, as it stands, is no more."""


def bare(asset: Asset, lines: list[Line] | tuple[Line, ...], today: date, end: date) -> tuple[Span, ...]:
    """When ``asset`` is used without support, from ``today`` to ``end``, if ``lines`` are carried out."""
    if asset.ends is None:
        return ()
    first = max(today, asset.ends.day + DAY)
    last = min([end, *(one.go_live - DAY for one in lines if one.option in CHANGES and one.go_live)])
    spans = [(first, last)]
    for one in lines:
        if one.option is Option.EXTEND and asset.covered_until is not None:
            covered = (one.order_by or today, asset.covered_until)
            spans = [piece for span in spans for piece in ((span[0], min(span[1], covered[0] - DAY)),
                                                           (max(span[0], covered[1] + DAY), span[1]))]
    return tuple(span for span in spans if span[0] <= span[1])


def during(calendar: Calendar, spans: tuple[Span, ...]) -> tuple[Election, ...]:
    return tuple(one for one in sorted(calendar.elections, key=lambda one: (one.date, one.name))
                 if any(first <= one.date <= last for first, last in spans))


def _first(calendar: Calendar, from_day: date | None) -> Election | None:
    if from_day is None:
        return None
    return min((one for one in calendar.elections if one.date >= from_day), key=lambda one: (one.date, one.name),
               default=None)


def _reason(asset: Asset, budgets: tuple[Budget, ...], end: date, unsure: bool) -> Kept:
    if asset.ends is None:
        return Kept.UNKNOWN
    if asset.ends.day >= end:
        return Kept.UNKNOWN if unsure else Kept.LASTS
    if asset.cost is None and asset.upgrade_cost is None:
        return Kept.NO_PRICE
    if asset.lead_months is None:
        return Kept.NO_LEAD
    if not any(not one.kinds or name(asset.kind) in map(name, one.kinds) for one in budgets):
        return Kept.NO_FUND
    return Kept.NO_ROOM
