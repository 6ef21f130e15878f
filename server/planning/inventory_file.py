"""The canonical inventory CSV: ``asset,kind,make,…``. Read exactly: with any mistake nothing of it is taken."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from server.pages.language import N_
from server.planning import columns
from server.planning.cell import Unclear
from server.planning.columns import BASE, BY_NAME, HEADER, NEEDED, normal
from server.planning.delimited import Row
from server.planning.entry import Entry
from server.planning.model import Asset
from server.planning.row_problem import Problems

_FORMULA = ("=", "+", "@")
"""How a cell begins that a spreadsheet would run; nothing here begins so."""


def is_canonical(header: Sequence[str]) -> bool:
    """Whether a first row is that of an inventory in the published columns."""
    names = {normal(one) for one in header}
    return set(NEEDED) <= names and len(names & set(BY_NAME)) >= max(4, len(names) // 2)


def is_nearly(header: Sequence[str]) -> bool:
    """Whether a first row is meant as an inventory's, but for a column or two: then its mistakes are told."""
    names = {normal(one) for one in header}
    return len(names & set(BY_NAME)) >= 6


def entries(header: Row, rows: Iterable[Row], today: date, problems: Problems) -> list[Entry]:
    """The entries of a canonical table. Every mistake is put to ``problems``; then the entries mean nothing."""
    places = _places(header, problems)
    names: dict[str, int] = {}
    found: list[Entry] = []
    for row in rows:
        if len(row.cells) != len(header.cells) and any(row.cells[len(header.cells):]):
            problems.add(row.line, "", N_("%(count)s cells under %(columns)s columns"),
                         N_("put quotation marks around a cell that holds a separator"),
                         count=len(row.cells), columns=len(header.cells))
            continue
        values = _values(row, places, today, problems)
        name = values.get("asset")
        if name is None:
            continue
        key = name.casefold()
        if key in names:
            problems.add(row.line, "asset", N_("%(asset)s stands on line %(line)s already"),
                         N_("give each line a name of its own"), asset=name, line=names[key])
            continue
        names[key] = row.line
        if "kind" in values:
            found.append(entry(values, row.line))
    _same_serials(found, problems)
    if not names and not problems:
        problems.add(header.line, "", N_("no assets"), N_("write one line for each asset below the column names"))
    return found


def entry(values: dict[str, Any], line: int) -> Entry:
    """An entry of the values of its columns. ``unit_cost`` is for one, the other costs are for the whole line.

    Where it is not ``counted`` how many there are, no cost is known.
    """
    asset: dict[str, Any] = {"line": line}
    more: dict[str, Any] = {}
    for name, value in values.items():
        field = BY_NAME[name].field
        if field.startswith("."):
            more[field[1:]] = value
        elif field != name or name in Asset.__struct_fields__:
            asset[field] = value
    quantity = asset.get("quantity", 1)
    if values.get("counted", True):
        for unit, whole in (("unit_cost", "cost"), ("unit_upgrade_cost", "upgrade_cost"),
                            ("unit_extend_cost", "extend_cost")):
            if unit in values:
                asset[whole] = values[unit] * quantity
    return Entry(asset=Asset(**asset), **more)


def _places(header: Row, problems: Problems) -> dict[str, int]:
    places: dict[str, int] = {}
    for index, written in enumerate(header.cells):
        name = normal(written)
        if not name:
            continue
        if name not in BY_NAME:
            near = columns.nearest(written)
            problems.add(header.line, written, N_("the column %(column)s is not known"),
                         N_("rename it to %(near)s") if near and near not in places
                         else N_("remove it, or read the file through a mapping (hustings plan import)"),
                         column=written, near=near)
        elif name in places:
            problems.add(header.line, written, N_("the column %(column)s is there twice"), N_("keep one of them"),
                         column=written)
        else:
            places[name] = index
    for name in NEEDED:
        if name not in places:
            problems.add(header.line, name, N_("the column %(column)s is missing"),
                         N_("let the first line read %(header)s"), column=name, header=HEADER)
    for unit, whole in (("unit_upgrade_cost", "upgrade_cost"), ("unit_extend_cost", "extend_cost")):
        if unit in places and whole in places:
            problems.add(header.line, unit, N_("%(unit)s and %(whole)s say the same cost in two ways"),
                         N_("keep one of the two columns"), unit=unit, whole=whole)
    return places


def missing(header: Row) -> tuple[str, ...]:
    """The usual columns that a file leaves out: of them nothing is known."""
    names = {normal(one) for one in header.cells}
    return tuple(one.name for one in BASE if one.name not in names)


def _values(row: Row, places: dict[str, int], today: date, problems: Problems) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, index in places.items():
        written = row.cells[index] if index < len(row.cells) else ""
        if not written:
            if name in (*NEEDED, "quantity"):
                problems.add(row.line, name, N_("the cell is empty"),
                             N_("write how many there are, as 12") if name == "quantity"
                             else N_("give the line a name of its own") if name == "asset"
                             else N_("write the kind as one word, such as ballot-printer"))
            continue
        if written.startswith(_FORMULA):
            problems.add(row.line, name, N_("%(value)s begins as a formula does, and is not run"),
                         N_("write what it shows"), value=written)
            continue
        if written[0] == "'" and written[1:2] in (*_FORMULA, "-"):
            written = written[1:]
        try:
            values[name] = BY_NAME[name].read(written, today)
        except Unclear as unclear:
            problems.add(row.line, name, unclear.what, unclear.remedy, **unclear.values)
    return values


def _same_serials(found: list[Entry], problems: Problems) -> None:
    seen: dict[str, int] = {}
    for one in found:
        for serial in one.serials:
            first = seen.setdefault(serial.casefold(), one.asset.line)
            if first != one.asset.line:
                problems.add(one.asset.line, "serial", N_("the serial number %(serial)s stands on line %(line)s too"),
                             N_("correct one of the two, or remove the line that repeats the other"),
                             serial=serial, line=first)
