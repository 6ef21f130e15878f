"""What people attest is graded, and lifts nothing that a measurement holds down. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from evidence.said import Attested, Listed, Word, said_at
from hustings.verdicts import SEVERITIES, Result, Severity, Verdict
from policies import attestations
from policies.attestations import Kind, forms
from policies.derive.attested import Attestation, Said, attested_facts
from policies.derive.office import Asset
from policies.evaluate import Context, judge_all
from policies.grade import Item, Marks, grade, machine_items, own_items, with_own
from policies.pack import shipped

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
LETTERS = "ABCDF"
parts = st.floats(0, 1, allow_nan=False).map(lambda value: round(value, 3))


@st.composite
def measured(draw: st.DrawFn) -> Item:
    severity = draw(st.sampled_from(SEVERITIES))
    passed, known = draw(parts), draw(parts)
    return Item(draw(st.sampled_from(["PAT-01", "PAT-02", "DEV-04", "LPR-01", "BKP-08"])), severity, passed, known,
                core=draw(st.booleans()), overdue=draw(st.booleans()),
                failing=severity if passed < 1 else None, undecided=severity if known < 1 else None)


@st.composite
def attested(draw: st.DrawFn) -> Item:
    severity = draw(st.sampled_from(SEVERITIES))
    return Item(draw(st.sampled_from(["ATT-01", "VTX-06", "EPB-09", "BKP-08"])), severity, 1.0, 1.0, attested=True)


@given(st.lists(measured(), min_size=1, max_size=12), st.lists(attested(), max_size=8))
def test_no_attestation_lifts_a_cap_that_a_measurement_set(items: list[Item], words: list[Item]) -> None:
    alone, both = grade(items), grade(with_own(items, words))
    assert {(cap.letter, cap.code) for cap in alone.limits} - {("B", "coverage"), ("B", "measured")} <= {
        (cap.letter, cap.code) for cap in both.limits}
    lacking = {"coverage", "measured"}
    assert bool(lacking & {cap.code for cap in alone.limits}) <= bool(lacking & {cap.code for cap in both.limits})
    if alone.letter is None:
        assert both.letter is None, "without enough measured evidence there is no letter, whatever people say"
    elif both.letter is not None and alone.limits:
        worst = max((cap.letter for cap in alone.limits), key=LETTERS.index)
        assert LETTERS.index(both.letter) >= LETTERS.index(worst)


def test_attestations_alone_fill_no_gap_in_what_is_measured() -> None:
    half = [Item("PAT-01", Severity.HIGH, 1.0, 0.7, undecided=Severity.HIGH)]
    words = [Item(f"ATT-{number:02}", Severity.CRITICAL, 1.0, 1.0, attested=True) for number in range(1, 9)]
    both = grade([*half, *words])
    assert both.coverage > 0.9
    assert (both.letter, [cap.code for cap in both.limits]) == ("B", ["measured"])


def test_a_row_that_is_measured_and_attested_counts_once_and_measured_wins() -> None:
    word = Item("BKP-08", Severity.HIGH, 1.0, 1.0, attested=True)
    for seen in (Item("BKP-08", Severity.HIGH, 0.0, 1.0, failing=Severity.HIGH),
                 Item("BKP-08", Severity.HIGH, 0.0, 0.0, undecided=Severity.HIGH)):
        assert with_own([seen], [word]) == [seen]
    good = Item("BKP-08", Severity.HIGH, 1.0, 1.0)
    assert with_own([good], [word]) == [good]
    bad = msgspec.structs.replace(word, passed=0.0, failing=Severity.HIGH)
    assert with_own([good], [bad]) == [bad], "the worse of the two"


def test_only_rows_on_peoples_word_are_marked_attested() -> None:
    pack = shipped()
    results = [Result(one.id, one.catalogue, one.severity, Verdict.PASS, "", "") for one in pack.checks
               if one.scope == "office"]
    marked = {one.row for one in own_items(results, pack) if one.attested}
    assert marked == set(forms()) | {"LOG-07"}
    assert {one.row for one in own_items(results, pack)} - marked == {
        one.row for one in machine_items(results, pack, ())} - marked
    assert {"PAT-11", "LOG-09", "LPR-23"}.isdisjoint(marked)


def test_an_adjusted_item_stays_marked_attested() -> None:
    pack = shipped()
    check = next(one for one in pack.checks if one.catalogue == "ATT-10")
    [item] = own_items([Result(check.id, "ATT-10", check.severity, Verdict.FAIL, "", "")], pack,
                       Marks(accepted=frozenset({check.id})))
    assert item.adjusted is not None
    assert item.attested
    assert item.adjusted.attested


def test_every_form_has_exactly_one_check_of_the_office_over_its_own_fact() -> None:
    for form in forms().values():
        asking = [one for one in shipped().checks if form.fact in str(one.require)]
        assert [(one.catalogue, one.scope, one.area) for one in asking] == [(form.id, "office", "office")], form.id


def test_every_form_is_asked_in_both_languages_and_of_roles_that_exist() -> None:
    rows = {row.id: row for row in shipped().rows}
    for form in forms().values():
        assert "T" in rows[form.id].evidence or form.id in ("EPB-11", "VTX-10"), form.id
        assert form.artefact in ("required", "asked")
        assert set(form.roles) <= {"administrator", "staff", "official"}
        assert form.life.election != bool(form.life.days), form.id
        for one in form.fields:
            for text in (one.label, *([one.help] if one.help else []), *(each.label for each in one.options)):
                assert text.en.strip(), (form.id, one.name)
                assert text.fr.strip(), (form.id, one.name)
            assert bool(one.options) == (one.kind is Kind.CHOICE)
            assert bool(one.roles) == (one.kind is Kind.ASSETS)


def test_words_stay_out_of_the_facts() -> None:
    word = Attestation("ATT-10", date(2026, 11, 1), date(2027, 11, 1), True,
                       {"accepted": True, "deputy": "Grace Hopper", "scorecard": True})
    facts = attested_facts(Said("office", (word,)), [], [], NOW)
    assert "Hopper" not in str(facts)


def test_an_answer_of_another_kind_is_unknown_and_never_a_pass() -> None:
    for answers in ({}, {"accepted": "yes", "scorecard": 1}, {"accepted": 1, "scorecard": True}):
        word = Attestation("ATT-10", date(2026, 11, 1), date(2027, 11, 1), True, answers)
        facts = attested_facts(Said("office", (word,)), [Asset("a", ("ems",), "", "us")], [], NOW)
        [result] = [one for one in judge_all(shipped(), facts, Context(NOW), scope="office")
                    if one.catalogue == "ATT-10"]
        assert result.verdict is Verdict.UNKNOWN, answers


def test_what_counted_on_a_day_is_what_had_been_said_by_its_end() -> None:
    at = NOW - timedelta(days=10)
    first = Attestation("ATT-10", date(2026, 11, 1), date(2027, 11, 1), True, {"accepted": True})
    second = Attestation("ATT-10", date(2026, 11, 5), date(2027, 11, 5), True, {"accepted": False})
    word = Word((Attested(at, first), Attested(at + timedelta(days=2), second, at + timedelta(days=4))),
                (Listed("police", at, at + timedelta(days=3), ((at + timedelta(days=1), date(2026, 11, 13)),)),),
                ((at + timedelta(days=5), True),))
    seen = [said_at(at + timedelta(days=days, seconds=1), word) for days in range(-1, 6)]
    assert [one.attestations for one in seen] == [(), (first,), (first,), (second,), (second,), (), ()]
    assert [[each.reached for each in one.contacts] for one in seen] == [
        [], [None], [date(2026, 11, 13)], [date(2026, 11, 13)], [], [], []]
    assert [one.kind for one in seen] == ["office"] * 6 + ["campaign"]


def test_what_holds_through_an_election_ends_with_it() -> None:
    life = attestations.Life(election=True)
    days = (date(2026, 11, 3), date(2027, 11, 2))
    assert life.until(date(2026, 11, 3), days) == date(2026, 11, 3)
    assert life.until(date(2026, 11, 4), days) == date(2027, 11, 2)
    assert life.until(date(2027, 11, 3), days) == date(2027, 11, 3) + attestations.NO_ELECTION
