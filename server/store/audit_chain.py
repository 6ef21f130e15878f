"""The audit trail as a chain: each line holds the digest of the line before it in its tenant's trail.

A line's digest is SHA-256 over the UTF-8 of one JSON array, keys sorted, without spaces, every character past ASCII
escaped::

    ["hustings-audit/1", tenant, sequence, previous, at, actor, origin, action, subject, detail]

``at`` is UTC to the microsecond (``2026-11-22T19:42:33.000000Z``). ``previous`` of the first line is a digest over
whatever the tenant's trail held before there was a chain: SHA-256 over ``["hustings-audit-before/1", tenant]`` and each
older line as ``[id, at, actor, action, subject, detail]``, every array on a line of its own, ended.

Lines are put into the chain at the end of the transaction that recorded them. So the lock that keeps two transactions
from taking the same place is the last that either takes, and nobody waits for it while holding what another needs.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine

from server.store.schema import audit

FORMAT: Final = "hustings-audit/1"
BEFORE: Final = "hustings-audit-before/1"
_WAITING: Final = "hustings.audit"
_LOCK: Final = 0x41554449
"""The class of the PostgreSQL advisory locks, one a tenant, under which lines are added."""


@dataclass(frozen=True, slots=True)
class Line:
    """What is written down of one act."""

    tenant: str
    at: datetime
    actor: str
    origin: str
    action: str
    subject: str
    detail: Any
    """Plain JSON, as it is read back."""


@dataclass(slots=True)
class _Waiting:
    lines: list[Line] = field(default_factory=list)
    marks: list[int] = field(default_factory=list)
    """How many lines waited at each savepoint that is open, the outermost first."""


@dataclass(frozen=True, slots=True)
class Head:
    """The last line of a chain: its place and digest. Noted down elsewhere, it proves that nothing was cut off."""

    sequence: int
    digest: str

    def __str__(self) -> str:
        return f"{self.sequence}:{self.digest}"


def line_digest(line: Line, sequence: int, previous: str) -> str:
    """``sha256:…`` of a line at its place. Pure."""
    return _sha256([_encoded([FORMAT, line.tenant, sequence, previous, moment(line.at), line.actor, line.origin,
                              line.action, line.subject, line.detail])])


def before_digest(tenant: str, older: Iterable[tuple[int, datetime, str, str, str, Any]]) -> str:
    """``sha256:…`` of what a trail held before its chain, oldest first. Pure."""
    def lines() -> Iterator[bytes]:
        yield _encoded([BEFORE, tenant]) + b"\n"
        for number, at, actor, action, subject, detail in older:
            yield _encoded([number, moment(at), actor, action, subject, detail]) + b"\n"

    return _sha256(lines())


def moment(at: datetime) -> str:
    """A time as the digest has it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@contextmanager
def gathering(connection: Connection) -> Iterator[None]:
    """Put what is recorded within into the chain at its end; drop it if it raises."""
    connection.info[_WAITING] = _Waiting()
    try:
        yield
        settle(connection)
    finally:
        connection.info.pop(_WAITING, None)


def write(connection: Connection, line: Line) -> None:
    """Add a line at the end of the transaction, or at once where nobody gathers."""
    waiting: _Waiting | None = connection.info.get(_WAITING)
    if waiting is None:
        _append(connection, line.tenant, [line])
    else:
        waiting.lines.append(line)


def settle(connection: Connection) -> None:
    """Put what waits into the chain now."""
    waiting: _Waiting | None = connection.info.get(_WAITING)
    if waiting is None or not waiting.lines:
        return
    lines, waiting.lines = waiting.lines, []
    waiting.marks = [0] * len(waiting.marks)
    for tenant in sorted({line.tenant for line in lines}):
        _append(connection, tenant, [line for line in lines if line.tenant == tenant])


def follow_savepoints(engine: Engine) -> None:
    """What is recorded within a savepoint that is undone goes with it."""

    def begun(connection: Connection, _name: str) -> None:
        if waiting := connection.info.get(_WAITING):
            waiting.marks.append(len(waiting.lines))

    def released(connection: Connection, _name: str, _context: Any) -> None:
        if waiting := connection.info.get(_WAITING):
            waiting.marks.pop()

    def undone(connection: Connection, _name: str, _context: Any) -> None:
        if waiting := connection.info.get(_WAITING):
            del waiting.lines[waiting.marks.pop():]

    event.listen(engine, "savepoint", begun)
    event.listen(engine, "release_savepoint", released)
    event.listen(engine, "rollback_savepoint", undone)


def head(connection: Connection, tenant: str) -> Head | None:
    """The last line of a tenant's chain."""
    settle(connection)
    row = connection.execute(
        sa.select(audit.c.sequence, audit.c.digest).where(audit.c.tenant == tenant, audit.c.sequence.is_not(None))
        .order_by(audit.c.sequence.desc()).limit(1)).one_or_none()
    return None if row is None else Head(row.sequence, row.digest)


def before(connection: Connection, tenant: str, until: int | None = None) -> tuple[str, int]:
    """The digest of what a trail held before its chain, and how many lines that is; ``until`` is the id of the
    chain's first line."""
    count = 0

    def older() -> Iterator[tuple[int, datetime, str, str, str, Any]]:
        nonlocal count
        query = sa.select(audit).where(audit.c.tenant == tenant, audit.c.sequence.is_(None))
        if until is not None:
            query = query.where(audit.c.id < until)
        for row in connection.execute(query.order_by(audit.c.id)).yield_per(1000):
            count += 1
            yield row.id, row.at, row.actor, row.action, row.subject, row.detail

    return before_digest(tenant, older()), count


def _append(connection: Connection, tenant: str, lines: list[Line]) -> None:
    if connection.dialect.name != "sqlite":
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:kind, hashtext(:tenant))"),
                           {"kind": _LOCK, "tenant": tenant})
    last = connection.execute(
        sa.select(audit.c.sequence, audit.c.digest).where(audit.c.tenant == tenant, audit.c.sequence.is_not(None))
        .order_by(audit.c.sequence.desc()).limit(1)).one_or_none()
    sequence, previous = (0, before(connection, tenant)[0]) if last is None else (last.sequence, last.digest)
    rows = []
    for line in lines:
        sequence += 1
        digest = line_digest(line, sequence, previous)
        rows.append({"tenant": tenant, "at": line.at, "actor": line.actor, "action": line.action,
                     "subject": line.subject, "detail": line.detail, "origin": line.origin, "sequence": sequence,
                     "previous": previous, "digest": digest})
        previous = digest
    connection.execute(sa.insert(audit), rows)


def _encoded(value: list[Any]) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode("ascii")


def _sha256(parts: Iterable[bytes]) -> str:
    made = hashlib.sha256()
    for part in parts:
        made.update(part)
    return "sha256:" + made.hexdigest()
