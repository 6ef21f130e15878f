"""The best plan of a small problem by trying everything, day by day. Shares no rule with ``server.planning``."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from itertools import product

from server.planning.model import Asset, Option, Problem
from tests.planning import checker
from tests.planning.checker import ONE, Total


class Act:
    """One thing that could be done with one asset."""

    def __init__(self, problem: Problem, asset: Asset, option: Option | None, live: date | None,
                 extended: bool) -> None:
        self.asset, self.option, self.live = asset, option, live
        self.said = ([(Option.EXTEND, None)] if extended else []) + ([(option, live)] if option else [])
        self.said = self.said or [(Option.KEEP, None)]
        self.exposure = checker.exposed(asset, problem, live, extended)
        late = asset.must_by and (live is None or live > asset.must_by)
        self.unmet = checker.WEIGHTS[asset.kind] * asset.quantity if late else 0
        self.bills: list[tuple[int, date]] = []
        if extended:
            self.bills.append((asset.extend_cost or 0, max(problem.today, asset.ends.day)))  # type: ignore[union-attr]
        if option in (Option.REPLACE, Option.UPGRADE):
            cost = asset.cost if option is Option.REPLACE else asset.upgrade_cost
            self.bills.append((cost or 0, checker.shifted(live, -(asset.lead_months or 0))))  # type: ignore[arg-type]
        self.cost = sum(cost for cost, _ in self.bills)


def best(problem: Problem) -> Total:
    """The totals of the best plan, in the order of the objectives."""
    acts = [sorted(_acts(problem, one), key=lambda act: (act.unmet, act.exposure)) for one in problem.assets]
    rest = [(0, 0)]
    for each in reversed(acts):
        rest.append((rest[-1][0] + min(one.unmet for one in each), rest[-1][1] + min(one.exposure for one in each)))
    rest.reverse()
    found: list[Total] = []
    memory: dict[object, int | None] = {}

    def search(chosen: list[Act], unmet: int, exposure: int) -> None:
        if len(chosen) == len(acts):
            total = _total(problem, chosen, unmet, exposure, memory)
            if total is not None and (not found or total < found[0]):
                found[:] = [total]
            return
        left = rest[len(chosen) + 1]
        for act in acts[len(chosen)]:
            if found and (unmet + act.unmet + left[0], exposure + act.exposure + left[1]) > found[0][:2]:
                if unmet + act.unmet + left[0] > found[0].unmet:
                    break
                continue
            group = act.asset.group
            if not group or all(one.live == act.live for one in chosen if one.asset.group == group):
                search([*chosen, act], unmet + act.unmet, exposure + act.exposure)

    search([], 0, 0)
    return found[0]


def _acts(problem: Problem, asset: Asset) -> Iterator[Act]:
    """Keep, extend, and every option on every day that is open to it, with and without a bridge."""
    extends = asset.extend_cost is not None and asset.extend_until is not None and asset.ends is not None
    linked = asset.group or any(asset in model and len(model) > 1 for model in checker.models_of(problem))
    for extended in (False, True):
        if extended and not (extends and checker.exposed(asset, problem, None, True)
                             < checker.exposed(asset, problem, None, False)):
            continue
        yield Act(problem, asset, None, None, extended)
        if asset.ends is None and asset.must_by is None and not linked:
            continue
        day = problem.today
        while day <= checker.end(problem):
            if not checker.frozen(day, asset.kind, problem.calendar.elections, problem.calendar.freezes):
                for option in _options(problem, asset, day):
                    act = Act(problem, asset, option, day, extended)
                    if not extended or act.exposure < checker.exposed(asset, problem, day, False):
                        yield act
            day += ONE


def _options(problem: Problem, asset: Asset, day: date) -> Iterator[Option]:
    if asset.retire:
        yield Option.RETIRE
    if asset.lead_months is None or day < checker.shifted(problem.today, asset.lead_months):
        return
    if checker.shifted(day, -asset.lead_months) < problem.today:
        return
    if asset.cost is not None:
        yield Option.REPLACE
    if asset.upgrade_cost is not None:
        yield Option.UPGRADE


def _total(problem: Problem, chosen: list[Act], unmet: int, exposure: int,
           memory: dict[object, int | None]) -> Total | None:
    live = {act.asset.id: act.live for act in chosen}
    option = {act.asset.id: act.option or Option.KEEP for act in chosen}
    if not all(checker.one_day(group, live) for group in checker.groups_of(problem)):
        return None
    if not all(checker.one_model(problem, model, option, live) for model in checker.models_of(problem)):
        return None
    if problem.calendar.hours_per_month is not None:
        hours: dict[tuple[int, int], Fraction] = {}
        for act in chosen:
            if act.live and act.option is not Option.RETIRE:
                month = (act.live.year, act.live.month)
                hours[month] = hours.get(month, Fraction(0)) + Fraction(str(act.asset.hours))
        if any(total > Fraction(str(problem.calendar.hours_per_month)) for total in hours.values()):
            return None
    peak = _peak(problem, chosen, memory)
    if peak is None:
        return None
    changes = checker.changed(problem, {act.asset.id: act.said for act in chosen})
    return Total(unmet, exposure, peak, sum(act.cost for act in chosen), changes)


def _peak(problem: Problem, chosen: list[Act], memory: dict[object, int | None]) -> int | None:
    """The least peak over every choice of a fund for every purchase."""
    purchases = []
    for act in chosen:
        for cost, ordered in act.bills:
            if cost:
                rows = frozenset(n for n, row in enumerate(problem.budgets)
                                 if checker.may_pay(row, act.asset.kind, ordered))
                purchases.append((cost, rows, act.asset.kind, ordered))
    key = tuple(sorted((cost, tuple(sorted(rows))) for cost, rows, _, _ in purchases))
    if key not in memory:
        ways = []
        for cost, rows, kind, ordered in purchases:
            funds = {(problem.budgets[n].fund, problem.budgets[n].match) for n in rows}
            each = [checker.demands(problem.budgets, fund, match, kind, ordered, cost) for fund, match in sorted(funds)]
            ways.append([one for one in each if one is not None])
        peaks = [checker.local_peak([ask for way in choice for ask in way], problem.budgets)
                 for choice in product(*ways)]
        memory[key] = min((one for one in peaks if one is not None), default=None)
    return memory[key]
