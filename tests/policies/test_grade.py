"""Grades: letters that cannot be talked up by silence, by averages or by checks nobody knows."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hustings.verdicts import Result, Severity, Verdict
from policies.grade import (
    WEIGHTS,
    Grade,
    Item,
    gain,
    grade,
    letter,
    machine_grade,
    machine_items,
    office_items,
)
from policies.model import Check, Pack, Row
from tests.policies.building import make

C, H, M, L = Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW
ORDER = "FDCBA"


def item(severity: Severity, passed: float = 1, known: float = 1, *, core: bool = False, overdue: bool = False,
         row: str = "") -> Item:
    failing = severity if known and passed < 1 else None
    undecided = severity if known < 1 else None
    return Item(row or f"R-{severity}", severity, passed, known, core, overdue, failing, undecided)


def office(critical: int = 12, high: int = 30, medium: int = 20) -> list[Item]:
    return [item(C, core=True)] * critical + [item(H)] * high + [item(M)] * medium


def codes(one: Grade) -> list[str]:
    return [f"{cap.letter} {cap.code}" for cap in one.caps]


# -- the method's cases, with numbers of our own

def test_everything_known_and_passing_is_an_a() -> None:
    one = grade(office())
    assert (one.letter, one.lower, one.upper, one.coverage, one.limits) == ("A", 1, 1, 1, ())


def test_one_overdue_critical_failure_on_the_register_cannot_be_averaged_away() -> None:
    one = grade([item(C, 0, core=True, overdue=True, row="LPR-01"), *office(11)])
    assert (one.raw, one.letter, codes(one)) == ("A", "D", ["D critical_core_overdue"])
    assert one.caps[0].rows == ("LPR-01",)


def test_a_fresh_critical_failure_caps_at_c() -> None:
    assert codes(grade([item(C, 0, core=True), *office(11)])) == ["C critical"]


def test_a_third_of_the_evidence_missing_costs_letters_although_all_that_is_known_passes() -> None:
    some = [msgspec.structs.replace(one, known=0.0 if index % 3 == 0 else 1.0, core=False)
            for index, one in enumerate(office())]
    one = grade(some)
    assert (one.letter, one.raw, round(one.upper, 6)) == ("C", "C", 1.0)
    assert [cap.code for cap in one.limits] == ["coverage"]


def test_without_half_of_the_evidence_there_is_no_letter() -> None:
    some = [msgspec.structs.replace(one, known=0.0 if index % 5 else 1.0) for index, one in enumerate(office())]
    one = grade(some)
    assert (one.letter, one.caps) == (None, ())
    assert one.coverage < 0.5


def test_very_few_laptops_short_of_a_critical_row_cap_at_b_until_overdue() -> None:
    few = item(C, 58 / 60, row="DEV-01")
    assert codes(grade([few, *office(11)])) == ["B critical_few"]
    assert codes(grade([msgspec.structs.replace(few, overdue=True), *office(11)])) == ["C critical"]
    assert codes(grade([item(C, 0.94), *office(11)])) == ["C critical"]


def test_a_stop_condition_is_an_f_whatever_else_passes() -> None:
    one = grade(office(), stops=["LPR-13"])
    assert (one.letter, codes(one), one.caps[0].rows) == ("F", ["F stop"], ("LPR-13",))


def test_an_unmeasured_critical_row_of_the_register_caps_at_c_even_where_it_also_fails_a_little() -> None:
    assert codes(grade([item(C, 0, 0, core=True), *office(11)])) == ["C critical_core_unknown"]
    assert "C critical_core_unknown" in codes(grade([item(C, 0.97, 0.9, core=True), *office(11)]))


def test_an_overdue_high_failure_and_an_unproven_restore_cap_too() -> None:
    assert codes(grade([item(H, 0, overdue=True), *office()])) == ["B high_overdue"]
    assert codes(grade([item(H, 0), *office()])) == []
    assert codes(grade(office(), restore_proven=False)) == ["C restore_unproven"]


def test_a_cap_above_the_letter_holds_nothing_down_but_is_named() -> None:
    one = grade([item(C, 0), *[item(H, 0)] * 9, item(M)])
    assert (one.letter, one.caps, [cap.code for cap in one.limits]) == ("F", (), ["critical"])


@pytest.mark.parametrize(("lower", "said"), [(1, "A"), (0.9, "A"), (0.8999, "B"), (0.8, "B"), (0.65, "C"), (0.5, "D"),
                                             (0.4999, "F"), (0, "F"), (0.1 + 0.7, "B"), (0.3 * 3, "A")])
def test_letters_start_where_they_say(lower: float, said: str) -> None:
    assert letter(lower) == said


def test_nothing_to_grade_is_no_letter() -> None:
    assert (grade([]).letter, grade([]).coverage) == (None, 0)


# -- laws

states = st.sampled_from([(1.0, 1.0), (0.0, 1.0), (0.0, 0.0), (0.96, 1.0), (0.5, 0.5)])
items = st.lists(st.builds(
    lambda severity, state, core, overdue: item(severity, *state, core=core, overdue=overdue and state[0] < 1),
    st.sampled_from(Severity), states, st.booleans(), st.booleans()), min_size=1, max_size=12)


@given(items, st.integers(0, 11))
def test_putting_a_row_right_never_costs_a_letter_or_a_point(rows: list[Item], at: int) -> None:
    at %= len(rows)
    mended = [*rows[:at], item(rows[at].severity, core=rows[at].core), *rows[at + 1:]]
    before, after = grade(rows), grade(mended)
    assert after.lower >= before.lower - 1e-9
    assert after.coverage >= before.coverage - 1e-9
    if before.letter is not None and after.letter is not None:
        assert ORDER.index(after.letter) >= ORDER.index(before.letter)


@given(items, st.integers(0, 11))
def test_losing_sight_of_a_row_never_gains_a_point(rows: list[Item], at: int) -> None:
    at %= len(rows)
    blind = [*rows[:at], item(rows[at].severity, 0, 0, core=rows[at].core), *rows[at + 1:]]
    before, after = grade(rows), grade(blind)
    assert after.lower <= before.lower + 1e-9
    assert after.coverage <= before.coverage + 1e-9
    assert after.upper >= before.lower - 1e-9


@given(items)
def test_the_truth_lies_between_the_bounds(rows: list[Item]) -> None:
    one = grade(rows)
    assert 0 <= one.lower <= one.upper + 1e-9 <= 1 + 2e-9
    worst = grade([item(row.severity, row.passed * row.known, 1) for row in rows])
    best = grade([item(row.severity, row.passed * row.known + 1 - row.known, 1) for row in rows])
    assert worst.lower == pytest.approx(one.lower)
    assert best.lower == pytest.approx(one.upper)


@given(items, st.integers(0, 11))
def test_a_rows_gain_is_what_putting_it_right_gives(rows: list[Item], at: int) -> None:
    named = [msgspec.structs.replace(one, row=f"R-{index}") for index, one in enumerate(rows)]
    at %= len(rows)
    mended = [*named[:at], item(named[at].severity, row=named[at].row), *named[at + 1:]]
    assert gain(named, f"R-{at}") == pytest.approx(100 * (grade(mended).lower - grade(named).lower))


# -- machines and offices

ROWS = (Row("A-01", C, ("ems",), "A"), Row("A-02", H, ("ems", "pollbook"), "A"), Row("A-03", M, ("pollbook",), "A"),
        Row("BKP-06", C, ("registration-db",), "A"), Row("OFF-01", H, ("organisation",), "A"))


def check(name: str, row: str, **parts: object) -> Check:
    return make({"fact": "t.int", "equals": 1}, id=name, catalogue=row, **parts)


PACK = Pack("p", "1", (
    check("a/one", "A-01", severity=C), check("a/minor", "A-01", severity=L), check("a/two", "A-02"),
    check("a/three", "A-03", severity=M), check("a/stop", "A-02", stop=True), check("b/restore", "BKP-06"),
    check("office/one", "OFF-01", scope="office")), ROWS, {})


def result(name: str, verdict: Verdict, row: str = "") -> Result:
    known = PACK.check(name)
    severity = known.severity if known else H
    return Result(name, row or (known.catalogue if known else ""), severity, verdict, "", "")


PASS, FAIL, UNKNOWN, NOT = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE


def test_a_row_loses_by_the_severest_of_its_checks_that_fails() -> None:
    minor = WEIGHTS[L] / WEIGHTS[C]
    for verdicts, expected in (((PASS, PASS), (1, 1)), ((PASS, FAIL), (1 - minor, 1)), ((UNKNOWN, PASS), (0, 0)),
                               ((FAIL, UNKNOWN), (0, 1)), ((FAIL, PASS), (0, 1)), ((PASS, UNKNOWN), (1, 1 - minor)),
                               ((UNKNOWN, FAIL), (0, minor)), ((PASS, NOT), (1, 1)), ((NOT, FAIL), (0, 1))):
        rows = machine_items([result("a/one", verdicts[0]), result("a/minor", verdicts[1])], PACK, [])
        assert [(one.row, one.passed, one.known) for one in rows] == [("A-01", *map(pytest.approx, expected))], verdicts
    assert machine_items([result("a/one", NOT)], PACK, []) == []


def test_a_critical_row_failing_or_unknown_by_a_minor_check_does_not_cap() -> None:
    rows = machine_items([result("a/one", PASS), result("a/minor", FAIL)], PACK, ["registration-db"])
    assert [one.failing for one in rows] == [L]
    assert grade(rows).limits == ()
    unsure = machine_items([result("a/one", PASS), result("a/minor", UNKNOWN)], PACK, ["registration-db"])
    assert grade(unsure).limits == ()
    capped = grade(machine_items([result("a/one", UNKNOWN), result("a/minor", FAIL)], PACK, ["registration-db"]))
    assert "critical_core_unknown" in [cap.code for cap in capped.limits]


@given(st.lists(st.sampled_from(Verdict), min_size=2, max_size=2), st.integers(0, 1), st.integers(0, 1))
def test_no_check_that_turns_worse_or_falls_silent_raises_the_lower_bound(
        said: list[Verdict], at: int, worse: int) -> None:
    rank = {NOT: 3, PASS: 2, UNKNOWN: 1, FAIL: 0}
    after = [(UNKNOWN, FAIL)[worse] if index == at else one for index, one in enumerate(said)]
    if said[at] is NOT or rank[after[at]] > rank[said[at]]:
        return
    bounds = [grade(machine_items(map(result, ("a/one", "a/minor"), one), PACK, [])).lower for one in (said, after)]
    assert bounds[1] <= bounds[0] + 1e-9


def test_a_failure_less_severe_than_its_row_holds_no_letter_down_when_it_is_overdue() -> None:
    rows = machine_items([result("a/one", PASS), result("a/minor", FAIL)], PACK, [], ["a/minor"])
    assert not rows[0].overdue


def test_a_check_the_pack_does_not_know_changes_nothing() -> None:
    honest = [result("a/one", FAIL), result("b/restore", UNKNOWN)]
    forged = [result("x/forged", PASS, "A-03"), result("x/forged", PASS, "BKP-06"), result("x/forged", FAIL, "A-02"),
              msgspec.structs.replace(result("a/one", FAIL), catalogue="A-03")]
    roles = ["registration-db"]
    assert machine_grade(honest + forged[:3], PACK, roles) == machine_grade(honest, PACK, roles)
    assert machine_grade([forged[3], honest[1]], PACK, roles) == machine_grade(honest, PACK, roles)


def test_a_failing_stop_condition_stops_and_an_unknown_one_does_not() -> None:
    assert machine_grade([result("a/stop", FAIL)], PACK, []).letter == "F"
    assert "stop" not in [cap.code for cap in machine_grade([result("a/stop", UNKNOWN)], PACK, []).limits]


def test_only_machines_that_hold_the_register_or_its_backups_must_prove_a_restore() -> None:
    def caps(verdict: Verdict, role: str) -> list[str]:
        rows = [result("b/restore", verdict), result("a/two", PASS)]
        return [cap.code for cap in machine_grade(rows, PACK, [role]).limits]

    assert "restore_unproven" not in caps(PASS, "registration-db")
    assert "restore_unproven" in caps(UNKNOWN, "registration-db")
    assert "restore_unproven" in caps(NOT, "backup-server")
    assert "restore_unproven" not in caps(UNKNOWN, "office-workstation")


def test_overdue_belongs_to_the_failing_check() -> None:
    rows = machine_items([result("a/one", FAIL), result("a/minor", PASS)], PACK, [], ["a/minor"])
    assert not rows[0].overdue
    assert machine_items([result("a/one", FAIL)], PACK, [], ["a/one"])[0].overdue


verdicts = st.lists(st.tuples(st.sampled_from(["a/one", "a/minor", "a/two", "a/three"]), st.sampled_from(Verdict)),
                    max_size=6, unique_by=lambda one: one[0])
roles = st.lists(st.sampled_from(["ems", "pollbook", "registration-db"]), max_size=2).map(tuple)


Heard = dict[str, tuple[tuple[str, ...], list[tuple[str, Verdict]]]]


@given(st.dictionaries(st.sampled_from(["m1", "m2", "m3"]), st.tuples(roles, verdicts), min_size=1),
       st.dictionaries(st.sampled_from(["s1", "s2"]), roles, min_size=1))
def test_a_declared_machine_that_says_nothing_lowers_coverage_and_raises_no_score(
        heard: Heard, silent: dict[str, tuple[str, ...]]) -> None:
    items = {name: machine_items([result(*one) for one in said], PACK, of) for name, (of, said) in heard.items()}
    declared = {name: of for name, (of, _) in heard.items()}
    before = grade(office_items(declared, items, PACK))
    after = grade(office_items({**declared, **silent}, items, PACK))
    assert after.lower <= before.lower + 1e-9
    assert after.coverage <= before.coverage + 1e-9
    if before.letter is not None and after.letter is not None:
        assert ORDER.index(after.letter) <= ORDER.index(before.letter)


def test_a_silent_asset_is_unknown_in_the_measured_rows_of_its_roles_alone() -> None:
    rows = office_items({"quiet": ("pollbook",)}, {}, PACK)
    assert [(one.row, one.known) for one in rows] == [("A-02", 0), ("A-03", 0)]
    everything = office_items({"quiet": ()}, {}, PACK)
    assert [one.row for one in everything] == ["A-01", "A-02", "A-03", "BKP-06"]


def test_an_undeclared_machine_is_no_part_of_the_office() -> None:
    assert office_items({}, {"stranger": machine_items([result("a/one", PASS)], PACK, [])}, PACK) == []


def test_a_row_of_an_office_counts_its_machines() -> None:
    items = {name: machine_items([result("a/one", verdict)], PACK, [])
             for name, verdict in (("m1", PASS), ("m2", PASS), ("m3", FAIL), ("m4", UNKNOWN))}
    row = office_items(dict.fromkeys(items, ()), items, PACK)[0]
    assert (row.passed, row.known, row.failing) == (pytest.approx(2 / 3), 0.75, C)


def test_weights_fall_with_severity() -> None:
    assert [WEIGHTS[one] for one in (C, H, M, L)] == sorted(WEIGHTS.values(), reverse=True)
