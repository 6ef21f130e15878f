"""What an office accepts for a while, and what it says does not apply. Rows are added and never changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.store.schema.exceptions import exception_ends, exceptions


@dataclass(frozen=True, slots=True)
class Kept:
    """One signed statement, and how it was ended if it was; the fields are those of ``server.records.Exemption``."""

    number: int
    kind: str
    subject: str
    asset: str
    reason: str
    control: str
    owner: str
    approved_by: str
    at: datetime
    by: str
    until: date
    ended: datetime | None
    ended_by: str
    ended_why: str


def add(connection: Connection, tenant: str, *, kind: str, subject: str, asset: str, reason: str, control: str,
        owner: str, approved_by: str, at: datetime, by: str, until: date) -> int:
    """Write one down. Returns its number."""
    number: int = connection.execute(sa.insert(exceptions).returning(exceptions.c.id), {
        "tenant": tenant, "kind": kind, "subject": subject, "asset": asset, "reason": reason, "control": control,
        "owner": owner, "approved_by": approved_by, "at": at, "by": by, "until": until}).scalar_one()
    return number


def hold(connection: Connection, tenant: str, number: int) -> None:
    """Let nobody else end that one before this transaction ends."""
    connection.execute(sa.select(exceptions.c.id).where(
        exceptions.c.tenant == tenant, exceptions.c.id == number).with_for_update())


def end(connection: Connection, tenant: str, number: int, *, at: datetime, by: str, reason: str) -> None:
    """End one before its day. The database refuses a second end."""
    connection.execute(sa.insert(exception_ends).values(
        tenant=tenant, exception=number, at=at, by=by, reason=reason))


def every(connection: Connection, tenant: str) -> list[Kept]:
    """All of a tenant, oldest first, those that no longer hold too."""
    rows = connection.execute(
        sa.select(exceptions, exception_ends.c.at.label("ended"), exception_ends.c.by.label("ended_by"),
                  exception_ends.c.reason.label("ended_why"))
        .outerjoin(exception_ends, sa.and_(exception_ends.c.tenant == exceptions.c.tenant,
                                           exception_ends.c.exception == exceptions.c.id))
        .where(exceptions.c.tenant == tenant).order_by(exceptions.c.id))
    return [Kept(row.id, row.kind, row.subject, row.asset, row.reason, row.control, row.owner, row.approved_by,
                 row.at, row.by, row.until, row.ended, row.ended_by or "", row.ended_why or "") for row in rows]
