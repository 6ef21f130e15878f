"""Points of contact: the list, one of them, test calls, and a sheet to print."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.enums import RequestEncodingType
from litestar.exceptions import NotFoundException
from litestar.params import Body
from litestar.params import FromPath as Path
from litestar.response import Template
from sqlalchemy.engine import Connection

from server.access import rules
from server.attestations.again import again
from server.contacts import keeping
from server.contacts.keeping import MAY_KEEP, SECTORS, Called
from server.pages import site
from server.pages.language import N_
from server.pages.navigation import Entry, Place
from server.pages.site import Asked, Clock, FromPath, SignedIn, Store
from server.spoken import Spoken
from server.store import contacts
from server.store.contacts import Contact
from server.store.database import Database
from server.store.sessions import Session

Form = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)]
CALLED = {
    Called.NEVER: N_("Never reached"), Called.LATE: N_("Test call overdue"), Called.SOON: N_("Test call due soon"),
    Called.CURRENT: N_("Reached"),
}
Act = Callable[[Connection, Contact], None]


@get("/{language:str}/office/contacts", access=rules.OFFICE)
async def every(request: Asked, language: FromPath, database: Store, clock: Clock, session: SignedIn) -> Template:
    """The list, and the form that adds one."""
    return await asyncio.to_thread(_list, request, site.checked(language), database, clock, session)


@post("/{language:str}/office/contacts", access=rules.only(MAY_KEEP), sync_to_thread=True)
def add(request: Asked, language: FromPath, data: Form, database: Store, clock: Clock,
        session: SignedIn) -> Response[Any]:
    """Add a contact."""
    language = site.checked(language)
    try:
        with database.write(session.tenant) as connection:
            keeping.add(connection, session.tenant, data, by=session.actor, now=site.now(clock))
    except Spoken as wrong:
        return _list(request, language, database, clock, session, typed=data, wrong=wrong)
    return _to(f"/{language}/office/contacts")


@get("/{language:str}/office/contacts/sheet", access=rules.OFFICE, sync_to_thread=True)
def sheet(request: Asked, language: FromPath, database: Store, clock: Clock, session: SignedIn) -> Template:
    """The contact sheet, to print and to keep where it can be reached without a computer."""
    language = site.checked(language)
    with database.read(session.tenant) as connection:
        found = contacts.every(connection, session.tenant)
    order = list(SECTORS)
    return site.page("contact_sheet.html", request, language, session, here="office", now=site.now(clock),
                     office=site.office(request, database, session), sectors=SECTORS,
                     contacts=sorted(found, key=lambda one: (order.index(one.sector), one.name.casefold())))


@get("/{language:str}/office/contacts/{number:int}", access=rules.OFFICE)
async def show(request: Asked, language: FromPath, number: Path[int], database: Store, clock: Clock,
               session: SignedIn) -> Template:
    """One contact with its test calls. 404 for what is none."""
    return await asyncio.to_thread(_page, request, site.checked(language), database, clock, session, number)


@post("/{language:str}/office/contacts/{number:int}", access=rules.only(MAY_KEEP), sync_to_thread=True)
def change(request: Asked, language: FromPath, number: Path[int], data: Form, database: Store, clock: Clock,
           session: SignedIn) -> Response[Any]:
    """Change who it is."""
    return _acted(request, language, database, clock, session, number, data, "change", lambda connection, one:
                  keeping.change(connection, session.tenant, one, data, by=session.actor, now=site.now(clock)))


@post("/{language:str}/office/contacts/{number:int}/tested", access=rules.only(MAY_KEEP), sync_to_thread=True)
def tested(request: Asked, language: FromPath, number: Path[int], data: Form, database: Store, clock: Clock,
           session: SignedIn) -> Response[Any]:
    """Note a test call."""
    return _acted(request, language, database, clock, session, number, data, "tested", lambda connection, one:
                  keeping.tested(connection, session.tenant, one, data, by=session.actor, now=site.now(clock)))


@post("/{language:str}/office/contacts/{number:int}/remove", access=rules.only(MAY_KEEP), sync_to_thread=True)
def remove(request: Asked, language: FromPath, number: Path[int], database: Store, clock: Clock,
           session: SignedIn) -> Response[Any]:
    """Take it off the list, and forget who it was."""
    return _acted(request, language, database, clock, session, number, {}, "", lambda connection, one:
                  keeping.remove(connection, session.tenant, one, by=session.actor, now=site.now(clock)),
                  back="")


ROUTES = [every, add, sheet, show, change, tested, remove]
ENTRIES = [Entry("contacts", "/office/contacts", N_("Contacts"), rules.OFFICE, 12, Place.OFFICE,
                 N_("Whom you call when something happens, and whether they answer."))]


def _acted(request: Asked, language: str, database: Database, clock: Clock, session: Session, number: int,
           data: Mapping[str, Any], form: str, act: Act, *, back: str | None = None) -> Response[Any]:
    language = site.checked(language)
    try:
        with database.write(session.tenant) as connection:
            one = _found(connection, session, number)
            act(connection, one)
    except Spoken as wrong:
        return _page(request, language, database, clock, session, number, typed=data, wrong=wrong, form=form)
    return _to(f"/{language}/office/contacts{f'/{number}' if back is None else back}")


def _found(connection: Connection, session: Session, number: int) -> Contact:
    found = contacts.get(connection, session.tenant, number)
    if found is None:
        raise NotFoundException
    return found


def _list(request: Asked, language: str, database: Database, clock: Clock, session: Session, *,
          typed: Mapping[str, Any] | None = None, wrong: Spoken | None = None) -> Template:
    with database.read(session.tenant) as connection:
        found = contacts.every(connection, session.tenant)
    today = site.now(clock).date()
    made = site.page(
        "contacts.html", request, language, session, here="office", sectors=SECTORS, called=CALLED,
        contacts=[(one, keeping.called(one, today), keeping.due(one)) for one in found],
        missing=[code for code in SECTORS if code != "other" and not any(one.sector == code for one in found)],
        typed=again(typed), wrong=wrong.said(language) if wrong else None, field=wrong.field if wrong else "",
        may=session.role in MAY_KEEP)
    made.status_code = 400 if wrong else 200
    return made


def _page(request: Asked, language: str, database: Database, clock: Clock, session: Session, number: int, *,
          typed: Mapping[str, Any] | None = None, wrong: Spoken | None = None, form: str = "") -> Template:
    with database.read(session.tenant) as connection:
        one = _found(connection, session, number)
    today = site.now(clock).date()
    kept = {name: getattr(one, name) for name in contacts.DETAILS}
    made = site.page(
        "contact.html", request, language, session, here="office", one=one, sectors=SECTORS, today=today,
        called=CALLED[keeping.called(one, today)], state=keeping.called(one, today), due=keeping.due(one),
        typed=again(typed if form == "change" else kept),
        calling=again(typed if form == "tested" else None),
        form=form, wrong=wrong.said(language) if wrong else None, field=wrong.field if wrong else "",
        may=session.role in MAY_KEEP)
    made.status_code = 400 if wrong else 200
    return made


def _to(place: str) -> Response[bytes]:
    return Response(b"", status_code=303, headers={"location": place}, media_type="text/plain")
