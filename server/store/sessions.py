"""Sessions: who is signed in. The cookie holds a secret; the rest is here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.engagement import Engagement
from server.store import secrets
from server.store.people import Person, Role
from server.store.schema import people, sessions

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
_TOUCH = timedelta(minutes=1)
SESSION = "hustings.session"
"""Where the signed-in session is in the ASGI scope."""
TOKEN = "token"
"""``Session.via`` of a token of the API."""


@dataclass(frozen=True, slots=True)
class Session:
    """A person who is signed in, and how they did."""

    person: int
    tenant: str
    name: str
    role: Role
    created: datetime
    seen: datetime
    via: str
    """``password``, ``passkey``, ``single`` (an identity provider), ``link`` or ``token``."""
    home: str = ""
    """The tenant the person belongs to. ``tenant`` is the office they look at: another one's only for a reviewer."""
    proven: bool = True
    """Whether a second factor was proven, or cannot be asked (a link from the server's own machine)."""
    engagement: Engagement | None = None
    """Of a reviewer who looks at an office: what they may see of it. It holds now."""
    scopes: frozenset[str] = frozenset()
    """What a token may be used for."""


def start(connection: Connection, person: Person, via: str, now: datetime) -> str:
    """Sign a person in. Returns the cookie's secret. Sessions that have ended are swept away here."""
    connection.execute(sa.delete(sessions).where(
        sa.or_(sessions.c.seen <= now - IDLE, sessions.c.created <= now - ABSOLUTE)))
    secret, kept = secrets.fresh()
    connection.execute(sa.insert(sessions).values(
        secret=kept, tenant=person.tenant, person=person.id, created=now, seen=now, via=via))
    return secret


def find(connection: Connection, secret: str, now: datetime) -> Session | None:
    """The session of a cookie, unless it was idle for 30 minutes, is 12 hours old, or its person is disabled."""
    row = connection.execute(
        sa.select(sessions.c.person, sessions.c.tenant, sessions.c.created, sessions.c.seen, sessions.c.via,
                  people.c.name, people.c.role)
        .join(people, sa.and_(people.c.id == sessions.c.person, people.c.tenant == sessions.c.tenant))
        .where(sessions.c.secret == secrets.kept(secret), sessions.c.seen > now - IDLE,
               sessions.c.created > now - ABSOLUTE, people.c.disabled.is_(None))).one_or_none()
    if row is None:
        return None
    return Session(row.person, row.tenant, row.name, Role(row.role), row.created, row.seen, row.via, row.tenant)


def due(session: Session, now: datetime) -> bool:
    """Whether its last use is worth writing down again."""
    return now - session.seen >= _TOUCH


def touch(connection: Connection, secret: str, now: datetime) -> None:
    """Note that a session was used."""
    connection.execute(sa.update(sessions).where(sessions.c.secret == secrets.kept(secret)).values(seen=now))


def end(connection: Connection, secret: str) -> None:
    connection.execute(sa.delete(sessions).where(sessions.c.secret == secrets.kept(secret)))


def end_all(connection: Connection, tenant: str, person: int) -> None:
    """Sign a person out everywhere."""
    connection.execute(sa.delete(sessions).where(sessions.c.tenant == tenant, sessions.c.person == person))
