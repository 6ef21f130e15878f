"""A mapping: how the columns of an office's own list become those of an inventory. A small YAML or JSON file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Literal

import msgspec

from hustings import strict_json, yaml_source
from hustings.errors import BadDocument
from server.pages.language import N_
from server.planning import cell
from server.planning.cell import Unclear
from server.planning.columns import BY_NAME, normal
from server.planning.decoding import decode
from server.planning.row_problem import FileProblems, Problems

SCHEMA = "hustings.mapping/1"
Unit = Literal["days", "weeks", "months", "years"]


class BadMapping(BadDocument):
    """A mapping that is refused."""


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What to read, and by which rules. Every rule that decides something unsure is written here, never implied."""

    schema: str = SCHEMA
    sheet: str = ""
    header_row: int = 1
    """The first row of the column names, as the file counts rows."""
    header_rows: int = 1
    columns: dict[str, tuple[str, ...]] = {}
    """For each column of an inventory, the file's columns, by name or letter; several are joined with a space."""
    constants: dict[str, str] = {}
    """Values for every row, where the file's own cell is empty or there is no column."""
    by_kind: dict[str, dict[str, str]] = {}
    """Values for every row of a kind, where nothing else says them: ``{tabulator: {unit_cost: 6500}}``."""
    kinds: dict[str, str] = {}
    """The kind that each text of the kind's column means."""
    skip: dict[str, tuple[str, ...]] = {}
    """Rows to leave out: for a column, the texts that say so."""
    lead_in: Unit = "months"
    dates: Literal["ask", "earliest"] = "ask"
    """What a purchase date that names a season, month or year becomes: a question, or its first day."""
    day_first: bool | None = None
    """Whether 03/04/2019 is 3 April. Not said: such dates are asked."""
    serial_dates: bool = False
    """Whether bare numbers in a date's column are days as a spreadsheet counts them."""
    fiscal_year_starts: int = 0
    """The month; 0: not known, and fiscal years are asked."""
    one_row_is_one_unit: bool = False
    """Whether each row is one thing with its serial number: alike rows then become one line."""
    blanks: tuple[str, ...] = ()
    """More texts that mean an empty cell."""
    headers: str = ""
    """The digest of the column names it was made for; see ``fingerprint``."""


def read(data: bytes, name: str) -> Mapping:
    """A mapping file. Raises ``BadMapping`` with its line, or ``FileProblems``."""
    source = yaml_source.load(decode(data, name).text, name, error=BadMapping, bare_keys=frozenset({"y", "n"}))
    if isinstance(source.value, dict) and isinstance(source.value.get("columns"), dict):
        source.value["columns"] = {key: [one] if isinstance(one, str) else one
                                   for key, one in source.value["columns"].items()}
    if isinstance(source.value, dict):
        for key in ("constants", "kinds"):
            if isinstance(source.value.get(key), dict):
                source.value[key] = _texts(source.value[key])
        if isinstance(source.value.get("by_kind"), dict):
            source.value["by_kind"] = {key: _texts(one) if isinstance(one, dict) else one
                                       for key, one in source.value["by_kind"].items()}
    mapping = yaml_source.convert(source, Mapping, error=BadMapping)
    check(mapping, name)
    return mapping


def _texts(values: dict[str, object]) -> dict[str, object]:
    return {key: str(one) if isinstance(one, int | float) and not isinstance(one, bool) else one
            for key, one in values.items()}


def check(mapping: Mapping, name: str) -> None:
    """Raises ``FileProblems`` for anything in a mapping that no file could be read by."""
    problems = Problems()
    if mapping.schema != SCHEMA:
        problems.add(0, "schema", N_("its schema is %(schema)s"), N_("write %(wanted)s"), schema=mapping.schema,
                     wanted=SCHEMA)
    if not 1 <= mapping.header_row <= 1000 or not 1 <= mapping.header_rows <= 5 or not (
            0 <= mapping.fiscal_year_starts <= 12):
        problems.add(0, "header_row", N_("the rows of the column names, or the fiscal year's month, are out of range"),
                     N_("write header_row from 1, header_rows from 1 to 5, fiscal_year_starts from 1 to 12"))
    named: list[tuple[str, Iterable[str]]] = [("columns", mapping.columns), ("constants", mapping.constants)]
    named += [(f"by_kind.{kind}", values) for kind, values in mapping.by_kind.items()]
    for place, fields in named:
        for field in fields:
            if field not in BY_NAME:
                problems.add(0, f"{place}.{field}", N_("an inventory has no column %(column)s"),
                             N_("the columns are: %(columns)s"), column=field, columns=", ".join(BY_NAME))
    for kind in {*mapping.kinds.values(), *mapping.by_kind}:
        try:
            cell.kind(kind)
        except Unclear as unclear:
            problems.add(0, "kinds", unclear.what, unclear.remedy, **unclear.values)
    if problems:
        raise FileProblems(name, problems.found)


def write(mapping: Mapping) -> str:
    """The mapping as YAML."""
    import yaml

    content = msgspec.to_builtins(mapping)
    content = {"schema": mapping.schema, "header_row": mapping.header_row, **content}
    content["columns"] = {key: one[0] if len(one) == 1 else list(one) for key, one in mapping.columns.items()}
    text: str = yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=100)
    return text


def fingerprint(headers: list[str]) -> str:
    """The digest by which a mapping made for the same column names is found again."""
    return hashlib.sha256(strict_json.dumps([normal(one) for one in headers])).hexdigest()[:16]
