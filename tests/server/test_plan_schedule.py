"""Dates of the plan: freezes, lead times and the end of support."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from server import calendar
from server.plan_schedule import Warn, schedule

DAYS = st.dates(date(2026, 1, 1), date(2031, 12, 31))
LISTS = st.lists(DAYS, max_size=6)
LENGTHS = st.integers(0, 400)


def test_touching_freezes_are_one_window() -> None:
    found = calendar.of([date(2027, 11, 2), date(2027, 5, 18), date(2027, 11, 2)], before=90, after=78).windows()
    assert [(one.first, one.last, one.voting_days) for one in found] == [
        (date(2027, 2, 17), date(2028, 1, 19), (date(2027, 5, 18), date(2027, 11, 2)))]
    apart = calendar.of([date(2027, 11, 2), date(2027, 5, 18)], before=90, after=76).windows()
    assert [one.last for one in apart] == [date(2027, 8, 2), date(2028, 1, 17)]


def test_a_freeze_includes_its_first_and_last_day() -> None:
    office = calendar.of([date(2027, 11, 2)])
    assert office.frozen(date(2027, 8, 3)) is None
    assert office.frozen(date(2027, 8, 4)) is not None
    assert office.frozen(date(2027, 12, 2)) is not None
    assert (office.last_open(date(2027, 10, 1)), office.first_open(date(2027, 10, 1))) == (
        date(2027, 8, 3), date(2027, 12, 3))


def test_go_live_moves_before_a_freeze_when_there_is_time() -> None:
    found = schedule(date(2027, 11, 11), date(2026, 11, 22), 180, calendar.of([date(2027, 11, 2)]), 30)
    assert (found.go_live, found.order_by, found.warnings) == (date(2027, 8, 3), date(2027, 2, 4), ())


def test_without_time_for_the_margin_the_last_supported_days_are_used() -> None:
    found = schedule(date(2027, 1, 12), date(2026, 11, 22), 40, calendar.of([]), 30)
    assert found.go_live == date(2027, 1, 12)
    assert Warn.AFTER_END not in found.warnings


def test_what_comes_too_late_is_ordered_today_goes_live_after_the_freeze_and_says_so() -> None:
    found = schedule(date(2027, 1, 12), date(2026, 11, 22), 270, calendar.of([date(2027, 11, 2)]), 30)
    assert found.order_by == date(2026, 11, 22)
    assert found.go_live == date(2027, 12, 3)
    assert found.warnings == (Warn.AFTER_END, Warn.CALENDAR_UNKNOWN)


def test_an_end_on_a_day_unknown_is_late() -> None:
    assert Warn.AFTER_END in schedule(None, date(2026, 11, 22), 10, calendar.of([]), 30).warnings


@given(st.none() | DAYS, DAYS, LENGTHS, LISTS, LENGTHS, LENGTHS, LENGTHS)
@settings(deadline=None)
def test_the_rules_hold_for_any_calendar(ends: date | None, today: date, lead: int, voting_days: list[date],
                                         before: int, after: int, margin: int) -> None:
    office = calendar.of(voting_days, before, after)
    found = schedule(ends, today, lead, office, margin)
    assert today <= found.order_by <= found.go_live
    assert found.go_live - found.order_by >= timedelta(days=lead)
    assert office.frozen(found.go_live) is None
    assert (Warn.AFTER_END in found.warnings) == (ends is None or found.go_live > ends)
    if Warn.CALENDAR_UNKNOWN not in found.warnings:
        assert any(day + timedelta(days=after) >= found.go_live for day in voting_days)


@given(st.none() | DAYS, DAYS, LENGTHS, LISTS, DAYS)
@settings(deadline=None)
def test_another_voting_day_never_moves_going_live_into_a_freeze(
        ends: date | None, today: date, lead: int, voting_days: list[date], added: date) -> None:
    before = schedule(ends, today, lead, calendar.of(voting_days), 30)
    office = calendar.of([*voting_days, added])
    after = schedule(ends, today, lead, office, 30)
    assert office.frozen(after.go_live) is None
    if Warn.AFTER_END in before.warnings:
        assert Warn.AFTER_END in after.warnings


@given(LISTS, LENGTHS, LENGTHS, DAYS)
@settings(deadline=None)
def test_windows_hold_exactly_the_days_near_a_voting_day(voting_days: list[date], before: int, after: int,
                                                         day: date) -> None:
    near = any(one - timedelta(days=before) <= day <= one + timedelta(days=after) for one in voting_days)
    office = calendar.of(voting_days, before, after)
    assert (office.frozen(day) is not None) == near
    windows = office.windows()
    assert all(one.last + timedelta(days=1) < other.first for one, other in pairwise(windows))
