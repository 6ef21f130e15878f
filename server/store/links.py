"""One-time links: to sign in from the server's own machine, and to accept an invitation from anywhere."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.store import people, secrets
from server.store.people import Person
from server.store.schema import links


class Purpose(StrEnum):
    """What a link is for. One is never taken for the other."""

    SIGN_IN = "sign-in"
    INVITATION = "invitation"


LIFE = timedelta(minutes=10)
INVITATION_LIFE = timedelta(hours=72)
_LIVES = {Purpose.SIGN_IN: LIFE, Purpose.INVITATION: INVITATION_LIFE}


def create(connection: Connection, person: Person, now: datetime, purpose: Purpose = Purpose.SIGN_IN) -> str:
    """A link's secret: good once, for ten minutes to sign in, for three days as an invitation. An invitation voids
    those made before it."""
    if purpose is Purpose.INVITATION:
        void(connection, person, now)
    secret, kept = secrets.fresh()
    connection.execute(sa.insert(links).values(
        secret=kept, tenant=person.tenant, person=person.id, purpose=purpose.value, created=now,
        expires=now + _LIVES[purpose]))
    return secret


def void(connection: Connection, person: Person, now: datetime) -> None:
    """No link given to a person before holds any more."""
    connection.execute(sa.update(links).where(
        links.c.tenant == person.tenant, links.c.person == person.id, links.c.used.is_(None)).values(used=now))


def who(connection: Connection, secret: str, now: datetime, purpose: Purpose) -> Person | None:
    """The person that a link is for, without using it up. None if it was used, has expired or never was."""
    row = connection.execute(sa.select(links.c.tenant, links.c.person).where(
        links.c.secret == secrets.kept(secret), *_good(now, purpose))).one_or_none()
    person = None if row is None else people.get(connection, row.tenant, row.person)
    return person if person is not None and person.disabled is None else None


def use(connection: Connection, secret: str, now: datetime, purpose: Purpose = Purpose.SIGN_IN) -> Person | None:
    """The person a link is for, once. None if it was used, has expired or never was."""
    kept = secrets.kept(secret)
    used = connection.execute(sa.update(links).where(links.c.secret == kept, *_good(now, purpose)).values(used=now))
    if used.rowcount != 1:
        return None
    row = connection.execute(sa.select(links.c.tenant, links.c.person).where(links.c.secret == kept)).one()
    person = people.get(connection, row.tenant, row.person)
    return person if person is not None and person.disabled is None else None


def _good(now: datetime, purpose: Purpose) -> tuple[sa.ColumnElement[bool], ...]:
    return (links.c.purpose == purpose.value, links.c.used.is_(None), links.c.expires > now)
