"""What everybody of an office is told at their next sign-in, until they have read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.store.schema.second_factors import warnings, warnings_seen

KEPT = timedelta(days=90)
"""How long something is news."""


@dataclass(frozen=True, slots=True)
class News:
    """Something that happened to the office's own doors."""

    id: int
    at: datetime
    kind: str
    subject: str
    by: str


def add(connection: Connection, tenant: str, kind: str, subject: str, by: str, now: datetime) -> None:
    connection.execute(sa.insert(warnings).values(tenant=tenant, at=now, kind=kind, subject=subject, by=by))


def unread(connection: Connection, tenant: str, person: int, now: datetime) -> list[News]:
    """What a person has not read yet, newest first."""
    seen = sa.select(warnings_seen.c.warning).where(
        warnings_seen.c.tenant == tenant, warnings_seen.c.person == person)
    rows = connection.execute(sa.select(warnings).where(
        warnings.c.tenant == tenant, warnings.c.at > now - KEPT, warnings.c.id.not_in(seen))
        .order_by(warnings.c.id.desc()))
    return [News(row.id, row.at, row.kind, row.subject, row.by) for row in rows]


def read(connection: Connection, tenant: str, person: int, upto: int, now: datetime) -> None:
    """Note that a person has read everything up to a warning."""
    for one in unread(connection, tenant, person, now):
        if one.id <= upto:
            connection.execute(sa.insert(warnings_seen).values(
                tenant=tenant, warning=one.id, person=person, at=now))
