"""Passkeys of people: the public half of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row
from sqlalchemy.exc import IntegrityError

from server.access.passkeys import Made
from server.store.people import Person
from server.store.schema.second_factors import passkeys


@dataclass(frozen=True, slots=True)
class Passkey:
    id: int
    tenant: str
    person: int
    credential: bytes
    public_key: bytes
    count: int
    host: str
    """The name of this server that it was made for: it works under no other."""
    name: str
    created: datetime
    used: datetime | None


def add(connection: Connection, person: Person, made: Made, host: str, name: str, now: datetime) -> bool:
    """False if somebody has that credential already."""
    try:
        with connection.begin_nested():
            connection.execute(sa.insert(passkeys).values(
                tenant=person.tenant, person=person.id, credential=made.credential, public_key=made.public_key,
                signatures=made.count, host=host, name=name, transports=list(made.transports), created=now))
    except IntegrityError:
        return False
    return True


def of_person(connection: Connection, tenant: str, person: int) -> list[Passkey]:
    """Oldest first."""
    rows = connection.execute(sa.select(passkeys).where(
        passkeys.c.tenant == tenant, passkeys.c.person == person).order_by(passkeys.c.id))
    return [_passkey(row) for row in rows]


def by_credential(connection: Connection, credential: bytes) -> Passkey | None:
    """Whose a credential is, of the rows that the transaction sees."""
    row = connection.execute(sa.select(passkeys).where(passkeys.c.credential == credential)).one_or_none()
    return None if row is None else _passkey(row)


def used(connection: Connection, passkey: Passkey, count: int, now: datetime) -> bool:
    """Note a use. False if another use of it came between: then this one does not count."""
    done = connection.execute(sa.update(passkeys).where(
        passkeys.c.tenant == passkey.tenant, passkeys.c.id == passkey.id, passkeys.c.signatures == passkey.count)
        .values(signatures=count, used=now))
    return done.rowcount == 1


def rename(connection: Connection, person: Person, number: int, name: str) -> bool:
    """Whether the person has it."""
    done = connection.execute(sa.update(passkeys).where(
        passkeys.c.tenant == person.tenant, passkeys.c.person == person.id, passkeys.c.id == number).values(name=name))
    return done.rowcount == 1


def remove(connection: Connection, person: Person, number: int) -> str | None:
    """Take one away: its name, or None if the person has none of that number."""
    return connection.scalar(sa.delete(passkeys).where(
        passkeys.c.tenant == person.tenant, passkeys.c.person == person.id, passkeys.c.id == number)
        .returning(passkeys.c.name))


def remove_all(connection: Connection, person: Person) -> int:
    """How many that were."""
    return connection.execute(sa.delete(passkeys).where(
        passkeys.c.tenant == person.tenant, passkeys.c.person == person.id)).rowcount


def _passkey(row: Row[tuple[object, ...]]) -> Passkey:
    return Passkey(row.id, row.tenant, row.person, row.credential, row.public_key, row.signatures, row.host, row.name,
                   row.created, row.used)
