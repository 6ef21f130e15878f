"""What was asked of vendors and states, what came in answer, and what a person of the office made of it.

Uploads are kept byte for byte and never opened; they and the decisions on them are never changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.store import secrets
from server.store.schema.statements import evidence_decisions, evidence_requests, evidence_uploads


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came in answer, without its bytes, and the decision on it."""

    number: int
    at: datetime
    sender: str
    file: str
    size: int
    sha256: str
    decided: datetime | None
    decided_by: str
    accepted: bool
    note: str
    imported: str
    """The machine whose report it became; empty for none."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request. It is answered once a file came."""

    number: int
    tenant: str
    party: str
    """``vendor``, ``state`` or ``county``."""
    recipient: str
    address: str
    language: str
    asked: tuple[str, ...]
    assets: tuple[str, ...]
    day: date
    due: date
    made: datetime
    by: str
    expires: datetime
    closed: datetime | None
    closed_by: str
    outcome: str
    uploads: tuple[Upload, ...] = ()
    """Oldest first."""

    def open(self, now: datetime) -> bool:
        """Whether files are still taken."""
        return self.closed is None and now < self.expires


def add(connection: Connection, tenant: str, *, party: str, recipient: str, address: str, language: str,
        asked: list[str], assets: list[str], day: date, due: date, made: datetime, by: str,
        expires: datetime) -> tuple[int, str]:
    """A request's number and the secret of its upload link, which is shown once."""
    secret, kept = secrets.fresh()
    number: int = connection.execute(sa.insert(evidence_requests).returning(evidence_requests.c.id), {
        "tenant": tenant, "party": party, "recipient": recipient, "address": address, "language": language,
        "asked": asked, "assets": assets, "day": day, "due": due, "made": made, "by": by, "secret": kept,
        "expires": expires, "closed_by": "", "outcome": ""}).scalar_one()
    return number, secret


def renew(connection: Connection, tenant: str, number: int, expires: datetime) -> str:
    """Another secret for the upload link; the old one opens nothing any more."""
    secret, kept = secrets.fresh()
    connection.execute(sa.update(evidence_requests).where(
        evidence_requests.c.tenant == tenant, evidence_requests.c.id == number).values(secret=kept, expires=expires))
    return secret


def close(connection: Connection, tenant: str, number: int, *, at: datetime, by: str, outcome: str) -> bool:
    """Close one; False if it was closed already."""
    return connection.execute(sa.update(evidence_requests).where(
        evidence_requests.c.tenant == tenant, evidence_requests.c.id == number,
        evidence_requests.c.closed.is_(None)).values(closed=at, closed_by=by, outcome=outcome)).rowcount == 1


def of_secret(connection: Connection, secret: str) -> tuple[str, int] | None:
    """The tenant and number of the request a secret opens."""
    row = connection.execute(sa.select(evidence_requests.c.tenant, evidence_requests.c.id).where(
        evidence_requests.c.secret == secrets.kept(secret))).one_or_none()
    return None if row is None else (row.tenant, row.id)


def holds(connection: Connection, tenant: str, number: int, secret: str) -> bool:
    """Whether a secret is that of a request's link."""
    return of_secret(connection, secret) == (tenant, number)


def every(connection: Connection, tenant: str) -> list[Request]:
    """All of a tenant with what came in, newest first."""
    return _requests(connection, tenant, None)


def unanswered(connection: Connection, tenant: str) -> list[Request]:
    """Open requests to which no file has come, oldest first."""
    return [one for one in reversed(every(connection, tenant)) if not one.uploads and one.closed is None]


def get(connection: Connection, tenant: str, number: int) -> Request | None:
    found = _requests(connection, tenant, number)
    return found[0] if found else None


def take(connection: Connection, tenant: str, request: int, *, at: datetime, sender: str, file: str, sha256: str,
         content: bytes) -> int:
    """Keep a file that came. Returns its number."""
    number: int = connection.execute(sa.insert(evidence_uploads).returning(evidence_uploads.c.id), {
        "tenant": tenant, "request": request, "at": at, "sender": sender, "file": file, "size": len(content),
        "sha256": sha256, "content": content}).scalar_one()
    return number


def kept(connection: Connection, tenant: str) -> int:
    """How many bytes of uploads a tenant holds."""
    return connection.scalar(sa.select(sa.func.coalesce(sa.func.sum(evidence_uploads.c.size), 0)).where(
        evidence_uploads.c.tenant == tenant)) or 0


def content(connection: Connection, tenant: str, request: int, number: int) -> bytes | None:
    """The bytes of a file that came."""
    found: bytes | None = connection.scalar(sa.select(evidence_uploads.c.content).where(
        evidence_uploads.c.tenant == tenant, evidence_uploads.c.request == request,
        evidence_uploads.c.id == number))
    return found


def decide(connection: Connection, tenant: str, upload: int, *, at: datetime, by: str, accepted: bool, note: str,
           imported: str = "") -> None:
    """Write down what somebody made of a file. The database refuses a second decision."""
    connection.execute(sa.insert(evidence_decisions).values(
        tenant=tenant, upload=upload, at=at, by=by, accepted=accepted, note=note, imported=imported))


def _requests(connection: Connection, tenant: str, number: int | None) -> list[Request]:
    table, came, decided = evidence_requests, evidence_uploads, evidence_decisions
    query = sa.select(table).where(table.c.tenant == tenant)
    files = sa.select(came.c.id, came.c.request, came.c.at, came.c.sender, came.c.file, came.c.size, came.c.sha256,
                      decided.c.at.label("decided"), decided.c.by, decided.c.accepted, decided.c.note,
                      decided.c.imported).outerjoin(
        decided, sa.and_(decided.c.tenant == came.c.tenant, decided.c.upload == came.c.id)).where(
        came.c.tenant == tenant)
    if number is not None:
        query, files = query.where(table.c.id == number), files.where(came.c.request == number)
    uploads: dict[int, list[Upload]] = {}
    for row in connection.execute(files.order_by(came.c.id)):
        uploads.setdefault(row.request, []).append(_upload(row))
    return [Request(row.id, row.tenant, row.party, row.recipient, row.address, row.language, tuple(row.asked),
                    tuple(row.assets), row.day, row.due, row.made, row.by, row.expires, row.closed, row.closed_by,
                    row.outcome, tuple(uploads.get(row.id, ())))
            for row in connection.execute(query.order_by(table.c.id.desc()))]


def _upload(row: Any) -> Upload:
    return Upload(row.id, row.at, row.sender, row.file, row.size, row.sha256, row.decided, row.by or "",
                  bool(row.accepted), row.note or "", row.imported or "")
