"""Reading an office's equipment inventory: the published columns, or anything else through a mapping."""

from __future__ import annotations

from collections.abc import Mapping as Given_
from collections.abc import Sequence
from datetime import date
from typing import TypeAlias

import msgspec

from policies.equipment import Equipment, shipped
from policies.lifecycle import Table
from server.pages.language import N_
from server.planning import inventory_file, mapped
from server.planning.answers import Answers
from server.planning.columns import HEADER
from server.planning.ends import Judge, Judged
from server.planning.entry import Entry
from server.planning.grid import Grid, grid
from server.planning.mapping import Mapping
from server.planning.model import Asset, Unmatched
from server.planning.note import Note
from server.planning.question import Question
from server.planning.row_problem import FileProblems, Problems, RowProblem, short

Given: TypeAlias = Given_[tuple[int, str], str]
"""Answers by row and column."""


class Inventory(msgspec.Struct, frozen=True, kw_only=True):
    """What a file gives. With any of ``problems`` nothing is imported: ``entries`` is empty."""

    name: str
    entries: tuple[Entry, ...] = ()
    problems: tuple[RowProblem, ...] = ()
    questions: tuple[Question, ...] = ()
    notes: tuple[Note, ...] = ()
    unmatched: tuple[Unmatched, ...] = ()
    titles: dict[str, str] = {}
    """What each recognised asset was recognised as, by its id."""
    encoding: str = "UTF-8"
    encoding_sure: bool = True
    examples: tuple[str, ...] = ()
    """Words whose letters depend on the encoding, where it is not sure."""
    rows: int = 0
    """Rows that hold something, below the column names."""
    held_back: int = 0
    """Rows that are left out until a question about them is answered."""
    left_out: int = 0
    """Rows that an answer leaves out."""

    @property
    def assets(self) -> tuple[Asset, ...]:
        return tuple(one.asset for one in self.entries)

    def whole(self) -> Inventory:
        """Itself. Raises ``FileProblems`` where anything in the file is wrong."""
        if self.problems:
            raise FileProblems(self.name, self.problems)
        return self


def read(data: bytes, name: str, table: Table, today: date, *, mapping: Mapping | None = None,
         answers: Answers | Given | None = None, equipment: Equipment | None = None) -> Inventory:
    """The inventory in ``data``, each asset with its end.

    Without a mapping the file must have the published columns, and any mistake in it refuses all of it. With one, what
    is sure is taken and the rest asked. Raises ``BadDocument`` for what is no table at all.
    """
    return of(grid(data, name), table, today, mapping=mapping, answers=answers, equipment=equipment)


def of(source: Grid, table: Table, today: date, *, mapping: Mapping | None = None,
       answers: Answers | Given | None = None, equipment: Equipment | None = None) -> Inventory:
    """``read`` for a table that is read already."""
    judge = Judge(table, equipment or shipped(), today)
    given = answers if isinstance(answers, Answers) else Answers.of(answers or {})
    if mapping is None:
        made = _canonical(source, judge, today)
    else:
        made = _mapped(source, mapping, given, judge, today)
    if not source.sure:
        note = Note(N_("The encoding was taken to be %(encoding)s: check words such as %(words)s."),
                    {"encoding": source.encoding, "words": short(", ".join(source.examples))})
        made = msgspec.structs.replace(made, notes=(note, *made.notes))
    return msgspec.structs.replace(made, encoding=source.encoding, encoding_sure=source.sure, examples=source.examples)


def _canonical(source: Grid, judge: Judge, today: date) -> Inventory:
    problems = source.problems
    sheet = source.sheet()
    notes: list[Note] = []
    entries: list[Entry] = []
    if not sheet.rows:
        problems.add(0, "", N_("the file is empty"), N_("let the first line read %(header)s"), header=HEADER)
    elif not inventory_file.is_canonical(sheet.rows[0].cells) and not inventory_file.is_nearly(sheet.rows[0].cells):
        problems.add(sheet.rows[0].line, "", N_("these are not the columns of an inventory"),
                     N_("let the first line read %(header)s, or read the file through a mapping: "
                        "hustings plan import FILE --write-mapping MAPPING"), header=HEADER)
    else:
        entries = inventory_file.entries(sheet.rows[0], sheet.rows[1:], today, problems)
        notes = _notes(inventory_file.missing(sheet.rows[0]))
        _known_products(entries, judge, problems)
    for (line, at), why in sorted(sheet.odd.items()):
        if entries and at < len(sheet.rows[0].cells):
            problems.add(line, sheet.rows[0].cells[at], N_("a formula without its result") if why == "formula"
                         else N_("the spreadsheet shows an error here"), N_("write what it shows"))
    judged = [] if problems else [judge.judge(one) for one in entries]
    return Inventory(
        name=source.name, entries=tuple(one.entry for one in judged), problems=tuple(problems.found),
        unmatched=tuple(one.unmatched for one in judged if one.unmatched), notes=tuple(notes), rows=len(entries),
        titles={one.entry.asset.id: one.title for one in judged if one.title})


def _mapped(source: Grid, mapping: Mapping, answers: Answers, judge: Judge, today: date) -> Inventory:
    problems = source.problems
    if not problems and not any(sheet.rows for sheet in source.sheets):
        problems.add(0, "", N_("the file is empty"), N_("let the first line read %(header)s"), header=HEADER)
        return Inventory(name=source.name, problems=tuple(problems.found))
    found = mapped.read(source, mapping, today, judge.equipment, answers, problems)
    if problems:
        return Inventory(name=source.name, problems=tuple(problems.found), rows=found.rows)
    judged = [judge.judge(one) for one in found.entries]
    return Inventory(
        name=source.name, entries=tuple(one.entry for one in judged), questions=found.questions, notes=found.notes,
        unmatched=tuple(one for each in judged for one in _asked(each, found.open)), rows=found.rows,
        held_back=found.held_back, left_out=found.left_out,
        titles={one.entry.asset.id: one.title for one in judged if one.title})


def _asked(judged: Judged, fields: dict[str, tuple[str, ...]]) -> list[Unmatched]:
    """An asset's own open questions come before what the tables do not know of it: one of each asset."""
    asset = judged.entry.asset.id
    if "models" in fields.get(asset, ()):
        return [Unmatched(asset, "models", "its cell names several models")]
    return [judged.unmatched] if judged.unmatched else []


def _known_products(entries: Sequence[Entry], judge: Judge, problems: Problems) -> None:
    for one in entries:
        if one.product and not judge.knows(one.product):
            near = judge.guesser.nearest(one.product)
            problems.add(one.asset.line, "product", N_("no table has %(value)s"),
                         N_("write a product and its release, such as %(near)s; see hustings policy tables list"),
                         value=one.product, near=f"{near[0].product}/{near[0].cycle}" if near else "windows/10-22h2")


def _notes(missing: Sequence[str]) -> list[Note]:
    found = []
    if missing:
        found.append(Note(N_("The file has no column %(columns)s: nothing is known of it for any line."),
                          {"columns": ", ".join(missing)}))
    if "quantity" in missing:
        found.append(Note(N_("Without a column quantity, every line counts as one.")))
    return found
