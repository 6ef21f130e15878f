"""What must hold of every plan, whatever the office."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import TypeVar

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from server.planning.model import Calendar, Election, Freeze, Line, Option, Problem, Status
from server.planning.solve import solve
from tests.planning.agreement import sound
from tests.planning.instances import medium, single, small

T = TypeVar("T")
NUMBERS = st.integers(min_value=10_000, max_value=10_000_000)
FEW = settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


def met(problem: Problem) -> Problem:
    """Without dates that must be met, so that what is compared is exposure alone."""
    return replace(problem, assets=tuple(replace(one, must_by=None) for one in problem.assets))


@FEW
@given(NUMBERS, st.integers(0, 20), st.integers(1, 10_000_000))
def test_more_money_never_raises_exposure(number: int, which: int, more: int) -> None:
    problem = met(small(number))
    rows = list(problem.budgets)
    rows[which % len(rows)] = replace(rows[which % len(rows)], amount=rows[which % len(rows)].amount + more)
    assert solve(replace(problem, budgets=tuple(rows))).exposure <= solve(problem).exposure


@FEW
@given(NUMBERS, st.integers(0, 120), st.integers(0, 60))
def test_a_further_freeze_never_lowers_exposure(number: int, before: int, after: int) -> None:
    problem = met(single(number))
    calendar = replace(problem.calendar, freezes=(*problem.calendar.freezes, Freeze(before, after)))
    assert solve(replace(problem, calendar=calendar)).exposure >= solve(problem).exposure


@FEW
@given(NUMBERS)
def test_a_freeze_for_one_election_holds_around_that_one_only(number: int) -> None:
    problem = single(number)
    dates = (problem.today + timedelta(days=200), problem.today + timedelta(days=600))
    elections = tuple(Election(day, day.isoformat()) for day in dates)
    only = Calendar(elections, (Freeze(20, 20, (), dates[:1]),), None)
    lines = solve(replace(problem, calendar=only)).lines
    assert not any(line.go_live and abs((line.go_live - dates[0]).days) <= 20 for line in lines)


@FEW
@given(NUMBERS)
def test_the_order_of_the_input_is_irrelevant(number: int) -> None:
    problem, random = medium(number, 14), Random(number)
    calendar = problem.calendar
    assert solve(problem) == solve(replace(
        problem, assets=_shuffled(random, problem.assets), budgets=_shuffled(random, problem.budgets),
        approved=_shuffled(random, problem.approved),
        calendar=Calendar(_shuffled(random, calendar.elections), _shuffled(random, calendar.freezes),
                          calendar.hours_per_month)))


@FEW
@given(NUMBERS, st.sampled_from((12, 20, 30)))
def test_plans_of_whole_offices_keep_every_condition(number: int, count: int) -> None:
    sound(medium(number, count))


@FEW
@given(NUMBERS)
def test_a_plan_that_is_approved_is_not_changed_without_a_reason(number: int) -> None:
    problem = medium(number, 10)
    first = solve(problem)
    again = solve(replace(problem, approved=first.lines))
    assert _said(again.lines) == _said(first.lines)


@FEW
@given(NUMBERS)
def test_doing_what_can_be_done_is_never_worse_than_doing_nothing(number: int) -> None:
    problem = met(medium(number, 10))
    solved = solve(problem)
    assert solved.exposure <= solved.kept_exposure
    poor = solve(replace(problem, budgets=()))
    assert all(line.option in (Option.KEEP, Option.RETIRE) for line in poor.lines)
    assert poor.status is Status.OPTIMAL


def _said(lines: tuple[Line, ...]) -> list[tuple[str, Option, date | None]]:
    return [(line.asset, line.option, line.go_live) for line in lines]


def _shuffled(random: Random, things: tuple[T, ...]) -> tuple[T, ...]:
    return tuple(random.sample(things, len(things)))
