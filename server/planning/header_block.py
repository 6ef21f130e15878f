"""The column names of a sheet, where they take one row or several, and the rows below them."""

from __future__ import annotations

from typing import NamedTuple

from server.planning.delimited import Row
from server.planning.grid import Sheet
from server.planning.row_problem import short


class Block(NamedTuple):
    line: int
    """The row of the file on which the names begin."""
    height: int
    headers: list[str]
    rows: list[Row]


def block(sheet: Sheet, start: int, height: int) -> Block:
    """Names that take several rows are joined: one above many (a merged cell) stands over each of them."""
    top = sheet.rows[start:start + height]
    width = max((len(one.cells) for one in sheet.rows[start:start + 200]), default=0)
    parts: list[list[str]] = [[] for _ in range(width)]
    for depth, row in enumerate(top):
        over = ""
        for at in range(width):
            text = row.cells[at] if at < len(row.cells) else ""
            if depth < len(top) - 1:
                below = any(at < len(one.cells) and one.cells[at] for one in top[depth + 1:])
                over = text or (over if below else "")
                text = over
            if text and text not in parts[at]:
                parts[at].append(short(" ".join(text.split()), 120))
    return Block(top[0].line if top else 1, height, [" ".join(one) for one in parts], sheet.rows[start + height:])


def letter(index: int) -> str:
    """The letters of a column: A, B, … Z, AA."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name


def place(headers: list[str], reference: str) -> int | None:
    """Where a column is that a mapping names by its header, or by its letter; None where there is none such."""
    wanted = " ".join(reference.split()).casefold()
    named = [at for at, one in enumerate(headers) if one.casefold() == wanted]
    if len(named) == 1:
        return named[0]
    if reference.isascii() and reference.isalpha() and reference.isupper() and len(reference) <= 2:
        at = 0
        for char in reference:
            at = at * 26 + ord(char) - 64
        return at - 1 if at <= len(headers) else None
    return named[0] if named else None
