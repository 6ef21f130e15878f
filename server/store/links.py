"""One-time sign-in links."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.store import people, secrets
from server.store.people import Person
from server.store.schema import links

LIFE = timedelta(minutes=10)


def create(connection: Connection, person: Person, now: datetime) -> str:
    """A link's secret, good for one sign-in within ten minutes."""
    secret, kept = secrets.fresh()
    connection.execute(sa.insert(links).values(
        secret=kept, tenant=person.tenant, person=person.id, created=now, expires=now + LIFE))
    return secret


def use(connection: Connection, secret: str, now: datetime) -> Person | None:
    """The person a link signs in, once. None if it was used, has expired or never was."""
    kept = secrets.kept(secret)
    used = connection.execute(
        sa.update(links).where(links.c.secret == kept, links.c.used.is_(None), links.c.expires > now).values(used=now))
    if used.rowcount != 1:
        return None
    row = connection.execute(sa.select(links.c.tenant, links.c.person).where(links.c.secret == kept)).one()
    person = people.get(connection, row.tenant, row.person)
    return person if person is not None and person.disabled is None else None
