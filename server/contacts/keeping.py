"""Adding, changing, removing and calling contacts. Their own data never enters the audit trail."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from sqlalchemy.engine import Connection

from server.attestations import typed
from server.pages.language import N_
from server.spoken import Spoken
from server.store import audit, contacts
from server.store.contacts import Contact
from server.store.people import Role

MAY_KEEP = frozenset({Role.ADMINISTRATOR, Role.STAFF, Role.OFFICIAL})
CALL_EVERY = timedelta(days=90)
"""How long a test call counts (rows LOG-07 and ATT-03)."""
FIRST_CALL = timedelta(days=14)
"""Within which a new contact is called."""
MOST = 500
"""Contacts of one office."""

SECTORS = {
    "csirt": N_("Incident team of the state or province"), "cyber_centre": N_("National cyber centre"),
    "police": N_("Police"), "government": N_("Government"), "vendor": N_("Vendor"),
    "party": N_("Parties and campaigns"), "media": N_("Media"), "platform": N_("Platforms"),
    "security": N_("Security firm"), "other": N_("Other"),
}


class Called(StrEnum):
    """Where the test calls of a contact stand."""

    NEVER = "never"
    LATE = "late"
    SOON = "soon"
    """A call is due within 30 days."""
    CURRENT = "current"


def due(one: Contact) -> date:
    """The day by which the next test call must reach them."""
    return one.reached + CALL_EVERY if one.reached else one.added.astimezone(UTC).date() + FIRST_CALL


def called(one: Contact, today: date) -> Called:
    if one.reached is None:
        return Called.NEVER
    if today > due(one):
        return Called.LATE
    return Called.SOON if due(one) - today < timedelta(days=30) else Called.CURRENT


def add(connection: Connection, tenant: str, data: Mapping[str, object], *, by: str, now: datetime) -> int:
    """Add one from a form. Raises ``Spoken``."""
    sector = typed.one_of(data, "sector", tuple(SECTORS))
    details = _details(data)
    if len(contacts.every(connection, tenant)) >= MOST:
        raise Spoken(N_("There are %(most)s contacts already."), N_("Remove those that are none any more."),
                     {"most": MOST})
    number = contacts.add(connection, tenant, sector, details, now)
    audit.record(connection, tenant, now, by, "contact.add", str(number), {"sector": sector})
    return number


def change(connection: Connection, tenant: str, one: Contact, data: Mapping[str, object], *, by: str,
           now: datetime) -> None:
    """Change who a contact is. Another sector is another contact. Raises ``Spoken``."""
    contacts.change(connection, tenant, one.number, _details(data))
    audit.record(connection, tenant, now, by, "contact.change", str(one.number), {"sector": one.sector})


def remove(connection: Connection, tenant: str, one: Contact, *, by: str, now: datetime) -> None:
    """Take a contact off the list; who it was is blanked."""
    contacts.remove(connection, tenant, one.number, now)
    audit.record(connection, tenant, now, by, "contact.remove", str(one.number), {"sector": one.sector})


def tested(connection: Connection, tenant: str, one: Contact, data: Mapping[str, object], *, by: str,
           now: datetime) -> None:
    """Note a test call. Raises ``Spoken``."""
    day = typed.past_day(data, "day", now)
    reached = typed.one_of(data, "reached", ("yes", "no")) == "yes"
    contacts.tested(connection, tenant, one.number, day, reached=reached, now=now, by=by)
    audit.record(connection, tenant, now, by, "contact.test", str(one.number), {
        "sector": one.sector, "day": day.isoformat(), "reached": reached})


def _details(data: Mapping[str, object]) -> dict[str, str]:
    found = {name: typed.line(data, name, required=name == "name") for name in contacts.DETAILS}
    if not found["email"] and not found["phone"]:
        raise Spoken(N_("There is no way to reach them."), N_("Give a telephone number or an e-mail address."),
                     field="phone")
    if found["email"] and ("@" not in found["email"] or " " in found["email"]):
        raise Spoken(N_("That is no e-mail address."), N_("Write it as name@example.org."), field="email")
    return found
