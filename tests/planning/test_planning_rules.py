"""The small rules a plan is made of: months, kinds, exposure, candidate days, who pays."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import pytest
from msgspec.structs import replace

from server.planning import kinds, months
from server.planning.exposure import days, exposure
from server.planning.funds import Bill, Funds
from server.planning.horizon import Horizon, last_day
from server.planning.model import Asset, Budget, Calendar, Election, Freeze, Line, Option, Problem, Scale
from server.planning.solve import solve
from tests.planning.instances import ends

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(("day", "count", "then"), [
    (date(2027, 1, 31), 1, date(2027, 2, 28)), (date(2027, 3, 31), -1, date(2027, 2, 28)),
    (date(2026, 11, 22), 48, date(2030, 11, 22)), (date(2028, 2, 29), 12, date(2029, 2, 28)),
])
def test_months_keep_the_day_or_end_with_the_month(day: date, count: int, then: date) -> None:
    assert months.add(day, count) == then


def test_the_earliest_go_live_is_ordered_no_earlier_than_today() -> None:
    for today in (date(2027, 1, 29) + timedelta(days=n) for n in range(800)):
        for lead in range(14):
            day = months.earliest(today, lead)
            assert months.order_by(day, lead) >= today
            assert day >= months.add(today, lead)
            before = day - timedelta(days=1)
            assert before < months.add(today, lead) or months.order_by(before, lead) < today


def test_every_name_of_a_kind_is_of_one_kind_only_and_spelling_does_not_matter() -> None:
    words = [kinds.name(word) for row in kinds.KINDS for word in (row.name, *row.names)]
    assert len(words) == len(set(words))
    for spelled in ("E-PollBook", "e pollbook", "epollbooks", "Poll_Book"):
        assert kinds.weight(spelled) == kinds.weight("pollbook")
    assert kinds.voting("DS200 optical scanner") is False
    assert kinds.voting("Optical Scanner") is True
    assert kinds.weight("coffee machine") == kinds.DEFAULT


def test_the_ninety_days_that_end_with_an_election_weigh_more() -> None:
    held = (Election(date(2027, 11, 2), "g", Scale.LARGE), Election(date(2027, 11, 20), "m", Scale.SMALL))
    counted = dict(zip((date(2027, 7, 1) + timedelta(days=n) for n in range(200)),
                       days(held, date(2027, 7, 1), date(2028, 1, 16)).tolist(), strict=True))
    assert [counted[date(2027, 8, 4)], counted[date(2027, 8, 5)]] == [1, 3]
    assert [counted[date(2027, 11, 2)], counted[date(2027, 11, 3)], counted[date(2027, 11, 21)]] == [3, 2, 1]
    printers = Asset(id="p", kind="printer", quantity=3)
    assert exposure(printers, held, date(2027, 11, 1), date(2027, 11, 4)) == 2 * 3 * (3 + 3 + 2 + 2)
    assert exposure(printers, held, date(2027, 11, 4), date(2027, 11, 3)) == 0


def test_candidates_are_the_first_open_days_of_months_and_of_what_an_election_leaves_of_them() -> None:
    horizon = Horizon(TODAY, Calendar((Election(date(2026, 12, 10), "e"),), (Freeze(10, 0),)))
    found = [horizon.day(number) for number in horizon.candidates(frozenset({"pc"}), 0)]
    assert found[:3] == [TODAY, date(2026, 12, 11), date(2027, 1, 1)]
    assert last_day(TODAY) == date(2030, 11, 21)
    assert found[-1] == date(2030, 11, 1)


def test_a_match_is_rounded_up_to_a_cent_and_paid_by_money_without_a_match() -> None:
    funds = Funds((Budget("federal", 2027, 10_000, (), 0.2), Budget("county", 2027, 10),
                   Budget("state", 2027, 11, (), 0.0, date(2027, 6, 30))))
    purses = funds.purses("pc", date(2027, 3, 1))
    assert [purse.fund for purse in purses] == ["county", "federal", "state"]
    assert purses[1].match == Fraction(1, 5)
    settled = funds.settle([Bill(101, purses[1])])
    assert settled.shares == ((("federal", 80), ("county", 10), ("state", 11)),)
    assert (settled.missing, settled.peak) == (0, 10)
    assert [one.fund for one in funds.purses("pc", date(2027, 7, 1))] == ["county", "federal"]
    assert funds.settle([Bill(106, purses[1])]).missing == 1


def test_what_is_not_known_stays_and_is_pulled_by_its_group() -> None:
    unknown = Asset(id="u", kind="server", cost=100, lead_months=1)
    given = Problem(today=TODAY, assets=(unknown,), calendar=Calendar(), budgets=(Budget("county", 2027, 900),))
    assert [line.option for line in solve(given).lines] == [Option.KEEP]
    pair = (replace(unknown, group="g"), replace(unknown, id="v", group="g", ends=ends(date(2027, 2, 27))))
    lines = solve(replace(given, assets=pair)).lines
    assert {line.go_live for line in lines} == {date(2027, 2, 1)}


def test_two_assets_of_one_id_are_refused() -> None:
    twice = Asset(id="a", kind="pc")
    with pytest.raises(ValueError, match="'a'"):
        solve(Problem(today=TODAY, assets=(twice, twice), calendar=Calendar(), budgets=()))


def test_an_extension_bridges_to_a_replacement_and_is_a_line_before_it() -> None:
    one = Asset(id="a", kind="server", cost=1000, lead_months=12, extend_cost=100, extend_until=date(2028, 12, 31),
                ends=ends(date(2026, 12, 31)))
    budgets = (Budget("county", 2026, 100), Budget("county", 2028, 1000))
    lines = solve(Problem(today=TODAY, assets=(one,), calendar=Calendar(), budgets=budgets)).lines
    assert [(line.option, line.order_by, line.go_live) for line in lines] == [
        (Option.EXTEND, date(2026, 12, 31), None), (Option.REPLACE, date(2028, 1, 1), date(2029, 1, 1))]


def test_an_approved_line_is_kept_where_nothing_is_lost_by_it() -> None:
    one = Asset(id="a", kind="server", cost=1000, lead_months=3, ends=ends(date(2027, 12, 31)))
    approved = (Line(asset="a", option=Option.REPLACE, go_live=date(2027, 7, 13)),)
    given = Problem(today=TODAY, assets=(one,), calendar=Calendar(), budgets=(Budget("county", 2027, 1000),))
    assert [line.go_live for line in solve(given).lines] == [date(2027, 11, 1)]
    assert [line.go_live for line in solve(replace(given, approved=approved)).lines] == [date(2027, 7, 13)]


def test_no_election_runs_with_two_models() -> None:
    alike = tuple(Asset(id=name, kind="tabulator", make="M", model="X", site="s", cost=1000, lead_months=3,
                        ends=ends(date(2027, 1, 31))) for name in "ab")
    calendar = Calendar((Election(date(2027, 11, 2), "g"), Election(date(2028, 11, 7), "h")), (Freeze(60, 10),))
    money = (Budget("county", 2027, 1000), Budget("county", 2029, 1000))
    lines = solve(Problem(today=TODAY, assets=alike, calendar=calendar, budgets=money)).lines
    assert [line.option for line in lines] == [Option.KEEP, Option.KEEP]
    money = (Budget("county", 2027, 2000), Budget("county", 2029, 0))
    lines = solve(Problem(today=TODAY, assets=alike, calendar=calendar, budgets=money)).lines
    assert [line.option for line in lines] == [Option.REPLACE, Option.REPLACE]
