"""Statements on findings, and the one-time links by which vendors make theirs. Statements are never changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.store import secrets
from server.store.schema.statements import finding_statements, statement_links


@dataclass(frozen=True, slots=True)
class Statement:
    """What the office or a named vendor says of a finding."""

    number: int
    finding: int
    at: datetime
    party: str
    """``office`` or ``vendor``."""
    by: str
    """``person:NAME``, or ``link:NUMBER`` for a vendor."""
    name: str
    """Who speaks, as they wrote it."""
    organisation: str
    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """A one-time link by which a vendor answers to one finding."""

    number: int
    tenant: str
    finding: int
    vendor: str
    shown: dict[str, Any]
    """What the office chose to show of the finding."""
    made: datetime
    by: str
    expires: datetime
    used: datetime | None
    revoked: datetime | None

    def open(self, now: datetime) -> bool:
        return self.used is None and self.revoked is None and now < self.expires


def add(connection: Connection, tenant: str, *, finding: int, at: datetime, party: str, by: str, name: str,
        organisation: str, text: str) -> int:
    """Write one down. Returns its number."""
    number: int = connection.execute(sa.insert(finding_statements).returning(finding_statements.c.id), {
        "tenant": tenant, "finding": finding, "at": at, "party": party, "by": by, "name": name,
        "organisation": organisation, "text": text}).scalar_one()
    return number


def of(connection: Connection, tenant: str, finding: int) -> tuple[Statement, ...]:
    """The statements on one finding, oldest first."""
    table = finding_statements
    return tuple(_statement(row) for row in connection.execute(
        sa.select(table).where(table.c.tenant == tenant, table.c.finding == finding).order_by(table.c.id)))


def every(connection: Connection, tenant: str) -> dict[int, tuple[Statement, ...]]:
    """All of a tenant by finding, oldest first: one query for an export."""
    found: dict[int, list[Statement]] = {}
    table = finding_statements
    for row in connection.execute(sa.select(table).where(table.c.tenant == tenant).order_by(table.c.id)):
        found.setdefault(row.finding, []).append(_statement(row))
    return {finding: tuple(some) for finding, some in found.items()}


def make_link(connection: Connection, tenant: str, *, finding: int, vendor: str, shown: dict[str, Any],
              made: datetime, by: str, expires: datetime) -> tuple[int, str]:
    """A link's number and its secret, which is shown once."""
    secret, kept = secrets.fresh()
    number: int = connection.execute(sa.insert(statement_links).returning(statement_links.c.id), {
        "tenant": tenant, "secret": kept, "finding": finding, "vendor": vendor, "shown": shown, "made": made, "by": by,
        "expires": expires}).scalar_one()
    return number, secret


def link(connection: Connection, secret: str, now: datetime) -> Link | None:
    """The link of a secret; None if it was used or revoked, has expired or never was."""
    table = statement_links
    row = connection.execute(sa.select(table).where(table.c.secret == secrets.kept(secret))).one_or_none()
    found = _link(row) if row is not None else None
    return found if found is not None and found.open(now) else None


def use_link(connection: Connection, tenant: str, number: int, now: datetime) -> bool:
    """Use a link up; False if somebody did before, or it no longer holds."""
    table = statement_links
    return connection.execute(sa.update(table).where(
        table.c.tenant == tenant, table.c.id == number, table.c.used.is_(None), table.c.revoked.is_(None),
        table.c.expires > now).values(used=now)).rowcount == 1


def revoke_link(connection: Connection, tenant: str, finding: int, number: int, now: datetime) -> bool:
    """Shut a link that nobody used yet; False if there is none."""
    table = statement_links
    return connection.execute(sa.update(table).where(
        table.c.tenant == tenant, table.c.finding == finding, table.c.id == number, table.c.used.is_(None),
        table.c.revoked.is_(None)).values(revoked=now)).rowcount == 1


def links(connection: Connection, tenant: str, finding: int) -> tuple[Link, ...]:
    """The links made for one finding, newest first."""
    table = statement_links
    return tuple(_link(row) for row in connection.execute(sa.select(table).where(
        table.c.tenant == tenant, table.c.finding == finding).order_by(table.c.id.desc())))


def _statement(row: Any) -> Statement:
    return Statement(row.id, row.finding, row.at, row.party, row.by, row.name, row.organisation, row.text)


def _link(row: Any) -> Link:
    return Link(row.id, row.tenant, row.finding, row.vendor, row.shown, row.made, row.by, row.expires, row.used,
                row.revoked)
