"""The published method: the cases it was designed on, many more, and the laws that keep it honest."""

from __future__ import annotations

import random
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hustings.verdicts import Result, Severity, Verdict
from policies.grade import (
    Grade,
    Item,
    grade,
    machine_grade,
    machine_items,
    office_items,
    shares,
)
from policies.not_applicable import LIMIT, Declared, believed
from tests.policies.test_grade import FAIL, NOT, PACK, PASS, UNKNOWN, item, result

C, H, M, L = Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW
ORDER = "FDCBA"


def at_most(lower: str | None, upper: str | None) -> bool:
    """Whether one letter is no better than another; no letter is no better than any."""
    if lower is None:
        return True
    return upper is not None and ORDER.index(lower) <= ORDER.index(upper)


def base(critical: int = 22, high: int = 50, medium: int = 40) -> list[Item]:
    return [item(C, core=True)] * critical + [item(H)] * high + [item(M)] * medium


def silenced(share: Callable[[int], bool]) -> list[Item]:
    return [msgspec.structs.replace(one, known=1.0 if share(number) else 0.0, core=False)
            for number, one in enumerate(base())]


# -- the cases of the design

PROTOTYPES: dict[str, tuple[list[Item], dict[str, object], tuple[str | None, float, float, float]]] = {
    "all pass": (base(), {}, ("A", 1.0, 1.0, 1.0)),
    "one overdue critical failure on the register": (
        [item(C, 0, core=True, overdue=True), *base()[1:]], {}, ("D", 0.982, 0.982, 1.0)),
    "two fifths of the evidence missing": (silenced(lambda one: one % 5 < 3), {}, ("D", 0.615, 1.0, 0.615)),
    "a new office with a third of the evidence": (silenced(lambda one: one % 20 < 7), {}, (None, 0.387, 1.0, 0.387)),
    "38 of 40 laptops encrypted": ([item(C, 38 / 40), *base()[1:]], {}, ("B", 0.999, 0.999, 1.0)),
    "the register open to the internet": (
        [item(C, 0, core=True, overdue=True), *base()[1:]], {"stops": ["DOM-11"]}, ("F", 0.982, 0.982, 1.0)),
    "thirty overdue medium failures": (
        [item(M, 0, overdue=True)] * 30 + base(), {}, ("A", 0.902, 0.902, 1.0)),
    "the same thirty removed as not applicable": (base(), {}, ("A", 1.0, 1.0, 1.0)),
}


@pytest.mark.parametrize("name", PROTOTYPES)
def test_the_cases_the_method_was_designed_on(name: str) -> None:
    items, more, (letter, lower, upper, coverage) = PROTOTYPES[name]
    one = grade(items, **more)  # type: ignore[arg-type]
    assert one.letter == letter
    assert (round(one.lower, 3), round(one.upper, 3), round(one.coverage, 3)) == (lower, upper, coverage)


# -- forty and more of our own: a grade of otherwise perfect rows with one thing wrong

