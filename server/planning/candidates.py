"""What can be done with each asset, and what must move together.

What is left out is never better than what is kept:

- an asset that may be retired is never bought for: retiring costs nothing, needs no work and may happen on any open
  day on which something could be bought for it;
- of upgrade and replacement, which take the same time and work, the cheaper is taken; at one price the approved one,
  else the replacement. An option without a price, or that needs an order without a lead time, is no option;
- an extension of support is ordered on the last day of support (today, if that has passed) and only where it covers
  a day that would be without; together with a replacement it bridges the days until that goes live;
- an asset whose end of support nobody knows stays, unless its ``must_by``, group or model moves it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from fractions import Fraction

import msgspec
import numpy as np

from server.planning import exposure
from server.planning.funds import Funds, Purse
from server.planning.horizon import Days, Horizon, kinds_of
from server.planning.kinds import name, voting
from server.planning.model import Asset, Line, Option, Problem

HOURS = 1000
"""Hours are counted in thousandths."""


class Extension(msgspec.Struct, frozen=True):
    """A support extension that can be had: ordered on ``ordered``, covering up to the day before ``until``."""

    cost: int
    ordered: date
    until: int
    purses: tuple[Purse, ...]


class Member(msgspec.Struct, frozen=True):
    """An asset and the one way in which it changes, if it can."""

    asset: Asset
    option: Option | None
    cost: int
    lead: int
    hours: int
    earliest: int
    uncovered: int
    """The first day without support; the horizon's length where that is later, or not known."""
    extension: Extension | None
    must_by: int | None
    approved: tuple[tuple[Option, date | None], ...] | None
    """What the approved plan says of it; None where it does not speak of it."""

    @property
    def share(self) -> int:
        return exposure.share(self.asset)


class Unit(msgspec.Struct, frozen=True):
    """Assets that go live on one day: a group, or a single asset. ``copies``: how many alike singles it stands for."""

    members: tuple[Member, ...]
    days: Days
    """On which days it can go live; empty where it can only stay."""
    copies: tuple[str, ...]


class Units(msgspec.Struct, frozen=True):
    """Everything that is decided on. ``models``: indices (unit, member) of those that meet elections as one."""

    units: tuple[Unit, ...]
    models: tuple[tuple[tuple[int, int], ...], ...]


def units(problem: Problem, horizon: Horizon, funds: Funds, *, merge: bool = True) -> Units:
    """Every unit of the problem, in an order that does not depend on the input's.

    ``merge``: alike single assets become one unit with copies.
    """
    approved = _approved(problem.approved)
    assets = sorted(problem.assets, key=lambda one: one.id)
    members = {one.id: _member(one, horizon, funds, approved.get(one.id)) for one in assets}
    models = _models(assets)
    modelled = {each for model in models for each in model}
    grouped: dict[str, list[str]] = {}
    alike: dict[tuple[object, ...], list[str]] = {}
    for one in assets:
        if one.group:
            grouped.setdefault(one.group, []).append(one.id)
        elif not merge or one.id in modelled:
            alike[(one.id,)] = [one.id]
        else:
            alike.setdefault(_likeness(members[one.id]), []).append(one.id)
    found = [_unit([members[each] for each in ids], horizon, (ids[0],), linked=True)
             for _, ids in sorted(grouped.items())]
    found += [_unit([members[ids[0]]], horizon, tuple(ids), linked=ids[0] in modelled)
              for ids in sorted(alike.values())]
    place = {member.asset.id: (number, position) for number, unit in enumerate(found)
             for position, member in enumerate(unit.members)}
    return Units(tuple(found), tuple(tuple(place[each] for each in model) for model in models))


