"""People who may sign in."""

from __future__ import annotations

from dataclasses import dataclass, replace
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
    """Unique within the tenant."""
    role: Role
    password: str | None
    """argon2id; None means sign-in by passkey or one-time link alone."""
    created: datetime
    disabled: datetime | None
    email: str | None = None
    """Where notices go."""
    language: str | None = None
    """``en`` or ``fr``; None follows the browser."""
    invited: datetime | None = None
    """While the invitation is not accepted: when it was made."""


def add(connection: Connection, tenant: str, name: str, role: Role, password: str | None, now: datetime, *,
        email: str | None = None, language: str | None = None, invited: bool = False) -> Person:
    """Add a person; ``password`` is already hashed. Raises ``ConfigError`` if the name is taken in this tenant."""
    if by_name(connection, tenant, name) is not None:
        raise ConfigError(f"there is already a person called {name!r}", remedy="choose another name")
    made = Person(0, tenant, name, role, password, now, None, email, language, now if invited else None)
    number: int = connection.execute(sa.insert(people).returning(people.c.id), {
        "tenant": tenant, "name": name, "role": role.value, "password": password, "created": now, "email": email,
        "language": language, "invited": made.invited}).scalar_one()
    return replace(made, id=number)


def by_name(connection: Connection, tenant: str, name: str) -> Person | None:
    row = connection.execute(sa.select(people).where(people.c.tenant == tenant, people.c.name == name)).one_or_none()
    return None if row is None else _person(row)


def get(connection: Connection, tenant: str, number: int) -> Person | None:
    row = connection.execute(sa.select(people).where(people.c.tenant == tenant, people.c.id == number)).one_or_none()
    return None if row is None else _person(row)


def every(connection: Connection, tenant: str) -> list[Person]:
    """All people of a tenant by name, disabled ones too."""
    rows = connection.execute(sa.select(people).where(people.c.tenant == tenant).order_by(people.c.name))
    return [_person(row) for row in rows]


def administrators(connection: Connection, tenant: str) -> list[Person]:
    """Those who may administer now: not disabled, and past their invitation. Their rows stay locked to the end of the
    transaction, so that two of them cannot take each other's rights at one moment."""
    rows = connection.execute(
        sa.select(people).where(people.c.tenant == tenant, people.c.role == Role.ADMINISTRATOR.value,
                                people.c.disabled.is_(None), people.c.invited.is_(None))
        .order_by(people.c.id).with_for_update())
    return [_person(row) for row in rows]


def set_password(connection: Connection, person: Person, password: str | None) -> None:
    """Replace a password (already hashed)."""
    _set(connection, person, password=password)


def set_role(connection: Connection, person: Person, role: Role) -> None:
    _set(connection, person, role=role.value)


def set_contact(connection: Connection, person: Person, email: str | None, language: str | None) -> None:
    """Where notices go, and in which language."""
    _set(connection, person, email=email, language=language)


def invite(connection: Connection, person: Person, now: datetime) -> None:
    """Note that an invitation is open."""
    _set(connection, person, invited=now)


def accept(connection: Connection, person: Person) -> None:
    """Note that an invitation was accepted."""
    _set(connection, person, invited=None)


def disable(connection: Connection, person: Person, now: datetime) -> None:
    """Let a person sign in no more."""
    _set(connection, person, disabled=now)


def enable(connection: Connection, person: Person) -> None:
    """Let a person sign in again."""
    _set(connection, person, disabled=None)


def _set(connection: Connection, person: Person, **values: object) -> None:
    connection.execute(sa.update(people).where(people.c.tenant == person.tenant, people.c.id == person.id)
                       .values(**values))


def _person(row: Row[tuple[object, ...]]) -> Person:
    return Person(row.id, row.tenant, row.name, Role(row.role), row.password, row.created, row.disabled, row.email,
                  row.language, row.invited)
