"""Answers to the questions of an import: a CSV of ``row,column,value``, applied on the next run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from server.pages.language import N_
from server.planning.columns import normal
from server.planning.decoding import decode
from server.planning.delimited import delimiter, rows
from server.planning.row_problem import FileProblems, Problems

LEAVE_OUT = "-"
"""The answer that leaves a row out."""
NOT_KNOWN = "?"
"""The answer that imports a row without this fact, and does not ask again."""
SAME, OTHER = "same", "other"
"""The answers to whether a row repeats another: the same thing, or one more."""
HEADER = "row,column,value"


class Answer(msgspec.Struct, frozen=True):
    """What someone said of a cell. ``row`` 0: of every cell of the column that reads ``was``."""

    row: int
    column: str
    value: str
    was: str = ""
    line: int = 0


class Answers:
    """Answers by cell. Columns are named as the file or the inventory names them."""

    def __init__(self, given: Sequence[Answer]) -> None:
        self.given = tuple(given)
        self._cells = {(one.row, normal(one.column)): one for one in given if one.row}
        self._texts = {(normal(one.column), one.was.casefold()): one for one in given if not one.row}
        self.used: set[Answer] = set()

    @classmethod
    def of(cls, given: Mapping[tuple[int, str], str]) -> Answers:
        return cls([Answer(row, column, value) for (row, column), value in given.items()])

    def get(self, row: int, names: Sequence[str], was: str) -> Answer | None:
        """The answer for a cell, which ``names`` (the file's and the inventory's) name."""
        for name in names:
            found = self._cells.get((row, normal(name))) or self._texts.get((normal(name), was.casefold()))
            if found is not None:
                self.used.add(found)
                return found
        return None

    @property
    def unused(self) -> tuple[Answer, ...]:
        """Answers to what nobody asked: their row or column may be mistaken."""
        return tuple(one for one in self.given if one not in self.used)


def read(data: bytes, name: str) -> Answers:
    """An answers file: columns ``row``, ``column``, ``value``, and ``was`` for rows written ``*``: every cell of the
    column that reads so. Raises ``FileProblems`` with every mistake."""
    text = decode(data, name).text
    problems = Problems()
    lines = rows(text, delimiter(text), problems)
    header = next(lines, None)
    names = [normal(one) for one in header.cells] if header else []
    for wanted in ("row", "column", "value"):
        if wanted not in names:
            problems.add(header.line if header else 0, wanted, N_("the column %(column)s is missing"),
                         N_("let the first line read %(header)s"), column=wanted, header=HEADER)
    found: list[Answer] = []
    for one in lines if not problems else ():
        cells = dict(zip(names, [*one.cells, *[""] * len(names)], strict=False))
        every = cells["row"] == "*"
        if not every and not (cells["row"].isascii() and cells["row"].isdigit() and 0 < int(cells["row"]) < 10**7):
            problems.add(one.line, "row", N_("%(value)s is not a row of the file"),
                         N_("write the number of the row, or * for every row whose cell reads as under was"),
                         value=cells["row"])
        elif every and not cells.get("was"):
            problems.add(one.line, "was", N_("the cell is empty"),
                         N_("write the text that the answer is for, as the file has it"))
        elif cells["value"]:
            found.append(Answer(0 if every else int(cells["row"]), cells["column"], cells["value"],
                                cells.get("was", ""), one.line))
    if problems:
        raise FileProblems(name, problems.found)
    return Answers(found)