def _member(asset: Asset, horizon: Horizon, funds: Funds,
            approved: tuple[tuple[Option, date | None], ...] | None) -> Member:
    option, cost = _change(asset, approved)
    lead = 0 if option is Option.RETIRE else asset.lead_months or 0
    start = exposure.uncovered(asset, horizon.today)
    uncovered = horizon.number(start)
    return Member(
        asset=asset, option=option, cost=cost, lead=lead,
        hours=0 if option is Option.RETIRE else thousandths(asset.hours),
        earliest=horizon.earliest(lead), uncovered=uncovered,
        extension=_extension(asset, horizon, funds, uncovered),
        must_by=None if asset.must_by is None else (asset.must_by - horizon.today).days, approved=approved)


def thousandths(hours: float) -> int:
    """Hours, in thousandths, as they were written."""
    return round(Fraction(str(hours)) * HOURS)


def _change(asset: Asset, approved: tuple[tuple[Option, date | None], ...] | None) -> tuple[Option | None, int]:
    if asset.retire:
        return Option.RETIRE, 0
    if asset.lead_months is None:
        return None, 0
    liked = {option for option, _ in approved or ()}
    choices = [(cost, option not in liked, rank, option)
               for rank, (option, cost) in enumerate(
                   ((Option.REPLACE, asset.cost), (Option.UPGRADE, asset.upgrade_cost)))
               if cost is not None]
    if not choices:
        return None, 0
    cost, _, _, option = min(choices)
    return option, cost


def _extension(asset: Asset, horizon: Horizon, funds: Funds, uncovered: int) -> Extension | None:
    if asset.extend_cost is None or asset.covered_until is None or asset.ends is None or uncovered >= horizon.length:
        return None
    until = horizon.number(exposure.uncovered(asset, horizon.today, extended=True))
    ordered = max(horizon.today, asset.ends.day)
    purses = funds.purses(asset.kind, ordered)
    if until <= uncovered or (asset.extend_cost and not purses):
        return None
    return Extension(asset.extend_cost, ordered, until, purses)


def _unit(members: Sequence[Member], horizon: Horizon, copies: tuple[str, ...], *, linked: bool) -> Unit:
    fixed = not linked and members[0].asset.ends is None and members[0].must_by is None
    days = np.zeros(0, dtype=np.int64)
    if not fixed and all(one.option is not None for one in members):
        kinds = kinds_of(one.asset.kind for one in members)
        earliest = max(one.earliest for one in members)
        liked = {horizon.number(day) for one in members for _, day in one.approved or ()
                 if day is not None and day >= horizon.today}
        exact = [day for day in liked if earliest <= day < horizon.length and horizon.is_open(kinds, day)]
        days = np.union1d(horizon.candidates(kinds, earliest), np.array(exact, dtype=np.int64))
    return Unit(tuple(members), days, copies)


def _likeness(member: Member) -> tuple[object, ...]:
    """What decides a single asset's plan; two that agree in it are alike."""
    return (name(member.asset.kind), member.option, member.cost, member.lead, member.hours, member.uncovered,
            member.extension and (member.extension.cost, member.extension.ordered, member.extension.until),
            member.must_by, member.share, member.asset.ends is None, member.approved)


def _models(assets: Iterable[Asset]) -> list[tuple[str, ...]]:
    """Voting equipment of one model at one place, by id. Where the model is not known, none can be called the same."""
    found: dict[tuple[str, ...], list[str]] = {}
    for one in assets:
        if voting(one.kind) and one.model.strip():
            key = (name(one.kind), name(one.make), name(one.model), name(one.site))
            found.setdefault(key, []).append(one.id)
    return sorted(tuple(ids) for ids in found.values() if len(ids) > 1)


def _approved(lines: Iterable[Line]) -> dict[str, tuple[tuple[Option, date | None], ...]]:
    found: dict[str, list[tuple[Option, date | None]]] = {}
    for line in lines:
        found.setdefault(line.asset, []).append((line.option, line.go_live))
    return {asset: tuple(sorted(said, key=lambda one: (one[0] is not Option.EXTEND, one[0], one[1] or date.min)))
            for asset, said in found.items()}
