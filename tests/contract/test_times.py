"""Times and lengths of time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hustings.times import days_between, parse_duration, parse_time, shift, utc_text


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(("text", "moment"), [
    ("2026-11-22T02:42:33Z", "2026-11-22T02:42:33+00:00"),
    ("2026-11-21T21:42:33-05:00", "2026-11-22T02:42:33+00:00"),
    ("2026-11-22T02:42Z", "2026-11-22T02:42:00+00:00"),
    ("2026-11-22T02:42:33.25Z", "2026-11-22T02:42:33.250+00:00"),
    ("2028-06-30", "2028-06-30T23:59:59+00:00"),
])
def test_a_time_is_utc_and_a_bare_date_is_the_end_of_its_day(text: str, moment: str) -> None:
    assert parse_time(text) == at(moment)


@pytest.mark.parametrize("text", [
    "", "2026-11-22T02:42:33", "20261122", "2026-W47-7", "20261122T024233Z", "2026-13-01", "2026-02-29", "22-11-2026",
    "2026-11-22 02:42:33Z", "0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00", "now", "２０２６-11-22",
])
def test_what_could_mean_another_moment_is_no_time(text: str) -> None:
    with pytest.raises(ValueError):
        parse_time(text)


@given(st.datetimes(datetime(1000, 1, 1), datetime(9999, 12, 30), timezones=st.just(UTC)))
def test_written_times_read_back_to_the_second(moment: datetime) -> None:
    assert parse_time(utc_text(moment)) == moment.replace(microsecond=0)


@pytest.mark.parametrize(("text", "length"), [
    (90, timedelta(seconds=90)), ("90s", timedelta(seconds=90)), ("5m", timedelta(minutes=5)),
    ("26h", timedelta(hours=26)), ("3d", timedelta(days=3)), ("2w", timedelta(days=14)), ("0d", timedelta(0)),
])
def test_a_duration_is_a_number_with_a_unit(text: str | int, length: timedelta) -> None:
    assert parse_duration(text) == length


@pytest.mark.parametrize("text", [
    "", "3", "d", "-3d", "+3d", "3 d", "3mo", "1y", "1.5h", "³d", "٣d", True, "9" * 12 + "d", "9" * 5000 + "d", 10**15,
])
def test_what_is_no_fixed_length_is_no_duration(text: str | int) -> None:
    with pytest.raises(ValueError):
        parse_duration(text)


@pytest.mark.parametrize(("start", "length", "end"), [
    ("2026-01-31T10:00:00Z", "+1mo", "2026-02-28T10:00:00Z"),
    ("2028-01-31T10:00:00Z", "+1mo", "2028-02-29T10:00:00Z"),
    ("2026-03-31T10:00:00Z", "-1mo", "2026-02-28T10:00:00Z"),
    ("2026-12-15T00:00:00Z", "+1mo", "2027-01-15T00:00:00Z"),
    ("2026-01-15T00:00:00Z", "-1mo", "2025-12-15T00:00:00Z"),
    ("2028-02-29T00:00:00Z", "+1y", "2029-02-28T00:00:00Z"),
    ("2026-11-22T00:00:00Z", "+24mo", "2028-11-22T00:00:00Z"),
    ("2026-11-22T00:00:00Z", "-36h", "2026-11-20T12:00:00Z"),
    ("2026-11-22T00:00:00Z", "+0d", "2026-11-22T00:00:00Z"),
    ("2026-11-22T00:00:00Z", "10m", "2026-11-22T00:10:00Z"),
])
def test_months_and_years_are_those_of_the_calendar(start: str, length: str, end: str) -> None:
    assert shift(at(start), length) == at(end)


@pytest.mark.parametrize("length", ["", "+", "mo", "+-3d", "--3d", "+3", "+1.5mo", "+9999y", "+999999999d", "+3 mo"])
def test_a_shift_that_leads_nowhere_is_refused(length: str) -> None:
    with pytest.raises(ValueError):
        shift(datetime(2026, 11, 22, tzinfo=UTC), length)


def test_days_are_counted_by_the_calendar_of_utc() -> None:
    late = at("2026-11-21T23:59:59-05:00")
    assert days_between(late, date(2026, 11, 22)) == 0
    assert days_between(late, date(2026, 11, 21)) == -1
    assert days_between(late, date(2026, 12, 22)) == 30
