"""The reviewer's side of an engagement: what is offered to them, taking it and turning it down."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from server.pages.language import N_
from server.spoken import Spoken
from server.store import audit, engagements, secrets, tenants
from server.store.database import WHOLE_SERVER, Database
from server.store.engagements import Kind, Offer
from server.store.people import Role
from server.store.sessions import Session


def offers(database: Database, session: Session, now: datetime) -> list[Offer]:
    """What waits under the sign-in name of whoever is signed in; nothing for who is no reviewer of a firm."""
    with database.read(WHOLE_SERVER) as connection:
        name = _address(connection, session)
        return [one for one in engagements.offers(connection, name, now) if one.tenant != session.home] if name else []


def answer(database: Database, session: Session, number: int, now: datetime, *, accept: bool) -> None:
    """Take what is offered under one's name, or turn it down. Raises ``Spoken`` where nothing is offered any more."""
    found = next((one for one in offers(database, session, now) if one.id == number), None)
    if found is None:
        raise Spoken(N_("Nothing of that number is offered to you."), N_("Ask the office to grant it anew."))
    _write(database, session, found, Kind.ACCEPTED if accept else Kind.DECLINED, now)


def with_code(database: Database, session: Session, code: str, now: datetime) -> Offer:
    """Take what a code stands for. Raises ``Spoken``, alike for a code that never was, was used, or is too old."""
    with database.read(WHOLE_SERVER) as connection:
        found = engagements.offered_by_code(connection, secrets.kept(code.strip()), now)
        mine = _address(connection, session)
    if found is None or not mine or found.tenant == session.home:
        raise Spoken(N_("This code stands for nothing: it was mistyped, used, taken back or is too old."),
                     N_("Copy it whole, or ask the office for a new one."), field="code")
    _write(database, session, found, Kind.ACCEPTED, now)
    return found


def _write(database: Database, session: Session, found: Offer, kind: Kind, now: datetime) -> None:
    with database.write(found.tenant) as connection:
        granted = engagements.get(connection, found.tenant, found.id)
        if granted is None or granted.accepted or granted.declined or granted.revoked:
            raise Spoken(N_("Nothing of that number is offered to you."), N_("Ask the office to grant it anew."))
        action = "engagement.accept" if kind is Kind.ACCEPTED else "engagement.decline"
        database.narrow(connection, session.home)
        by = _address(connection, session)
        audit.record(connection, session.home, now, f"person:{session.name}", action,
                     found.office, {"until": found.terms.until.isoformat()})
        database.narrow(connection, found.tenant)
        try:
            with connection.begin_nested():
                engagements.act(connection, found.tenant, found.id, kind, by=f"reviewer:{by}", now=now,
                                home=session.home, person=session.person)
        except IntegrityError as error:
            raise Spoken(N_("Nothing of that number is offered to you."),
                         N_("Ask the office to grant it anew.")) from error
        audit.record(connection, found.tenant, now, f"reviewer:{by}", action, str(found.id))


def _address(connection: Connection, session: Session) -> str:
    """``name@handle`` of a reviewer who belongs to a firm; empty for everybody else."""
    home = tenants.get(connection, session.home)
    if session.role is not Role.REVIEWER or home is None or home.kind is not tenants.Kind.FIRM:
        return ""
    return f"{session.name}@{home.handle}"
