"""Reading an office's equipment inventory: the published columns, or anything else through a mapping."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec

from policies.lifecycle import Table
from server.pages.language import N_
from server.planning import inventory_file
from server.planning.decoding import decode
from server.planning.delimited import delimiter, rows
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


def read(data: bytes, name: str, table: Table, today: date) -> Inventory:
    """The inventory in ``data``. Raises ``BadDocument`` for what is no table at all."""
    decoded = decode(data, name)
    problems = Problems()
    lines = rows(decoded.text, delimiter(decoded.text), problems)
    header = next(lines, None)
    notes: list[Note] = []
    entries: list[Entry] = []
    if header is None:
        problems.add(0, "", N_("the file is empty"), N_("let the first line read %(header)s"),
                     header=inventory_file.HEADER)
    else:
        entries = inventory_file.entries(header, lines, today, problems)
        notes = _notes(inventory_file.missing(header))
    if not decoded.sure:
        notes.append(Note(N_("The encoding was taken to be %(encoding)s: check words such as %(words)s."),
                          {"encoding": decoded.encoding, "words": short(", ".join(decoded.examples))}))
    return Inventory(name=name, entries=() if problems else tuple(entries), problems=tuple(problems.found),
                     notes=tuple(notes), encoding=decoded.encoding, encoding_sure=decoded.sure,
                     examples=decoded.examples, rows=len(entries))


def _notes(missing: Sequence[str]) -> list[Note]:
    found = []
    if missing:
        found.append(Note(N_("The file has no column %(columns)s: nothing is known of it for any line."),
                          {"columns": ", ".join(missing)}))
    if "quantity" in missing:
        found.append(Note(N_("Without a column quantity, every line counts as one.")))
    return found
