"""Rows of a table as bytes that mean the same on SQLite and PostgreSQL, and back.

A row is a MessagePack array of its columns: times are timestamps in UTC, days are ``2027-11-02``, bytes are bytes, and
JSON is its own text, so that nothing is read into it that was not there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from hustings.errors import BadDocument
from server.store.schema.base import Moment

AT_ONCE = 500
"""Rows that are fetched together."""
BLOCK = 256 << 10
"""Bytes that a block of rows is filled to."""
_KINDS: dict[str, type[sa.types.TypeEngine[Any]] | type[Moment]] = {
    "moment": Moment, "date": sa.Date, "bytes": sa.LargeBinary, "bool": sa.Boolean, "int": sa.BigInteger,
    "float": sa.Float, "text": sa.Text, "json": sa.JSON}
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[list[Any]]).decode


class Column(msgspec.Struct, frozen=True, array_like=True):
    name: str
    kind: str
    """``moment``, ``date``, ``bytes``, ``bool``, ``int``, ``float``, ``text`` or ``json``."""


class Shape(msgspec.Struct, frozen=True):
    """A table as a file holds it."""

    name: str
    columns: tuple[Column, ...]


class Tally(msgspec.Struct, frozen=True):
    """What a table came to."""

    rows: int
    digest: str
    """SHA-256 over its blocks, in their order."""
    sum: str
    """The sum of the rows' SHA-256, modulo 2**256: the same in whatever order they are read."""


class Count:
    """Counts rows as they pass."""

    def __init__(self) -> None:
        self._rows = 0
        self._hash = hashlib.sha256()
        self._sum = 0

    def row(self, one: bytes) -> None:
        self._rows += 1
        self._sum = (self._sum + int.from_bytes(hashlib.sha256(one).digest())) % (1 << 256)

    def block(self, block: bytes) -> None:
        self._hash.update(block)

    def tally(self) -> Tally:
        return Tally(self._rows, self._hash.hexdigest(), f"{self._sum:064x}")


def shape(table: sa.Table, without: Iterable[str] = ()) -> Shape:
    """How a table of the schema is written. Raises ``TypeError`` for a column of a kind that is not known here."""
    left = set(without)
    return Shape(str(table.name), tuple(Column(str(one.name), _kind(one)) for one in table.c if one.name not in left))


def read(connection: Connection, of: Shape, *, tenant: str | None = None, own: str = "tenant") -> Iterator[bytes]:
    """Every row of a table, or of one tenant's part of it, encoded; fetched as they are taken."""
    table = _table(of)
    query = sa.select(*(_selected(table.c[one.name], one.kind) for one in of.columns))
    if tenant is not None:
        query = query.where(sa.column(own) == tenant)
    found = connection.execute(query.execution_options(stream_results=True, yield_per=AT_ONCE))
    for row in found:
        yield _encode([_out(value) for value in row])


def blocks(rows: Iterable[bytes], count: Count) -> Iterator[bytes]:
    """Rows put together to blocks: an array of rows each."""
    held: list[bytes] = []
    size = 0
    for one in rows:
        count.row(one)
        held.append(one)
        size += len(one)
        if size >= BLOCK:
            yield _block(held, count)
            held, size = [], 0
    if held:
        yield _block(held, count)


def unblocked(block: bytes, count: Count) -> list[list[Any]]:
    """The rows of a block, counted. Raises ``BadDocument``."""
    count.block(block)
    try:
        found = _decode(block)
    except msgspec.DecodeError as error:
        raise BadDocument("a block of rows cannot be read", remedy="use another backup") from error
    for one in found:
        count.row(_encode(one))
    return found


def insert(connection: Connection, of: Shape, rows: Sequence[Sequence[Any]]) -> None:
    """Write rows as they are."""
    table = _table(of)
    values = {one.name: _bound(one, connection) for one in of.columns}
    connection.execute(sa.insert(table).values(values), [
        {f"v_{column.name}": _in(value, column.kind) for column, value in zip(of.columns, row, strict=True)}
        for row in rows])


def _block(rows: list[bytes], count: Count) -> bytes:
    size = len(rows)
    head = bytes([0x90 | size]) if size < 16 else b"\xdc" + size.to_bytes(2) if size < 1 << 16 else (
        b"\xdd" + size.to_bytes(4))
    block = head + b"".join(rows)
    count.block(block)
    return block


def _kind(column: sa.Column[Any]) -> str:
    if isinstance(column.type, sa.DateTime):
        return "moment"
    for name in ("moment", "json", "bytes", "bool", "date", "float", "text"):
        if isinstance(column.type, _KINDS[name]):
            return name
    if isinstance(column.type, sa.Integer):
        return "int"
    raise TypeError(f"{column.table.name}.{column.name} is a {column.type!r}")


def _table(of: Shape) -> sa.Table:
    try:
        return sa.Table(of.name, sa.MetaData(), *(sa.Column(one.name, _KINDS[one.kind]()) for one in of.columns))
    except KeyError as error:
        raise BadDocument(f"a column of an unknown kind: {error}", where=of.name,
                          remedy="use the version of Hustings that wrote the file") from error


def _selected(column: sa.Column[Any], kind: str) -> sa.ColumnElement[Any]:
    return sa.cast(column, sa.Text) if kind == "json" else column


def _bound(column: Column, connection: Connection) -> sa.ColumnElement[Any]:
    given = sa.bindparam(f"v_{column.name}", type_=sa.Text() if column.kind == "json" else _KINDS[column.kind]())
    return sa.cast(given, sa.JSON) if column.kind == "json" and connection.dialect.name != "sqlite" else given


def _out(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


def _in(value: Any, kind: str) -> Any:
    return date.fromisoformat(value) if kind == "date" and value is not None else value
