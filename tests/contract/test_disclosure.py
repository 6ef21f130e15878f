"""Facts stay home unless they are declared to leave."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hustings.facts import Disclosure, Fact, Field, Listing, Missing, Observation, Reason, Registry, Type, disclose, key

NOW = datetime(2026, 11, 22, tzinfo=UTC)
SECRET = "SECRET"
"""Stands in every value and detail; it may leave by a shared fact alone."""

values = st.sampled_from([SECRET, f"x{SECRET}y", {"a": SECRET}, [SECRET]])
items = st.lists(st.just(SECRET) | st.just({"name": SECRET, "n": 1}), min_size=1, max_size=5)
seen = (
    st.builds(Observation, value=values, as_of=st.just(NOW))
    | st.builds(Observation, listing=st.builds(Listing, items, st.booleans(), st.just(Missing(Reason.DENIED, SECRET))),
                as_of=st.just(NOW))
    | st.builds(Observation, missing=st.builds(Missing, st.sampled_from(Reason), st.just(SECRET)))
)
kinds = st.sampled_from([Type.TEXT, Type.VERSION, Type.TIME, Type.FLOAT, Type.DURATION, Type.TEXTS, Type.RECORDS])


def fact(disclosure: Disclosure, kind: Type) -> Fact:
    fields = (Field("name", Type.TEXT, ""), Field("n", Type.INT, "")) if kind is Type.RECORDS else ()
    return Fact("a.b", kind, "", disclosure, fields=fields)


@given(seen, kinds, st.sampled_from([Disclosure.COUNTED, Disclosure.LOCAL]), st.sampled_from([None, "nightly"]))
def test_nothing_of_a_fact_that_stays_leaves(one: Observation, kind: Type, disclosure: Disclosure,
                                             subject: str | None) -> None:
    left = disclose({key("a.b", subject): one}, Registry([fact(disclosure, kind)]))
    assert SECRET not in msgspec.json.encode(left).decode()


@given(seen)
def test_nothing_of_an_undeclared_fact_leaves(one: Observation) -> None:
    assert SECRET not in msgspec.json.encode(disclose({"a.b": one}, Registry([]))).decode()


@given(seen, kinds)
def test_a_shared_fact_leaves_as_it_is(one: Observation, kind: Type) -> None:
    assert disclose({"a.b": one}, Registry([fact(Disclosure.SHARED, kind)])) == {"a.b": one}


@given(seen, kinds, st.sampled_from(Disclosure))
def test_disclosing_twice_is_disclosing_once(one: Observation, kind: Type, disclosure: Disclosure) -> None:
    registry = Registry([fact(disclosure, kind)])
    once = disclose({"a.b": one}, registry)
    assert disclose(once, registry) == once or SECRET not in msgspec.json.encode(once).decode()


@pytest.mark.parametrize("reason", list(Reason))
@pytest.mark.parametrize("disclosure", list(Disclosure))
def test_why_a_fact_is_unknown_always_leaves_so_that_unknown_stays_unknown(reason: Reason,
                                                                           disclosure: Disclosure) -> None:
    registry = Registry([fact(disclosure, Type.TEXT)])
    left = disclose({"a.b": Observation(missing=Missing(reason, "detail"))}, registry)["a.b"]
    assert left.missing is not None
    assert left.missing.reason is reason


def test_counts_and_truth_values_of_a_counted_fact_leave() -> None:
    listing = Observation(listing=Listing([{"name": SECRET}, {"name": "b"}], False), as_of=NOW)
    assert left_of(listing, Type.RECORDS).value == {"count": 2, "complete": False}
    for value in (True, 7):
        kind = Type.BOOL if value is True else Type.INT
        assert left_of(Observation(value=value, as_of=NOW), kind).value == value
    assert left_of(Observation(absent=True, as_of=NOW), Type.TEXT).absent


def test_whether_a_local_fact_is_there_at_all_stays_home_with_its_date() -> None:
    registry = Registry([fact(Disclosure.LOCAL, Type.TEXT)])
    there = disclose({"a.b": Observation(value="x", as_of=NOW)}, registry)
    gone = disclose({"a.b": Observation(absent=True, as_of=NOW.replace(year=2001))}, registry)
    assert there == gone == {"a.b": Observation(missing=Missing(Reason.WITHHELD))}


def left_of(one: Observation, kind: Type) -> Observation:
    return disclose({"a.b": one}, Registry([fact(Disclosure.COUNTED, kind)]))["a.b"]


def test_a_fact_may_be_declared_once_only() -> None:
    with pytest.raises(ValueError, match="twice"):
        Registry([fact(Disclosure.LOCAL, Type.TEXT), fact(Disclosure.SHARED, Type.TEXT)])


def test_the_shipped_declarations_are_those_of_the_code() -> None:
    from agent.audit import registry

    assert {one.id: one for one in Registry.shipped()} == {one.id: one for one in registry()}


def test_every_shipped_fact_says_what_it_means() -> None:
    def faults(one: Fact) -> list[Any]:
        lists = one.type is Type.RECORDS
        return [one.id for bad in (not one.meaning.strip(), lists != bool(one.fields), "@" in one.id, "." not in one.id,
                                   any(not field.meaning.strip() or "." in field.name for field in one.fields)) if bad]

    assert [fault for one in Registry.shipped() for fault in faults(one)] == []
