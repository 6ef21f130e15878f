"""Sharing profiles, their ends, and every disclosure made through them. Rows are added and never changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from server.store.schema.reviewing import disclosures, sharing_profile_ends, sharing_profiles


@dataclass(frozen=True, slots=True)
class Stored:
    """A profile as it was written down, and its end if somebody ended it."""

    id: int
    recipient: str
    fields: Mapping[str, str]
    """Each field that is given: ``shown`` or ``pseudonym``."""
    marking: str
    basis: str
    until: date
    at: datetime
    by: str
    ended: datetime | None = None
    ended_by: str = ""


@dataclass(frozen=True, slots=True)
class Disclosure:
    """One file that left."""

    id: int
    profile: int
    at: datetime
    by: str
    format: str
    rows: int
    digest: str


def add(connection: Connection, tenant: str, *, recipient: str, fields: Mapping[str, str], marking: str, basis: str,
        until: date, by: str, now: datetime) -> int:
    """Write a profile down. Returns its number."""
    number: int = connection.execute(sa.insert(sharing_profiles).returning(sharing_profiles.c.id), {
        "tenant": tenant, "recipient": recipient, "fields": dict(fields), "marking": marking, "basis": basis,
        "until": until, "at": now, "by": by}).scalar_one()
    return number


def end(connection: Connection, tenant: str, profile: int, *, by: str, now: datetime) -> None:
    """End one before its day. The database refuses a second end (``IntegrityError``)."""
    connection.execute(sa.insert(sharing_profile_ends).values(tenant=tenant, profile=profile, at=now, by=by))


def every(connection: Connection, tenant: str) -> list[Stored]:
    """All of an office, newest first."""
    return _read(connection, tenant, sa.true())


def get(connection: Connection, tenant: str, profile: int) -> Stored | None:
    return next(iter(_read(connection, tenant, sharing_profiles.c.id == profile)), None)


def disclose(connection: Connection, tenant: str, profile: int, *, by: str, format: str, rows: int, digest: str,
             now: datetime) -> int:
    """Write down that a file leaves. Returns the disclosure's number."""
    number: int = connection.execute(sa.insert(disclosures).returning(disclosures.c.id), {
        "tenant": tenant, "profile": profile, "at": now, "by": by, "format": format, "rows": rows,
        "digest": digest}).scalar_one()
    return number


def disclosed(connection: Connection, tenant: str, profile: int | None = None, *, limit: int = 200) -> list[Disclosure]:
    """What left through one profile or through any, the last first."""
    query = sa.select(disclosures).where(disclosures.c.tenant == tenant)
    if profile is not None:
        query = query.where(disclosures.c.profile == profile)
    return [Disclosure(row.id, row.profile, row.at, row.by, row.format, row.rows, row.digest)
            for row in connection.execute(query.order_by(disclosures.c.id.desc()).limit(limit))]


def _read(connection: Connection, tenant: str, condition: sa.ColumnElement[bool]) -> list[Stored]:
    rows = connection.execute(
        sa.select(sharing_profiles, sharing_profile_ends.c.at.label("ended"),
                  sharing_profile_ends.c.by.label("ended_by"))
        .outerjoin(sharing_profile_ends, sa.and_(sharing_profile_ends.c.tenant == sharing_profiles.c.tenant,
                                                 sharing_profile_ends.c.profile == sharing_profiles.c.id))
        .where(sharing_profiles.c.tenant == tenant, condition).order_by(sharing_profiles.c.id.desc()))
    return [_stored(row) for row in rows]


def _stored(row: Row[Any]) -> Stored:
    return Stored(row.id, row.recipient, row.fields, row.marking, row.basis, row.until, row.at, row.by, row.ended,
                  row.ended_by or "")
