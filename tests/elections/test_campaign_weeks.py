from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hustings.verdicts import Severity, Verdict
from policies.model import Fix
from server.actions import Action
from server.elections.campaign import HOURS, Campaign, campaign, done
from tests.server.records import CHECKS, FAIL, NOW, PASS, UNKNOWN, both, check

TODAY = date(2027, 9, 1)
VOTE = date(2027, 11, 2)


def action(number: int, effort: str = "S", *, safe: bool = True, verdict: Verdict = FAIL) -> Action:
    return Action(check(f"area/c{number:02}", "PAT-01", Severity.HIGH), verdict, (), 1.0, 0,
                  Fix("any", both("do it"), effort=effort, freeze_safe=safe), "", False, 100.0 - number)


def laid(found: Campaign) -> list[tuple[str, date, date]]:
    return [(one.action.check.id, one.first, one.last) for week in found.weeks for one in week.steps]


def test_the_ten_best_are_laid_out_in_their_order() -> None:
    found = campaign([action(number) for number in range(14)], TODAY, VOTE)
    assert [name for name, _, _ in laid(found)] == [f"area/c{number:02}" for number in range(10)]
    assert found.late == ()
    assert [one.work for one in found.weeks[:3]] == [8, 2, 0]


def test_days_of_work_take_as_many_weeks_as_the_hours_a_week_say() -> None:
    found = campaign([action(0, "L"), action(1)], TODAY, VOTE, 8)
    assert laid(found) == [("area/c00", TODAY, TODAY + timedelta(days=13)),
                           ("area/c01", TODAY + timedelta(days=14), TODAY + timedelta(days=20))]


def test_what_is_not_safe_in_a_freeze_is_over_two_weeks_before_the_vote() -> None:
    found = campaign([*(action(number, "L") for number in range(4)), action(9, "M", safe=False)], TODAY, VOTE, 8)
    assert laid(found)[0][0] == "area/c09", "its turn alone would be too late, so that it comes first"
    assert all(one.last < VOTE - timedelta(days=14) for week in found.weeks for one in week.steps if not one.safe)


def test_what_does_not_fit_is_said_with_the_hours_it_would_take() -> None:
    found = campaign([action(number, "L") for number in range(10)], TODAY, VOTE, 4)
    assert len(found.late) + found.steps == 10
    assert found.late
    assert campaign([action(number, "L") for number in range(10)], TODAY, VOTE, found.needed).late == ()
    assert campaign([action(number, "L") for number in range(10)], TODAY, VOTE, found.needed - 1).late


def test_a_risky_repair_in_the_last_two_weeks_is_a_decision() -> None:
    found = campaign([action(0, safe=False)], VOTE - timedelta(days=5), VOTE)
    assert (found.steps, len(found.late), found.needed) == (0, 1, 0)
    assert campaign([action(0, safe=False, verdict=UNKNOWN)], VOTE - timedelta(days=5), VOTE).steps == 1


def test_on_voting_day_nothing_fits() -> None:
    found = campaign([action(0)], VOTE, VOTE)
    assert (found.weeks, len(found.late), found.needed) == ((), 1, 0)


def test_without_an_election_there_are_eight_weeks() -> None:
    assert len(campaign([action(0)], TODAY, None).weeks) == 8


def test_done_is_what_reports_say() -> None:
    first, second = CHECKS[0].id, CHECKS[1].id
    told = {"a": [(NOW, {first: FAIL, second: FAIL}), (NOW + timedelta(days=1), {first: PASS, second: PASS}),
                  (NOW + timedelta(days=2), {first: PASS, second: FAIL})],
            "b": [(NOW, {first: PASS})]}
    [one] = done(told, CHECKS)
    assert (one.check.id, one.where, one.at) == (first, ("a",), NOW + timedelta(days=1))


def test_what_still_fails_somewhere_is_not_done() -> None:
    name = CHECKS[0].id
    assert done({"a": [(NOW, {name: FAIL}), (NOW, {name: PASS})], "b": [(NOW, {name: FAIL})]}, CHECKS) == ()


@given(st.lists(st.tuples(st.sampled_from("SML"), st.booleans()), max_size=12), st.integers(1, 60),
       st.integers(0, 200))
def test_every_action_is_laid_out_or_late_and_never_past_the_vote(kinds: list[tuple[str, bool]], hours: int,
                                                                 days: int) -> None:
    actions = [action(number, effort, safe=safe) for number, (effort, safe) in enumerate(kinds)]
    vote = TODAY + timedelta(days=days)
    found = campaign(actions, TODAY, vote, hours)
    assert found.steps + len(found.late) == min(10, len(actions))
    steps = [one for week in found.weeks for one in week.steps]
    assert sum(one.work for one in found.weeks) == sum(HOURS[one.action.fix.effort] for one in steps
                                                       if one.action.fix)
    for one in steps:
        assert TODAY <= one.first <= one.last < vote
        assert one.safe or one.last < vote - timedelta(days=14)
    for week in found.weeks:
        assert week.work <= hours
