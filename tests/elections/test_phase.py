from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hustings.errors import UsageError
from server.elections import days, words
from server.elections.model import Election, WindowKind
from server.elections.phase import Code, blocked, of_office, phase, publication_block
from tests.elections.made import VOTE, election, window

DAYS = st.dates(date(2001, 1, 1), date(2190, 1, 1))


def at(days_from_vote: int, *elections: Election) -> Code:
    return phase(elections, VOTE + timedelta(days=days_from_vote)).code


@pytest.mark.parametrize(("day", "code"), [
    (-800, Code.QUIET), (-366, Code.QUIET), (-365, Code.PLANNING), (-251, Code.PLANNING), (-250, Code.NOMINATION),
    (-181, Code.NOMINATION), (-180, Code.PREPARATION), (-91, Code.PREPARATION), (-90, Code.FREEZE),
    (-45, Code.FREEZE), (-15, Code.ADVANCE), (-3, Code.ADVANCE), (-2, Code.FREEZE), (0, Code.VOTING),
    (1, Code.CANVASS), (14, Code.CANVASS), (15, Code.AUDIT), (28, Code.AUDIT), (29, Code.CERTIFICATION),
    (30, Code.CERTIFICATION), (31, Code.AFTER), (90, Code.AFTER), (91, Code.NONE)])
def test_the_phases_of_a_federal_election_in_their_order(day: int, code: Code) -> None:
    assert at(day, election(kind="us-federal-general")) is code


def test_without_elections_there_is_no_phase() -> None:
    found = phase((), VOTE)
    assert (found.code, found.days, found.next) == (Code.NONE, None, None)


def test_days_to_go_are_nothing_on_every_day_of_voting() -> None:
    long = election(VOTE, VOTE + timedelta(days=2))
    for day in range(3):
        found = phase([long], VOTE + timedelta(days=day))
        assert (found.code, found.days, found.next_days, found.until) == (Code.VOTING, 0, 0, VOTE + timedelta(days=2))
    assert phase([long], VOTE + timedelta(days=3)).days == -1
    assert phase([long], VOTE - timedelta(days=1)).days == 1


def test_of_two_elections_on_one_day_both_are_named() -> None:
    found = phase([election(kind="us-municipal", name="City"), election(kind="us-primary", name="State")], VOTE)
    assert found.code is Code.VOTING
    assert found.election is not None
    assert {found.election.name, *(one.name for code, one in found.also)} == {"City", "State"}


def test_the_freeze_of_a_coming_vote_stands_before_the_canvass_of_the_last_one() -> None:
    past = election(VOTE - timedelta(days=5), kind="us-municipal", name="Past")
    found = phase([past, election(name="Coming")], VOTE)
    assert found.code is Code.VOTING
    found = phase([past, election(VOTE + timedelta(days=20), name="Coming")], VOTE)
    assert (found.code, found.election and found.election.name) == (Code.FREEZE, "Coming")
    assert Code.CANVASS in {code for code, _ in found.also}
    assert found.next_days == 20


def test_after_an_election_the_next_one_is_counted_down_to() -> None:
    found = phase([election(kind="us-municipal"), election(date(2029, 11, 6), kind="us-municipal")],
                  VOTE + timedelta(days=3))
    assert (found.code, found.days) == (Code.CANVASS, -3)
    assert found.next is not None
    assert found.next.first == date(2029, 11, 6)


def test_a_shorter_freeze_leaves_more_preparation() -> None:
    short = election(windows=(window(WindowKind.FREEZE, -30, 10),))
    assert [at(day, short) for day in (-121, -120, -31, -30)] == [
        Code.PLANNING, Code.PREPARATION, Code.PREPARATION, Code.FREEZE]


def test_an_election_without_windows_is_prepared_until_its_day() -> None:
    bare = election(windows=())
    assert [at(day, bare) for day in (-91, -90, -1, 0, 1, 60, 61)] == [
        Code.PLANNING, Code.PREPARATION, Code.PREPARATION, Code.VOTING, Code.AFTER, Code.AFTER, Code.NONE]


@given(first=DAYS, length=st.integers(0, 30), shift=st.integers(-900, 900), kind=st.sampled_from(
    ["default", "us-municipal", "ca-federal", "us-federal-general"]))
def test_every_day_has_a_phase_that_lasts_until_the_day_it_says(first: date, length: int, shift: int,
                                                                kind: str) -> None:
    one = election(first, first + timedelta(days=length), kind)
    day = first + timedelta(days=shift)
    found = phase([one], day)
    assert (found.code is Code.VOTING) == (one.first <= day <= one.last)
    if found.next_days is not None:
        assert found.next_days == max(0, (one.first - day).days)
    if found.until is not None:
        assert found.until >= day
    frozen = any(each.holds(day) for each in one.of(WindowKind.FREEZE))
    if found.code in (Code.PREPARATION, Code.PLANNING, Code.QUIET):
        assert not frozen


@given(st.lists(st.tuples(DAYS, st.integers(0, 5)), max_size=5), DAYS)
def test_the_phase_does_not_depend_on_the_order_of_entry(votes: list[tuple[date, int]], day: date) -> None:
    made = [election(first, first + timedelta(days=length), id=f"e{number}")
            for number, (first, length) in enumerate(votes)]
    assert phase(made, day) == phase(made[::-1], day)


def test_nothing_is_published_from_nomination_to_certification() -> None:
    one = election(kind="us-federal-general")
    first, last = blocked(one)
    assert (first, last) == (VOTE - timedelta(days=250), VOTE + timedelta(days=30))
    assert publication_block([one], first) == one
    assert publication_block([one], last) == one
    assert publication_block([one], first - timedelta(days=1)) is None
    assert publication_block([one], last + timedelta(days=1)) is None
    assert publication_block([], VOTE) is None


def test_without_a_nomination_window_the_block_begins_with_the_freeze_or_90_days_before() -> None:
    assert blocked(election()) == (VOTE - timedelta(days=90), VOTE + timedelta(days=30))
    assert blocked(election(windows=())) == (VOTE - timedelta(days=90), VOTE)


@dataclass(frozen=True)
class Somewhere:
    zone: str
    elections: tuple[Election, ...] = (election(),)


@pytest.mark.parametrize(("zone", "hour", "code"), [
    ("UTC", 23, Code.VOTING), ("America/Toronto", 23, Code.VOTING), ("Pacific/Honolulu", 23, Code.VOTING),
    ("Pacific/Auckland", 23, Code.FREEZE)])
def test_a_day_is_the_offices_own(zone: str, hour: int, code: Code) -> None:
    assert of_office(Somewhere(zone), datetime(2027, 11, 2, hour, tzinfo=UTC)).code is code


def test_polls_still_open_in_honolulu_are_open_when_utc_is_a_day_on() -> None:
    now = datetime(2027, 11, 3, 4, 30, tzinfo=UTC)
    assert of_office(Somewhere("Pacific/Honolulu"), now).code is Code.VOTING
    assert of_office(Somewhere("UTC"), now).code is not Code.VOTING


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../../etc/passwd", "/etc/localtime", "America/Toronto\x00"])
def test_a_time_zone_that_is_none_is_refused_with_how_to_write_one(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        days.zone(name)
    assert "America/Toronto" in caught.value.remedy


def test_every_phase_and_window_has_its_words() -> None:
    assert set(words.PHASES) == set(words.MEANINGS) == set(Code)
    assert set(words.WINDOWS) == set(WindowKind)
