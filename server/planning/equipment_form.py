"""How an equipment file would be read: what a preview shows, from the file and what its sender chose so far. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping as Fields
from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec

from policies.lifecycle import Table
from server.planning import inventory, mapping
from server.planning.answers import Answer, Answers
from server.planning.inventory import Inventory
from server.planning.mapping import Mapping
from server.planning.proposal import Proposal, propose
from server.planning.question import Question
from server.planning.row_problem import FileProblems, RowProblem

COLUMN, ANSWER = "column:", "answer:"
"""Form fields: ``column:LETTER`` names the inventory's column; ``answer:[row, column, text]`` answers a question, of
every row whose cell reads ``text`` where the row is 0."""
UNITS = ("days", "weeks", "months", "years")
CONSTANTS = ("kind", "unit_cost", "lead_months")
"""What may be said of every row at once."""
ANSWERS_MAX = 4000


class Asked(msgspec.Struct, frozen=True):
    """A question, or several alike of which one answer will do."""

    question: Question
    rows: tuple[int, ...]
    field: str
    """The name of its form field."""


class Column(msgspec.Struct, frozen=True):
    """A column of the file, and what it is taken for."""

    key: str
    header: str
    field: str
    examples: tuple[str, ...]
    personal: bool


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """A file as it would be imported now."""

    inventory: Inventory
    proposal: Proposal
    mapping: Mapping | None
    """None for a file with the published columns."""
    answers: tuple[Answer, ...]
    refused: tuple[RowProblem, ...] = ()
    """What is wrong with the mapping itself."""

    @property
    def problems(self) -> tuple[RowProblem, ...]:
        return (*self.refused, *self.inventory.problems)

    @property
    def ready(self) -> bool:
        """Whether it can be imported as it is; open questions stay unknown."""
        return not self.problems and bool(self.inventory.entries)

    @property
    def columns(self) -> tuple[Column, ...]:
        """What may be mapped; none where the file has the published columns."""
        if self.mapping is None:
            return ()
        fields = {name: field for field, names in self.mapping.columns.items() for name in names if field != "asset"}
        fields |= {name: "asset" for name in self.mapping.columns.get("asset", ())
                   if self.mapping.columns.get("asset", ()) == (name,)}
        return tuple(Column(one.key, one.header, fields.get(one.key, fields.get(one.header, "")), one.examples,
                            one.personal) for one in self.proposal.columns)

    @property
    def named_from(self) -> tuple[str, ...]:
        """The columns that an asset's name is put together from, where it has none of its own."""
        names = self.mapping.columns.get("asset", ()) if self.mapping else ()
        return names if len(names) > 1 else ()

    @property
    def asked(self) -> tuple[Asked, ...]:
        """The open questions, those that one answer settles together."""
        groups: dict[tuple[str, ...], list[Question]] = {}
        for one in self.inventory.questions:
            alone = "" if one.value and not one.holds_back else str(one.row)
            groups.setdefault((one.column, one.value, one.asks, one.field, alone), []).append(one)
        return tuple(Asked(own[0], tuple(one.row for one in own), field_of(own[0], every=len(own) > 1))
                     for own in groups.values())

    @property
    def carried(self) -> tuple[tuple[str, str], ...]:
        """Answers whose question is not asked any more: the form carries them on."""
        asked = {one.field for one in self.asked}
        return tuple((name, one.value) for one in self.answers if (name := _name(one)) not in asked)

    @property
    def mapping_record(self) -> dict[str, Any]:
        """The mapping for the store."""
        found: dict[str, Any] = msgspec.to_builtins(self.mapping) if self.mapping else {}
        return found

    @property
    def answers_record(self) -> list[list[Any]]:
        return [[one.row, one.column, one.value, one.was] for one in self.answers]


def preview(data: bytes, name: str, table: Table, today: date, form: Fields[str, str],
            saved: Sequence[Fields[str, Any]] = ()) -> Preview:
    """Read ``data`` as the form says; before that as a mapping of ``saved`` for the same column names, or as its
    columns are called. Raises ``BadDocument`` for what is no table."""
    proposal = propose(data, name, sheet=form.get("sheet", ""),
                       saved=[msgspec.convert(one, Mapping, strict=False) for one in saved if one])
    answers = answers_of(form)
    if proposal.canonical:
        return Preview(inventory=inventory.read(data, name, table, today), proposal=proposal, mapping=None, answers=())
    chosen = _chosen(proposal, form) if any(one.startswith(COLUMN) for one in form) else proposal.mapping
    try:
        mapping.check(chosen, name)
    except FileProblems as bad:
        return Preview(inventory=Inventory(name=name), proposal=proposal, mapping=chosen, answers=answers,
                       refused=bad.problems)
    read = inventory.read(data, name, table, today, mapping=chosen, answers=Answers(answers))
    return Preview(inventory=read, proposal=proposal, mapping=chosen, answers=answers)


def _chosen(proposal: Proposal, form: Fields[str, str]) -> Mapping:
    """The proposal's mapping with what the form says of columns and rules."""
    columns: dict[str, tuple[str, ...]] = {}
    for one in proposal.columns:
        field = form.get(COLUMN + one.key, "")
        if field and not one.personal:
            columns[field] = (*columns.get(field, ()), one.key)
    before = proposal.mapping.columns
    for field, keys in columns.items():
        if keys == tuple(one.key for one in proposal.columns if one.field == field) and field in before:
            columns[field] = before[field]
    if "asset" not in columns and "asset" in before:
        columns["asset"] = before["asset"]
    constants = {field: form.get(f"every-{field}", "").strip() for field in CONSTANTS}
    unit = form.get("lead_in", "")
    day_first = {"yes": True, "no": False}.get(form.get("day_first", ""))
    return msgspec.structs.replace(
        proposal.mapping, columns=columns, constants={field: value for field, value in constants.items() if value},
        lead_in=unit if unit in UNITS else proposal.mapping.lead_in,
        dates="earliest" if form.get("dates") == "earliest" else "ask", day_first=day_first,
        one_row_is_one_unit=form.get("units") == "yes")


def answers_of(form: Fields[str, str]) -> tuple[Answer, ...]:
    """What was answered. Fields that are not as this form writes them are passed over."""
    found: list[Answer] = []
    for field, value in form.items():
        if field.startswith(ANSWER) and value.strip() and len(found) < ANSWERS_MAX:
            place = _place(field.removeprefix(ANSWER))
            if place is not None:
                found.append(Answer(place[0], place[1], value.strip(), place[2]))
    return tuple(found)


def _place(text: str) -> tuple[int, str, str] | None:
    try:
        return msgspec.json.decode(text, type=tuple[int, str, str])
    except msgspec.DecodeError:
        return None


def field_of(question: Question, *, every: bool = False) -> str:
    """The name of the field that answers a question; with ``every``, of all rows that read the same."""
    return ANSWER + _written(0 if every else question.row, question.column or question.field,
                             question.value if every else "")


def _name(answer: Answer) -> str:
    return ANSWER + _written(answer.row, answer.column, answer.was)


def _written(row: int, column: str, text: str) -> str:
    return json.dumps([row, column, text], ensure_ascii=False)
