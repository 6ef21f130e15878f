"""A plan with everything that it was made from: what every way of showing it starts from."""

from __future__ import annotations

import msgspec

from server.planning.model import Problem, Solved, Unmatched


class Input(msgspec.Struct, frozen=True):
    """One file the plan rests on. ``role``: ``inventory``, ``calendar``, ``budget``, ``mapping``, ``approved`` …"""

    role: str
    name: str
    sha256: str


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """The problem, its answer, and what people must know beside them.

    ``msgspec.json.encode`` of it, decoded again as ``Made``, gives every output byte for byte: a stored plan is shown
    from its own record, never made anew.
    """

    problem: Problem
    solved: Solved
    unmatched: tuple[Unmatched, ...] = ()
    office: str = ""
    inputs: tuple[Input, ...] = ()
    changes: tuple[str, ...] = ()
    """What was changed of the inputs on the command line, as written."""
    held_back: int = 0
    """Rows of the inventory that wait for an answer and are in no line."""
