"""Kleene's logic over any legal condition and any facts, found by hypothesis."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hustings.facts import Facts, Listing, Missing, Observation, Reason
from hustings.verdicts import Verdict
from policies.conditions import Checker
from policies.evaluate import Context, judge
from policies.explain import condition_text
from policies.logic import Logic
from policies.shortcut import shortcut
from tests.policies.building import NOW, REGISTRY, make, seen, weaker
from tests.policies.guesses import conditions, field_conditions, records, situations

MAX_AGE = timedelta(hours=26)
CONTEXT = Context(NOW)
DECIDED = (Verdict.PASS, Verdict.FAIL)


def verdict(condition: dict[str, Any], facts: Facts, **parts: Any) -> Verdict:
    return judge(make(condition, **parts), facts, CONTEXT).verdict


def turned(one: Verdict) -> Verdict:
    return {Verdict.PASS: Verdict.FAIL, Verdict.FAIL: Verdict.PASS}.get(one, one)


@given(conditions)
def test_what_is_tested_here_is_what_the_loader_allows(condition: dict[str, Any]) -> None:
    faults: list[Any] = []
    Checker(REGISTRY, {}, "", lambda *fault: faults.append(fault)).check(condition)
    assert [fault for fault in faults if "nest deeper" not in fault[1]] == []


@settings(max_examples=400)
@given(conditions, situations(), st.data(), st.sampled_from(["unknown", "fail"]))
def test_knowing_less_never_turns_a_verdict_into_another_but_unknown(
        condition: dict[str, Any], facts: Facts, data: st.DataObject, on_missing: str) -> None:
    assume(facts)
    before = verdict(condition, facts, on_missing=on_missing)
    known = dict(facts)
    for name in data.draw(st.lists(st.sampled_from(sorted(facts)), min_size=1, max_size=3, unique=True)):
        how, less = data.draw(st.sampled_from(list(weaker(facts[name], NOW, MAX_AGE))))
        del known[name]
        if less is not None:
            known[name] = less
        assert verdict(condition, known, on_missing=on_missing) in (before, Verdict.UNKNOWN), f"{name} {how}"


@settings(max_examples=300)
@given(conditions, conditions, conditions, situations())
def test_doubt_and_applicability_only_ever_take_a_verdict_away(
        require: dict[str, Any], applies: dict[str, Any], doubt: dict[str, Any], facts: Facts) -> None:
    bare = verdict(require, facts)
    assert verdict(require, facts, unknown_when=doubt) in ((bare, Verdict.UNKNOWN) if bare is Verdict.PASS else (bare,))
    expected = {Verdict.PASS: bare, Verdict.FAIL: Verdict.NOT_APPLICABLE}.get(verdict(applies, facts), Verdict.UNKNOWN)
    assert verdict(require, facts, applies=applies) is expected
    doubted = verdict(doubt, facts)
    if bare is Verdict.PASS:
        assert (verdict(require, facts, unknown_when=doubt) is Verdict.PASS) == (doubted is Verdict.FAIL)


@given(conditions, conditions, situations())
def test_the_laws_of_kleene_hold(one: dict[str, Any], other: dict[str, Any], facts: Facts) -> None:
    left, right = verdict(one, facts), verdict(other, facts)
    both, either = verdict({"all": [one, other]}, facts), verdict({"any": [one, other]}, facts)
    order = [Verdict.FAIL, Verdict.UNKNOWN, Verdict.PASS]
    assert both is min(left, right, key=order.index)
    assert either is max(left, right, key=order.index)
    assert verdict({"not": one}, facts) is turned(left)
    assert verdict({"not": {"not": one}}, facts) is left
    assert verdict({"not": {"any": [{"not": one}, {"not": other}]}}, facts) is both
    assert verdict({"all": [other, one]}, facts) is both


@settings(max_examples=300)
@given(field_conditions, records)
def test_a_shortcut_says_what_the_whole_evaluation_says_or_nothing(condition: dict[str, Any],
                                                                   record: dict[str, Any]) -> None:
    quick = shortcut(condition, {})(record)
    whole = Logic(lambda fact: (fact, Observation(missing=Missing(Reason.ERROR)), []), {}, NOW)
    assert quick is None or quick is whole.evaluate(condition, record).truth


@given(field_conditions, situations(), st.sampled_from(["pass", "fail", "unknown"]))
def test_none_of_a_thing_is_every_one_not_it(inner: dict[str, Any], facts: Facts, empty: str) -> None:
    none = {"fact": "t.records", "none": inner, "empty_is": empty}
    every = {"fact": "t.records", "every": {"not": inner}, "empty_is": empty}
    assert verdict(none, facts) is verdict(every, facts)


@given(field_conditions, field_conditions, situations())
def test_where_is_an_implication(where: dict[str, Any], inner: dict[str, Any], facts: Facts) -> None:
    selected = {"fact": "t.records", "every": inner, "where": where, "empty_is": "pass"}
    implied = {"fact": "t.records", "every": {"any": [{"not": where}, inner]}, "empty_is": "pass"}
    # Kleene's implication may be undecided where both halves ask of the same unread field; never the other way.
    assert verdict(selected, facts) in (verdict(implied, facts), Verdict.UNKNOWN)


@given(conditions, situations(), st.sampled_from(["unknown", "fail"]))
def test_absence_fails_only_where_nothing_else_was_left_open(condition: dict[str, Any], facts: Facts, on_missing: str,
                                                             ) -> None:
    usual, strict = verdict(condition, facts), verdict(condition, facts, on_missing="fail")
    assert strict in ((usual, Verdict.FAIL) if usual is Verdict.UNKNOWN else (usual,))
    if usual is Verdict.UNKNOWN and not any(one.absent for one in facts.values()) and "t.records" not in facts:
        assert strict is Verdict.UNKNOWN


@settings(max_examples=400)
@given(conditions, situations(), st.data())
def test_a_verdict_ends_exactly_when_it_says(condition: dict[str, Any], facts: Facts, data: st.DataObject) -> None:
    parts = {"applies": data.draw(st.none() | conditions), "unknown_when": data.draw(st.none() | conditions)}
    check = make(condition, **parts)
    result = judge(check, facts, CONTEXT)
    if result.verdict is Verdict.UNKNOWN:
        assert result.valid_until is None
        return
    end = result.valid_until
    until = end if end is not None else NOW + timedelta(days=900)
    assert until >= NOW
    for part in data.draw(st.lists(st.floats(0, 1), min_size=1, max_size=6)):
        assert judge(check, facts, Context(NOW + (until - NOW) * part)).verdict is result.verdict
    if end is not None:
        assert judge(check, facts, Context(end)).verdict is result.verdict
        assert judge(check, facts, Context(end + timedelta.resolution)).verdict is not result.verdict


garbage = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats()
    | st.sampled_from(["", "a", "3d", "9.6", "nan", "2026-11-22", "9999-12-31"])
    | st.just("0001-01-01T00:00:00+09:00"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["name", "good", "size", "seen", "group", "count"]), inner, max_size=3), max_leaves=6)


@settings(max_examples=300)
@given(conditions, st.dictionaries(st.sampled_from(
    ["t.bool", "t.int", "t.text", "t.time", "t.texts", "t.records"]), garbage))
def test_judging_is_total_over_whatever_a_faulty_collector_may_say(condition: dict[str, Any], values: dict[str, Any],
                                                                   ) -> None:
    facts = {name: seen(value) for name, value in values.items()}
    result = judge(make(condition), facts, CONTEXT)
    assert result.expected
    assert condition_text(condition, {}, "fr")


@given(st.sampled_from(["t.bool", "t.int", "t.text", "t.texts"]), st.booleans() | st.integers(0, 1) | st.just("1"))
def test_values_of_different_kinds_are_neither_equal_nor_unequal(name: str, value: Any) -> None:
    wanted: dict[str, Any] = {"t.bool": True, "t.int": 1, "t.text": "1", "t.texts": "1"}
    operator = "contains" if name == "t.texts" else "equals"
    facts = {name: Observation(value=value, as_of=NOW)}
    alike = type(value) is type(wanted[name])
    for condition in ({"fact": name, operator: wanted[name]}, {"not": {"fact": name, operator: wanted[name]}}):
        assert (verdict(condition, facts) in DECIDED) == alike or name == "t.texts"


@pytest.mark.parametrize("wrapped", [False, True])
def test_an_operand_list_that_is_not_whole_cannot_rule_a_text_out(wrapped: bool) -> None:
    leaf = {"fact": "t.text", "one_of": {"fact": "t.texts"}}
    condition = {"not": leaf} if wrapped else leaf
    partial = Observation(listing=Listing(["a"], False), as_of=NOW)
    assert verdict(condition, {"t.text": seen("b"), "t.texts": partial}) is Verdict.UNKNOWN
    found = verdict(condition, {"t.text": seen("a"), "t.texts": partial})
    assert found is (Verdict.FAIL if wrapped else Verdict.PASS)
