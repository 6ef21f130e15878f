"""What people attested, and what was withdrawn. Rows are added and never changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.store.schema.statements import attestation_ends, attestations


@dataclass(frozen=True, slots=True)
class Attestation:
    """One attestation as it was entered, and how it was withdrawn if it was."""

    number: int
    form: str
    """The row of the catalogue."""
    at: datetime
    by: str
    """Who entered it: ``person:NAME``."""
    person: str
    """Who attests."""
    function: str
    day: date
    """The day of the fact."""
    until: date
    """The last day on which it holds."""
    file: str
    size: int | None
    """Of the file in bytes, where the server read it itself."""
    sha256: str
    answers: dict[str, Any]
    note: str
    ended: datetime | None = None
    ended_by: str = ""
    ended_why: str = ""


def add(connection: Connection, tenant: str, one: Attestation) -> int:
    """Write one down (its number is not read). Returns its number."""
    number: int = connection.execute(sa.insert(attestations).returning(attestations.c.id), {
        "tenant": tenant, "form": one.form, "at": one.at, "by": one.by, "person": one.person,
        "function": one.function, "day": one.day, "until": one.until, "file": one.file, "size": one.size,
        "sha256": one.sha256, "answers": one.answers, "note": one.note}).scalar_one()
    return number


def end(connection: Connection, tenant: str, number: int, *, at: datetime, by: str, reason: str) -> None:
    """Withdraw one. The database refuses a second end."""
    connection.execute(sa.insert(attestation_ends).values(
        tenant=tenant, attestation=number, at=at, by=by, reason=reason))


def every(connection: Connection, tenant: str, form: str = "") -> list[Attestation]:
    """All of a tenant (of one form), oldest first, with those that were withdrawn."""
    query = sa.select(attestations, attestation_ends.c.at.label("ended"), attestation_ends.c.by.label("ended_by"),
                      attestation_ends.c.reason.label("ended_why")).outerjoin(
        attestation_ends, sa.and_(attestation_ends.c.tenant == attestations.c.tenant,
                                  attestation_ends.c.attestation == attestations.c.id)).where(
        attestations.c.tenant == tenant)
    if form:
        query = query.where(attestations.c.form == form)
    return [Attestation(row.id, row.form, row.at, row.by, row.person, row.function, row.day, row.until, row.file,
                        row.size, row.sha256, row.answers, row.note, row.ended, row.ended_by or "",
                        row.ended_why or "") for row in connection.execute(query.order_by(attestations.c.id))]
