"""Somebody comes back from their provider: who they are here, and what they may.

Their groups decide the role, anew at every sign-in. Whoever is unknown here becomes a person of the office; nobody is
ever taken for a person who has the same name. Without a group that has a role nobody comes in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.engine import Connection

from server.single_sign_on.model import Claims, Provider, Rejected
from server.single_sign_on.tokens import NAME_MAX
from server.store import audit, people, sessions, single_sign_on
from server.store.people import Person, Role

TRIES = 1_000


@dataclass(frozen=True, slots=True)
class Arrived:
    """Somebody who came in."""

    secret: str
    """Of their session's cookie."""
    proven: bool
    """Whether a second factor was proven at the provider; else it is asked for here."""


def arrive(connection: Connection, provider: Provider, claims: Claims, now: datetime, *, peer: str,
           device: str) -> Arrived:
    """A new session, in the open transaction.

    Raises ``Rejected``: ``group`` (none of theirs has a role), ``disabled``, ``last_administrator`` (their groups no
    longer make them one, and nobody else is).
    """
    role = claims.role(provider.groups)
    if role is None:
        raise Rejected("group", f"{claims.name}: none of {len(claims.groups)} groups has a role")
    number = single_sign_on.person_of(connection, provider.tenant, provider.id, claims.subject)
    person = people.get(connection, provider.tenant, number) if number is not None else None
    if person is None:
        person = _new(connection, provider, claims, role, now)
    if person.disabled is not None:
        raise Rejected("disabled", person.name)
    if person.role is not role:
        person = _changed(connection, provider, person, role, now)
    proven = claims.proven(provider)
    audit.record(connection, provider.tenant, now, f"person:{person.name}", "person.sign-in", person.name, {
        "via": "single", "provider": provider.name, "proven": proven, "peer": peer})
    secret = sessions.start(connection, person, "single", now, proven=proven, peer=peer, device=device)
    return Arrived(secret, proven)


def _new(connection: Connection, provider: Provider, claims: Claims, role: Role, now: datetime) -> Person:
    base = claims.name[:NAME_MAX - 5].strip() or "person"
    name = base
    for count in range(2, TRIES):
        if people.by_name(connection, provider.tenant, name) is None:
            break
        name = f"{base}-{count}"
    person = people.add(connection, provider.tenant, name, role, None, now)
    single_sign_on.bind(connection, provider.tenant, provider.id, claims.subject, person.id, now)
    audit.record(connection, provider.tenant, now, f"provider:{provider.name}", "person.add", name,
                 {"role": role.value, "provider": provider.name})
    return person


def _changed(connection: Connection, provider: Provider, person: Person, role: Role, now: datetime) -> Person:
    if person.role is Role.ADMINISTRATOR and [one.id for one in people.administrators(
            connection, provider.tenant)] == [person.id]:
        raise Rejected("last_administrator", person.name)
    people.set_role(connection, person, role)
    audit.record(connection, provider.tenant, now, f"provider:{provider.name}", "person.role", person.name,
                 {"before": person.role.value, "after": role.value, "provider": provider.name})
    changed = people.get(connection, provider.tenant, person.id)
    assert changed is not None
    return changed
