"""What the tests of reading lists share: the shipped tables and one day."""

from __future__ import annotations

from datetime import date
from functools import cache

from policies import pack
from policies.lifecycle import Table
from server.planning import inventory
from server.planning.answers import Answers
from server.planning.inventory import Inventory
from server.planning.mapping import Mapping
from server.planning.proposal import propose

TODAY = date(2026, 11, 22)
HEADER = "asset,kind,make,model,version,quantity,purchased,site,unit_cost,lead_months,group"


@cache
def table() -> Table:
    return Table.of(pack.shipped().tables)


def read(text: str | bytes, name: str = "inventory.csv") -> Inventory:
    return inventory.read(text.encode() if isinstance(text, str) else text, name, table(), TODAY)


def line(text: str, more: str = "") -> Inventory:
    """The inventory of one line in the published columns, and ``more`` columns behind them."""
    return read(f"{HEADER}{',' if more else ''}{more}\n{text}\n")


def mapped(data: str | bytes, mapping: Mapping | None = None, *, name: str = "list.csv",
           answers: dict[tuple[int, str], str] | Answers | None = None) -> Inventory:
    """A list through its proposed mapping, or another."""
    raw = data.encode() if isinstance(data, str) else data
    return inventory.read(raw, name, table(), TODAY, mapping=mapping or propose(raw, name).mapping, answers=answers)


def told(made: Inventory) -> list[tuple[int, str, str]]:
    """Each problem: line, column, what."""
    return [(one.line, one.column, one.said()[0]) for one in made.problems]


def asked(made: Inventory) -> list[tuple[int, str, str]]:
    """Each question: row, column, what."""
    return [(one.row, one.column, one.said()) for one in made.questions]
