"""What is missing where some ``must_by`` cannot be met: the least money, hours or months that alone would do.

Each is searched with everything else as it is. **Money**: cents added to funds without a match, in whatever years
help, or to money of a fund that is not there yet (``server.planning.funds.EXTRA``). **Hours**: added to the limits of
single months. **Months**: the smallest number by which every missed ``must_by`` is put off at most. Where no amount
would do (a lead time, a freeze, a missing price), it is None. In a large problem the amount found is enough, but a
smaller one may be.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import numpy as np

from hustings.errors import CannotFinish
from server.planning import stages
from server.planning.candidates import HOURS, Units, units
from server.planning.funds import EXTRA, Funds
from server.planning.horizon import Horizon
from server.planning.layout import EXPOSURE, UNMET, Layout, Must, delay
from server.planning.model import Budget, Lack, Problem, Shortfall
from server.planning.stages import Impossible, Reached


def shortfalls(problem: Problem, horizon: Horizon, unmet: Iterable[str]) -> tuple[Shortfall, ...]:
    """The three answers for a problem that leaves ``unmet`` assets; without those that a search did not find in time.

    Only a search that proves that nothing would be enough says so: one that ends without an answer claims nothing.
    """
    missed = tuple(sorted(unmet))
    found = []
    for lack, ask in ((Lack.MONEY, _money), (Lack.HOURS, _hours), (Lack.MONTHS, _months)):
        try:
            found.append(ask(problem, horizon, missed) or Shortfall(lack, None, assets=missed))
        except Impossible:
            found.append(Shortfall(lack, None, assets=missed))
        except CannotFinish:
            continue
    return tuple(found)


def _money(problem: Problem, horizon: Horizon, missed: tuple[str, ...]) -> Shortfall | None:
    years = sorted({day.year for day in horizon.dates})
    funds = Funds((*problem.budgets, *(Budget(EXTRA, year, 0) for year in years)))
    layout = Layout(problem, _all(problem, horizon, funds), horizon, funds, Must.HARD, more_money=True)
    reached = stages.reach(layout, funds, (UNMET,))
    added = least(funds, reached)
    where: dict[str, int] = {}
    for number, amount in added.items():
        row = funds.rows[number]
        name = f"{row.fund} {row.year}"
        where[name] = where.get(name, 0) + amount
    return Shortfall(Lack.MONEY, sum(added.values()), tuple(sorted(where.items())), missed)


def least(funds: Funds, reached: Reached) -> dict[int, int]:
    """For the purchases of a plan the least cents to add to which rows without a match."""
    bills = [bill for act in reached.acts for bill in stages.bills(act)]
    amounts = list(funds.amounts)
    added: dict[int, int] = {}
    rows = sorted((number for number, row in enumerate(funds.rows) if not row.match),
                  key=lambda number: (funds.rows[number].fund == EXTRA, number))
    missing = funds.settle(bills, amounts).missing
    for number in rows:
        if not missing:
            break
        richer = list(amounts)
        richer[number] += missing
        left = funds.settle(bills, richer).missing
        if left < missing:
            added[number] = missing - left
            amounts[number] += missing - left
            missing = left
    return added


def _hours(problem: Problem, horizon: Horizon, missed: tuple[str, ...]) -> Shortfall | None:
    if problem.calendar.hours_per_month is None:
        return None
    funds = Funds(problem.budgets)
    layout = Layout(problem, _all(problem, horizon, funds), horizon, funds, Must.HARD, more_hours=True)
    reached = stages.reach(layout, funds, (UNMET,))
    added = {month: int(np.rint(reached.x[column])) for month, column in layout.more.items()}
    return Shortfall(Lack.HOURS, _hours_of(sum(added.values())),
                     tuple((month, _hours_of(amount)) for month, amount in sorted(added.items()) if amount), missed)


def _hours_of(thousandths: int) -> float:
    return float(Fraction(thousandths, HOURS))


def _months(problem: Problem, horizon: Horizon, missed: tuple[str, ...]) -> Shortfall | None:
    funds = Funds(problem.budgets)
    layout = Layout(problem, _all(problem, horizon, funds, merge=False), horizon, funds, Must.LATER)
    reached = stages.reach(layout, funds, (UNMET, EXPOSURE))
    late = {act.id: delay(act.member, horizon, act.day) for act in reached.acts
            if act.member.must_by is not None and act.day is not None}
    where = tuple((asset, float(count)) for asset, count in sorted(late.items()) if count)
    return Shortfall(Lack.MONTHS, max(late.values(), default=0), where, missed)


def _all(problem: Problem, horizon: Horizon, funds: Funds, *, merge: bool = True) -> Units:
    return units(problem, horizon, funds, merge=merge)
