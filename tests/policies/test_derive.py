"""Derived facts: never looser held and never fresher than what they were made from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.audit import registry
from hustings.declared import Declared
from hustings.facts import STRICTEST, Facts, Listing, Missing, Observation, Reason, Type
from policies import pack as packs
from policies.derive.base import Derived, derive_all, discover
from policies.derive.office import FACTS, Asset, Machine, office_facts

NOW = datetime(2026, 11, 22, tzinfo=UTC)
ALL = registry()
ON_A_MACHINE = [one for one in discover() if one.derive is not None]
TABLES = packs.shipped().tables


def name_of(one: Derived) -> str:
    return one.facts[0].id


def test_derivations_are_found() -> None:
    assert {"declared.roles", "office.assets"} <= {fact.id for one in discover() for fact in one.facts}


@pytest.mark.parametrize("one", discover(), ids=name_of)
def test_a_derived_fact_is_held_as_closely_as_the_strictest_of_its_inputs(one: Derived) -> None:
    inputs = [ALL.get(name) for name in one.inputs]
    assert None not in inputs
    strictest = max([STRICTEST.index(fact.disclosure) for fact in inputs if fact], default=0)
    looser = [fact.id for fact in one.facts if STRICTEST.index(fact.disclosure) < strictest]
    assert bool(looser) == bool(one.releases.strip()), looser


def test_only_what_is_shown_to_let_no_name_out_is_held_less_closely_than_its_inputs() -> None:
    # Reports are searched for every name: tests/access/test_nothing_leaves.py for those of a database,
    # tests/flow/test_tenant_report.py for those of a tenant, tests/agent/test_leavers.py for those of a roster.
    assert [name_of(one) for one in discover() if one.releases] == [
        "directory.kind", "registration.leavers", "accounts.leavers", "registration.excess_rights"]


def test_what_a_derivation_needs_is_there_when_it_runs() -> None:
    derived: dict[str, int] = {fact.id: turn for turn, one in enumerate(ON_A_MACHINE) for fact in one.facts}
    late = [(name_of(one), name) for turn, one in enumerate(ON_A_MACHINE) for name in one.inputs
            if derived.get(name, -1) >= turn]
    assert late == []


def collected(state: Any) -> Facts:
    """Every input of every derivation, in one ``state``."""
    facts: Facts = {}
    for name in {name for one in ON_A_MACHINE for name in one.inputs}:
        fact = ALL.get(name)
        assert fact is not None
        facts[name] = state(fact)
    return facts


@given(st.sampled_from(Reason))
def test_from_nothing_but_reasons_comes_no_value(reason: Reason) -> None:
    facts = derive_all(collected(lambda fact: Observation(missing=Missing(reason, "x"))), Declared(), TABLES, NOW)
    for one in ON_A_MACHINE:
        if one.inputs and not one.facts[0].each:
            assert {str(facts[fact.id].missing.reason) for fact in one.facts  # type: ignore[union-attr]
                    } == {str(reason)}, name_of(one)


def test_what_was_never_collected_derives_nothing() -> None:
    facts = derive_all({}, Declared(), TABLES, NOW)
    known = [name for name, seen in facts.items() if seen.missing is None]
    assert [name for name in known if not name.startswith("declared.")] == []


SAMPLES: dict[Type, Any] = {Type.BOOL: True, Type.INT: 1, Type.FLOAT: 1.0, Type.TEXT: "debian", Type.VERSION: "12",
                            Type.TIME: "2026-11-01T00:00:00Z", Type.DURATION: 60}


def test_a_derived_fact_speaks_for_the_oldest_of_its_inputs() -> None:
    ages: dict[str, datetime] = {}

    def dated(fact: Any) -> Observation:
        ages[fact.id] = NOW - timedelta(hours=len(ages) + 1)
        if fact.type in (Type.TEXTS, Type.RECORDS):
            return Observation(listing=Listing([]), as_of=ages[fact.id])
        return Observation(value=SAMPLES[fact.type], as_of=ages[fact.id])

    facts = derive_all(collected(dated), Declared(), TABLES, NOW)
    for one in ON_A_MACHINE:
        if not one.inputs or one.facts[0].each:
            continue
        oldest = min(facts[name].as_of or NOW for name in one.inputs)
        assert {facts[fact.id].as_of for fact in one.facts if facts[fact.id].missing is None} <= {oldest}


def test_a_list_not_whole_never_derives_a_whole_one() -> None:
    def partial(fact: Any) -> Observation:
        if fact.type in (Type.TEXTS, Type.RECORDS):
            return Observation(listing=Listing([], False, Missing(Reason.DENIED)), as_of=NOW)
        return Observation(value=SAMPLES[fact.type], as_of=NOW)

    facts = derive_all(collected(partial), Declared(), TABLES, NOW)
    for one in ON_A_MACHINE:
        kinds = {fact.type for name in one.inputs if (fact := ALL.get(name))}
        if kinds and kinds <= {Type.TEXTS, Type.RECORDS} and not one.facts[0].each:
            for fact in one.facts:
                seen = facts[fact.id]
                assert seen.missing is not None or (seen.listing is not None and not seen.listing.complete), fact.id


# -- office facts

def asset(name: str) -> Asset:
    return Asset(name, ("ems",), "hall", "us")


def test_without_an_inventory_every_office_fact_is_absent_and_none_is_empty() -> None:
    facts = office_facts(None, [Machine("a", "h", (), NOW)], NOW)
    assert set(facts) == {fact.id for fact in FACTS}
    assert all(seen.absent and seen.listing is None for seen in facts.values())


def test_an_asset_has_reported_when_a_machine_of_its_name_has() -> None:
    reports = {"DB1": NOW, "enrolled-only": None, "stranger": NOW}
    machines = [Machine(name.lower(), name, (), last) for name, last in reports.items()]
    facts = office_facts([asset("db1"), asset("enrolled-only"), asset("gone")], machines, NOW)
    rows = {row["asset"]: row for row in facts["office.assets"].listing.items}  # type: ignore[union-attr]
    assert [rows[name]["reported"] for name in ("db1", "enrolled-only", "gone")] == [True, False, False]
    assert "last_report" not in rows["gone"]
    assert facts["office.undeclared_machines"].listing == Listing(["stranger"])


@pytest.mark.parametrize("reversed_order", [False, True])
def test_a_machine_enrolled_twice_has_reported_if_either_agent_did(reversed_order: bool) -> None:
    machines = [Machine("old", "db1", (), NOW), Machine("new", "db1", (), None)]
    facts = office_facts([asset("db1")], machines[::-1] if reversed_order else machines, NOW)
    assert facts["office.assets"].listing.items[0]["reported"] is True  # type: ignore[union-attr]


def judged(**verdicts: str) -> tuple[tuple[str, str, str], ...]:
    return tuple((name.replace("__", "/"), {"a": "PAT-01", "r": "LPR-13", "b": "BKP-01"}[name[0]], verdict)
                 for name, verdict in verdicts.items())


@pytest.mark.parametrize(("theirs", "gaps", "compared"), [
    (judged(a__x="pass", r__y="pass"), [], True),
    (judged(a__x="fail", r__y="pass", b__z="fail"), ["a/x"], True),
    (judged(a__x="fail", r__y="unknown"), ["a/x"], False),
    (judged(a__x="pass"), [], False),
    (judged(a__x="not_applicable", r__y="pass"), [], True),
])
def test_a_mirror_is_held_to_what_passes_on_its_primary(theirs: Any, gaps: list[str], compared: bool) -> None:
    assets = [Asset("db1", ("registration-db",), "", "us"), Asset("db2", ("registration-db",), "", "us", "DB1")]
    ours = judged(a__x="pass", r__y="pass", a__w="fail", b__z="pass")
    machines = [Machine("1", "Db1", (), NOW, ours), Machine("2", "db2", (), NOW, theirs)]
    facts = office_facts(assets, machines, NOW)
    mirrors, found = facts["office.mirrors"].listing, facts["office.mirror_gaps"].listing
    assert mirrors is not None
    assert found is not None
    assert [one["check"] for one in found.items] == gaps
    (one,) = mirrors.items
    assert (one["mirror"], one["primary"], one["compared"] is True) == ("db2", "DB1", compared)
    assert compared or isinstance(one["compared"], Missing)


def test_a_mirror_that_has_not_reported_is_not_known_to_be_as_strict() -> None:
    assets = [Asset("db1", (), "", "us"), Asset("db2", (), "", "us", "db1")]
    facts = office_facts(assets, [Machine("1", "db1", (), NOW, judged(a__x="pass"))], NOW)
    mirrors = facts["office.mirrors"].listing
    assert mirrors is not None
    assert isinstance(mirrors.items[0]["compared"], Missing)
