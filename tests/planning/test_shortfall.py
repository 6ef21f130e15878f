"""What is said to be missing is what is missing: one dollar, one hour, one month less is not enough."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from server.planning.model import Asset, Budget, Calendar, Election, Freeze, Lack, Problem, Shortfall, Status
from server.planning.solve import solve
from tests.planning import checker
from tests.planning.instances import ends, small

TODAY = date(2026, 11, 22)


def asset(name: str, **more: Any) -> Asset:
    given: dict[str, Any] = {"kind": "pc", "cost": 100_000, "lead_months": 3, "ends": ends(date(2027, 6, 30)), **more}
    return Asset(id=name, **given)


def problem(*assets: Asset, budgets: tuple[Budget, ...] = (Budget("county", 2027, 10_000_000),),
            calendar: Calendar | None = None) -> Problem:
    return Problem(today=TODAY, assets=assets, calendar=calendar or Calendar(), budgets=budgets)


def lacks(given: Problem) -> dict[Lack, Shortfall]:
    solved = solve(given)
    assert solved.status is Status.INFEASIBLE
    checker.check(given, solved.lines)
    return {one.lack: one for one in solved.shortfalls}


def test_one_dollar_less_than_needed_is_a_shortfall_of_one_dollar() -> None:
    enough = problem(asset("a", must_by=date(2027, 9, 30)), asset("b", must_by=date(2027, 9, 30)),
                     budgets=(Budget("county", 2027, 200_000),))
    assert solve(enough).status is Status.OPTIMAL
    found = lacks(replace(enough, budgets=(Budget("county", 2027, 199_900),)))
    assert found[Lack.MONEY] == Shortfall(Lack.MONEY, 100, (("county 2027", 100),), ("b",))
    assert (found[Lack.HOURS].amount, found[Lack.MONTHS].amount) == (None, None)


def test_money_of_the_next_year_may_wait_for_the_months_that_are_missing() -> None:
    given = problem(asset("a", must_by=date(2028, 3, 31)),
                    budgets=(Budget("county", 2027, 99_999), Budget("county", 2028, 100_000)))
    found = lacks(given)
    assert found[Lack.MONEY].amount == 1
    assert found[Lack.MONTHS].amount == 1
    assert found[Lack.MONTHS].where == (("a", 1.0),)
    assert solve(replace(given, assets=(replace(given.assets[0], must_by=date(2028, 4, 30)),))).status is Status.OPTIMAL


def test_one_hour_less_than_needed_is_a_shortfall_of_one_hour() -> None:
    two = (asset("a", hours=20.0, must_by=date(2027, 3, 31)), asset("b", hours=20.5, must_by=date(2027, 3, 31)))
    budgets = (Budget("county", 2026, 900_000), Budget("county", 2027, 900_000))
    frozen = (Election(date(2027, 2, 20), "e"),), (Freeze(5, 19),)
    given = problem(*two, budgets=budgets, calendar=Calendar(*frozen, 40.5))
    late = problem(*two, budgets=(Budget("county", 2026, 900_000),), calendar=Calendar(*frozen, 39.5))
    assert solve(given).status is Status.OPTIMAL
    assert solve(replace(late, calendar=Calendar(*frozen, 40.5))).status is Status.OPTIMAL
    found = lacks(late)
    assert found[Lack.HOURS].amount == 1
    assert found[Lack.HOURS].where == (("2027-03", 1.0),)


def test_a_lead_time_that_is_too_long_is_mended_by_months_and_not_by_money() -> None:
    given = problem(asset("a", lead_months=12, must_by=date(2027, 9, 22)), budgets=(Budget("county", 2026, 100_000),))
    found = lacks(given)
    assert (found[Lack.MONEY].amount, found[Lack.HOURS].amount, found[Lack.MONTHS].amount) == (None, None, 2)


def test_what_has_no_price_is_mended_by_nothing() -> None:
    found = lacks(problem(asset("a", cost=None, must_by=date(2028, 9, 22))))
    assert {one.amount for one in found.values()} == {None}


def test_the_local_part_of_a_grant_can_be_what_is_missing() -> None:
    grant = Budget("federal", 2027, 1_000_000, (), 0.2)
    given = problem(asset("a", must_by=date(2027, 9, 30)), budgets=(grant, Budget("county", 2027, 19_900)))
    found = lacks(given)
    assert found[Lack.MONEY] == Shortfall(Lack.MONEY, 100, (("county 2027", 100),), ("a",))


def test_a_year_without_any_fund_needs_the_whole_price() -> None:
    found = lacks(problem(asset("a", must_by=date(2027, 9, 30)), budgets=()))
    assert found[Lack.MONEY].amount == 100_000


@pytest.mark.parametrize("number", range(600, 680))
def test_with_what_is_missing_every_date_is_met_and_with_a_little_less_it_is_not(number: int) -> None:
    given = small(number)
    solved = solve(given)
    for one in solved.shortfalls:
        if one.lack is Lack.HOURS and one.amount:
            months = [amount for _, amount in one.where]
            limit = given.calendar.hours_per_month or 0.0
            assert sum(months) == one.amount
            calendar = replace(given.calendar, hours_per_month=limit + max(months))
            assert not solve(replace(given, calendar=calendar)).unmet
        if one.lack is Lack.MONTHS and one.amount:
            assert not solve(_put_off(given, int(one.amount))).unmet
            assert solve(_put_off(given, int(one.amount) - 1)).unmet
        if one.lack is Lack.MONEY and one.amount:
            assert sum(amount for _, amount in one.where) == one.amount
            assert not solve(_richer(given, one, 0)).unmet
            assert solve(_richer(given, one, 1)).unmet


def _put_off(given: Problem, months: int) -> Problem:
    return replace(given, assets=tuple(
        replace(one, must_by=checker.shifted(one.must_by, months)) if one.must_by else one for one in given.assets))


def _richer(given: Problem, lack: Shortfall, less: int) -> Problem:
    """With the money that is missing, less a cent, in the funds that are named."""
    rows = list(given.budgets)
    for place, amount in lack.where:
        fund, year = place.rsplit(" ", 1)
        mine = [n for n, row in enumerate(rows) if row.fund == fund and row.year == int(year) and not row.match
                and not row.kinds]
        more = int(amount) - less
        less = 0
        if mine:
            rows[mine[0]] = replace(rows[mine[0]], amount=rows[mine[0]].amount + more)
        else:
            rows.append(Budget(fund, int(year), more))
    return replace(given, budgets=tuple(rows))
