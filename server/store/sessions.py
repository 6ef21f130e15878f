"""Sessions: who is signed in, from where. The cookie holds a secret; the rest is here.

A session that somebody ended stays for a while, so that whoever still holds its cookie can be told.
"""

from __future__ import annotations

import secrets as random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from server.engagement import Engagement
from server.store import engagements, secrets
from server.store.people import Person, Role
from server.store.schema import people, sessions, tenants

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
_TOUCH = timedelta(minutes=1)
SESSION = "hustings.session"
"""Where the signed-in session is in the ASGI scope."""


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
    id: str = ""
    """What the session is called in a list; not its secret."""
    handle: str = ""
    """Of the person's own tenant: with ``name`` what they sign in as."""

    @property
    def actor(self) -> str:
        """As the audit trail names them: ``person:NAME``, in another tenant than their own ``reviewer:NAME@HANDLE``."""
        return f"person:{self.name}" if self.home in ("", self.tenant) else f"reviewer:{self.name}@{self.handle}"


@dataclass(frozen=True, slots=True)
class Listed:
    """A session as its person sees it among their others."""

    id: str
    created: datetime
    seen: datetime
    via: str
    proven: bool
    peer: str
    device: str

    @property
    def ends(self) -> datetime:
        """When it ends if it is not used any more."""
        return min(self.seen + IDLE, self.created + ABSOLUTE)


def start(connection: Connection, person: Person, via: str, now: datetime, *, proven: bool = True, peer: str = "",
          device: str = "") -> str:
    """Sign a person in. Returns the cookie's secret. Sessions whose time is over are swept away here."""
    connection.execute(sa.delete(sessions).where(
        sa.or_(sessions.c.seen <= now - ABSOLUTE, sessions.c.created <= now - ABSOLUTE)))
    secret, kept = secrets.fresh()
    connection.execute(sa.insert(sessions).values(
        secret=kept, id=random.token_hex(8), tenant=person.tenant, person=person.id, created=now, seen=now, via=via,
        proven=proven, peer=peer[:64], device=device[:80]))
    return secret


def find(connection: Connection, secret: str, now: datetime) -> Session | None:
    """The session of a cookie, unless it was ended, idle for 30 minutes, is 12 hours old, or its person is disabled.

    Of a reviewer who looks at an office it is that office's session, as long as the engagement holds; past that it is
    a session of the reviewer's own. Needs the scope of the whole server.
    """
    row = connection.execute(
        sa.select(sessions, people.c.name, people.c.role, tenants.c.handle)
        .join(people, sa.and_(people.c.id == sessions.c.person, people.c.tenant == sessions.c.tenant))
        .join(tenants, tenants.c.id == sessions.c.tenant)
        .where(sessions.c.secret == secrets.kept(secret), *_alive(now), people.c.disabled.is_(None))).one_or_none()
    if row is None:
        return None
    found = Session(row.person, row.tenant, row.name, Role(row.role), row.created, row.seen, row.via, row.tenant,
                    row.proven, id=row.id, handle=row.handle)
    if row.acting is None or not row.proven or found.role is not Role.REVIEWER:
        return found
    engagement = engagements.holding(connection, row.acting, found.person, now)
    return found if engagement is None else replace(found, tenant=engagement.tenant, engagement=engagement)


def ending(connection: Connection, secret: str) -> str:
    """Why a cookie's session was ended by somebody: a word, empty if nobody ended it."""
    return connection.scalar(sa.select(sessions.c.why).where(
        sessions.c.secret == secrets.kept(secret), sessions.c.ended.is_not(None))) or ""


def prove(connection: Connection, person: Person, secret: str, now: datetime) -> str | None:
    """A second factor was proven in a session: its new secret, and the old one is worth nothing. None if there is no
    such session of the person, or it was proven already."""
    fresh, kept = secrets.fresh()
    done = connection.execute(sa.update(sessions).where(
        sessions.c.secret == secrets.kept(secret), sessions.c.tenant == person.tenant, sessions.c.person == person.id,
        sessions.c.proven.is_(False), *_alive(now)).values(secret=kept, proven=True, created=now, seen=now))
    return fresh if done.rowcount == 1 else None


def due(session: Session, now: datetime) -> bool:
    """Whether its last use is worth writing down again."""
    return now - session.seen >= _TOUCH


def touch(connection: Connection, secret: str, now: datetime) -> None:
    """Note that a session was used."""
    connection.execute(sa.update(sessions).where(sessions.c.secret == secrets.kept(secret)).values(seen=now))


def look_at(connection: Connection, secret: str, engagement: int | None) -> None:
    """From here on a reviewer looks at the office of an engagement; None: at their own pages again."""
    connection.execute(sa.update(sessions).where(sessions.c.secret == secrets.kept(secret)).values(acting=engagement))


def end(connection: Connection, secret: str) -> None:
    """Signing out: nothing of it stays."""
    connection.execute(sa.delete(sessions).where(sessions.c.secret == secrets.kept(secret)))


def end_one(connection: Connection, tenant: str, person: int, id: str, now: datetime, why: str) -> bool:
    """End one session of a person by what it is called. Whether there was one."""
    done = connection.execute(sa.update(sessions).where(
        sessions.c.tenant == tenant, sessions.c.person == person, sessions.c.id == id, *_alive(now))
        .values(ended=now, why=why))
    return done.rowcount == 1


def end_all(connection: Connection, tenant: str, person: int, now: datetime, why: str, *, but: str = "") -> int:
    """Sign a person out everywhere, ``but`` (an id) for one session. How many that were."""
    done = connection.execute(sa.update(sessions).where(
        sessions.c.tenant == tenant, sessions.c.person == person, sessions.c.id != but, *_alive(now))
        .values(ended=now, why=why))
    return done.rowcount


def of_person(connection: Connection, tenant: str, person: int, now: datetime) -> list[Listed]:
    """Where a person is signed in now, last used first."""
    rows = connection.execute(sa.select(sessions).where(
        sessions.c.tenant == tenant, sessions.c.person == person, *_alive(now)).order_by(sessions.c.seen.desc()))
    return [_listed(row) for row in rows]


def _alive(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (sessions.c.seen > now - IDLE, sessions.c.created > now - ABSOLUTE, sessions.c.ended.is_(None))


def _listed(row: Row[tuple[object, ...]]) -> Listed:
    return Listed(row.id, row.created, row.seen, row.via, row.proven, row.peer, row.device)
