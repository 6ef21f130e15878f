"""How an equipment file would be read: what a preview shows, from the file and what its sender chose so far. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec

from policies.lifecycle import Table
from server.planning import inventory
from server.planning.inventory import Inventory
from server.planning.row_problem import RowProblem

ANSWER = "answer:"
"""Form fields of answers: ``answer:ROW:COLUMN``."""


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """A file as it would be imported now."""

    inventory: Inventory
    answers: dict[tuple[int, str], str]

    @property
    def problems(self) -> tuple[RowProblem, ...]:
        return self.inventory.problems

    @property
    def ready(self) -> bool:
        """Whether it can be imported as it is; open questions stay unknown."""
        return not self.inventory.problems and bool(self.inventory.entries)

    @property
    def columns(self) -> tuple[Any, ...]:
        """What may be mapped; none where the file has the published columns."""
        return ()

    @property
    def header_row(self) -> int:
        return 1

    @property
    def answered(self) -> list[tuple[tuple[int, str], str]]:
        """Answers whose question is not asked any more: the form carries them on."""
        asked = {(one.row, one.column) for one in self.inventory.questions}
        return [(place, value) for place, value in sorted(self.answers.items()) if place not in asked]

    @property
    def mapping_record(self) -> dict[str, Any]:
        """The mapping for the store."""
        return {}

    @property
    def answers_record(self) -> list[list[Any]]:
        return [[row, column, value] for (row, column), value in sorted(self.answers.items())]


def preview(data: bytes, name: str, table: Table, today: date, form: Mapping[str, str]) -> Preview:
    """Read ``data`` as the form says. Raises ``BadDocument`` for what is no table."""
    answers = answers_of(form)
    return Preview(inventory=inventory.read(data, name, table, today), answers=answers)


def answers_of(form: Mapping[str, str]) -> dict[tuple[int, str], str]:
    """What was answered: by row and column of the file."""
    found = {}
    for field, value in form.items():
        row, _, column = field.removeprefix(ANSWER).partition(":")
        if field.startswith(ANSWER) and row.isascii() and row.isdigit() and len(row) < 10 and value.strip():
            found[int(row), column] = value.strip()
    return found
