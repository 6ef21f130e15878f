"""Hypothesis strategies: legal conditions over the registry of ``building``, facts, and lesser knowledge of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from hustings.facts import Listing, Missing, Observation, Reason
from hustings.times import utc_text
from tests.policies.building import NOW

names = st.sampled_from(["a", "b", "c"])
modes = st.sampled_from(["0640", "0044", "7777"])
texts = names | modes
hours = st.integers(-60, 90)
times = hours.map(lambda back: utc_text(NOW - timedelta(hours=back)))
lengths = st.sampled_from(["0s", "1h", "12h", "2d", "3d"])
shifts = st.sampled_from(["+0d", "-1d", "+12h", "-1mo", "+1mo", "-24mo"])
empties = st.sampled_from(["pass", "fail", "unknown"])
reasons = st.sampled_from(Reason)


def leaf(key: str, name: str, operator: str, operands: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return operands.map(lambda operand: {key: name, operator: operand})


def scalar_leaves(key: str, boolean: str, number: str, text: str, time: str) -> st.SearchStrategy[dict[str, Any]]:
    """Leaves about single values: of facts, or of a record's fields."""
    small = st.integers(0, 3)
    every = [boolean, number, text, time]
    return st.one_of(
        leaf(key, boolean, "equals", st.booleans()), leaf(key, number, "equals", small),
        leaf(key, number, "at_least", small | st.just({"fact": "t.int"})), leaf(key, number, "at_most", small),
        leaf(key, number, "one_of", st.lists(small, min_size=1, max_size=3)), leaf(key, text, "equals", names),
        leaf(key, text, "one_of", st.lists(names, min_size=1, max_size=2) | st.just({"fact": "t.texts"})),
        leaf(key, text, "contains", names),
        leaf(key, text, "mode_within", modes | st.just({"fact": "t.text"})),
        leaf(key, text, "mode_covers", modes | st.just({"fact": "t.text"})),
        leaf(key, time, "older_than", lengths), leaf(key, time, "within", lengths),
        leaf(key, time, "later_than", times | shifts.map(lambda one: {"today": one}) | st.just({"fact": "t.time"})),
        st.sampled_from(every).flatmap(lambda one: leaf(key, one, "absent", st.booleans())),
    )


def joined(parts: st.SearchStrategy[dict[str, Any]], leaves: int) -> st.SearchStrategy[dict[str, Any]]:
    return st.recursive(parts, lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda some: {"all": some}),
        st.lists(inner, min_size=1, max_size=3).map(lambda some: {"any": some}),
        inner.map(lambda one: {"not": one})), max_leaves=leaves)


field_conditions = joined(scalar_leaves("field", "good", "size", "name", "seen"), 3)


@st.composite
def quantified(draw: st.DrawFn) -> dict[str, Any]:
    quantifier = draw(st.sampled_from(["every", "none", "count"]))
    condition: dict[str, Any] = {"fact": "t.records", "empty_is": draw(empties)}
    if quantifier == "count":
        bound = draw(st.sampled_from(["at_least", "at_most", "equals"]))
        condition["count"] = {bound: draw(st.integers(0, 3) | st.just({"fact": "t.int"}))}
        if draw(st.booleans()):
            condition["same"] = draw(st.sampled_from(["group", "name"]))
    else:
        condition[quantifier] = draw(field_conditions)
    if draw(st.booleans()):
        condition["where"] = draw(field_conditions)
    return condition


fact_leaves = st.one_of(
    scalar_leaves("fact", "t.bool", "t.int", "t.text", "t.time"),
    leaf("fact", "t.other", "equals", st.booleans()), leaf("fact", "t.third", "equals", st.booleans()),
    leaf("fact", "t.texts", "contains", names), quantified())
conditions = joined(fact_leaves, 6)

unread = reasons.map(lambda one: {"reason": str(one)})
records = st.fixed_dictionaries({}, optional={
    "name": texts | unread, "good": st.booleans() | unread, "size": st.integers(0, 3) | unread,
    "seen": times | unread, "group": names | unread})
ages = st.integers(-1, 30).map(lambda back: NOW - timedelta(hours=back))
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "t.bool": st.booleans(), "t.other": st.booleans(), "t.third": st.booleans(), "t.int": st.integers(0, 3),
    "t.text": texts, "t.time": times, "t.texts": st.lists(names, max_size=3),
    "t.records": st.lists(records, max_size=4)}


@st.composite
def situations(draw: st.DrawFn, ages: st.SearchStrategy[Any] = ages) -> dict[str, Observation]:
    """Facts of every kind, some absent, some unknown, some never collected, some lists not whole."""
    facts = {}
    for name, values in VALUES.items():
        state = draw(st.sampled_from(["value"] * 6 + ["absent", "missing", "gone"]))
        as_of = draw(ages)
        if state == "absent":
            facts[name] = Observation(absent=True, as_of=as_of)
        elif state == "missing":
            facts[name] = Observation(missing=Missing(draw(reasons)))
        elif state == "value":
            value = draw(values)
            whole = draw(st.sampled_from([True, True, False]))
            facts[name] = (Observation(listing=Listing(value, whole), as_of=as_of) if isinstance(value, list)
                           else Observation(value=value, as_of=as_of))
    return facts
