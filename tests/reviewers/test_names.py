"""Pseudonyms: the same within an engagement, unlike between two, and no way back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.engagement import Engagement
from server.reviewers.names import Known, Names
from server.store.pseudonym_keys import derived

SECRET = b"s" * 32
HIDDEN = Engagement(7, "t", 1, (), (), False, date(2027, 1, 1), "A contract", datetime(2026, 11, 22, tzinfo=UTC),
                    key=derived(SECRET, "engagement:7"))
KNOWN = Known(frozenset({"clerk-3", "DC01", "poll.book"}), frozenset({"Town Hall"}), frozenset({"Ann Clerk", "bob"}),
              frozenset({"SN-99/A"}))


def test_names_are_as_they_are_without_an_engagement_or_where_it_shows_them() -> None:
    for names in (Names(), Names(replace(HIDDEN, names_shown=True, key=b""))):
        assert names.shown
        assert [names.host("dc01"), names.site("Town Hall"), names.person("ann"), names.text("dc01 and ann")] == [
            "dc01", "Town Hall", "ann", "dc01 and ann"]


def test_a_name_without_a_key_to_hide_it_is_an_error_and_never_shown() -> None:
    with pytest.raises(ValueError, match="key"):
        Names(replace(HIDDEN, key=b""))


def test_a_pseudonym_is_stable_within_an_engagement_in_any_case_of_letters_and_by_kind() -> None:
    names, again = Names(HIDDEN), Names(HIDDEN)
    assert names.host("DC01") == again.host("dc01")
    assert names.host("dc01").startswith("machine-")
    assert len({names.host("x"), names.site("x"), names.person("x"), names.serial("x")}) == 4
    assert names.host("") == ""


def test_two_engagements_share_no_pseudonym() -> None:
    other = replace(HIDDEN, id=8, key=derived(SECRET, "engagement:8"))
    assert Names(HIDDEN).host("dc01") != Names(other).host("dc01")


@pytest.mark.parametrize("text", [
    "dc01", "DC01 answers", "(dc01)", "dc01.county.example", "\\\\dc01\\share", "host=dc01;", "clerk-3, dc01", "bob",
    "Ann Clerk said", "at town hall", "SN-99/A", "poll.book", "write to jo.doe@county.example", "/home/jdoe/.ssh",
    "C:\\Users\\jdoe\\x", "from 10.1.2.3", "at 00:1a:2b:3c:4d:5e"])
def test_what_the_office_is_known_to_have_is_blotted_out_of_texts(text: str) -> None:
    said = Names(HIDDEN, KNOWN).text(text).casefold()
    for name in ("dc01", "clerk-3", "bob", "ann clerk", "town hall", "sn-99", "poll.book", "county.example", "jdoe",
                 "10.1.2.3", "00:1a"):
        assert name not in said, said


@pytest.mark.parametrize("text", ["", "the disk is full", "bobsleigh", "version 12.0.3", "clerk-31", "TLS 1.2"])
def test_other_words_stay(text: str) -> None:
    assert Names(HIDDEN, KNOWN).text(text) == text


def test_a_name_in_a_text_has_the_pseudonym_it_has_in_a_list() -> None:
    names = Names(HIDDEN, KNOWN)
    assert names.text("dc01 is down") == f"{names.host('DC01')} is down"


def test_a_real_name_finds_nothing_where_names_are_hidden() -> None:
    names = Names(HIDDEN)
    hosts = ["dc01", "clerk-3"]
    assert names.matching("dc01", hosts) == []
    assert names.matching(names.host("dc01"), hosts) == ["dc01"]
    assert Names().matching("DC", hosts) == ["dc01"]


@given(st.text(min_size=1), st.text(min_size=1))
def test_different_names_have_different_pseudonyms(one: str, other: str) -> None:
    names = Names(HIDDEN)
    assert (names.host(one) == names.host(other)) == (one.casefold() == other.casefold())
    assert one.casefold() not in names.host(one) or len(one) < 4