UNMENDED = msgspec.structs.replace(item(C, 0, 0), unmended=C)
ONE_WRONG: dict[str, tuple[Item, str, str]] = {
    # name: (the odd row, its letter among 60 good ones, the rule that holds it down)
    "critical fails": (item(C, 0), "C", "critical"),
    "critical fails on core": (item(C, 0, core=True), "C", "critical"),
    "critical fails on core, overdue": (item(C, 0, core=True, overdue=True), "D", "critical_core_overdue"),
    "critical fails, overdue, not core": (item(C, 0, overdue=True), "C", "critical"),
    "critical fails on one of a hundred": (item(C, 0.99), "B", "critical_few"),
    "critical fails on one of twenty": (item(C, 0.95), "B", "critical_few"),
    "critical fails on just more than one of twenty": (item(C, 0.9499), "C", "critical"),
    "critical fails on a few, overdue": (item(C, 0.99, overdue=True), "C", "critical"),
    "critical fails on a few of core, overdue": (
        item(C, 0.99, core=True, overdue=True), "D", "critical_core_overdue"),
    "critical fails on a few of core": (item(C, 0.99, core=True), "B", "critical_few"),
    "critical unknown": (item(C, 0, 0), "C", "critical_unknown"),
    "critical unknown on core": (item(C, 0, 0, core=True), "C", "critical_core_unknown"),
    "critical unknown on one of a hundred": (item(C, 1, 0.99), "B", "critical_few_unknown"),
    "critical unknown on one of ten": (item(C, 1, 0.9), "C", "critical_unknown"),
    "critical unknown on one core of a hundred": (item(C, 1, 0.99, core=True), "C", "critical_core_unknown"),
    "critical fails on some, unknown on more": (item(C, 0.97, 0.97), "C", "critical"),
    "critical failed when last seen": (UNMENDED, "C", "critical"),
    "critical failed when last seen, overdue on core": (
        msgspec.structs.replace(UNMENDED, core=True, overdue=True), "D", "critical_core_overdue"),
    "critical row fails by a minor check": (
        msgspec.structs.replace(item(C, 0.9), failing=L, undecided=None), "A", ""),
    "critical row unknown by a minor check": (
        msgspec.structs.replace(item(C, 1, 0.9), undecided=L), "A", ""),
    "high fails": (item(H, 0), "A", ""),
    "high fails, overdue": (item(H, 0, overdue=True), "B", "high_overdue"),
    "high fails on a few, overdue": (item(H, 0.99, overdue=True), "B", "high_overdue"),
    "high fails on core, overdue": (item(H, 0, core=True, overdue=True), "B", "high_overdue"),
    "high unknown": (item(H, 0, 0), "A", ""),
    "medium fails": (item(M, 0), "A", ""),
    "medium fails, overdue": (item(M, 0, overdue=True), "A", ""),
    "medium unknown": (item(M, 0, 0), "A", ""),
    "low fails": (item(L, 0), "A", ""),
    "low fails on core, overdue": (item(L, 0, core=True, overdue=True), "A", ""),
}


@pytest.mark.parametrize("name", ONE_WRONG)
def test_one_thing_wrong_among_sixty_that_are_right(name: str) -> None:
    odd, letter, rule = ONE_WRONG[name]
    one = grade([odd, *base(10, 30, 20)])
    assert one.letter == letter
    assert [cap.code for cap in one.caps] == ([rule] if rule else [])
    assert one.raw == "A"


@pytest.mark.parametrize(("passing", "letter"), [
    (100, "A"), (90, "A"), (89, "B"), (80, "B"), (79, "C"), (65, "C"), (64, "D"), (50, "D"), (49, "F"), (1, "F"),
    (0, "F")])
def test_a_hundred_medium_rows_give_the_letter_of_their_share(passing: int, letter: str) -> None:
    assert grade([item(M)] * passing + [item(M, 0)] * (100 - passing)).letter == letter


@pytest.mark.parametrize(("known", "letter"), [(100, "A"), (90, "A"), (80, "B"), (65, "C"), (50, "D"), (49, None),
                                               (0, None)])
def test_a_hundred_medium_rows_that_pass_as_far_as_they_are_known(known: int, letter: str | None) -> None:
    assert grade([item(M)] * known + [item(M, 0, 0)] * (100 - known)).letter == letter


@pytest.mark.parametrize(("rows", "letter"), [
    ([item(C, 0, core=True), item(H, 0, overdue=True), *base()], "C"),
    ([item(C, 0, core=True, overdue=True), item(C, 0, 0, core=True), *base()], "D"),
    ([item(C, 0.99), item(H, 0, overdue=True), *base()], "B"),
    ([item(C, 0.99), item(C, 0, 0, core=True), *base()], "C")])
def test_of_several_caps_the_hardest_holds(rows: list[Item], letter: str) -> None:
    assert grade(rows).letter == letter


# -- exceptions

def accepted(*names: str, said: dict[str, Verdict], **more: object) -> Grade:
    return machine_grade([result(name, verdict) for name, verdict in said.items()], PACK, ["ems"], accepted=names,
                         **more)  # type: ignore[arg-type]


