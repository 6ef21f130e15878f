"""Requests for evidence: what was asked of whom, the letter, what came, and what it was taken for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import date
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.exceptions import NotFoundException
from litestar.params import Body
from litestar.params import FromPath as Path
from litestar.response import Template
from sqlalchemy.engine import Connection

from server.access import rules
from server.attestations.again import again
from server.config import Config
from server.evidence_requests import asking
from server.evidence_requests import letter as letters
from server.evidence_requests.asking import MAY_ASK, MAY_DECIDE
from server.pages import site
from server.pages.language import N_
from server.pages.navigation import Entry, Place
from server.pages.site import Asked, Clock, FromPath, SignedIn, Store
from server.scorecard import OURS
from server.spoken import Spoken
from server.store import evidence_requests, tenants
from server.store.database import Database
from server.store.evidence_requests import Request
from server.store.sessions import Session

Form = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)]
Keys = NamedDependency[Config]


@get("/{language:str}/office/requests", access=rules.OFFICE)
async def every(request: Asked, language: FromPath, database: Store, clock: Clock, session: SignedIn) -> Template:
    """Every request with how long it is unanswered, and the form that makes one."""
    return await asyncio.to_thread(_list, request, site.checked(language), database, clock, session)


@post("/{language:str}/office/requests", access=rules.only(MAY_ASK), sync_to_thread=True)
def ask(request: Asked, language: FromPath, data: Form, database: Store, clock: Clock, session: SignedIn,
        config: Keys) -> Response[Any]:
    """Make a request. The address for files is shown once, here."""
    language = site.checked(language)
    assets = [one.name for one in site.office(request, database, session).assets or ()]
    try:
        with database.write(session.tenant) as connection:
            number, secret = asking.ask(connection, session.tenant, data, assets, by=session.actor,
                                        now=site.now(clock))
    except Spoken as wrong:
        return _list(request, language, database, clock, session, typed=data, wrong=wrong)
    return _page(request, language, database, clock, session, number, secret=secret, config=config)


@get("/{language:str}/office/requests/{number:int}", access=rules.OFFICE)
async def show(request: Asked, language: FromPath, number: Path[int], database: Store, clock: Clock,
               session: SignedIn) -> Template:
    """One request: the letter, what came, and what is to be decided."""
    return await asyncio.to_thread(_page, request, site.checked(language), database, clock, session, number)


@get("/{language:str}/office/requests/{number:int}/letter.pdf", access=rules.OFFICE)
async def printed(language: FromPath, number: Path[int], database: Store, clock: Clock,
                  session: SignedIn) -> Response[bytes]:
    """The letter without the address for files, which nobody knows any more."""
    site.checked(language)
    return await asyncio.to_thread(_letter, database, clock, session, number, "")


@post("/{language:str}/office/requests/{number:int}/letter.pdf", access=rules.only(MAY_ASK), sync_to_thread=True,
      status_code=200)
def printed_whole(language: FromPath, number: Path[int], data: Form, database: Store, clock: Clock,
                  session: SignedIn, config: Keys) -> Response[bytes]:
    """The letter with the address for files, as long as the page still shows it."""
    site.checked(language)
    secret = str(data.get("secret", ""))
    with database.read(session.tenant) as connection:
        _found(connection, session, number)
        if not evidence_requests.holds(connection, session.tenant, number, secret):
            raise NotFoundException
    return _letter(database, clock, session, number, _address(config, secret))


@post("/{language:str}/office/requests/{number:int}/link", access=rules.only(MAY_ASK), sync_to_thread=True)
def renew(request: Asked, language: FromPath, number: Path[int], database: Store, clock: Clock, session: SignedIn,
          config: Keys) -> Response[Any]:
    """Another address for files; the one before takes nothing any more."""
    language = site.checked(language)
    try:
        with database.write(session.tenant) as connection:
            secret = asking.renew(connection, session.tenant, _found(connection, session, number), by=session.actor,
                                  now=site.now(clock))
    except Spoken as wrong:
        return _page(request, language, database, clock, session, number, wrong=wrong)
    return _page(request, language, database, clock, session, number, secret=secret, config=config)


@post("/{language:str}/office/requests/{number:int}/close", access=rules.only(MAY_ASK), sync_to_thread=True)
def close(request: Asked, language: FromPath, number: Path[int], data: Form, database: Store, clock: Clock,
          session: SignedIn) -> Response[Any]:
    """Close it with what came of it."""
    return _acted(request, language, database, clock, session, number, data, lambda connection, one: asking.close(
        connection, session.tenant, one, data, by=session.actor, now=site.now(clock)))


@post("/{language:str}/office/requests/{number:int}/uploads/{upload:int}", access=rules.only(MAY_DECIDE),
      sync_to_thread=True)
def decide(request: Asked, language: FromPath, number: Path[int], upload: Path[int], data: Form, database: Store,
           clock: Clock, session: SignedIn, config: Keys) -> Response[Any]:
    """Accept a file, refuse it, or enter it as a recording."""
    def act(connection: Connection, one: Request) -> None:
        came = next((each for each in one.uploads if each.number == upload), None)
        if came is None:
            raise NotFoundException
        asking.decide(connection, session.tenant, one, came, data, by=session.actor, now=site.now(clock),
                      key_file=config.recordings_key)

    return _acted(request, language, database, clock, session, number, data, act)


@get("/{language:str}/office/requests/{number:int}/uploads/{upload:int}/file", access=rules.OFFICE,
     sync_to_thread=True)
def file(language: FromPath, number: Path[int], upload: Path[int], database: Store,
         session: SignedIn) -> Response[bytes]:
    """The very bytes, to be saved: never shown in the browser."""
    site.checked(language)
    with database.read(session.tenant) as connection:
        content = evidence_requests.content(connection, session.tenant, number, upload) if max(
            number, upload) < 1 << 62 else None
    if content is None:
        raise NotFoundException
    return Response(content, media_type="application/octet-stream", headers={
        "content-disposition": f'attachment; filename="evidence-{number}-{upload}.bin"'})


ROUTES = [every, ask, show, printed, printed_whole, renew, close, decide, file]
ENTRIES = [Entry("requests", "/office/requests", N_("Requests for evidence"), rules.OFFICE, 14, Place.OFFICE,
                 N_("What you asked of vendors, the state and the county, and how long they have been silent."))]


def silent(one: Request, today: date) -> int | None:
    """For how many days a request has had no answer; None where one came, or it is closed."""
    return None if one.uploads or one.closed else (today - one.day).days


def _acted(request: Asked, language: str, database: Database, clock: Clock, session: Session, number: int,
           data: Mapping[str, Any], act: Callable[[Connection, Request], None]) -> Response[Any]:
    language = site.checked(language)
    try:
        with database.write(session.tenant) as connection:
            act(connection, _found(connection, session, number))
    except Spoken as wrong:
        return _page(request, language, database, clock, session, number, typed=data, wrong=wrong)
    return Response(b"", status_code=303, media_type="text/plain",
                    headers={"location": f"/{language}/office/requests/{number}"})


def _address(config: Config, secret: str) -> str:
    return f"{config.url}/evidence/{secret}"


def _found(connection: Connection, session: Session, number: int) -> Request:
    found = evidence_requests.get(connection, session.tenant, number) if number < 1 << 62 else None
    if found is None:
        raise NotFoundException
    return found


def _letter(database: Database, clock: Any, session: Session, number: int, link: str) -> Response[bytes]:
    with database.read(session.tenant) as connection:
        found = _found(connection, session, number)
        office = tenants.get(connection, session.tenant)
    made = letters.letter_pdf(letters.letter(found, office.name if office else "", link), found.language,
                              site.now(clock))
    return Response(made, media_type="application/pdf", headers={
        "content-disposition": f'attachment; filename="request-{found.number}-{found.language}.pdf"'})


def _list(request: Asked, language: str, database: Database, clock: Clock, session: Session, *,
          typed: Mapping[str, Any] | None = None, wrong: Spoken | None = None) -> Template:
    with database.read(session.tenant) as connection:
        found = evidence_requests.every(connection, session.tenant)
    office = site.office(request, database, session)
    today = site.now(clock).date()
    made = site.page(
        "requests.html", request, language, session, here="office",
        requests=[(one, silent(one, today)) for one in found], today=today, parties=asking.PARTIES,
        assets=[one for one in office.assets or () if one.responsible != OURS], typed=again(typed),
        wrong=wrong.said(language) if wrong else None, field=wrong.field if wrong else "",
        may=session.role in MAY_ASK)
    made.status_code = 400 if wrong else 200
    return made


def _page(request: Asked, language: str, database: Database, clock: Clock, session: Session, number: int, *,
          typed: Mapping[str, Any] | None = None, wrong: Spoken | None = None, secret: str = "",
          config: Config | None = None) -> Template:
    with database.read(session.tenant) as connection:
        found = _found(connection, session, number)
        office = tenants.get(connection, session.tenant)
    now = site.now(clock)
    link = _address(config, secret) if config and secret else ""
    made = site.page(
        "request.html", request, language, session, here="office", one=found, silent=silent(found, now.date()),
        open=found.open(now), secret=secret, link=link,
        letter=letters.text(letters.letter(found, office.name if office else "", link)), typed=again(typed),
        wrong=wrong.said(language) if wrong else None, may=session.role in MAY_ASK,
        may_decide=session.role in MAY_DECIDE)
    made.status_code = 400 if wrong else 200
    return made
