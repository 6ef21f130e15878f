"""An office's own list through a mapping: what is sure becomes entries, the rest questions, row by row.

A row with an open question is imported without that fact. It is held back only where it cannot be told whether it is
another thing at all: it repeats a row, its serial number stands elsewhere, or nothing names it.
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import msgspec

from policies.equipment import Equipment
from server.pages.language import N_
from server.planning import header_words, inventory_file
from server.planning.answers import LEAVE_OUT, OTHER, SAME, Answers
from server.planning.delimited import Row
from server.planning.entry import Entry
from server.planning.grid import Grid
from server.planning.header_block import Block, block, place
from server.planning.mapped_row import Left, RowReader
from server.planning.mapping import Mapping
from server.planning.note import Note
from server.planning.question import Question
from server.planning.row_problem import Problems, short


class Mapped(msgspec.Struct, frozen=True, kw_only=True):
    entries: tuple[Entry, ...]
    questions: tuple[Question, ...]
    notes: tuple[Note, ...]
    open: dict[str, tuple[str, ...]]
    """The fields that are still asked of an asset, by its id."""
    rows: int
    held_back: int
    left_out: int


def read(table: Grid, mapping: Mapping, today: date, equipment: Equipment, answers: Answers,
         problems: Problems) -> Mapped:
    """Apply a mapping. Mistakes of the mapping or the answers are put to ``problems``."""
    sheet = table.sheet(mapping.sheet)
    start = next((at for at, row in enumerate(sheet.rows) if row.line >= mapping.header_row), len(sheet.rows))
    found = block(sheet, start, mapping.header_rows)
    places = _places(mapping, found, problems)
    if problems:
        return Mapped(entries=(), questions=(), notes=(), open={}, rows=0, held_back=0, left_out=0)
    reader = RowReader(mapping, places, found.headers, sheet, equipment, answers, today, problems)
    taking = _Taking(reader, found)
    for row in found.rows:
        taking.row(row)
    entries = taking.units() if mapping.one_row_is_one_unit else taking.entries
    held = sum(1 for one in reader.questions if one.holds_back)
    return Mapped(entries=tuple(entries), questions=tuple(reader.questions), notes=tuple(_notes(taking, sheet.cached)),
                  open=taking.open, rows=taking.seen, held_back=held, left_out=taking.left)


def _places(mapping: Mapping, found: Block, problems: Problems) -> dict[str, tuple[int, ...]]:
    places: dict[str, tuple[int, ...]] = {}
    for field, references in mapping.columns.items():
        at = []
        for reference in references:
            where = place(found.headers, reference)
            if where is None:
                problems.add(found.line, reference, N_("the file has no column %(column)s, which the mapping names"),
                             N_("correct the mapping: write the column's name as the file has it, or its letter"),
                             column=reference)
            else:
                at.append(where)
        places[field] = tuple(at)
    if "asset" not in places:
        problems.add(0, "columns.asset", N_("the mapping does not say which columns name an asset"),
                     N_("add asset with one column or several"))
    if "kind" not in places and "kind" not in mapping.constants and "model" not in places:
        problems.add(0, "columns.kind", N_("the mapping does not say what kind of equipment it is"),
                     N_("add kind under columns or under constants"))
    return places


class _Taking:
    def __init__(self, reader: RowReader, found: Block) -> None:
        self.reader = reader
        self.headers = [one.casefold() for one in found.headers]
        self.mapped = sorted({at for places in reader.places.values() for at in places})
        self.entries: list[Entry] = []
        self.open: dict[str, tuple[str, ...]] = {}
        self.unnamed = 0
        """Rows of which nothing says what kind they are."""
        self.seen = self.left = 0
        self.skipped: Counter[str] = Counter()
        self.skipped_rows: dict[str, list[int]] = {}
        self._names: dict[str, int] = {}
        self._rows: dict[str, int] = {}
        self._alike: dict[tuple[Any, ...], int] = {}
        self._serials: dict[str, int] = {}
        self._skip = {at: {one.casefold() for one in texts} for reference, texts in reader.mapping.skip.items()
                      if (at := place(found.headers, reference)) is not None}

    def row(self, row: Row) -> None:
        why = self._no_row(row)
        if why:
            self.skipped[why] += 1
            self.skipped_rows.setdefault(why, []).append(row.line)
            return
        self.seen += 1
        asked = len(self.reader.questions)
        try:
            name = self.reader.identity(row)
            values, open_ = self.reader.values(row)
        except Left:
            del self.reader.questions[asked:]
            self.left += 1
            return
        doubt = self._doubt(row, name, values)
        if doubt is not None:
            del self.reader.questions[asked:]
            self.left += doubt is _SETTLED
            self.reader.questions += [doubt] if doubt is not _SETTLED else []
            return
        self.unnamed += "kind" in open_
        parts = self._parts(values)
        for part in parts:
            self._take(row, name if len(parts) == 1 else f"{name} {part['model']}", part, open_)

    def units(self) -> list[Entry]:
        """Rows of one thing each, made to lines of things that are alike in all but name and serial number."""
        lines: dict[tuple[Entry, tuple[str, ...]], list[Entry]] = {}
        for one in self.entries:
            alike = msgspec.structs.replace(
                one, serials=(), asset=msgspec.structs.replace(one.asset, id="", line=0))
            key = (alike, self.open.get(one.asset.id, ()))
            lines.setdefault(key, []).append(one)
        self._names.clear()
        opened, self.open = self.open, {}
        return [self._line(alike, opened.get(alike[0].asset.id, ())) for alike in lines.values()]

    def _line(self, alike: list[Entry], open_: tuple[str, ...]) -> Entry:
        first = alike[0]
        asset = first.asset
        count = len(alike)
        name = asset.id
        if len(alike) > 1:
            what = " ".join(filter(None, (asset.make, asset.model))) or asset.kind
            name = " ".join(filter(None, (what, asset.version, asset.site, str(asset.purchased or ""))))
        name = self._free(short(name, 200), {})
        if open_:
            self.open[name] = open_
        return msgspec.structs.replace(
            first, serials=tuple(serial for one in alike for serial in one.serials),
            asset=msgspec.structs.replace(
                asset, id=name, quantity=asset.quantity * count, hours=asset.hours * count,
                cost=_times(asset.cost, count), upgrade_cost=_times(asset.upgrade_cost, count),
                extend_cost=_times(asset.extend_cost, count)))

    def _no_row(self, row: Row) -> str:
        cells = [row.cells[at] if at < len(row.cells) else "" for at in self.mapped]
        filled = [one for one in cells if one]
        if not filled:
            return "empty"
        if header_words.plain(next(one for one in row.cells if one)).removesuffix(" s") in header_words.TOTALS or (
                header_words.plain(filled[0]).split(" ")[0] in ("total", "totals", "totaux", "subtotal")
                and len(filled) <= max(2, len(cells) // 2)):
            return "totals"
        if [one.casefold() for one in row.cells] == self.headers[:len(row.cells)]:
            return "names"
        for at, texts in self._skip.items():
            if at < len(row.cells) and row.cells[at].casefold() in texts:
                return "skip"
        if len(filled) == 1 and len([one for one in row.cells if one]) == 1 and len(self.mapped) > 3:
            return "title"
        return ""

    def _doubt(self, row: Row, name: str, values: dict[str, Any]) -> Question | None:
        """The question for which a row is held back; ``_SETTLED`` where an answer leaves it out; else None."""
        reader = self.reader
        if not name:
            return self._question(row, "asset", "", N_("Nothing names this row. What is it called?"), ())
        doubled = next((one for one in values.get("serial", ()) if one.casefold() in self._serials), "")
        key = (name.casefold(), *sorted((field, str(value)) for field, value in values.items() if field != "serial"))
        at = self._serials[doubled.casefold()] if doubled else 0
        if not at and not values.get("serial"):
            at = self._alike.get(key, 0)
        if not at and len(reader.places["asset"]) == 1 and not reader.mapping.one_row_is_one_unit:
            at = self._rows.get(name.casefold(), 0)
        self._alike.setdefault(key, row.line)
        if at:
            names = (reader.column("asset"), "asset", "serial", reader.column("serial"))
            given = reader.answers.get(row.line, names, doubled or name)
            if given is None or given.value not in (SAME, OTHER, LEAVE_OUT):
                if doubled:
                    return self._question(row, "serial", doubled, N_(
                        "The serial number %(serial)s stands on row %(line)s too. Is this row the same thing, or "
                        "another?"), (SAME, OTHER), serial=doubled, line=str(at))
                return self._question(row, "asset", name, N_(
                    "It repeats row %(line)s. Is it the same thing, or another?"), (SAME, OTHER), line=str(at))
            if given.value != OTHER:
                return _SETTLED
            if doubled:
                values["serial"] = tuple(one for one in values["serial"] if one.casefold() not in self._serials)
        for one in values.get("serial", ()):
            self._serials[one.casefold()] = row.line
        return None

    def _question(self, row: Row, field: str, value: str, asks: str, proposals: tuple[str, ...],
                  **values: str) -> Question:
        return Question(row.line, self.reader.column(field), field, short(value, 200), asks, values, proposals, True)

    def _parts(self, values: dict[str, Any]) -> list[dict[str, Any]]:
        """One for each model that an answer told apart; usually the row itself."""
        models = values.get("model")
        if not isinstance(models, tuple):
            return [values]
        return [{**values, "model": name, "quantity": count} for name, count in models]

    def _take(self, row: Row, name: str, values: dict[str, Any], open_: set[str]) -> None:
        self._rows.setdefault(name.casefold(), row.line)
        name = self._free(name, values)
        counted = "quantity" not in open_ and ("quantity" in values or "quantity" not in self.reader.places)
        self.entries.append(inventory_file.entry({**values, "asset": name, "counted": counted}, row.line))
        if open_:
            self.open[name] = tuple(sorted(open_))

    def _free(self, name: str, values: dict[str, Any]) -> str:
        """A name no other line has: with its version, date, kind or maker, at last with a number."""
        for one in (name, *(f"{name} {values[field]}" for field in ("version", "purchased", "kind", "make")
                            if values.get(field))):
            if one.casefold() not in self._names:
                self._names[one.casefold()] = 2
                return one
        number = self._names[name.casefold()]
        while f"{name} ({number})".casefold() in self._names:
            number += 1
        self._names[name.casefold()] = number + 1
        self._names[f"{name} ({number})".casefold()] = 2
        return f"{name} ({number})"


_SETTLED = Question(0, "", "", "", "")
"""Stands for a doubt that an answer settled: the row is left out."""


def _notes(taking: _Taking, cached: int) -> list[Note]:
    """What was taken, changed or passed over without a question."""
    reader = taking.reader
    found = []
    texts = {"totals": N_("Rows that add others up are not read: %(rows)s."),
             "names": N_("Rows that repeat the column names are not read: %(rows)s."),
             "title": N_("Rows that only hold a title are not read: %(rows)s."),
             "skip": N_("Rows that the mapping leaves out are not read: %(rows)s.")}
    for why, text in texts.items():
        if taking.skipped[why]:
            found.append(Note(text, {"rows": _rows(taking.skipped_rows[why])}))
    used = {at for places in reader.places.values() for at in places}
    unread = [one for at, one in enumerate(reader.headers) if at not in used and one]
    for counter, text in (
            (reader.blanks, N_("Cells that say nothing (n/a, unknown, ?) are taken as empty: %(list)s.")),
            (reader.kinds_as_written, N_("Kinds taken as the file has them: %(list)s.")),
            (reader.lineages, N_("Makers whose products another has now: %(list)s.")),
            (reader.serial_dates, N_("Bare numbers taken as days, as a spreadsheet counts them: %(list)s.")),
            (reader.first_days, N_("Dates taken as the first day they may be: %(list)s."))):
        if counter:
            most = sorted(counter.items(), key=lambda one: (-one[1], one[0]))
            shown = [f"{what} ({count})" for what, count in most[:8]] + (["…"] if len(most) > 8 else [])
            found.append(Note(text, {"list": short(", ".join(shown), 400)}))
    if "quantity" not in reader.places and not reader.mapping.one_row_is_one_unit:
        found.append(Note(N_("Without a column quantity, every line counts as one.")))
    if "kind" not in reader.places and taking.unnamed:
        found.append(Note(
            N_("No column says what kind of equipment it is: %(count)s rows are of an unknown kind, which decides "
               "weights, freezes and funds. Name the kind under columns or constants of the mapping."),
            {"count": str(taking.unnamed)}))
    if cached:
        found.append(Note(N_("Formulas are not run; the results saved with them are taken: %(count)s."),
                          {"count": str(cached)}))
    if unread:
        found.append(Note(N_("Columns that are not read, and not kept: %(list)s."),
                          {"list": short(", ".join(unread), 400)}))
    if reader.answers.unused:
        found.append(Note(N_("Answers that fit no open question: %(list)s."), {"list": short(", ".join(
            f"{one.row or '*'} {one.column}" for one in reader.answers.unused[:8]), 400)}))
    return found


def _times(amount: int | None, count: int) -> int | None:
    return None if amount is None else amount * count


def _rows(lines: list[int]) -> str:
    return ", ".join(str(one) for one in lines[:12]) + (f" … ({len(lines)})" if len(lines) > 12 else "")
