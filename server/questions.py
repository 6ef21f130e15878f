"""The five questions an official asks, answered from graded rows alone.

Every area of the catalogue belongs to exactly one question. No answer is better than its evidence:
nothing measured is "not measured yet", and a plain yes needs every measured row to pass *and* at
least half of the rows the catalogue has for these roles, by weight, to be measured.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from hustings.verdicts import Severity
from policies.grade import MIN_COVERAGE, WEIGHTS, Grade, Item, grade
from policies.model import Pack, Row

AREAS = {
    "PAT": "current", "IAM": "entry", "LPR": "entry", "DEV": "entry", "DOM": "entry",
    "BKP": "recovery", "EPB": "continuity", "ATT": "continuity", "VTX": "results", "LOG": "results",
}
"""The question each area of the catalogue (the prefix of its rows) speaks to."""
QUESTIONS = ("current", "entry", "recovery", "continuity", "results")


class Answer(StrEnum):
    """``SO_FAR``: what is measured passes, but too little is measured for a yes."""

    YES = "yes"
    SO_FAR = "so_far"
    UNPROVEN = "unproven"
    IN_PART = "in_part"
    NO = "no"
    UNMEASURED = "unmeasured"


@dataclass(frozen=True, slots=True)
class Question:
    """One question: its answer and the rows behind it."""

    code: str
    answer: Answer
    passed: int
    failed: int
    unknown: int
    unmeasured: int
    """Rows of the catalogue for these roles that nothing measures here."""


@dataclass(frozen=True, slots=True)
class Area:
    """The rows of one area of the catalogue, graded apart.

    ``measured`` is the part of the catalogue's rows for these roles, by weight, that is known here.
    Below half of it the grade has no letter, however good the few measured rows are.
    """

    code: str
    grade: Grade
    measured: float


def area_of(row: str) -> str:
    return row.partition("-")[0]


def questions(items: Iterable[Item], pack: Pack, roles: Iterable[str]) -> tuple[Question, ...]:
    """The five answers for ``items``, measured against the catalogue's rows for ``roles`` (none: all)."""
    rows = list(items)
    catalogue = _catalogue(pack, roles)
    answered = []
    for code in QUESTIONS:
        mine = [one for one in rows if AREAS[area_of(one.row)] == code]
        known = {one.row for one in mine if one.known}
        here = [row for row in catalogue if AREAS[area_of(row.id)] == code]
        unmeasured = [row for row in here if row.id not in {one.row for one in mine}]
        failed = [one for one in mine if one.failing is not None]
        unknown = [one for one in mine if one.failing is None and one.known < 1]
        answered.append(Question(
            code, _answer(failed, unknown, len(known), enough=_measured(mine, here) >= MIN_COVERAGE),
            len(mine) - len(failed) - len(unknown), len(failed), len(unknown), len(unmeasured)))
    return tuple(answered)


def areas(items: Iterable[Item], pack: Pack, roles: Iterable[str]) -> tuple[Area, ...]:
    """Each area with graded rows, in the catalogue's order, with a grade of its own."""
    rows = list(items)
    catalogue = _catalogue(pack, roles)
    found = []
    for code in AREAS:
        mine = [one for one in rows if area_of(one.row) == code]
        if mine:
            measured = _measured(mine, [row for row in catalogue if area_of(row.id) == code])
            graded = grade(mine)
            if measured < MIN_COVERAGE:
                graded = msgspec.structs.replace(graded, letter=None, caps=())
            found.append(Area(code, graded, measured))
    return tuple(found)


def _catalogue(pack: Pack, roles: Iterable[str]) -> list[Row]:
    """The catalogue's rows for some roles; all of them for none."""
    wanted = set(roles)
    return [row for row in pack.rows if not wanted or set(row.roles) & wanted]


def _measured(items: Iterable[Item], rows: Iterable[Row]) -> float:
    """The known part of ``rows`` by weight, 0 to 1."""
    known: dict[str, float] = {}
    for one in items:
        known[one.row] = min(known.get(one.row, 1.0), one.known)
    weights = {row.id: WEIGHTS[row.severity] for row in rows}
    total = sum(weights.values())
    return sum(weight * known.get(row, 0.0) for row, weight in weights.items()) / total if total else 0.0


def _answer(failed: list[Item], unknown: list[Item], known: int, *, enough: bool) -> Answer:
    if not known:
        return Answer.UNMEASURED
    if any(one.failing is Severity.CRITICAL for one in failed):
        return Answer.NO
    if failed:
        return Answer.IN_PART
    if unknown:
        return Answer.UNPROVEN
    return Answer.YES if enough else Answer.SO_FAR
