"""A day's points and the scorecard of that moment say the same where verdicts hold by their times."""

from __future__ import annotations

from datetime import timedelta

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence import day_inputs
from evidence.day import MILLION, Grader, Point
from evidence.day_inputs import Asset, Exemption, Inputs, Line, Machine
from hustings.verdicts import Verdict
from policies.grade import Grade
from server import records as kept
from server.scorecard import scorecard
from tests.evidence.series import DAY, END, NAMES, RULES
from tests.server.records import HOUR, PACK, heard, office, result

LETTERS = {"p": Verdict.PASS, "f": Verdict.FAIL, "u": Verdict.UNKNOWN, "n": Verdict.NOT_APPLICABLE}
ROLES = ("office-workstation", "registration-db")
machines = st.lists(st.tuples(
    st.lists(st.sampled_from("ppppfun"), min_size=len(NAMES), max_size=len(NAMES)).map("".join),
    st.sampled_from(ROLES), st.dictionaries(st.sampled_from(NAMES), st.integers(0, 300), max_size=3)),
    min_size=1, max_size=4)
declared = st.none() | st.lists(st.tuples(st.integers(0, 5), st.sampled_from(ROLES), st.sampled_from(("us", "vendor"))),
                                min_size=1, max_size=6, unique_by=lambda one: one[0])
signed = st.lists(st.tuples(st.integers(0, 5), st.sampled_from(NAMES), st.booleans()), max_size=3)


def same(point: Point | None, grade: Grade | None) -> None:
    assert (point is None) == (grade is None)
    if point is not None and grade is not None:
        assert (point.lower, point.upper, point.coverage) == tuple(
            round(part * MILLION) for part in (grade.lower, grade.upper, grade.coverage))
        assert (point.letter, point.caps) == (grade.letter, tuple(cap.code for cap in grade.caps))


@settings(max_examples=200)
@given(machines, declared, signed)
def test_fresh_reports_are_graded_alike(said: list[tuple[str, str, dict[str, int]]],
                                        listed: list[tuple[int, str, str]] | None,
                                        exempted: list[tuple[int, str, bool]]) -> None:
    at = END - HOUR
    pages, lines = [], []
    for number, (letters, role, ages) in enumerate(said):
        since = {check: at - timedelta(days=days) for check, days in ages.items()
                 if letters[NAMES.index(check)] in "fu"}
        results = [msgspec.structs.replace(result(name, LETTERS[letter]), valid_until=None)
                   for name, letter in zip(NAMES, letters, strict=True)]
        pages.append(heard(results, agent=f"a{number}", host=f"desk-{number}", roles=(role,), received=at,
                           failing_since=since))
        lines.append(Machine(f"a{number}", f"desk-{number}", (), False, Line(
            number, "d", f"desk-{number}", at, False, PACK.digest, (role,), NAMES, letters), since))
    assets = None if listed is None else tuple(
        kept.Asset(f"desk-{number}", (role,), "Hall", party) for number, role, party in listed)
    exceptions = tuple(kept.Exemption(
        order, kept.NOT_APPLICABLE, check, f"desk-{number}", "why", "", "ann", "bob" if two else "", at, "person:ann",
        END.date()) for order, (number, check, two) in enumerate(exempted))
    card = scorecard(office(*pages, assets=assets, exceptions=exceptions), PACK, END)
    day = Grader(RULES).day(Inputs(
        DAY, tuple(lines),
        None if assets is None else tuple(Asset(one.name, one.roles, one.site, one.responsible) for one in assets),
        tuple(Exemption(one.number, one.subject, one.asset, bool(one.approved_by)) for one in exceptions)))
    same(day.office, card.grade)
    assert day_inputs.ends(DAY) == END
    for party in card.parties:
        same(day.parties[party.responsible], party.grade)
    if card.grade is not None and day.office is not None:
        assert (day.office.failing, day.office.unknown) == (card.failing, card.unknown)
    assert (day.silent, day.undeclared) == (len(card.silent), len(card.undeclared))
    for one in card.machines:
        same(day.machines[one.heard.agent], one.grade)
