from __future__ import annotations

from datetime import date

import msgspec
import pytest

from hustings.errors import UsageError
from server.pages.language import language
from server.planning import difference, document, what_if
from server.planning.model import Budget, Freeze, Line, Option
from tests.planning.made_plans import infeasible, made

PROBLEM = made().problem


def budget(year: int, fund: str = "General", change: str = "") -> int:
    found = what_if.changed(PROBLEM, [change] if change else [])
    return sum(one.amount for one in found.budgets if (one.fund, one.year) == (fund, year))


@pytest.mark.parametrize(("change", "year", "amount"), [
    ("budget:General:2027=+50000", 2027, 8_000_000), ("budget:General:2027=-10000.50", 2027, 1_999_950),
    ("budget:general:2027=200000", 2027, 20_000_000), ("budget:General:2029=100", 2029, 10_000),
])
def test_a_budget_is_added_to_taken_from_or_set(change: str, year: int, amount: int) -> None:
    assert budget(year, change=change) == amount


def test_a_new_year_of_a_fund_has_its_rules_but_not_its_day_of_expiry() -> None:
    found = what_if.changed(PROBLEM, ["budget:Grant:2029=100"])
    new = next(one for one in found.budgets if one.year == 2029)
    assert (new.kinds, new.match, new.expires) == (("pollbook",), 0.2, None)


def test_an_election_is_moved_and_the_calendar_stays_in_order() -> None:
    found = what_if.changed(PROBLEM, ["election:the primary=2029-06-01"])
    assert [(one.name, one.date) for one in found.calendar.elections] == [
        ("the general election", date(2028, 11, 7)), ("the primary", date(2029, 6, 1))]


def test_of_two_elections_on_one_day_the_one_that_stays_keeps_its_freeze() -> None:
    one, *others = PROBLEM.calendar.elections
    both = msgspec.structs.replace(PROBLEM.calendar, freezes=(Freeze(30, 14, (), (one.date,)),), elections=(
        one, msgspec.structs.replace(one, name="the other"), *others))
    found = what_if.changed(msgspec.structs.replace(PROBLEM, calendar=both), ["election:the other=2029-06-01"])
    assert found.calendar.freezes[0].around == (one.date, date(2029, 6, 1))


def test_an_asset_and_the_hours_are_changed() -> None:
    found = what_if.changed(PROBLEM, ["asset:OFFICE-PCS.must_by=2027-05-01", "asset:office-pcs.cost=99.5", "hours=80"])
    pcs = next(one for one in found.assets if one.id == "office-pcs")
    assert (pcs.must_by, pcs.cost, found.calendar.hours_per_month) == (date(2027, 5, 1), 9950, 80)
    assert what_if.changed(PROBLEM, ["hours="]).calendar.hours_per_month is None
    assert what_if.changed(found, ["asset:office-pcs.must_by="]).assets == tuple(
        msgspec.structs.replace(one, must_by=None) if one.id == "office-pcs" else one for one in found.assets)


@pytest.mark.parametrize("change", [
    "", "=", "hours", "budget=5", "budget:General=5", "budget:General:27=5", "budget:Nobody:2027=5",
    "budget:General:2027=lots", "budget:General:2027=-999999", "budget:General:2027=1e9", "election:none=2027-01-01",
    "election:the primary=June", "election:the primary=20270101", "asset:none.cost=1", "asset:office-pcs.colour=red",
    "asset:office-pcs=1", "asset:office-pcs.cost=-1", "asset:office-pcs.lead_months=1.5", "hours=-1", "hours:x=1",
    "asset:office-pcs.retire=perhaps",
])
def test_a_change_that_cannot_be_made_is_told_with_its_remedy(change: str) -> None:
    with pytest.raises(UsageError) as caught:
        what_if.changed(PROBLEM, [change])
    assert repr(change) in str(caught.value)
    assert caught.value.remedy


def test_a_fund_with_several_lines_in_a_year_is_not_guessed_at() -> None:
    twice = msgspec.structs.replace(PROBLEM, budgets=(*PROBLEM.budgets, Budget("General", 2027, 1, ("pc",))))
    with pytest.raises(UsageError, match="2 lines in 2027"):
        what_if.changed(twice, ["budget:General:2027=+5"])


def written(lines: tuple[Line, ...] = (), **changes: object) -> document.Written:
    read = document.read(document.encoded(made()), "plan")
    return msgspec.structs.replace(read, **({"lines": lines} if lines else {}), **changes)


def test_the_difference_says_which_lines_moved_and_what_it_costs() -> None:
    old = written()
    moved = msgspec.structs.replace(old.lines[1], go_live=date(2027, 4, 1), cost=1_500_000)
    new = written((*old.lines[1:1], moved, *old.lines[2:], Line("new", Option.KEEP)), cost=old.cost + 120_000,
                  exposure=old.exposure - 21, spending=((2026, "General", 1_500_000), *old.spending[1:]))
    found = difference.compare(old, new)
    assert difference.in_words(found, language("en")) == (
        "3 lines moved, 2 stay.", "It costs $1,200 more.", "The exposure falls by 21 weighted device-days.",
        "2026, General: $1,200 more", "mystery: no longer in the plan; it was keep", "new: new in the plan: keep",
        "office-pcs: replace on April 1, 2027 (General, $15,000), instead of replace on March 15, 2027 "
        "(General, $13,800)")
    assert difference.in_words(found, language("en"), shown=1)[-1] == "2 more lines moved."
    assert not difference.compare(old, old).moved
    assert difference.as_data(found)["cost"] == 1200


def test_a_plan_that_becomes_possible_or_impossible_says_so_first() -> None:
    bad = document.read(document.encoded(infeasible()), "plan")
    assert difference.in_words(difference.compare(written(), bad), language("en"))[0] == (
        "What must be done by a date cannot be done any more.")
    assert difference.in_words(difference.compare(bad, written()), language("fr"))[0] == (
        "Ce qui doit être fait avant une date peut maintenant l’être.")
