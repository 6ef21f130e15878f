"""The conditions on a plan, checked line by line from their meaning, and what the plan amounts to.

Written apart from ``server.planning``: it shares the records and nothing else.
"""

from __future__ import annotations

import math
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache
from itertools import combinations
from typing import NamedTuple

from server.planning.model import Asset, Budget, Election, Freeze, Line, Option, Problem, Scale

ONE = timedelta(days=1)
CHANGES = (Option.UPGRADE, Option.REPLACE, Option.RETIRE)
WEIGHTS = {"tabulator": 9, "server": 10, "pollbook": 7, "network": 6, "pc": 4, "printer": 2,
           "bmd": 9, "backup": 9}
VOTING = {"tabulator", "pollbook", "bmd"}


class Total(NamedTuple):
    """What a plan amounts to, in the order of the objectives."""

    unmet: int
    exposure: int
    peak: int
    cost: int
    changes: int


def shifted(day: date, months: int) -> date:
    """The same day of another month, or that month's last."""
    count = day.year * 12 + day.month - 1 + months
    for last in range(day.day, 27, -1):
        try:
            return date(count // 12, count % 12 + 1, last)
        except ValueError:
            continue
    return date(count // 12, count % 12 + 1, day.day)


def end(problem: Problem) -> date:
    return shifted(problem.today, 48) - ONE


@lru_cache(maxsize=100_000)
def counts(day: date, elections: tuple[Election, ...]) -> int:
    near = [3 if one.scale is Scale.LARGE else 2 for one in elections if 0 <= (one.date - day).days < 90]
    return max(near, default=1)


@lru_cache(maxsize=100_000)
def frozen(day: date, kind: str, elections: tuple[Election, ...], freezes: tuple[Freeze, ...]) -> bool:
    return any((not rule.kinds or kind in rule.kinds)
               and one.date - timedelta(days=rule.before_days) <= day <= one.date + timedelta(days=rule.after_days)
               for one in elections for rule in freezes)


def exposed(asset: Asset, problem: Problem, go_live: date | None, extended: bool) -> int:
    """Weighted device-days, one day after the other."""
    if asset.ends is None:
        return 0
    covered = asset.ends.day
    if extended and asset.extend_until:
        covered = max(covered, asset.extend_until)
    day, last = max(problem.today, covered + ONE), end(problem) if go_live is None else go_live - ONE
    table = _counted(problem.today, end(problem), problem.calendar.elections)
    days = [(day - problem.today).days, (last - problem.today).days + 1]
    return sum(table[slice(*days)]) * WEIGHTS[asset.kind] * asset.quantity


@lru_cache(maxsize=8)
def _counted(first: date, last: date, elections: tuple[Election, ...]) -> list[int]:
    """What each day counts, one after the other."""
    return [counts(first + timedelta(days=n), elections) for n in range((last - first).days + 1)]


def may_pay(row: Budget, kind: str, ordered: date) -> bool:
    return (row.year == ordered.year and (not row.kinds or kind in row.kinds)
            and (row.expires is None or ordered <= row.expires))


def demands(budgets: tuple[Budget, ...], fund: str, match: float, kind: str, ordered: date,
            cost: int) -> list[tuple[frozenset[int], int]] | None:
    """What a purchase on this fund asks of which rows; None where they may not pay."""
    own = frozenset(n for n, row in enumerate(budgets)
                    if row.fund == fund and row.match == match and may_pay(row, kind, ordered))
    local = frozenset(n for n, row in enumerate(budgets) if row.match == 0 and may_pay(row, kind, ordered))
    matched = math.ceil(cost * Fraction(str(match)))
    if not own or (match and not local):
        return None
    return [(own, cost - matched), (local, matched)]


def deficit(asked: list[tuple[frozenset[int], int]], capacity: dict[int, int]) -> int:
    """How much of what is asked these rows cannot give: Hall's condition over every set of demands."""
    merged: dict[frozenset[int], int] = {}
    for rows, amount in asked:
        if amount:
            merged[rows] = merged.get(rows, 0) + amount
    worst = 0
    for size in range(1, len(merged) + 1):
        for some in combinations(merged, size):
            reach = frozenset().union(*some)
            worst = max(worst, sum(merged[one] for one in some) - sum(capacity.get(n, 0) for n in reach))
    return worst


def local_peak(asked: list[tuple[frozenset[int], int]], budgets: tuple[Budget, ...]) -> int | None:
    """The least that local funds must give in their worst year; None where all money does not suffice."""
    if deficit(asked, {n: row.amount for n, row in enumerate(budgets)}):
        return None
    peak = 0
    for year in {row.year for row in budgets}:
        rows = {n for n, row in enumerate(budgets) if row.year == year}
        mine = [(need, amount) for need, amount in asked if need & rows]
        peak = max(peak, deficit(mine, {n: budgets[n].amount for n in rows
                                        if budgets[n].match or budgets[n].expires is not None}))
    return peak


def spans_of(problem: Problem, day: date) -> int:
    return sum(one < day for one in {each.date for each in problem.calendar.elections})


def changed(problem: Problem, said: dict[str, list[tuple[Option, date | None]]]) -> int:
    """How many assets of the approved plan this one treats otherwise."""
    approved: dict[str, list[tuple[Option, date | None]]] = {}
    for line in problem.approved:
        approved.setdefault(line.asset, []).append((line.option, line.go_live))
    return sum(set(said[asset]) != set(lines) for asset, lines in approved.items() if asset in said)


def groups_of(problem: Problem) -> list[list[Asset]]:
    names = sorted({one.group for one in problem.assets if one.group})
    return [[one for one in problem.assets if one.group == name] for name in names]


def models_of(problem: Problem) -> list[list[Asset]]:
    keys = {(one.kind, one.make, one.model, one.site) for one in problem.assets if one.kind in VOTING and one.model}
    return [[one for one in problem.assets if (one.kind, one.make, one.model, one.site) == key]
            for key in sorted(keys)]


def one_day(group: list[Asset], live: dict[str, date | None]) -> bool:
    return len({live[one.id] for one in group}) == 1


def one_model(problem: Problem, model: list[Asset], option: dict[str, Option], live: dict[str, date | None]) -> bool:
    """At every election, and at the end, those still in use are all changed or all not."""
    for meets in range(spans_of(problem, date.max) + 1):
        states = set()
        for one in model:
            day = live[one.id]
            done = day is not None and spans_of(problem, day) <= meets
            if not (done and option[one.id] is Option.RETIRE):
                states.add(done)
        if len(states) > 1:
            return False
    return True


def check(problem: Problem, lines: tuple[Line, ...]) -> Total:
    """Every condition of a plan. Returns what it amounts to."""
    assets = {one.id: one for one in problem.assets}
    said: dict[str, list[Line]] = {one: [] for one in assets}
    for line in lines:
        said[line.asset].append(line)
    assert [line.asset for line in lines] == sorted(line.asset for line in lines), "by asset"
    live: dict[str, date | None] = {}
    option: dict[str, Option] = {}
    hours: dict[tuple[int, int], Fraction] = {}
    spent: dict[tuple[str, int], int] = {}
    asked: list[tuple[frozenset[int], int]] = []
    exposure = unmet = 0
    for asset in problem.assets:
        mine = said[asset.id]
        assert mine, f"nothing is said of {asset.id}"
        extended = mine[0].option is Option.EXTEND
        last = mine[-1]
        assert len(mine) == 1 or (len(mine) == 2 and extended and last.option in CHANGES)
        live[asset.id], option[asset.id] = last.go_live, last.option
        for line in mine:
            _line(problem, asset, line)
            asked += _paid(problem, asset, line, spent)
        if last.option in (Option.UPGRADE, Option.REPLACE):
            assert last.go_live
            month = (last.go_live.year, last.go_live.month)
            hours[month] = hours.get(month, Fraction(0)) + Fraction(str(asset.hours))
        exposure += exposed(asset, problem, last.go_live, extended)
        if asset.must_by and (last.go_live is None or last.go_live > asset.must_by):
            unmet += WEIGHTS[asset.kind] * asset.quantity
    limit = problem.calendar.hours_per_month
    assert limit is None or all(total <= Fraction(str(limit)) for total in hours.values()), "hours"
    assert all(one_day(group, live) for group in groups_of(problem)), "a group goes live on one day"
    assert all(one_model(problem, model, option, live) for model in models_of(problem)), "one model an election"
    for (fund, year), amount in spent.items():
        assert amount <= sum(row.amount for row in problem.budgets if (row.fund, row.year) == (fund, year))
    peak = local_peak(asked, problem.budgets)
    assert peak is not None, "money"
    return Total(unmet, exposure, peak, sum(line.cost for line in lines),
                 changed(problem, {one: [(line.option, line.go_live) for line in mine] for one, mine in said.items()}))


def _line(problem: Problem, asset: Asset, line: Line) -> None:
    """The conditions on one line."""
    if line.option is Option.KEEP:
        assert (line.go_live, line.order_by, line.cost, line.shares) == (None, None, 0, ())
        return
    if line.option is Option.EXTEND:
        assert line.cost == asset.extend_cost
        assert asset.ends
        assert asset.extend_until
        assert line.go_live is None
        assert line.order_by == max(problem.today, asset.ends.day)
        return
    assert line.go_live
    assert problem.today <= line.go_live <= end(problem)
    assert not frozen(line.go_live, asset.kind, problem.calendar.elections, problem.calendar.freezes), "frozen"
    if line.option is Option.RETIRE:
        assert asset.retire
        assert (line.order_by, line.cost) == (None, 0)
        return
    assert asset.lead_months is not None
    assert line.cost == (asset.cost if line.option is Option.REPLACE else asset.upgrade_cost)
    assert line.order_by == shifted(line.go_live, -asset.lead_months)
    assert line.order_by >= problem.today
    assert shifted(problem.today, asset.lead_months) <= line.go_live


def _paid(problem: Problem, asset: Asset, line: Line, spent: dict[tuple[str, int], int]) -> list[
        tuple[frozenset[int], int]]:
    """The conditions on who pays one line; what it asks of which rows."""
    assert sum(amount for _, amount in line.shares) == line.cost
    if not line.cost:
        assert line.fund == ""
        return []
    assert line.order_by
    for fund, amount in line.shares:
        assert amount > 0
        spent[fund, line.order_by.year] = spent.get((fund, line.order_by.year), 0) + amount
    for match in sorted({row.match for row in problem.budgets if row.fund == line.fund}):
        asked = demands(problem.budgets, line.fund, match, asset.kind, line.order_by, line.cost)
        paid = dict(line.shares)
        if asked and (not match or paid.get(line.fund, 0) == asked[0][1]):
            assert match or set(paid) == {line.fund}, "one fund"
            return asked
    raise AssertionError(f"{line.fund} may not pay for {asset.id}")
