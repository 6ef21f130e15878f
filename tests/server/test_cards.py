"""A scorecard that is kept is the one that would be made."""

from __future__ import annotations

from datetime import timedelta

import pytest

from server.cards import Cards
from server.pages import site
from server.records import Asset, Exemption, Office
from server.scorecard import scorecard
from tests.server.records import CHECKS, DAY, FAIL, NOW, PACK, heard, result, results
from tests.server.records import office as county
from tests.server.setups import Office as Hall

DESK = Asset("desk-1", ("office-workstation",), "hall", "us")
SECOND = timedelta(seconds=1)


def elm(**changes: object) -> Office:
    return county(heard(results()), assets=(DESK,), **changes)


def test_within_the_minute_the_same_records_are_weighed_once() -> None:
    cards, of = Cards(), elm()
    first = cards.card("t", of, PACK, NOW)
    assert cards.card("t", Office(**{name: getattr(of, name) for name in Office.__slots__}), PACK,
                      NOW + 59 * SECOND) is first
    assert cards.card("t", of, PACK, NOW + 60 * SECOND) is not first
    assert cards.card("t", of, PACK, NOW) is not first  # a clock that was set back
    assert cards.card("other", of, PACK, NOW) is not first


@pytest.mark.parametrize("changed", [
    county(heard(results(critical=FAIL)), assets=(DESK,)),
    county(heard(results(), clock_off=True), assets=(DESK,)),
    county(heard(results()), assets=()),
    elm(exceptions=(Exemption(1, "not_applicable", "PAT-02", "desk-1", "r", "", "o", "p", NOW - DAY, "b",
                              (NOW + DAY).date()),))])
def test_whatever_changes_in_the_records_is_seen_at_once(changed: Office) -> None:
    cards = Cards()
    cards.card("t", elm(), PACK, NOW)
    assert cards.card("t", changed, PACK, NOW + SECOND) == scorecard(changed, PACK, NOW + SECOND)


def test_a_verdict_that_ends_within_the_minute_is_not_shown_past_its_end() -> None:
    said = [result(one.id, results()[0].verdict, valid_until=NOW + 5 * SECOND) for one in CHECKS]
    cards, of = Cards(), county(heard(said), assets=(DESK,))
    first = cards.card("t", of, PACK, NOW)
    assert cards.card("t", of, PACK, NOW + 5 * SECOND) is first
    later = cards.card("t", of, PACK, NOW + 6 * SECOND)
    assert later.grade is not None
    assert later.grade.coverage < 0.5


def test_an_exemption_that_ends_within_the_minute_is_not_shown_past_its_end() -> None:
    ends = Exemption(1, "exception", "PAT-01", "", "r", "c", "o", "p", NOW - DAY, "b", (NOW + DAY).date(),
                     NOW + 5 * SECOND)
    cards, of = Cards(), elm(exceptions=(ends,))
    assert len(cards.card("t", of, PACK, NOW).exceptions) == 1
    assert cards.card("t", of, PACK, NOW + 5 * SECOND).exceptions == ()


def test_a_server_that_starts_has_its_scorecards_before_anybody_asks(office: Hall) -> None:
    office.application.warm()
    state = office.application._state
    asked = state["reading"].office(office.tenant.id)
    now = office.now().replace(microsecond=0)
    kept = state["cards"].card(office.tenant.id, asked, site.pack(), now)
    assert kept is state["cards"].card(office.tenant.id, asked, site.pack(), now)
    assert kept.now <= now
