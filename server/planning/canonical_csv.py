"""An inventory in its published columns, as CSV: what an import gives, to keep, correct and plan with."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import date
from typing import Any

from server.planning.columns import BASE, OPTIONAL, Column
from server.planning.entry import Entry
from server.planning.money import dollars

_UNITS = ("unit_upgrade_cost", "unit_extend_cost")
"""Other ways to say what the columns for the whole line say."""
_AMOUNTS = ("upgrade_cost", "extend_cost")
_STARTS = ("=", "+", "-", "@", "\t", "\r")


def write(entries: Iterable[Entry]) -> str:
    """RFC 4180. A cell that a spreadsheet would run has an apostrophe before it; reading takes it off again.

    Columns that no entry fills are left out, but for the usual ones. Where the cost of a line is not a whole number of
    cents for each, or how many there are is not known, ``unit_cost`` stays empty.
    """
    listed = list(entries)
    columns = [*BASE, *(one for one in OPTIONAL if one.name not in _UNITS and any(_text(one, each) for each in listed))]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([one.name for one in columns])
    writer.writerows([inert(_text(one, each)) for one in columns] for each in listed)
    return out.getvalue()


def inert(text: str) -> str:
    """A cell that no spreadsheet runs."""
    return f"'{text}" if text.startswith(_STARTS) else text


def _text(column: Column, entry: Entry) -> str:
    asset = entry.asset
    if column.name == "unit_cost":
        return "" if asset.cost is None or asset.cost % asset.quantity else str(dollars(asset.cost // asset.quantity))
    if column.name == "counted":
        return "" if entry.counted else "no"
    value: Any = getattr(entry, column.field[1:]) if column.field.startswith(".") else getattr(asset, column.field)
    if value is None or value == "" or (value is False) or (column.name == "hours" and not value):
        return ""
    if column.name in _AMOUNTS:
        return str(dollars(value))
    if isinstance(value, tuple):
        return " ".join(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return "yes"
    return f"{value:g}" if isinstance(value, float) else str(value)
