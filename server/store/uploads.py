"""Files that wait for their sender to confirm how they are read: theirs alone, for an hour, once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.store import frames, secrets
from server.store.schema.planning import plan_uploads

LIFE = timedelta(hours=1)
MAX_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class Upload:
    file: str
    digest: str
    """SHA-256, 64 hexadecimal digits."""
    body: bytes


def keep(connection: Connection, tenant: str, person: int, file: str, body: bytes, now: datetime) -> str:
    """Keep a file for its sender; what they sent before, and what is too old, goes. Returns the form's secret."""
    connection.execute(sa.delete(plan_uploads).where(
        sa.or_(plan_uploads.c.expires <= now,
               sa.and_(plan_uploads.c.tenant == tenant, plan_uploads.c.person == person))))
    secret, kept = secrets.fresh()
    connection.execute(sa.insert(plan_uploads).values(
        secret=kept, tenant=tenant, person=person, file=file, digest=hashlib.sha256(body).hexdigest(),
        body=frames.pack(body), created=now, expires=now + LIFE))
    return secret


def find(connection: Connection, tenant: str, person: int, secret: str, now: datetime) -> Upload | None:
    """The file behind a form. None if it is somebody else's, too old, done with, or never was."""
    row = connection.execute(sa.select(plan_uploads).where(
        plan_uploads.c.secret == secrets.kept(secret), plan_uploads.c.tenant == tenant,
        plan_uploads.c.person == person, plan_uploads.c.expires > now)).one_or_none()
    return None if row is None else Upload(row.file, row.digest, frames.unpack(row.body, MAX_BYTES))


def drop(connection: Connection, tenant: str, person: int, secret: str) -> bool:
    """Remove a file that is done with. False if somebody else did so first."""
    gone = connection.execute(sa.delete(plan_uploads).where(
        plan_uploads.c.secret == secrets.kept(secret), plan_uploads.c.tenant == tenant,
        plan_uploads.c.person == person))
    return bool(gone.rowcount)