def test_an_accepted_failure_is_a_failure_in_the_grade_and_left_out_of_the_adjusted_one() -> None:
    said = {"a/one": PASS, "a/two": FAIL, "a/three": PASS}
    one = accepted("a/two", said=said)
    assert one.adjusted is not None
    assert (one.lower, one.letter) == (accepted(said=said).lower, accepted(said=said).letter)
    assert one.lower == pytest.approx(12 / 17)
    assert (one.adjusted.lower, one.adjusted.letter) == (1.0, "A")


def test_nothing_accepted_has_no_adjusted_grade() -> None:
    assert accepted(said={"a/two": FAIL}).adjusted is None
    assert accepted("a/two", said={"a/two": PASS, "a/one": FAIL}).adjusted is None


def test_what_is_accepted_is_not_counted_as_passed() -> None:
    one = accepted("a/two", said={"a/one": UNKNOWN, "a/two": FAIL})
    assert one.adjusted is not None
    assert (one.adjusted.lower, one.adjusted.coverage, one.adjusted.letter) == (0, 0, None)


def test_an_accepted_failure_hides_no_other_failure_of_its_row() -> None:
    one = accepted("a/minor", said={"a/one": FAIL, "a/minor": FAIL})
    assert one.adjusted is not None
    assert one.adjusted.lower == one.lower == 0
    other = accepted("a/one", said={"a/one": FAIL, "a/minor": FAIL})
    assert other.adjusted is not None
    assert other.adjusted.lower == 0
    assert other.adjusted.items[0].weight == pytest.approx(0.1)


def test_what_is_unknown_behind_an_accepted_failure_stays_unknown() -> None:
    one = accepted("a/minor", said={"a/one": UNKNOWN, "a/minor": FAIL})
    assert one.adjusted is not None
    assert (one.adjusted.lower, one.adjusted.coverage) == (0, 0)


def test_a_stop_condition_holds_in_the_adjusted_grade_too() -> None:
    one = accepted("a/stop", said={"a/stop": FAIL, "a/one": PASS})
    assert one.adjusted is not None
    assert (one.letter, one.adjusted.letter) == ("F", "F")


# -- laws

said_of = st.dictionaries(st.sampled_from(["a/one", "a/minor", "a/two", "a/three", "a/stop", "b/restore"]),
                          st.sampled_from(Verdict), min_size=1)
names_of = st.frozensets(st.sampled_from(["a/one", "a/minor", "a/two", "a/three", "a/stop", "b/restore"]))
roles_of = st.sampled_from([(), ("ems",), ("registration-db",), ("pollbook", "ems")])


def of(said: dict[str, Verdict], roles: tuple[str, ...], late: frozenset[str] = frozenset(),
       remembered: frozenset[str] = frozenset(), taken: frozenset[str] = frozenset()) -> Grade:
    overdue = {one for one in late if said.get(one) is FAIL or one in remembered}
    return machine_grade([result(*one) for one in said.items()], PACK, roles, overdue, remembered=remembered,
                         accepted=taken)


@given(said_of, roles_of, names_of, names_of, names_of)
@settings(max_examples=300)
def test_an_exception_never_raises_the_raw_score(said: dict[str, Verdict], roles: tuple[str, ...],
                                                 late: frozenset[str], seen: frozenset[str],
                                                 taken: frozenset[str]) -> None:
    remembered = frozenset(one for one in seen if said.get(one) is UNKNOWN)
    plain, one = of(said, roles, late, remembered), of(said, roles, late, remembered, taken)
    bare = [msgspec.structs.replace(each, adjusted=None) for each in one.items]
    assert (one.letter, one.raw, one.lower, one.upper, one.coverage, one.caps, one.limits, tuple(bare)) == (
        plain.letter, plain.raw, plain.lower, plain.upper, plain.coverage, plain.caps, plain.limits, plain.items)


