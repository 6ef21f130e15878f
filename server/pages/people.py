"""The people of the office: who may sign in, as what; administrators invite, change and let go."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, TypeAlias

from litestar import Request, Response, get, params, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.exceptions import NotFoundException
from litestar.params import Body
from litestar.response import Template
from sqlalchemy.engine import Connection

from server.access import factors, membership, relying_party, rules
from server.access.factors import Factors
from server.access.routes import go
from server.pages import site
from server.pages.language import N_
from server.pages.navigation import Entry, Place
from server.pages.site import Asked, Clock, FromPath, SignedIn, Store
from server.problems import Refused
from server.spoken import Spoken
from server.store import links, people, sessions, tenants
from server.store.database import Database
from server.store.people import Person, Role
from server.store.sessions import Session
from server.store.tenants import Tenant

Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
Number: TypeAlias = params.FromPath[int]
Secure = NamedDependency[bool]
MANAGE = rules.only(membership.MAY_MANAGE)
ROLES = {Role.ADMINISTRATOR: N_("Administrator"), Role.STAFF: N_("IT staff"), Role.OFFICIAL: N_("Official"),
         Role.REVIEWER: N_("Reviewer")}
ABOUT = {
    Role.ADMINISTRATOR: N_("Everything, with these people too"), Role.STAFF: N_("Machines, findings and their repair"),
    Role.OFFICIAL: N_("Reads, decides, approves and publishes"), Role.REVIEWER: N_("Reviews offices that grant it")}


@get("/{language:str}/office/people", access=rules.OFFICE)
async def everybody(request: Asked, language: FromPath, database: Store, clock: Clock, session: SignedIn) -> Template:
    """Who may sign in, and who no longer may."""
    return await asyncio.to_thread(_page, request, site.checked(language), database, clock, session)


@post("/{language:str}/office/people", access=MANAGE, sync_to_thread=True)
def invite(request: Asked, language: FromPath, data: Form, database: Store, clock: Clock, session: SignedIn,
           tls: Secure) -> Response[Any]:
    """Add somebody, and show the link that they set password and second factor with: this once."""
    language = site.checked(language)
    try:
        with database.write(session.tenant) as connection:
            person, secret = membership.invite(
                connection, _tenant(connection, session), data.get("name", ""), data.get("role", ""),
                data.get("email", ""), data.get("spoken", ""), f"person:{session.name}", clock())
    except Spoken as error:
        return _page(request, language, database, clock, session, error=error, typed=data)
    return _page(request, language, database, clock, session, invited=(person.name, _link(request, secret, tls=tls)))


@post("/{language:str}/office/people/{number:int}/invite", access=MANAGE, sync_to_thread=True)
def invite_again(request: Asked, language: FromPath, number: Number, database: Store, clock: Clock, session: SignedIn,
                 tls: Secure) -> Response[Any]:
    """A new link; the one before is void."""
    language = site.checked(language)
    try:
        with database.write(session.tenant) as connection:
            person = _person(connection, session, number)
            secret = membership.renew(connection, person, f"person:{session.name}", clock())
    except Spoken as error:
        return _page(request, language, database, clock, session, error=error)
    return _page(request, language, database, clock, session, invited=(person.name, _link(request, secret, tls=tls)))


@post("/{language:str}/office/people/{number:int}/role", access=MANAGE, sync_to_thread=True)
def role(request: Asked, language: FromPath, number: Number, data: Form, database: Store, clock: Clock,
         session: SignedIn) -> Response[Any]:
    """Let somebody be something else here."""
    def change(connection: Connection, person: Person, by: str, now: datetime) -> None:
        membership.set_role(connection, _tenant(connection, session), person, data.get("role", ""), by, now)

    return _change(request, language, number, database, clock, session, change)


@post("/{language:str}/office/people/{number:int}/disable", access=MANAGE, sync_to_thread=True)
def disable(request: Asked, language: FromPath, number: Number, database: Store, clock: Clock,
            session: SignedIn) -> Response[Any]:
    """Let somebody sign in no more."""
    return _change(request, language, number, database, clock, session, membership.disable)


@post("/{language:str}/office/people/{number:int}/enable", access=MANAGE, sync_to_thread=True)
def enable(request: Asked, language: FromPath, number: Number, database: Store, clock: Clock,
           session: SignedIn) -> Response[Any]:
    """Let somebody sign in again."""
    return _change(request, language, number, database, clock, session, membership.enable)


@post("/{language:str}/office/people/{number:int}/sign-out", access=MANAGE, sync_to_thread=True)
def sign_out(request: Asked, language: FromPath, number: Number, database: Store, clock: Clock,
             session: SignedIn) -> Response[Any]:
    """End everything that somebody has open."""
    def change(connection: Connection, person: Person, by: str, now: datetime) -> None:
        membership.sign_out(connection, person, by, now)

    return _change(request, language, number, database, clock, session, change)


ROUTES = [everybody, invite, invite_again, role, disable, enable, sign_out]
ENTRIES = [Entry("people", "/office/people", N_("People"), rules.OFFICE, 10, Place.OFFICE,
                 about=N_("Who may sign in, as what, and with which second factor."))]


def _change(request: Asked, language: str, number: int, database: Database, clock: Any, session: Session,
            change: Callable[[Connection, Person, str, datetime], None]) -> Response[Any]:
    language = site.checked(language)
    try:
        with database.write(session.tenant) as connection:
            change(connection, _person(connection, session, number), f"person:{session.name}", clock())
    except Spoken as error:
        return _page(request, language, database, clock, session, error=error)
    return go(f"/{language}/office/people")


def _person(connection: Connection, session: Session, number: int) -> Person:
    found = people.get(connection, session.tenant, number) if number < 1 << 62 else None
    if found is None:
        raise NotFoundException
    return found


def _tenant(connection: Connection, session: Session) -> Tenant:
    found = tenants.get(connection, session.tenant)
    if found is None:
        raise Refused("sign_in")
    return found


def _link(request: Request[Any, Any, State], secret: str, *, tls: bool) -> str:
    return f"{relying_party.of(request.scope, tls=tls).origin}/invitation/{secret}"


def _page(request: Asked, language: str, database: Database, clock: Any, session: Session, *,
          error: Spoken | None = None, typed: dict[str, str] | None = None,
          invited: tuple[str, str] | None = None) -> Template:
    now = clock()
    with database.read(session.tenant) as connection:
        tenant = _tenant(connection, session)
        found: list[tuple[Person, Factors, int]] = [
            (one, factors.of(connection, session.tenant, one.id),
             len(sessions.of_person(connection, session.tenant, one.id, now)))
            for one in people.every(connection, session.tenant)]
    made = site.page(
        "people.html", request, language, session, here="office", tenant=tenant, people=found, roles=ROLES, about=ABOUT,
        offered_roles=membership.ROLES[tenant.kind], may=session.role in membership.MAY_MANAGE,
        wrong=error.said(language) if error else None, field=error.field if error else "", typed=typed or {},
        invited=invited, days=links.INVITATION_LIFE.days, most=membership.NAME_MOST)
    made.status_code = 400 if error else 200
    return made
