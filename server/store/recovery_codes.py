"""Recovery codes: kept as digests, each good once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.access import recovery
from server.store.people import Person
from server.store.schema.second_factors import recovery_codes


def replace(connection: Connection, person: Person, codes: Iterable[str], now: datetime) -> None:
    """These codes from now on, and none of those before."""
    remove(connection, person)
    for code in codes:
        connection.execute(sa.insert(recovery_codes).values(
            code=recovery.kept(person.tenant, person.id, code), tenant=person.tenant, person=person.id, created=now))


def use(connection: Connection, person: Person, code: str, now: datetime) -> bool:
    """Use a code up. False if it is none of the person's, or was used before."""
    done = connection.execute(sa.update(recovery_codes).where(
        recovery_codes.c.tenant == person.tenant, recovery_codes.c.person == person.id,
        recovery_codes.c.code == recovery.kept(person.tenant, person.id, code), recovery_codes.c.used.is_(None))
        .values(used=now))
    return done.rowcount == 1


def left(connection: Connection, tenant: str, person: int) -> int:
    """How many are not used yet."""
    return connection.scalar(sa.select(sa.func.count()).select_from(recovery_codes).where(
        recovery_codes.c.tenant == tenant, recovery_codes.c.person == person, recovery_codes.c.used.is_(None))) or 0


def remove(connection: Connection, person: Person) -> None:
    connection.execute(sa.delete(recovery_codes).where(
        recovery_codes.c.tenant == person.tenant, recovery_codes.c.person == person.id))
