"""What a table's columns seem to be: a mapping to look at and correct, and how sure each guess is. Imports nothing."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from functools import lru_cache

import msgspec

from server.planning import header_words, inventory_file, loose_date
from server.planning.delimited import Row
from server.planning.grid import Grid, Sheet, grid
from server.planning.header_block import Block, block, letter
from server.planning.header_words import FIELDS, OS_NAME, OS_VERSION, PERSONAL, REGION, plain
from server.planning.mapping import Mapping, fingerprint
from server.planning.row_problem import short

_SEARCHED = 40
"""Rows in which the column names are looked for."""
_SAMPLED = 2_000
_EXAMPLES = 3
_MISSPELT = 32
"""Longer names are not looked for with their letters wrong."""


class Proposed(msgspec.Struct, frozen=True):
    """One column of the file. ``key`` is its letter; ``field`` the inventory's column it seems to be, or ""."""

    key: str
    header: str
    field: str
    confidence: float
    """0 to 1: how alike the names are."""
    examples: tuple[str, ...]
    personal: bool = False
    """Whether it names people: it is not read, and no example is shown."""


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a preview shows, and the mapping that would be used."""

    name: str
    canonical: bool
    """Whether the file has the published columns: then it needs no mapping."""
    encoding: str
    encoding_sure: bool
    examples: tuple[str, ...]
    delimiter: str
    sheets: tuple[str, ...]
    sheet: str
    header_row: int
    header_rows: int
    columns: tuple[Proposed, ...]
    samples: tuple[tuple[str, ...], ...]
    mapping: Mapping


def propose(data: bytes, name: str, *, sheet: str = "", saved: Sequence[Mapping] = ()) -> Proposal:
    """Guess the mapping of a file, or take the one of ``saved`` that was made for the same column names.

    Raises ``BadDocument`` for what is no table.
    """
    return of(grid(data, name), sheet=sheet, saved=saved)


def of(table: Grid, *, sheet: str = "", saved: Sequence[Mapping] = ()) -> Proposal:
    """``propose`` for a table that is read already."""
    chosen = table.sheet(sheet) if sheet else _best(table)
    start, height, _ = _header(chosen)
    found = block(chosen, start, height)
    columns = _columns(found, chosen)
    mapping = next((one for one in saved if one.headers and one.headers == fingerprint(found.headers)), None)
    return Proposal(
        name=table.name, canonical=bool(chosen.rows) and inventory_file.is_canonical(chosen.rows[0].cells),
        encoding=table.encoding, encoding_sure=table.sure, examples=table.examples, delimiter=table.delimiter,
        sheets=tuple(one.name for one in table.sheets), sheet=chosen.name, header_row=found.line,
        header_rows=height, columns=columns,
        samples=tuple(tuple("" if column.personal else short(_cell(row, at)) for at, column in enumerate(columns))
                      for row in found.rows[:5]),
        mapping=mapping or _mapping(chosen, found, columns))


def _best(table: Grid) -> Sheet:
    scored = [(not one.hidden, _header(one)[2], -at, one) for at, one in enumerate(table.sheets) if one.rows]
    return max(scored, key=lambda one: one[:3])[3] if scored else table.sheet()


def _header(sheet: Sheet) -> tuple[int, int, float]:
    """Where the column names begin (an index of rows), how many rows they take, and how much speaks for it."""
    best = (0, 1, 0.0)
    for at in range(min(_SEARCHED, len(sheet.rows))):
        one = _names_score(sheet.rows[at].cells)
        if one > best[2] + 0.01:
            best = (at, 1, one)
        if at + 1 < len(sheet.rows) and sheet.rows[at + 1].line == sheet.rows[at].line + 1:
            two = _names_score(block(sheet, at, 2).headers)
            below = sheet.rows[at + 1].cells
            if two > max(best[2], one, _names_score(below)) + 0.3 and not any(_value(cell) for cell in below):
                best = (at, 2, two)
    return best


def _names_score(cells: Sequence[str]) -> float:
    fields = [_field(one) for one in cells]
    names = sum({field: sure for field, sure in sorted(fields, key=lambda one: one[1]) if field}.values())
    return names - 0.5 * sum(1 for one in cells if _value(one))


def _value(text: str) -> bool:
    """Whether a cell looks like data rather than a name of data."""
    return bool(re.fullmatch(r"[-$€£\d\s.,/:%]+", text)) and any(char.isdigit() for char in text)


@lru_cache(maxsize=8_192)
def _field(header: str) -> tuple[str, float]:
    """The column of an inventory that a name seems to be, and how sure that is."""
    name = plain(header)
    if not name or _personal(name):
        return "", 0.0
    best, sure = "", 0.0
    for field, words in FIELDS.items():
        for at, word in enumerate(words):
            if name == word:
                likeness = 1.0 - at * 0.005
            elif len(word) > 3 and (f" {word} " in f" {name} "):
                likeness = 0.75 * len(word) / len(name) + 0.15
            else:
                continue
            if likeness > sure:
                best, sure = field, likeness
    if not best and 3 < len(name) <= _MISSPELT:
        close = difflib.get_close_matches(name, [one for words in FIELDS.values() for one in words], 1, 0.84)
        if close:
            best, sure = next(field for field, words in FIELDS.items() if close[0] in words), 0.6
    return best, round(sure, 2)


def _personal(name: str) -> bool:
    return name in PERSONAL or any(f" {one} " in f" {name} " for one in PERSONAL if len(one) > 6)


def _columns(found: Block, sheet: Sheet) -> tuple[Proposed, ...]:
    guesses = [_field(header) for header in found.headers]
    best: dict[str, int] = {}
    for at, (field, sure) in enumerate(guesses):
        if field and (field not in best or sure > guesses[best[field]][1]):
            best[field] = at
    columns = []
    for at, header in enumerate(found.headers):
        field, sure = guesses[at]
        personal = _personal(plain(header))
        taken = field and best[field] != at
        also = taken and field == "version" and plain(header) in OS_VERSION
        columns.append(Proposed(letter(at), header, "" if taken and not also else field,
                                0.0 if taken and not also else sure,
                                () if personal else _examples(found.rows, at), personal))
    return tuple(columns)


def _examples(rows: Sequence[Row], at: int) -> tuple[str, ...]:
    seen: dict[str, None] = {}
    for row in rows[:_SAMPLED]:
        value = _cell(row, at)
        if value:
            seen[short(value, 40)] = None
            if len(seen) == _EXAMPLES:
                break
    return tuple(seen)


def _cell(row: Row, at: int) -> str:
    return row.cells[at] if at < len(row.cells) else ""


def _mapping(sheet: Sheet, found: Block, columns: tuple[Proposed, ...]) -> Mapping:
    names = _references(columns)
    by_field: dict[str, list[int]] = {}
    for at, one in enumerate(columns):
        if one.field:
            by_field.setdefault(one.field, []).append(at)
    if "version" in by_field:
        by_field["version"].sort(key=lambda at: (plain(columns[at].header) not in OS_NAME, at))
    mapped = {field: tuple(names[at] for at in places) for field, places in by_field.items()}
    units = "serial" in by_field and "quantity" not in by_field
    regions = [at for at, one in enumerate(columns) if plain(one.header) in REGION]
    if "site" in mapped:
        mapped["site"] += tuple(names[at] for at in regions if plain(columns[at].header) in ("state", "province",
                                                                                             "etat", "territory"))
    if "asset" not in mapped or units:
        wide = [names[at] for at in regions if names[at] not in mapped.get("site", ())][:1]
        parts = [one for field in ("site", "kind", "model") for one in mapped.get(field, ())] + wide
        mapped["asset"] = mapped.get("asset", ()) if units and "asset" in mapped else tuple(dict.fromkeys(parts))
    kinds, skip = _kinds(found, by_field.get("kind", []), columns, names)
    dates = [_cell(row, at) for at in by_field.get("purchased", []) for row in found.rows[:_SAMPLED]]
    lead = plain(" ".join(columns[at].header for at in by_field.get("lead_months", [])))
    order = [one for one in (*("asset", "kind", "make", "model", "version"), *FIELDS) if mapped.get(one)]
    return Mapping(
        sheet=sheet.name, header_row=found.line, header_rows=found.height,
        columns={field: mapped[field] for field in dict.fromkeys(order)}, kinds=kinds, skip=skip,
        lead_in="weeks" if "week" in lead or "semaine" in lead else "days" if "day" in lead or "jour" in lead
        else "months",
        day_first=_day_first(dates), serial_dates=_serials(dates), one_row_is_one_unit=units,
        headers=fingerprint(found.headers))


def _references(columns: tuple[Proposed, ...]) -> list[str]:
    """How a mapping names each column: by its header where that is the only one of its name, else by its letter."""
    headers = [one.header for one in columns]
    return [one.header if one.header and headers.count(one.header) == 1 else one.key for one in columns]


def _kinds(found: Block, places: list[int], columns: tuple[Proposed, ...],
           names: list[str]) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """What each text of the kind's column means, written out so that it can be seen and corrected."""
    kinds: dict[str, str] = {}
    skip: list[str] = []
    for at in places[:1]:
        for text in sorted({_cell(row, at) for row in found.rows} - {""}):
            if len(kinds) + len(skip) >= 200:
                break
            if header_words.no_equipment(text):
                skip.append(text)
            elif header_words.kind(text):
                kinds[text] = header_words.kind(text)
        return kinds, {names[at]: tuple(skip)} if skip else {}
    return kinds, {}


def _day_first(values: list[str]) -> bool | None:
    """Whether days stand before months: said only where the column itself leaves no doubt."""
    pairs = [(int(one[1]), int(one[2])) for value in values
             if (one := re.match(r"([0-9]{1,2})[-/.]([0-9]{1,2})[-/.][0-9]{2,4}", value))]
    first, second = any(one > 12 for one, _ in pairs), any(two > 12 for _, two in pairs)
    return None if first == second else first


def _serials(values: list[str]) -> bool:
    numbers = [one for one in values if one and loose_date.read(one, serial_epoch=1900)
               and not loose_date.read(one)]
    return bool(numbers)