@given(said_of, roles_of, names_of, names_of)
@settings(max_examples=300)
def test_the_adjusted_grade_is_a_grade_and_never_hides_what_is_not_accepted(
        said: dict[str, Verdict], roles: tuple[str, ...], late: frozenset[str], taken: frozenset[str]) -> None:
    one = of(said, roles, late, taken=taken)
    if one.adjusted is None:
        assert not any(said.get(name) is FAIL for name in taken & {"a/one", "a/minor", "a/two", "a/three"})
        return
    assert -1e-9 <= one.adjusted.lower <= one.adjusted.upper + 1e-9 <= 1 + 2e-9
    assert one.adjusted.lower >= one.lower - 1e-9 or not one.adjusted.items
    assert one.adjusted.letter is None or at_most(one.letter, one.adjusted.letter)
    open_ = {name for name, verdict in said.items() if verdict is FAIL and name not in taken}
    assert not open_ or one.adjusted.lower < 1


@given(said_of, roles_of, names_of, st.sampled_from(["a/one", "a/minor", "a/two", "a/three", "b/restore", "a/stop"]))
@settings(max_examples=300)
def test_more_evidence_of_passing_never_lowers_it(said: dict[str, Verdict], roles: tuple[str, ...],
                                                  late: frozenset[str], name: str) -> None:
    if said.get(name, NOT) is NOT:
        return
    before, after = of(said, roles, late), of({**said, name: PASS}, roles, late)
    assert after.lower >= before.lower - 1e-9
    assert after.upper >= before.upper - 1e-9 or said[name] is UNKNOWN
    assert after.coverage >= before.coverage - 1e-9 or said[name] is FAIL
    assert before.letter is None or after.letter is None or at_most(before.letter, after.letter)


@given(said_of, roles_of, names_of, names_of)
@settings(max_examples=300)
def test_a_machine_that_falls_silent_raises_nothing_not_even_a_letter(
        said: dict[str, Verdict], roles: tuple[str, ...], late: frozenset[str], earlier: frozenset[str]) -> None:
    before = of(said, roles, late)
    silent = {name: UNKNOWN if verdict in (PASS, FAIL) else verdict for name, verdict in said.items()}
    remembered = frozenset(name for name, verdict in said.items() if verdict is FAIL)
    after = of(silent, roles, late, remembered)
    assert after.lower <= before.lower + 1e-9
    assert after.coverage <= before.coverage + 1e-9
    assert at_most(after.letter, before.letter)


machines_of = st.dictionaries(st.sampled_from(["m1", "m2", "m3", "m4"]), st.tuples(roles_of, said_of), min_size=1)


@given(machines_of, st.sampled_from(["m1", "m2", "m3", "m4"]))
@settings(max_examples=200)
def test_a_missing_report_never_raises_it(machines: dict[str, tuple[tuple[str, ...], dict[str, Verdict]]],
                                          lost: str) -> None:
    """Whatever the report says, but for a stop condition that nobody would have known of without it."""
    declared = {name: roles for name, (roles, _) in machines.items()}
    items = {name: machine_items([result(*one) for one in said.items()], PACK, roles)
             for name, (roles, said) in machines.items()}
    whole = grade(office_items(declared, items, PACK))
    without = grade(office_items(declared, {name: one for name, one in items.items() if name != lost}, PACK))
    ours = {one.row for one in items.get(lost, [])}
    asked = {one.row for one in office_items({lost: declared.get(lost, ())}, {}, PACK)}
    assume(ours <= asked and not any(cap.code == "stop" for cap in whole.limits))
    assert without.coverage <= whole.coverage + 1e-9
    assert without.lower <= whole.lower + 1e-9
    assert at_most(without.letter, whole.letter)


