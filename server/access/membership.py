"""Who belongs to an office, and as what: decided here for the page and for the console alike.

Each act is written down in the transaction that does it. The last administrator never goes: somebody must be left who
can let others in.
"""

from __future__ import annotations

import unicodedata
from datetime import datetime

from sqlalchemy.engine import Connection

from hustings.errors import ConfigError
from server.notices.events import happened
from server.pages.language import N_
from server.spoken import Spoken
from server.store import audit, authenticators, links, passkeys, people, recovery_codes, sessions, warnings
from server.store.links import Purpose
from server.store.people import Person, Role
from server.store.tenants import Kind, Tenant

NAME_MOST = 64
EMAIL_MOST = 254
_OFFICE = (Role.ADMINISTRATOR, Role.STAFF, Role.OFFICIAL)
ROLES = {Kind.OFFICE: _OFFICE, Kind.CAMPAIGN: _OFFICE, Kind.FIRM: (Role.ADMINISTRATOR, Role.REVIEWER)}
"""What people can be in each kind of tenant: reviewers belong to a firm of their own."""
MAY_MANAGE = frozenset({Role.ADMINISTRATOR})


def checked_name(text: str) -> str:
    """A name to sign in with. Raises ``Spoken`` for one that cannot be."""
    name = unicodedata.normalize("NFC", text.strip())
    if not 1 <= len(name) <= NAME_MOST or not name.isprintable() or "@" in name:
        raise Spoken(N_("a person's name has 1 to %(most)s printable characters, and no @"), N_("choose another name"),
                     {"most": NAME_MOST}, field="name")
    return name


def checked_email(text: str) -> str | None:
    """An address for notices, or None for none. Raises ``Spoken`` for one that cannot be."""
    email = text.strip()
    if not email:
        return None
    local, _, domain = email.rpartition("@")
    if (len(email) > EMAIL_MOST or not local or "." not in domain or domain.startswith(".") or domain.endswith(".")
            or not email.isprintable() or any(one in email for one in " <>,;:\"()[]\\")):
        raise Spoken(N_("this is not an address for e-mail"), N_("write it as name@county.example, or leave it empty"),
                     field="email")
    return email


def checked_language(text: str) -> str | None:
    """``en``, ``fr``, or None to follow the browser."""
    return text if text in ("en", "fr") else None


def invite(connection: Connection, tenant: Tenant, name: str, role: str, email: str, language: str, by: str,
           now: datetime) -> tuple[Person, str]:
    """Add a person who sets password and second factor by a one-time link; return them and the link's secret.

    Raises ``Spoken`` for what cannot be, by field.
    """
    wanted = checked_name(name)
    chosen = _role(tenant, role)
    try:
        person = people.add(connection, tenant.id, wanted, chosen, None, now, email=checked_email(email),
                            language=checked_language(language), invited=True)
    except ConfigError as error:
        raise Spoken(N_("there is already a person called %(name)s"), N_("choose another name"), {"name": wanted},
                     field="name") from error
    audit.record(connection, tenant.id, now, by, "person.invite", wanted, {"role": chosen.value})
    return person, links.create(connection, person, now, Purpose.INVITATION)


def renew(connection: Connection, person: Person, by: str, now: datetime) -> str:
    """A new link for somebody who has not accepted yet; those before are void. Raises ``Spoken``."""
    if person.invited is None or person.disabled is not None:
        raise Spoken(N_("%(name)s needs no invitation"),
                     N_("who lost password or second factor is recovered on the server's own machine: hustings server "
                        "user recover"), {"name": person.name})
    audit.record(connection, person.tenant, now, by, "person.invite-again", person.name)
    return links.create(connection, person, now, Purpose.INVITATION)


def accept(connection: Connection, secret: str, password: str, now: datetime) -> Person | None:
    """Use an invitation up: the person has this password (hashed already) from now on. None if it does not hold."""
    person = links.use(connection, secret, now, Purpose.INVITATION)
    if person is None:
        return None
    people.set_password(connection, person, password)
    people.accept(connection, person)
    audit.record(connection, person.tenant, now, f"person:{person.name}", "person.accept", person.name)
    return person


def set_role(connection: Connection, tenant: Tenant, person: Person, role: str, by: str, now: datetime) -> None:
    """Give a person another role; they sign in anew. Raises ``Spoken``."""
    chosen = _role(tenant, role)
    if chosen is person.role:
        return
    _not_the_last(connection, person)
    people.set_role(connection, person, chosen)
    sessions.end_all(connection, person.tenant, person.id, now, "role")
    audit.record(connection, person.tenant, now, by, "person.role", person.name,
                 {"before": person.role.value, "after": chosen.value})


def disable(connection: Connection, person: Person, by: str, now: datetime) -> None:
    """Let a person sign in no more; what they have open ends. Raises ``Spoken``."""
    if person.disabled is not None:
        return
    _not_the_last(connection, person)
    people.disable(connection, person, now)
    links.void(connection, person, now)
    sessions.end_all(connection, person.tenant, person.id, now, "disabled")
    audit.record(connection, person.tenant, now, by, "person.disable", person.name)


def enable(connection: Connection, person: Person, by: str, now: datetime) -> None:
    """Let a person sign in again."""
    if person.disabled is None:
        return
    people.enable(connection, person)
    audit.record(connection, person.tenant, now, by, "person.enable", person.name)


def sign_out(connection: Connection, person: Person, by: str, now: datetime) -> int:
    """End everything a person has open; how many sessions that were."""
    ended = sessions.end_all(connection, person.tenant, person.id, now, "signed-out")
    audit.record(connection, person.tenant, now, by, "person.sign-out-everywhere", person.name, {"sessions": ended})
    return ended


def recover(connection: Connection, person: Person, by: str, now: datetime) -> str:
    """Take password and every second factor from a person, end their sessions, and tell everybody of the office.

    The secret of a one-time link with which the person sets new ones. Raises ``Spoken`` for who is disabled.
    """
    if person.disabled is not None:
        raise Spoken(N_("%(name)s may not sign in"), N_("let them in again first, if that is right"),
                     {"name": person.name})
    people.set_password(connection, person, None)
    people.invite(connection, person, now)
    authenticators.remove(connection, person)
    passkeys.remove_all(connection, person)
    recovery_codes.remove(connection, person)
    sessions.end_all(connection, person.tenant, person.id, now, "recovered")
    audit.record(connection, person.tenant, now, by, "person.recover", person.name)
    warnings.add(connection, person.tenant, "recovered", person.name, by, now)
    happened(connection, person.tenant, "account-recovered", f"{person.id}:{now.isoformat()}", person.name, {}, now)
    return links.create(connection, person, now, Purpose.INVITATION)


def _role(tenant: Tenant, text: str) -> Role:
    found = next((one for one in ROLES[tenant.kind] if one.value == text), None)
    if found is None:
        raise Spoken(N_("nobody here can be %(role)s"), N_("choose one of the roles offered"), {"role": text[:40]},
                     field="role")
    return found


def _not_the_last(connection: Connection, person: Person) -> None:
    """Raises ``Spoken`` if nobody else could administer."""
    if person.role is Role.ADMINISTRATOR and not [
            one for one in people.administrators(connection, person.tenant) if one.id != person.id]:
        raise Spoken(N_("%(name)s is the last administrator"), N_("make somebody else an administrator first"),
                     {"name": person.name})
