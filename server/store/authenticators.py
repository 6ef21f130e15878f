"""Authenticator applications: one a person, its secret sealed before it comes here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.store.people import Person
from server.store.schema.second_factors import authenticators


@dataclass(frozen=True, slots=True)
class Authenticator:
    secret: bytes
    """Sealed."""
    created: datetime
    step: int
    """Of the last code that was taken."""


def get(connection: Connection, tenant: str, person: int) -> Authenticator | None:
    row = connection.execute(sa.select(authenticators).where(
        authenticators.c.tenant == tenant, authenticators.c.person == person)).one_or_none()
    return None if row is None else Authenticator(row.secret, row.created, row.step)


def put(connection: Connection, person: Person, secret: bytes, step: int, now: datetime) -> None:
    """A person's application from now on; ``step`` is of the code that proved it."""
    remove(connection, person)
    connection.execute(sa.insert(authenticators).values(
        tenant=person.tenant, person=person.id, secret=secret, created=now, step=step))


def take(connection: Connection, person: Person, step: int) -> bool:
    """Use a code up. False if it, or a later one, was taken before (RFC 6238, 5.2)."""
    done = connection.execute(sa.update(authenticators).where(
        authenticators.c.tenant == person.tenant, authenticators.c.person == person.id,
        authenticators.c.step < step).values(step=step))
    return done.rowcount == 1


def remove(connection: Connection, person: Person) -> bool:
    """Whether there was one."""
    done = connection.execute(sa.delete(authenticators).where(
        authenticators.c.tenant == person.tenant, authenticators.c.person == person.id))
    return done.rowcount == 1
