from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hustings.verdicts import Severity
from policies.grade import DEADLINE_DAYS
from server.elections.deadlines import Basis, deadline
from server.elections.model import WindowKind
from tests.elections.made import VOTE, election, window

CRITICAL, HIGH, MEDIUM = Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM
FROZEN = VOTE - timedelta(days=90)


def seen(days_from_vote: int) -> datetime:
    return datetime.combine(VOTE + timedelta(days=days_from_vote), time(12), UTC)


@pytest.mark.parametrize("severity", list(Severity))
def test_without_elections_days_decide(severity: Severity) -> None:
    assert deadline(seen(0), severity).due == seen(0) + timedelta(days=DEADLINE_DAYS[severity])


def test_a_serious_failure_is_due_the_day_before_the_freeze() -> None:
    found = deadline(seen(-100), HIGH, [election()])
    assert (found.due, found.basis) == (datetime(2027, 8, 3, 23, 59, 59, tzinfo=UTC), Basis.FREEZE)
    assert found.due.date() == FROZEN - timedelta(days=1)
    assert found.election == election()


def test_the_calendar_never_gives_more_time() -> None:
    assert deadline(seen(-100), CRITICAL, [election()]).basis is Basis.DAYS


def test_medium_failures_keep_their_days() -> None:
    assert deadline(seen(-100), MEDIUM, [election()]).basis is Basis.DAYS


def test_found_inside_the_freeze_it_is_due_the_day_before_anybody_votes() -> None:
    found = deadline(seen(-20), HIGH, [election()])
    assert (found.basis, found.due.date()) == (Basis.VOTING, VOTE - timedelta(days=1))
    early = election(windows=(window(WindowKind.FREEZE, -90, 30), window(WindowKind.ADVANCE, -10, -2)))
    assert deadline(seen(-20), HIGH, [early]).due.date() == VOTE - timedelta(days=11)


@pytest.mark.parametrize("day", [0, 1, 20])
def test_found_while_people_vote_or_after_days_decide(day: int) -> None:
    assert deadline(seen(day), HIGH, [election()]).basis is Basis.DAYS


def test_there_is_always_a_day_to_repair() -> None:
    assert deadline(seen(-91), CRITICAL, [election()]).due == seen(-91) + timedelta(days=1)


def test_the_nearest_of_several_elections_decides() -> None:
    later = election(VOTE + timedelta(days=10))
    assert deadline(seen(-100), HIGH, [later, election()]) == deadline(seen(-100), HIGH, [election()])


MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))


@given(MOMENTS, st.sampled_from(list(Severity)), st.lists(st.dates(VOTE, VOTE.replace(year=2035)), max_size=4))
def test_more_elections_never_put_a_deadline_off_and_never_before_a_day(first: datetime, severity: Severity,
                                                                       votes: list[object]) -> None:
    made = [election(one, id=str(number)) for number, one in enumerate(votes)]  # type: ignore[arg-type]
    due = deadline(first, severity, made).due
    assert due <= deadline(first, severity, made[1:]).due <= deadline(first, severity).due
    assert due >= first + timedelta(days=1)
