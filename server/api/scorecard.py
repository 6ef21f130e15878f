"""The scorecard of the office, and its history by day."""

from __future__ import annotations

from datetime import date

import msgspec

from hustings.times import Moment
from policies.grade import Cap as GradeCap
from policies.grade import Grade as GradeOf
from server import drill
from server.access import rules
from server.access.rules import Reviewing
from server.api.call import Call
from server.api.endpoint import read
from server.api.paging import Page, Paged, cut
from server.api.words import Words, words
from server.store.days import Kept

MILLION = 1_000_000
_READ = rules.api("scorecard:read", reviewing=Reviewing.WHOLE)


class Cap(msgspec.Struct, frozen=True):
    """A limit on the letter, whatever the average says."""

    letter: str
    code: str
    """The rule."""
    rows: tuple[str, ...]
    """The rows of the catalogue it is about."""


class Grade(msgspec.Struct, frozen=True):
    """A grade, and how sure it is. Bounds and coverage are from 0 to 1."""

    letter: str | None
    """Null where there is not enough evidence."""
    lower: float
    """What is proven: unknown counts as failed. It gives the letter."""
    upper: float
    """What is possible: unknown counts as passed."""
    coverage: float
    """The part of the evidence that is in, by weight."""
    caps: list[Cap]
    method: str


class Answer(msgspec.Struct, frozen=True):
    """One of the five questions, answered."""

    question: str
    answer: str
    passed: int
    failed: int
    unknown: int
    unmeasured: int


class Area(msgspec.Struct, frozen=True):
    """The rows of one area of the catalogue, graded apart."""

    code: str
    grade: Grade
    measured: float
    """The part of the catalogue's rows that is measured here, from 0 to 1."""


class Step(msgspec.Struct, frozen=True):
    """Something to do first."""

    check: str
    title: Words
    verdict: str
    """fail: repair it; unknown: prove it."""
    points: float
    """Points of a hundred that the proven part gains once its whole row passes."""
    machines: list[str]


class Card(msgspec.Struct, frozen=True):
    """What an official reads first."""

    office: str
    scope: str
    """What the grade is about: nothing, machine, machines or office."""
    now: Moment
    measured: Moment | None
    """When the oldest of the machines' last reports arrived."""
    grade: Grade | None
    adjusted: Grade | None
    """The same with accepted failures left out; null where none is accepted. Never to be shown alone."""
    answers: list[Answer]
    areas: list[Area]
    first: list[Step]
    failing: int
    unknown: int
    silent: list[str]
    """Assets of the office that no machine speaks for."""
    undeclared: list[str]
    """Machines that report and are not in the inventory."""
    voting_day: date | None
    days: int | None
    """Days to that."""


class Row(msgspec.Struct, frozen=True):
    """One row of the catalogue in the grade. Points are of a hundred."""

    row: str
    area: str
    severity: str
    state: str
    """fail, unknown, pass or not_applicable."""
    title: Words | None
    lower: float | None
    """Points that it surely brings; null where no check measures it."""
    upper: float | None
    """Points that it may bring."""
    caps: list[str]
    """Rules that hold the letter down because of it."""


class OnAsset(msgspec.Struct, frozen=True):
    """A row on one asset."""

    asset: str
    machine: str | None
    """The id of the machine that speaks for it; null while it is silent."""
    state: str
    responsible: str


class RowInFull(msgspec.Struct, frozen=True):
    """One row of the catalogue, with its checks and where it stands on every asset."""

    row: Row
    checks: list[str]
    assets: list[OnAsset]
    others: list[OnAsset]
    """What somebody else answers for, and machines that are on no list."""


class Point(msgspec.Struct, frozen=True):
    """A closed day: the bounds of the grade at its end."""

    day: date
    letter: str | None
    lower: float | None
    upper: float | None
    """Null bounds: nothing was measured on that day."""


def grade(found: GradeOf) -> Grade:
    return Grade(found.letter, found.lower, found.upper, found.coverage, [_cap(one) for one in found.caps],
                 found.method)


@read("/v1/scorecard", _READ)
def scorecard(call: Call) -> Card:
    """The scorecard now."""
    card = call.card()
    return Card(
        card.office.name, card.scope.value, card.now, card.measured, grade(card.grade) if card.grade else None,
        grade(card.grade.adjusted) if card.grade and card.grade.adjusted else None,
        [Answer(one.code, one.answer.value, one.passed, one.failed, one.unknown, one.unmeasured)
         for one in card.questions],
        [Area(one.code, grade(one.grade), one.measured) for one in card.areas],
        [Step(one.check.id, words(one.check.title), one.verdict.value, one.points,
              sorted(each.heard.agent for each in one.machines)) for one in card.first],
        card.failing, card.unknown, [one.name for one in card.silent], [one.heard.agent for one in card.undeclared],
        card.voting_day, card.days)


@read("/v1/rows", _READ)
def rows(call: Call, asked: Paged) -> Page[Row]:
    """Every graded row of the catalogue with what it brings: the sums are the bounds of the grade."""
    card = call.card()
    return cut(drill.lines(card.grade, card.items, call.pack), asked, lambda one: one.row.id,
               lambda one: _row(one, call))


@read("/v1/rows/{row:str}", _READ)
def row(call: Call, row: str) -> RowInFull:
    """One row of the catalogue, on every asset."""
    found = call.found(drill.row(call.card(), call.pack, row))
    return RowInFull(_row(found.line, call), [one.id for one in found.checks],
                     [_on(one) for one in found.assets], [_on(one) for one in found.others])


@read("/v1/days", _READ)
def days(call: Call, asked: Paged) -> Page[Point]:
    """The closed days of the last year."""
    kept, _ = call.closer().year(call.tenant)
    return cut(kept, asked, lambda one: one.day.isoformat(), _point)


def _cap(one: GradeCap) -> Cap:
    return Cap(one.letter, one.code, one.rows)


def _row(one: drill.Line, call: Call) -> Row:
    return Row(one.row.id, one.area, one.row.severity.value, one.state.value,
               words(one.check.title) if one.check else None, one.share.lower if one.share else None,
               one.share.upper if one.share else None, [each.code for each in one.caps])


def _point(one: Kept) -> Point:
    point = one.points.office
    if point is None:
        return Point(one.day, None, None, None)
    return Point(one.day, point.letter, point.lower / MILLION, point.upper / MILLION)


def _on(one: drill.OnAsset) -> OnAsset:
    return OnAsset(one.name, one.machine.heard.agent if one.machine else None, one.state.value, one.responsible)


ROUTES = [scorecard, rows, row, days]
