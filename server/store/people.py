"""People who may sign in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from hustings.errors import ConfigError
from server.store.schema import people


class Role(StrEnum):
    """What a person is here."""

    ADMINISTRATOR = "administrator"
    STAFF = "staff"
    OFFICIAL = "official"
    REVIEWER = "reviewer"


@dataclass(frozen=True, slots=True)
class Person:
    id: int
    tenant: str
    name: str
    """Unique on the whole server."""
    role: Role
    password: str | None
    """argon2id; None means sign-in by one-time link alone."""
    created: datetime
    disabled: datetime | None


def add(connection: Connection, tenant: str, name: str, role: Role, password: str | None, now: datetime) -> Person:
    """Add a person; ``password`` is already hashed. Raises ``ConfigError`` if the name is taken."""
    if by_name(connection, name) is not None:
        raise ConfigError(f"there is already a person called {name!r}", remedy="choose another name")
    number: int = connection.execute(sa.insert(people).returning(people.c.id), {
        "tenant": tenant, "name": name, "role": role.value, "password": password, "created": now}).scalar_one()
    return Person(number, tenant, name, role, password, now, None)


def by_name(connection: Connection, name: str) -> Person | None:
    row = connection.execute(sa.select(people).where(people.c.name == name)).one_or_none()
    return None if row is None else _person(row)


def get(connection: Connection, tenant: str, number: int) -> Person | None:
    row = connection.execute(sa.select(people).where(people.c.tenant == tenant, people.c.id == number)).one_or_none()
    return None if row is None else _person(row)


def every(connection: Connection, tenant: str) -> list[Person]:
    """All people of a tenant by name, disabled ones too."""
    rows = connection.execute(sa.select(people).where(people.c.tenant == tenant).order_by(people.c.name))
    return [_person(row) for row in rows]


def set_password(connection: Connection, person: Person, password: str | None) -> None:
    """Replace a password (already hashed)."""
    connection.execute(sa.update(people).where(people.c.tenant == person.tenant, people.c.id == person.id)
                       .values(password=password))


def disable(connection: Connection, person: Person, now: datetime) -> None:
    """Let a person sign in no more."""
    connection.execute(sa.update(people).where(people.c.tenant == person.tenant, people.c.id == person.id)
                       .values(disabled=now))


def _person(row: Row[tuple[object, ...]]) -> Person:
    return Person(row.id, row.tenant, row.name, Role(row.role), row.password, row.created, row.disabled)
