from __future__ import annotations

import pytest

from hustings.verdicts import Verdict
from policies.grade import machine_items
from policies.pack import shipped
from server.questions import AREAS, QUESTIONS, Answer, Question, area_of, areas, questions
from tests.server.records import FAIL, NA, PACK, UNKNOWN, results

ROLES = ("office-workstation",)


def answers(roles: tuple[str, ...] = ROLES, **verdicts: Verdict) -> dict[str, Question]:
    items = machine_items(results(roles=roles, **verdicts), PACK, roles)
    return {one.code: one for one in questions(items, PACK, roles)}


def test_every_area_of_the_catalogue_speaks_to_a_question() -> None:
    assert {area_of(row.id) for row in shipped().rows} == set(AREAS)
    assert set(AREAS.values()) == set(QUESTIONS)


def test_all_five_are_always_asked() -> None:
    assert tuple(answers()) == QUESTIONS


@pytest.mark.parametrize(("verdicts", "answer"), [
    ({}, Answer.YES), ({"critical": FAIL}, Answer.NO), ({"high": FAIL}, Answer.IN_PART),
    ({"high": UNKNOWN}, Answer.UNPROVEN), ({"high": UNKNOWN, "critical": FAIL}, Answer.NO)])
def test_the_answer_is_no_better_than_its_rows(verdicts: dict[str, Verdict], answer: Answer) -> None:
    assert answers(**verdicts)["current"].answer is answer


def test_no_evidence_is_not_measured_yet() -> None:
    assert answers()["continuity"].answer is Answer.UNMEASURED
    assert answers(critical=UNKNOWN, high=UNKNOWN)["current"].answer is Answer.UNMEASURED
    assert answers(critical=NA, high=NA)["current"].answer is Answer.UNMEASURED


def test_a_plain_yes_needs_half_of_the_catalogue_to_be_measured() -> None:
    asked = answers()["results"]
    assert (asked.answer, asked.passed, asked.unmeasured) == (Answer.SO_FAR, 1, 2)


def test_an_area_with_little_measured_has_no_letter() -> None:
    roles = ROLES
    found = {one.code: one for one in areas(machine_items(results(), PACK, roles), PACK, roles)}
    assert found["PAT"].grade.letter == "A"
    assert found["PAT"].measured == pytest.approx(15 / 17)
    assert areas(machine_items(results(medium=UNKNOWN), PACK, roles), PACK, roles)[1].grade.letter is None


def test_an_area_without_rows_is_left_out() -> None:
    assert "VTX" not in {one.code for one in areas(machine_items(results(), PACK, ROLES), PACK, ROLES)}
