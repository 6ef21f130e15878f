from __future__ import annotations

from datetime import date, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hustings.errors import ConfigError
from server.elections import template
from server.elections.model import WindowKind
from server.elections.rules import faults
from tests.elections.made import election

DAYS = st.dates(date(2001, 1, 1), date(2198, 12, 31))
GOOD = """title: {en: A vote, fr: Un vote}
country: ca
scale: large
windows:
  - {kind: freeze, first: T-90, last: T+30, verified: false, source: {en: ours, fr: le nôtre}}
"""


def test_every_kind_of_election_of_both_countries_is_there() -> None:
    assert {"us-federal-general", "us-primary", "us-municipal", "us-runoff", "ca-federal", "ca-on-provincial",
            "ca-qc-provincial", "ca-on-municipal", "ca-qc-municipal", "default"} <= set(template.every())


@pytest.mark.parametrize("kind", sorted(template.every()))
@given(first=DAYS, length=st.integers(0, 30))
def test_an_election_from_any_template_can_be_stored_on_any_day(kind: str, first: date, length: int) -> None:
    made = election(first, first + timedelta(days=length), kind)
    if kind == "ca-on-municipal":  # its nominations are days of the year, so that it is held in autumn
        made = election(date(first.year, 10, 28), kind=kind)
    assert faults(made) == ()


@pytest.mark.parametrize("kind", sorted(template.every()))
def test_every_template_freezes_through_voting_and_says_its_sources_in_both_languages(kind: str) -> None:
    one = template.every()[kind]
    assert any(rule.kind is WindowKind.FREEZE for rule in one.windows)
    for rule in one.windows:
        assert len(rule.source.en) > 10
        assert len(rule.source.fr) > 10
        assert rule.source.en != rule.source.fr
    assert one.title.en != one.title.fr


def test_ballots_go_overseas_45_days_before_a_federal_election() -> None:
    [rule] = [one for one in template.get("us-federal-general").windows if one.kind is WindowKind.UOCAVA]
    assert rule.window(date(2028, 11, 7), date(2028, 11, 7)).first == date(2028, 9, 23)
    assert rule.verified
    assert "20302" in rule.source.en


@pytest.mark.parametrize(("kind", "today", "day"), [
    ("us-federal-general", date(2026, 11, 22), date(2028, 11, 7)), ("us-federal-general", date(2026, 1, 1),
                                                                    date(2026, 11, 3)),
    ("ca-on-municipal", date(2026, 10, 26), date(2026, 10, 26)), ("ca-on-municipal", date(2026, 10, 27),
                                                                  date(2030, 10, 28)),
    ("ca-qc-municipal", date(2025, 1, 1), date(2025, 11, 2)), ("ca-qc-provincial", date(2026, 1, 1),
                                                               date(2026, 10, 5)),
    ("ca-federal", date(2026, 1, 1), date(2029, 10, 15)), ("us-municipal", date(2026, 1, 1), None)])
def test_the_day_that_a_law_fixes(kind: str, today: date, day: date | None) -> None:
    assert template.get(kind).next_usual(today) == day


@pytest.mark.parametrize(("year", "last"), [(2026, date(2026, 8, 21)), (2030, date(2030, 8, 16)),
                                            (2022, date(2022, 8, 19))])
def test_nominations_of_ontario_municipalities_close_on_the_third_friday_of_august(year: int, last: date) -> None:
    vote = date(year, 10, 28)
    found = election(vote, kind="ca-on-municipal").of(WindowKind.NOMINATION)[0]
    assert (found.first, found.last) == (date(year, 5, 1), last)


def test_windows_are_right_around_a_leap_day_and_the_turn_of_a_year() -> None:
    assert election(date(2028, 3, 1)).windows[0].first == date(2027, 12, 2)
    assert election(date(2028, 5, 29)).windows[0].first == date(2028, 2, 29)
    assert election(date(2027, 12, 20)).windows[0].last == date(2028, 1, 19)


def test_a_vote_of_several_days_counts_back_from_its_first_and_on_from_its_last() -> None:
    found = election(date(2027, 11, 2), date(2027, 11, 5)).windows[0]
    assert (found.first, found.last) == (date(2027, 8, 4), date(2027, 12, 5))


def test_windows_follow_a_vote_that_moves_but_those_the_office_set() -> None:
    made = election(kind="us-municipal")
    mine = msgspec.structs.replace(made.windows[1], rule="county order 12")
    moved = template.moved(msgspec.structs.replace(made, windows=(made.windows[0], mine)), date(2027, 11, 9),
                           date(2027, 11, 9))
    assert moved.windows[0].first == made.windows[0].first + timedelta(days=7)
    assert moved.windows[1] == mine


def test_what_nobody_checked_is_told_apart_from_what_the_office_set() -> None:
    made = election(kind="us-primary")
    assert len(list(template.unverified(made))) == len(made.windows) - 1
    changed = msgspec.structs.replace(made, windows=tuple(
        msgspec.structs.replace(one, rule="ours") for one in made.windows))
    assert list(template.unverified(changed)) == []


@pytest.mark.parametrize(("old", "new", "said"), [
    ("T-90", "T90", "not a day such as T-45"), ("kind: freeze", "kind: party", "kind"),
    ("first: T-90", "first: T+90", "ends before it begins"), ("first: T-90", "first: T+1", "hold through voting"),
    ("country: ca", "country: ca\ncolour: red", "colour"), ("scale: large\n", "", "scale"),
    ("first: T-90", "first: {month: 13, day: 1}", "month"),
    ("first: T-90", "first: {month: 5, weekday: caturday}", "weekday"),
    ("first: T-90", "first: {month: 5}", "either day")])
def test_a_bad_template_is_refused_with_its_place(old: str, new: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        template.read(GOOD.replace(old, new), "mine.yaml")
    assert "mine.yaml" in str(caught.value)


def test_a_good_template_is_read() -> None:
    assert template.read(GOOD, "mine.yaml").id == "mine"


def test_an_unknown_template_of_a_stored_election_is_the_default_one() -> None:
    assert template.get("gone-since") is template.get("default")
