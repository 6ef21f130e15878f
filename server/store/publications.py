"""Public versions of the board report and the acts on them. Rows are added and never changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.store.schema.publishing import handling_lines, publication_acts, publications


@dataclass(frozen=True, slots=True)
class Act:
    """What a person did with a version: ``kind`` is ``approve`` or ``withdraw``."""

    kind: str
    digest: str
    at: datetime
    person: str
    by: str
    """``person:NAME`` or ``console:LOGIN``."""
    block: str = ""
    """The name of the election whose publication block held at that time; empty: none."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Publication:
    """One version as it was prepared, and the acts on it, oldest first."""

    id: int
    prepared: datetime
    prepared_by: str
    digest: str
    record: str
    acts: tuple[Act, ...] = ()


def prepare(connection: Connection, tenant: str, *, digest: str, en: bytes, fr: bytes, record: str, now: datetime,
            by: str) -> int:
    """Keep a version. Returns its number."""
    number: int = connection.execute(sa.insert(publications).returning(publications.c.id), {
        "tenant": tenant, "prepared": now, "prepared_by": by, "digest": digest, "en": en, "fr": fr,
        "record": record}).scalar_one()
    return number


def act(connection: Connection, tenant: str, publication: int, done: Act) -> None:
    """Write an act down."""
    connection.execute(sa.insert(publication_acts).values(
        tenant=tenant, publication=publication, act=done.kind, digest=done.digest, at=done.at, person=done.person,
        by=done.by, block=done.block, reason=done.reason))


def every(connection: Connection, tenant: str, limit: int = 50) -> list[Publication]:
    """The newest versions, newest first, without their files."""
    return _read(connection, tenant, sa.true(), limit)


def get(connection: Connection, tenant: str, number: int) -> Publication | None:
    """One version, without its files."""
    return next(iter(_read(connection, tenant, publications.c.id == number, 1)), None)


def hold(connection: Connection, tenant: str, number: int) -> Publication | None:
    """One version, on which nobody else acts before this transaction ends."""
    connection.execute(sa.select(publications.c.id).where(
        publications.c.tenant == tenant, publications.c.id == number).with_for_update())
    return get(connection, tenant, number)


def file(connection: Connection, tenant: str, number: int, language: str) -> bytes | None:
    """The very bytes of a version in one language."""
    column = publications.c.fr if language == "fr" else publications.c.en
    found: bytes | None = connection.scalar(
        sa.select(column).where(publications.c.tenant == tenant, publications.c.id == number))
    return found


def handling(connection: Connection, tenant: str) -> str:
    """The handling line in force; empty where none was set."""
    found: str | None = connection.scalar(
        sa.select(handling_lines.c.line).where(handling_lines.c.tenant == tenant)
        .order_by(handling_lines.c.id.desc()).limit(1))
    return found or ""


def set_handling(connection: Connection, tenant: str, line: str, *, now: datetime, by: str) -> None:
    connection.execute(sa.insert(handling_lines).values(tenant=tenant, line=line, at=now, by=by))


def _read(connection: Connection, tenant: str, which: sa.ColumnElement[bool], limit: int) -> list[Publication]:
    table = publications
    rows = connection.execute(
        sa.select(table.c.id, table.c.prepared, table.c.prepared_by, table.c.digest, table.c.record)
        .where(table.c.tenant == tenant, which).order_by(table.c.id.desc()).limit(limit)).all()
    done: dict[int, list[Act]] = {row.id: [] for row in rows}
    acts = publication_acts
    for row in connection.execute(sa.select(acts).where(
            acts.c.tenant == tenant, acts.c.publication.in_(list(done))).order_by(acts.c.id)):
        done[row.publication].append(_act(row))
    return [Publication(row.id, row.prepared, row.prepared_by, row.digest, row.record, tuple(done[row.id]))
            for row in rows]


def _act(row: sa.Row[Any]) -> Act:
    return Act(row.act, row.digest, row.at, row.person, row.by, row.block, row.reason)