@given(machines_of, st.randoms(use_true_random=False))
@settings(max_examples=200)
def test_the_order_of_machines_and_results_changes_no_bit(
        machines: dict[str, tuple[tuple[str, ...], dict[str, Verdict]]], shuffle: random.Random) -> None:
    def graded(order: list[str], mixed: bool) -> Grade:
        items = {}
        for name in order:
            roles, said = machines[name]
            results: list[Result] = [result(*one) for one in said.items()]
            if mixed:
                shuffle.shuffle(results)
            items[name] = machine_items(results, PACK, roles)
        return grade(office_items({name: machines[name][0] for name in order}, items, PACK))

    names = list(machines)
    first = graded(names, mixed=False)
    shuffle.shuffle(names)
    assert graded(names, mixed=True) == first


@given(said_of, roles_of)
def test_the_shares_of_the_rows_add_up_to_the_bounds(said: dict[str, Verdict], roles: tuple[str, ...]) -> None:
    one = of(said, roles)
    if not one.items:
        return
    parts = shares(one.items)
    assert sum(part.lower for part in parts) == pytest.approx(100 * one.lower)
    assert sum(part.upper for part in parts) == pytest.approx(100 * one.upper)
    assert sum(part.weight for part in parts) == pytest.approx(100)


# -- declared not to apply

declared_of = st.lists(st.builds(
    Declared, st.integers(1, 9), st.sampled_from(["a/one", "a/minor", "a/two", "a/three", "A-01", "A-02", "A-03"]),
    st.booleans()), max_size=5, unique_by=lambda one: one.order)


def without(said: dict[str, Verdict], gone: frozenset[str]) -> list[Result]:
    return [result(name, NOT if name in gone else verdict) for name, verdict in said.items()]


@given(said_of, declared_of)
@settings(max_examples=300)
def test_one_signature_takes_away_a_tenth_at_most_and_nothing_grave(said: dict[str, Verdict],
                                                                    declared: list[Declared]) -> None:
    single = [msgspec.structs.replace(one, seconded=False) for one in declared]
    found = believed(without(said, frozenset()), PACK, single)
    assert found.spent <= LIMIT + 1e-9
    assert not found.checks & {"a/one", "a/minor", "a/stop", "b/restore"}
    before, after = (machine_items(without(said, gone), PACK, ()) for gone in (frozenset[str](), found.checks))
    assert sum(one.counts for one in after) >= (1 - LIMIT) * sum(one.counts for one in before) - 1e-9


@given(said_of, declared_of)
@settings(max_examples=300)
def test_declaring_beyond_the_tenth_never_raises_it_without_a_second_signature(
        said: dict[str, Verdict], declared: list[Declared]) -> None:
    found = believed(without(said, frozenset()), PACK, declared)
    fewer = [one for one in declared if one not in found.refused]
    assert believed(without(said, frozenset()), PACK, fewer).checks == found.checks
    assert machine_grade(without(said, found.checks), PACK, ()) == machine_grade(
        without(said, believed(without(said, frozenset()), PACK, fewer).checks), PACK, ())


def test_with_a_second_signature_it_is_believed() -> None:
    said = without({"a/one": FAIL, "a/two": PASS}, frozenset())
    assert believed(said, PACK, [Declared(1, "A-01")]).refused
    assert believed(said, PACK, [Declared(1, "A-01", seconded=True)]).checks == {"a/one"}


def test_what_was_declared_first_is_believed_first() -> None:
    rows = [result(f"x/{number}", PASS) for number in range(3)]
    assert believed(rows, PACK, [Declared(1, "x/0")]).checks == frozenset(), "a check the pack does not know"
    said = without({"a/one": PASS, "a/three": FAIL, "a/two": PASS, "b/restore": PASS}, frozenset())
    first = believed(said, PACK, [Declared(2, "a/two"), Declared(1, "a/three")])
    assert (sorted(first.checks), [one.order for one in first.refused]) == (["a/three"], [2])


@given(said_of, declared_of, st.randoms(use_true_random=False))
def test_the_order_in_which_declarations_are_read_changes_nothing(
        said: dict[str, Verdict], declared: list[Declared], shuffle: random.Random) -> None:
    first = believed(without(said, frozenset()), PACK, declared)
    shuffle.shuffle(declared)
    assert believed(without(said, frozenset()), PACK, declared).checks == first.checks
