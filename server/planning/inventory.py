"""Reading an office's equipment inventory: the published columns, or anything else through a mapping."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec

from policies.equipment import Equipment, shipped
from policies.lifecycle import Table
from server.pages.language import N_
from server.planning import inventory_file
from server.planning.columns import HEADER
from server.planning.decoding import decode
from server.planning.delimited import delimiter, rows
from server.planning.ends import Judge
from server.planning.entry import Entry
from server.planning.model import Asset, Unmatched
from server.planning.question import Question
from server.planning.row_problem import FileProblems, Problems, RowProblem, short


class Note(msgspec.Struct, frozen=True):
    """Something to know about what was read. ``text`` is to be translated, and filled with ``values``."""

    text: str
    values: dict[str, str] = {}


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

    @property
    def assets(self) -> tuple[Asset, ...]:
        return tuple(one.asset for one in self.entries)

    def whole(self) -> Inventory:
        """Itself. Raises ``FileProblems`` where anything in the file is wrong."""
        if self.problems:
            raise FileProblems(self.name, self.problems)
        return self


def read(data: bytes, name: str, table: Table, today: date, *, equipment: Equipment | None = None) -> Inventory:
    """The inventory in ``data``, each asset with its end. Raises ``BadDocument`` for what is no table at all."""
    decoded = decode(data, name)
    problems = Problems()
    judge = Judge(table, equipment or shipped(), today)
    lines = rows(decoded.text, delimiter(decoded.text), problems)
    header = next(lines, None)
    notes: list[Note] = []
    entries: list[Entry] = []
    if header is None:
        problems.add(0, "", N_("the file is empty"), N_("let the first line read %(header)s"),
                     header=HEADER)
    else:
        entries = inventory_file.entries(header, lines, today, problems)
        notes = _notes(inventory_file.missing(header))
        _known_products(entries, judge, problems)
    if not decoded.sure:
        notes.append(Note(N_("The encoding was taken to be %(encoding)s: check words such as %(words)s."),
                          {"encoding": decoded.encoding, "words": short(", ".join(decoded.examples))}))
    judged = [] if problems else [judge.judge(one) for one in entries]
    return Inventory(name=name, entries=tuple(one.entry for one in judged), problems=tuple(problems.found),
                     unmatched=tuple(one.unmatched for one in judged if one.unmatched),
                     titles={one.entry.asset.id: one.title for one in judged if one.title},
                     notes=tuple(notes), encoding=decoded.encoding, encoding_sure=decoded.sure,
                     examples=decoded.examples, rows=len(entries))


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
