"""The points of one day."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.day import MILLION, Day, Grader
from evidence.day_inputs import Exemption, Inputs, Machine, digest
from evidence.deadlines import Voting, due
from evidence.rules import decode, encode, pack_of, rules_of
from evidence.rules import digest as rules_digest
from hustings.verdicts import Severity
from policies.pack import shipped
from server.elections.deadlines import deadline
from server.elections.model import Election, Window, WindowKind
from tests.evidence.series import END, HOUR, NAMES, RULES, asset, inputs, line, machine
from tests.server.records import PACK

DESK, REGISTRY = "ppppnnp", "ppppppp"
letters = st.lists(st.sampled_from("pfun"), min_size=len(NAMES), max_size=len(NAMES)).map("".join)


def graded(found: Inputs) -> Day:
    return Grader(RULES).day(found)


def alone(said: str = DESK, **changes: object) -> object:
    one = graded(inputs(machine(line(said, **changes)))).office
    assert one is not None
    return one


def test_all_that_passes_is_the_whole_grade() -> None:
    one = alone()
    assert (one.lower, one.upper, one.coverage, one.letter, one.failing) == (MILLION, MILLION, MILLION, "A", 0)


def test_several_machines_without_an_inventory_have_no_grade_together() -> None:
    found = graded(inputs(machine(line()), machine(line(host="desk-2"), agent="agent-2")))
    assert found.office is None
    assert set(found.machines) == {"agent-1", "agent-2"}


def test_a_machine_that_never_reported_is_no_point() -> None:
    assert graded(inputs(machine(None))).machines == {}


@pytest.mark.parametrize(("age", "known"), [(25, True), (27, False)])
def test_a_verdict_counts_as_long_as_its_check_says(age: int, known: bool) -> None:
    assert (alone(at=END - age * HOUR).coverage == MILLION) is known


def test_what_did_not_apply_is_unknown_once_it_is_too_old_unless_its_role_says_so() -> None:
    fresh, old = (graded(inputs(machine(line("nnppnnp", at=END - age * HOUR)))).office for age in (2, 30))
    assert fresh is not None
    assert old is not None
    assert (fresh.rows, old.rows) == (2, 4)


def test_nothing_counts_past_seven_days_whatever_the_check_says() -> None:
    lasting = msgspec.structs.replace(PACK, checks=tuple(
        msgspec.structs.replace(one, max_age="30d") for one in PACK.checks))
    grader = Grader(rules_of(lasting))
    for days, coverage in ((6, MILLION), (8, 0)):
        point = grader.day(inputs(machine(line(at=END - timedelta(days=days))))).office
        assert point is not None
        assert point.coverage == coverage


def test_a_clock_that_is_off_proves_nothing() -> None:
    assert alone(clock_off=True).coverage == 0


def test_another_threshold_proves_nothing() -> None:
    assert alone(overridden=(NAMES[0],)).coverage < alone().coverage


def test_a_check_that_the_report_leaves_out_is_unknown() -> None:
    assert alone(DESK[1:], checks=NAMES[1:]).coverage < MILLION


def test_a_role_that_its_office_gave_it_cannot_be_dropped() -> None:
    given = graded(inputs(machine(line(DESK), roles=("registration-db",)))).office
    assert given is not None
    assert given.coverage < MILLION


def test_a_silent_asset_lowers_the_office_and_is_counted() -> None:
    whole = graded(inputs(machine(line()), assets=(asset("desk-1"),)))
    less = graded(inputs(machine(line()), assets=(asset("desk-1"), asset("desk-2"))))
    assert whole.office is not None
    assert less.office is not None
    assert (whole.silent, less.silent, less.assets) == (0, 1, 2)
    assert less.office.lower < whole.office.lower


def test_what_others_answer_for_is_apart() -> None:
    found = graded(inputs(machine(line()), assets=(asset("desk-1"), asset("count-1", responsible="vendor"))))
    assert found.office is not None
    assert found.office.coverage == MILLION
    assert found.parties["vendor"].coverage == 0
    assert set(found.sites) == {"Hall"}


def test_a_failure_that_nobody_sees_any_more_keeps_its_cap() -> None:
    since = {NAMES[0]: END - 30 * 24 * HOUR}
    for said in ("fpppppp", "upppppp"):
        one = graded(inputs(machine(line(said, roles=("registration-db",)), failing=since))).office
        assert one is not None
        assert (one.letter, one.caps) == ("D", ("critical_core_overdue",))


def test_a_declaration_of_one_person_removes_nothing_grave_and_of_two_does() -> None:
    said = machine(line("fpppnnp"))
    one = graded(inputs(said, exemptions=(Exemption(1, NAMES[0], "DESK-1", False),))).office
    two = graded(inputs(said, exemptions=(Exemption(1, NAMES[0], "DESK-1", True),))).office
    plain = graded(inputs(said)).office
    assert one == plain
    assert two is not None
    assert plain is not None
    assert two.lower > plain.lower


@given(letters, st.integers(0, len(NAMES) - 1))
def test_knowing_less_never_raises_a_point(said: str, place: int) -> None:
    less = said[:place] + ("u" if said[place] in "pf" else said[place]) + said[place + 1:]
    before, after = alone(said), alone(less)
    assert after.lower <= before.lower
    assert after.coverage <= before.coverage


@given(st.lists(letters, min_size=1, max_size=4), st.lists(letters, min_size=1, max_size=4))
def test_what_was_graded_before_changes_nothing(first: list[str], then: list[str]) -> None:
    used = Grader(RULES)
    for said in (*first, *then):
        asked = inputs(machine(line(said)), assets=(asset("desk-1"), asset("desk-2", responsible="state")))
        assert used.day(asked) == Grader(RULES).day(asked)


@given(st.permutations(["desk-1", "desk-2", "desk-3"]), st.lists(letters, min_size=3, max_size=3))
def test_the_order_of_machines_says_nothing(order: list[str], said: list[str]) -> None:
    def of(hosts: list[str]) -> Day:
        machines = [machine(line(said[int(host[-1]) - 1], host=host), agent=host) for host in hosts]
        return graded(inputs(*machines, assets=tuple(asset(host) for host in sorted(hosts))))

    assert of(order) == of(sorted(order))


def test_rules_are_the_same_after_they_were_stored() -> None:
    for pack in (PACK, shipped()):
        made = rules_of(pack)
        assert decode(encode(made)) == made
        assert rules_digest(decode(encode(made))) == rules_digest(made)
        assert [(one.id, one.catalogue, one.severity, one.roles, one.scope) for one in pack_of(made).checks] == [
            (one.id, one.catalogue, one.severity, one.roles, one.scope) for one in pack.checks]


def test_the_digest_covers_what_counts_and_no_number_of_a_store() -> None:
    one = inputs(machine(line()))
    assert digest(one, "r") == digest(inputs(machine(line(number=1, **{}))), "r")
    renumbered = Machine(*[getattr(one.machines[0], name) for name in Machine.__struct_fields__])
    assert renumbered.line is not None
    renumbered = msgspec.structs.replace(renumbered, line=msgspec.structs.replace(renumbered.line, number=99))
    assert digest(inputs(renumbered), "r") == digest(one, "r")
    for other in (inputs(machine(line("f" * len(NAMES)))), inputs(machine(line(at=END - HOUR))),
                  inputs(machine(line()), assets=()), inputs(machine(line()), day=date(2026, 1, 1)),
                  inputs(machine(line(), failing={NAMES[0]: END}))):
        assert digest(other, "r") != digest(one, "r")
    assert digest(one, "s") != digest(one, "r")


days = st.integers(-60, 60).map(lambda number: date(2026, 11, 22) + timedelta(days=number))


@given(st.integers(-60, 60), st.sampled_from(list(Severity)),
       st.lists(st.tuples(days, st.lists(days, max_size=2), st.lists(days, max_size=2)), max_size=3))
def test_deadlines_are_those_of_the_pages(age: int, severity: Severity,
                                          found: list[tuple[date, list[date], list[date]]]) -> None:
    first = END + age * timedelta(hours=17)
    elections = [Election(id="e", name="e", first=day, last=day, windows=(
        *(Window(WindowKind.ADVANCE, one, one) for one in advance),
        *(Window(WindowKind.FREEZE, one, one) for one in freezes))) for day, advance, freezes in found]
    plain = [Voting(min([day, *advance]), tuple(sorted(freezes))) for day, advance, freezes in found]
    assert due(first, severity, plain) == deadline(first, severity, elections).due
