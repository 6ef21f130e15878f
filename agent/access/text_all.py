"""Every effective right, for a person at a terminal: one line for an account and object."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import BinaryIO

from hustings.access.state import State
from policies.access.rows import Assumable, Row, Unread

GAP = "  "


def write_text(out: BinaryIO, state: State, rows: Iterable[Row], assumable: Iterable[Assumable],
               unread: Iterable[Unread]) -> None:
    """Write it as it is made."""
    for line in _lines(state, rows, assumable, unread):
        out.write(line.encode() + b"\n")
    out.flush()


def _lines(state: State, rows: Iterable[Row], assumable: Iterable[Assumable],
           unread: Iterable[Unread]) -> Iterator[str]:
    yield f"{plain(state.database)}: {state.engine} {state.version}, read {state.as_of} as {plain(state.user)}"
    account, some = "", False
    for (login, object_, kind), of_object in groupby(rows, key=lambda row: (row.account, row.object, row.kind)):
        if login != account or not some:
            account, some = login, True
            yield f"\n{plain(login)}"
        yield f"{GAP}{plain(object_)} ({kind}): {'; '.join(_said(list(of_object)))}"
    if not some:
        yield "\nNo account holds a right here."
    first = True
    for (login, role, object_), could in groupby(assumable, key=lambda one: (one.account, one.role, one.object)):
        if first:
            yield "\nBeyond that, by SET ROLE:"
            first = False
        yield f"{GAP}{plain(login)} as {plain(role)}: {plain(object_)}: {', '.join(plain(one.right) for one in could)}"
    for number, one in enumerate(unread):
        if number == 0:
            yield "\nNot known:"
        yield f"{GAP}{one.catalogue}: {plain(one.reason)}"


def _said(rows: list[Row]) -> Iterator[str]:
    """``SELECT, UPDATE(status) through clerks``: rights that come the same way are named together."""
    for via, same in groupby(sorted(rows, key=lambda row: row.via), key=lambda row: row.via):
        rights = ", ".join(row.right if row.column is None else f"{row.right}({plain(row.column)})" for row in same)
        yield rights + (f" through {' > '.join(plain(one) for one in via)}" if via else "")


def plain(text: str) -> str:
    """A name of the database without what would steer the terminal."""
    return "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in text)
