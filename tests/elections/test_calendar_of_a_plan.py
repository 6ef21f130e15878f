from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from server.calendar import of, of_office
from server.elections.model import WindowKind, voting_days
from server.elections.planning import Break, broken_lines, free_from, planning_calendar
from server.planning.model import Freeze, Scale
from tests.elections.made import VOTE, election, window

TODAY = date(2027, 1, 10)


@dataclass(frozen=True)
class Line:
    go_live: date | None
    what: str = "desks"


def day(from_vote: int) -> date:
    return VOTE + timedelta(days=from_vote)


def test_the_planner_gets_every_vote_by_its_last_day_and_its_own_freeze() -> None:
    long = election(VOTE, day(2), windows=(window(WindowKind.FREEZE, -90, 32),))
    small = election(date(2028, 5, 2), kind="us-municipal", windows=(
        window(WindowKind.FREEZE, -30, 10, date(2028, 5, 2), equipment=("ems", "pollbook")),))
    made = planning_calendar([small, long], hours=120)
    assert [(one.date, one.scale) for one in made.elections] == [(day(2), Scale.LARGE),
                                                                 (date(2028, 5, 2), Scale.SMALL)]
    assert made.freezes == (Freeze(30, 10, ("ems", "pollbook"), (date(2028, 5, 2),)), Freeze(92, 30, (), (day(2),)))
    assert made.hours_per_month == 120


def test_freezes_that_are_alike_are_one() -> None:
    made = planning_calendar([election(), election(date(2028, 11, 7))])
    assert made.freezes == (Freeze(90, 30, (), (VOTE, date(2028, 11, 7))),)


def test_a_vote_called_suddenly_breaks_what_would_go_live_in_its_freeze() -> None:
    called = election(date(2027, 3, 1), id="called", called=True)
    lines = [Line(date(2027, 2, 1)), Line(date(2027, 4, 15)), Line(None), Line(date(2026, 12, 1)),
             Line(date(2027, 7, 1))]
    found = broken_lines(lines, [election()], [election(), called], TODAY,
                         ends={place: date(2030, 1, 1) for place in range(5)})
    assert [(one.line, one.why, one.free_from) for one in found] == [(lines[0], Break.FROZEN, date(2027, 4, 1))]
    assert found[0].election == called


def test_what_is_out_of_support_at_the_new_vote_and_replaced_after_it_breaks() -> None:
    called = election(date(2027, 3, 1), id="called")
    lines = [Line(date(2027, 7, 1)), Line(date(2027, 7, 1)), Line(date(2027, 7, 1))]
    found = broken_lines(lines, [election()], [election(), called], TODAY,
                         ends={0: date(2027, 2, 1), 1: date(2027, 6, 1), 2: None})
    assert [(one.line, one.why) for one in found] == [(lines[0], Break.AFTER_VOTE), (lines[2], Break.AFTER_VOTE)]


def test_what_was_in_a_freeze_before_is_not_broken_by_the_change() -> None:
    assert broken_lines([Line(day(-5))], [election()], [election(), election(day(3), id="x")], TODAY,
                        ends={0: date(2030, 1, 1)}) == ()


def test_nothing_breaks_where_nothing_changed() -> None:
    lines = [Line(day(number)) for number in range(-400, 400, 7)]
    assert broken_lines(lines, [election()], [election()], TODAY) == ()


def test_a_vote_that_moves_before_a_line_breaks_it() -> None:
    moved = election(date(2027, 5, 4), id="default-2027-11-02")
    assert [one.why for one in broken_lines([Line(date(2027, 7, 20))], [election()], [moved], TODAY)] == [
        Break.AFTER_VOTE]


def test_a_freeze_of_some_equipment_holds_those_lines_and_those_of_unknown_kind() -> None:
    called = election(date(2027, 3, 1), id="c", windows=(
        window(WindowKind.FREEZE, -40, 20, date(2027, 3, 1), equipment=("ems",)),))
    lines = [Line(date(2027, 2, 20)), Line(date(2027, 2, 20)), Line(date(2027, 2, 20))]
    found = broken_lines(lines, [], [called], TODAY, kinds={0: "ems", 1: "workstation", 2: ""})
    assert [(one.line is lines[0] or one.line is lines[2]) for one in found] == [True, True]


def test_the_first_free_day_is_past_all_freezes_that_touch() -> None:
    assert free_from([election(), election(day(100), id="x")], day(-90)) == day(131)


def test_the_old_plan_keeps_clear_of_the_freezes_elections_say() -> None:
    short = election(windows=(window(WindowKind.FREEZE, -10, 5),))
    office = of_office([short], voting_days([short]))
    assert [(one.first, one.last, one.voting_days) for one in office.windows()] == [(day(-10), day(5), (VOTE,))]
    with_bare = of_office([short], [VOTE, date(2029, 1, 1)])
    assert with_bare.frozen(date(2028, 12, 1)) is not None


@given(st.lists(st.dates(date(2020, 1, 1), date(2030, 1, 1)), max_size=5))
def test_elections_named_by_their_days_freeze_as_voting_days_did(votes: list[date]) -> None:
    made = [election(one, id=str(number)) for number, one in enumerate(votes)]
    assert of_office(made, voting_days(made)) == of(votes)
