"""The columns of an inventory file, as published: names, what each cell says, and which may be left out."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple

from server.planning import cell


class Column(NamedTuple):
    name: str
    read: Callable[[str, date], Any]
    """The value of a cell that is not empty, given today's date. Raises ``cell.Unclear``."""
    field: str
    """Where it goes: a field of ``Asset``, or of ``Entry`` with a dot before it."""


def _column(name: str, read: Callable[[str], Any], field: str = "") -> Column:
    return Column(name, lambda value, today: read(value), field or name)


def _hours(value: str) -> float:
    return cell.number(value, 1_000_000)


def _serials(value: str) -> tuple[str, ...]:
    """Serial numbers with spaces or semicolons between, as many as the line has things."""
    return tuple(dict.fromkeys(part for part in cell.text(value, 120_000).replace(";", " ").split(" ") if part))


BASE = (
    _column("asset", cell.text, "id"), _column("kind", cell.kind), _column("make", cell.text),
    _column("model", cell.text), _column("version", cell.text), _column("quantity", cell.quantity),
    Column("purchased", cell.past_day, "purchased"), _column("site", cell.text),
    _column("unit_cost", cell.amount, ""), _column("lead_months", cell.months), _column("group", cell.text),
)
"""Every inventory has these, in this order where we write it."""
OPTIONAL = (
    _column("hours", _hours), _column("upgrade_cost", cell.amount), _column("extend_cost", cell.amount),
    _column("extend_until", cell.day), _column("must_by", cell.day), _column("retire", cell.flag),
    _column("unit_upgrade_cost", cell.amount), _column("unit_extend_cost", cell.amount),
    _column("edition", cell.text, ".edition"), _column("product", cell.text, ".product"),
    _column("serial", _serials, ".serials"), _column("owner", cell.text, ".owner"),
    _column("place", cell.text, ".place"), _column("certification", cell.text, ".certification"),
    _column("certified_until", cell.day, ".certified_until"), _column("end_of_life", cell.day, ".end_of_life"),
    _column("end_of_sale", cell.day, ".end_of_sale"), _column("extended_until", cell.day, ".extended_until"),
    _column("evidence", cell.text, ".evidence"), _column("lineage", cell.text, ".lineage"),
    _column("counted", cell.flag, ".counted"),
)
BY_NAME = {one.name: one for one in (*BASE, *OPTIONAL)}
NEEDED = ("asset", "kind")
"""Without these columns a table is not this kind of file."""
HEADER = ",".join(one.name for one in BASE)


def normal(name: str) -> str:
    """A column's name as published: small letters, underscores."""
    return "_".join(name.casefold().replace("-", " ").replace("_", " ").split())


def nearest(name: str) -> str:
    """The column that a misspelt one may be, or ""."""
    return next(iter(difflib.get_close_matches(normal(name), BY_NAME, 1, 0.75)), "")
