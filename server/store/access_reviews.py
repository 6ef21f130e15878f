"""Signed access reviews: who signed which difference, when. Rows are added and never changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.store.schema import access_reviews


@dataclass(frozen=True, slots=True)
class Review:
    """One signature."""

    agent: str
    database: str
    difference: str
    """The hash of the difference that was signed, 64 hexadecimal digits."""
    at: datetime
    by: str
    """``person:NAME`` or ``console:LOGIN``."""
    person: str
    """Who answers for it, in the office's words."""


def add(connection: Connection, tenant: str, review: Review, envelope: bytes) -> None:
    """Write one down with its signed statement."""
    connection.execute(sa.insert(access_reviews).values(
        tenant=tenant, agent=review.agent, database=review.database, difference=review.difference, at=review.at,
        by=review.by, person=review.person, envelope=envelope))


def every(connection: Connection, tenant: str) -> list[Review]:
    """All of a tenant, newest first."""
    table = access_reviews
    rows = connection.execute(sa.select(
        table.c.agent, table.c.database, table.c.difference, table.c.at, table.c.by, table.c.person).where(
        table.c.tenant == tenant).order_by(table.c.id.desc()))
    return [Review(row.agent, row.database, row.difference, row.at, row.by, row.person) for row in rows]


def statement(connection: Connection, tenant: str, agent: str, database: str, difference: str) -> bytes | None:
    """The signed envelope of the newest signature of a difference; None if there is none."""
    table = access_reviews
    found: bytes | None = connection.scalar(sa.select(table.c.envelope).where(
        table.c.tenant == tenant, table.c.agent == agent, table.c.database == database,
        table.c.difference == difference).order_by(table.c.id.desc()).limit(1))
    return found
