"""The matrix for the terminal: objects down, roles of the model across, a shape and a colour for each state.

What stands in a cell are the letters of the model: after ``●`` what is declared and held, after ``▲`` what is held
in excess by an account of the role, after ``○`` what is declared and missing for one.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

from agent.render import visible

if TYPE_CHECKING:
    from policies.access.difference import Difference
    from policies.access.rows import Row

DECLARED, EXCESS, MISSING = "●", "▲", "○"
COLOURS = {DECLARED: "green", EXCESS: "red", MISSING: "yellow"}
OUTSIDE = "(not in the model)"
LIMIT = 100_000
"""Cells; more than any terminal shows."""
GAP = "  "
Cell = tuple[tuple[str, str], ...]
"""Shapes and the letters after each."""


def write_matrix(difference: Difference, rows: Iterable[Row]) -> None:
    """Print it, in blocks of as many roles as the terminal is wide for."""
    from policies.access.summary import Summary

    summary = Summary(difference.model, difference.state, difference.scope, difference.declared)
    for row in rows:
        summary.add(row)
    found, whole = summary.cells(LIMIT)
    cells = {(one["role"], one["object"], one["kind"]): cell(one["declared"], one["excess"], one["missing"])
             for one in found}
    names = [one.name for one in difference.model.roles] + [""] * any(role == "" for role, _, _ in cells)
    objects = sorted({(name, kind) for _, name, kind in cells})
    for line in lines(names, objects, cells, shutil.get_terminal_size((100, 24)).columns):
        click.echo(line)
    if not whole:
        click.echo(f"only the first {LIMIT} cells; --format csv has every right")


def cell(declared: str, excess: str, missing: str) -> Cell:
    """A cell from its letters; what is missing for an account is not shown as held."""
    held = "".join(one for one in declared if one not in missing)
    return tuple((shape, text) for shape, text in ((DECLARED, held), (EXCESS, excess), (MISSING, missing)) if text)


def lines(roles: list[str], objects: list[tuple[str, str]], cells: dict[tuple[str, str, str], Cell],
          width: int) -> Iterator[str]:
    """The whole picture, coloured; colours are dropped by ``click.echo`` where nobody would see them."""
    labels = [visible(name if kind in ("table", "view") else f"{name} ({kind})") for name, kind in objects]
    first = max((len(label) for label in labels), default=0)
    for block in _blocks(roles, objects, cells, max(20, width - first)):
        widths = [_width(role, objects, cells) for role in block]
        yield click.style(" " * first + "".join(GAP + _title(role).ljust(size)
                                                 for role, size in zip(block, widths, strict=True)), bold=True).rstrip()
        for (name, kind), label in zip(objects, labels, strict=True):
            row = [cells.get((role, name, kind), ()) for role in block]
            if any(row):
                yield (label.ljust(first) + "".join(GAP + _coloured(one, size)
                                                    for one, size in zip(row, widths, strict=True))).rstrip()
        yield ""
    yield f"{_mark(DECLARED)} declared and held   {_mark(EXCESS)} held in excess   {_mark(MISSING)} declared, missing"
    yield "r select  i insert  u update  d delete  t truncate  x execute  f references  g trigger  m maintain  " \
          "U usage  C create  + another"


def _blocks(roles: list[str], objects: list[tuple[str, str]], cells: dict[tuple[str, str, str], Cell],
            room: int) -> Iterator[list[str]]:
    block: list[str] = []
    used = 0
    for role in roles:
        size = len(GAP) + _width(role, objects, cells)
        if block and used + size > room:
            yield block
            block, used = [], 0
        block.append(role)
        used += size
    if block:
        yield block


def _title(role: str) -> str:
    return visible(role) if role else OUTSIDE


def _width(role: str, objects: list[tuple[str, str]], cells: dict[tuple[str, str, str], Cell]) -> int:
    return max([len(_title(role)), *(len(_plain(cells.get((role, name, kind), ()))) for name, kind in objects)])


def _plain(one: Cell) -> str:
    return " ".join(shape + text for shape, text in one)


def _coloured(one: Cell, size: int) -> str:
    text = " ".join(click.style(shape + letters, fg=COLOURS[shape]) for shape, letters in one)
    return text + " " * (size - len(_plain(one)))


def _mark(shape: str) -> str:
    return click.style(shape, fg=COLOURS[shape])
