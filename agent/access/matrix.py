"""The matrix for the terminal: objects down, roles of the model across, a shape and a colour for each state.

What stands in a cell are the letters of the model: after ``●`` what is declared and held, after ``▲`` what is held
in excess by an account of the role, after ``○`` what is declared and missing for one, after ``·`` what is declared
for a role that nobody has.
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

DECLARED, EXCESS, MISSING, IDLE = "●", "▲", "○", "·"
COLOURS = {DECLARED: "green", EXCESS: "red", MISSING: "yellow", IDLE: "bright_black"}
LEGEND = {DECLARED: "declared and held", EXCESS: "held in excess", MISSING: "declared, missing",
          IDLE: "declared, nobody has the role"}
OUTSIDE = "(not in the model)"
LIMIT = 100_000
"""Cells; more than any terminal shows."""
GAP = "  "
Cell = tuple[tuple[str, str], ...]
"""Shapes and the letters after each."""


def write_matrix(difference: Difference, rows: Iterable[Row]) -> None:
    """Print it, in blocks of as many roles as the terminal is wide for."""
    from policies.access.summary import Summary, letters

    summary = Summary(difference.model, difference.state, difference.scope, difference.declared)
    held = _Held(difference)
    for row in rows:
        summary.add(row)
        held.add(row)
    found, whole = summary.cells(LIMIT)
    cells = {key: one for key, one in ((key, cell(letters(held.rights.get(key, 0)), said["excess"], said["missing"],
                                                  "" if key[0] in held.roles else said["declared"]))
                                       for said in found for key in ((said["role"], said["object"], said["kind"]),))
             if one}
    names = [one.name for one in difference.model.roles] + [""] * any(role == "" for role, _, _ in cells)
    objects = sorted({(name, kind) for _, name, kind in cells})
    for line in lines(names, objects, cells, shutil.get_terminal_size((100, 24)).columns):
        click.echo(line)
    if not whole:
        click.echo(f"only the first {LIMIT} cells; --format csv has every right")


class _Held:
    """What is declared and held, by role, object and kind."""

    def __init__(self, difference: Difference) -> None:
        self._declared = difference.declared
        self._of_role = {role.name: self._declared.of_role(role) for role in difference.model.roles}
        self._place = {(one.label, one.kind): place for place, one in enumerate(difference.state.objects)}
        self.roles = {role.name for account in difference.accounts for role in self._declared.roles(account)} | {""}
        """Roles that somebody has."""
        self.rights: dict[tuple[str, str, str], int] = {}

    def add(self, row: Row) -> None:
        """Take a row; one that is declared belongs to every role of the account that says so."""
        from hustings.access.rights import BIT
        from policies.access.rows import DECLARED as BOTH

        if row.state != BOTH:
            return
        place, bit = self._place[row.object, row.kind], BIT[row.right]
        for role in self._declared.roles(row.account):
            intent = self._of_role[role.name].get(place)
            if intent is not None and intent.permits(bit, row.column):
                key = (role.name, row.object, row.kind)
                self.rights[key] = self.rights.get(key, 0) | bit


def cell(held: str, excess: str, missing: str, idle: str = "") -> Cell:
    """A cell from its letters."""
    return tuple((shape, text) for shape, text in ((DECLARED, held), (EXCESS, excess), (MISSING, missing),
                                                   (IDLE, idle)) if text)


def lines(roles: list[str], objects: list[tuple[str, str]], cells: dict[tuple[str, str, str], Cell],
          width: int) -> Iterator[str]:
    """The whole picture, coloured; colours are dropped by ``click.echo`` where nobody would see them."""
    labels = [visible(name if kind in ("table", "view") else f"{name} ({kind})") for name, kind in objects]
    first = max((len(label) for label in labels), default=0)
    for block in _blocks(roles, objects, cells, max(20, width - first)):
        widths = [_width(role, objects, cells) for role in block]
        titles = "".join(GAP + _title(role).ljust(size) for role, size in zip(block, widths, strict=True))
        yield click.style((" " * first + titles).rstrip(), bold=True)
        for (name, kind), label in zip(objects, labels, strict=True):
            row = [cells.get((role, name, kind), ()) for role in block]
            if any(row):
                yield (label.ljust(first) + "".join(GAP + _coloured(one, size)
                                                    for one, size in zip(row, widths, strict=True))).rstrip()
        yield ""
    meanings = [f"{_mark(shape)} {meaning}" for shape, meaning in LEGEND.items()]
    yield from ("   ".join(meanings[:2]), "   ".join(meanings[2:]))
    yield "r select  i insert  u update  d delete  t truncate  x execute"
    yield "f references  g trigger  m maintain  U usage  C create  + another"


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
