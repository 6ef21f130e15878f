"""The picture of a difference: objects down, roles across, in pieces that fit a page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from server.access_difference import Cell

CLASSES = ("restricted", "evidence", "internal", "public")
"""Classes of objects, in the order in which they are shown."""
ROLES_ACROSS = 14
"""Roles beside each other in one table."""
OBJECTS_DOWN = 60
"""Objects of one page."""


@dataclass(frozen=True, slots=True)
class Line:
    """One object and its cells in the order of the block's roles; None where the role has nothing there."""

    object: str
    sensitivity: str
    kind: str
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """One table of the picture. Of several side by side, each leaves out objects on which none of its roles has
    anything."""

    roles: tuple[str, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """One page of the picture."""

    blocks: tuple[Block, ...]
    objects: int
    """Objects on all pages."""
    roles: int
    page: int
    pages: int


def matrix(cells: Iterable[Cell], page: int = 1) -> Matrix:
    """The ``page`` (from 1) of the picture. Accounts that the model does not know come last among the roles."""
    by_place: dict[tuple[str, str], Cell] = {}
    objects: dict[str, tuple[str, str]] = {}
    roles: set[str] = set()
    for one in cells:
        by_place[one.object, one.role] = one
        objects.setdefault(one.object, (one.sensitivity, one.kind))
        roles.add(one.role)
    ordered = sorted(objects, key=lambda name: (_place(objects[name][0]), name))
    across = sorted(roles, key=lambda name: (not name, name))
    pages = max(1, -(-len(ordered) // OBJECTS_DOWN))
    page = min(max(page, 1), pages)
    shown = ordered[(page - 1) * OBJECTS_DOWN:page * OBJECTS_DOWN]
    blocks = []
    count = -(-len(across) // ROLES_ACROSS)
    size = -(-len(across) // max(1, count))
    for start in range(0, len(across), max(1, size)):
        some = tuple(across[start:start + size])
        lines = [Line(name, *objects[name], tuple(by_place.get((name, role)) for role in some)) for name in shown]
        blocks.append(Block(some, tuple(line for line in lines if count == 1 or any(line.cells))))
    return Matrix(tuple(blocks), len(ordered), len(across), page, pages)


def _place(sensitivity: str) -> int:
    return CLASSES.index(sensitivity) if sensitivity in CLASSES else len(CLASSES)
