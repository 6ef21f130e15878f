"""Conditions in words: both languages say the same, and no grouping is lost."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from policies import pack as packs
from policies.explain import _WORDS, condition_text, value_text
from policies.model import LANGUAGES
from tests.policies.guesses import conditions

A, B, C = ({"fact": f"t.{name}", "equals": True} for name in "abc")


def test_both_languages_have_every_word() -> None:
    assert set(_WORDS) == set(LANGUAGES)
    assert set(_WORDS["en"]) == set(_WORDS["fr"])


@pytest.mark.parametrize(("condition", "said"), [
    ({"all": [{"any": [A, B]}, C]}, "(t.a is yes or t.b is yes) and t.c is yes"),
    ({"any": [{"all": [A, B]}, C]}, "(t.a is yes and t.b is yes) or t.c is yes"),
    ({"all": [{"any": [A]}, C]}, "t.a is yes and t.c is yes"),
    ({"not": {"any": [A, B]}}, "not (t.a is yes or t.b is yes)"),
    ({"fact": "t.x", "absent": False}, "t.x is present"),
    ({"fact": "t.x", "later_than": {"today": "+24mo"}}, "t.x is later than today +24mo"),
    ({"fact": "t.x", "later_than": {"today": "+0d"}}, "t.x is later than today"),
    ({"fact": "t.x", "at_least": {"param": "p"}}, "t.x is at least 7"),
    ({"fact": "t.x", "one_of": {"fact": "t.y"}}, "t.x is one of t.y"),
    ({"fact": "t.x", "mode_within": "0640"}, "t.x grants nothing beyond 0640"),
    ({"fact": "t.x", "mode_covers": "027"}, "t.x holds every bit of 027"),
    ({"fact": "t.x", "count": {"at_least": 1}, "empty_is": "fail"}, "t.x has at least 1 entry"),
    ({"fact": "t.x", "count": {"at_most": 0}, "same": "uid", "empty_is": "pass"},
     "t.x has at most 0 entries for each uid"),
    ({"fact": "t.x", "none": {"field": "a", "equals": "b"}, "where": {"field": "c", "one_of": ["d", "e"]},
      "empty_is": "pass"}, "no entry of t.x (where c is one of d, e) has a is b"),
])
def test_a_condition_reads_as_it_is_judged(condition: dict[str, Any], said: str) -> None:
    assert condition_text(condition, {"p": 7}) == said


@given(conditions, conditions)
def test_conditions_that_differ_only_in_grouping_read_differently(one: dict[str, Any], other: dict[str, Any]) -> None:
    for language in LANGUAGES:
        inner_first = condition_text({"all": [{"any": [A, one]}, other]}, {}, language)
        outer_first = condition_text({"any": [A, {"all": [one, other]}]}, {}, language)
        assert inner_first != outer_first


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("check", packs.shipped().checks, ids=lambda one: one.id)
def test_every_shipped_check_can_be_said(check: Any, language: str) -> None:
    values = {name: one.default for name, one in check.parameters.items()}
    for condition in (check.require, check.applies, check.unknown_when):
        assert condition is None or "{" not in condition_text(condition, values, language)


@pytest.mark.parametrize(("value", "said"), [
    (True, "yes"), ([], "none"), (["a", False], "a, no"), ({"absent": True}, "absent"),
    ({"unknown": "denied: root"}, "(denied: root)"), ({"name": "x", "uid": 0}, "name=x uid=0"),
    ({"items": ["a", "b"], "total": 2, "complete": True}, "a; b"),
    ({"items": ["a"], "matching": 9, "total": 12, "complete": True}, "a; … 9 in all"),
    ({"items": [], "total": 0, "complete": True}, "none"),
])
def test_a_value_reads_as_a_person_would_say_it(value: Any, said: str) -> None:
    assert value_text(value) == said
