"""Whom the office calls, and the test calls. Test calls are never changed; who a removed contact was is blanked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.store.schema.statements import contact_tests, contacts

DETAILS = ("name", "function", "organisation", "email", "phone", "purpose")
"""What may be changed, and is blanked on removal. The sector stays: test calls speak for it."""


@dataclass(frozen=True, slots=True)
class Test:
    """One test call."""

    day: date
    reached: bool
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody the office calls."""

    number: int
    name: str
    function: str
    organisation: str
    email: str
    phone: str
    sector: str
    purpose: str
    """What to call them for."""
    added: datetime
    removed: datetime | None = None
    tests: tuple[Test, ...] = ()
    """Oldest first."""

    @property
    def reached(self) -> date | None:
        """The last day on which a test call reached them."""
        return max((one.day for one in self.tests if one.reached), default=None)


def add(connection: Connection, tenant: str, sector: str, details: dict[str, str], now: datetime) -> int:
    number: int = connection.execute(sa.insert(contacts).returning(contacts.c.id), {
        "tenant": tenant, "sector": sector, "added": now, **details}).scalar_one()
    return number


def change(connection: Connection, tenant: str, number: int, details: dict[str, str]) -> None:
    connection.execute(sa.update(contacts).where(
        contacts.c.tenant == tenant, contacts.c.id == number, contacts.c.removed.is_(None)).values(**details))


def remove(connection: Connection, tenant: str, number: int, now: datetime) -> None:
    """Take one off the list and blank who it was."""
    connection.execute(sa.update(contacts).where(
        contacts.c.tenant == tenant, contacts.c.id == number, contacts.c.removed.is_(None)).values(
        removed=now, **dict.fromkeys(DETAILS, "")))


def tested(connection: Connection, tenant: str, number: int, day: date, *, reached: bool, now: datetime,
           by: str) -> None:
    connection.execute(sa.insert(contact_tests).values(
        tenant=tenant, contact=number, day=day, reached=reached, at=now, by=by))


def every(connection: Connection, tenant: str, *, removed: bool = False) -> list[Contact]:
    """The contacts of a tenant with their test calls, oldest first; with ``removed`` those that are none any more
    too."""
    calls: dict[int, list[Test]] = {}
    for row in connection.execute(sa.select(contact_tests).where(contact_tests.c.tenant == tenant)
                                  .order_by(contact_tests.c.id)):
        calls.setdefault(row.contact, []).append(Test(row.day, row.reached, row.at, row.by))
    query = sa.select(contacts).where(contacts.c.tenant == tenant)
    if not removed:
        query = query.where(contacts.c.removed.is_(None))
    return [Contact(row.id, row.name, row.function, row.organisation, row.email, row.phone, row.sector, row.purpose,
                    row.added, row.removed, tuple(calls.get(row.id, ())))
            for row in connection.execute(query.order_by(contacts.c.id))]


def get(connection: Connection, tenant: str, number: int) -> Contact | None:
    """One contact that is still one; None for any other number."""
    return next((one for one in every(connection, tenant) if one.number == number), None)
