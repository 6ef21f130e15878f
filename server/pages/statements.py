"""The right of reply to a finding: the office's own statement, and a one-time link for a named vendor."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.exceptions import NotFoundException
from litestar.params import Body
from litestar.params import FromPath as Path
from litestar.response import Template
from sqlalchemy.engine import Connection

from server import statements as said
from server.access import rules
from server.attestations.again import again
from server.config import Config
from server.pages import site
from server.pages.site import Asked, Clock, FromPath, SignedIn, Store
from server.spoken import Spoken
from server.statements import making
from server.statements.making import MAY_INVITE, MAY_STATE
from server.store import statements
from server.store.database import Database
from server.store.sessions import Session
from server.triage import reading
from server.triage.model import Finding

Form = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)]


@get("/{language:str}/findings/{number:int}/statements", access=rules.OFFICE)
async def show(request: Asked, language: FromPath, number: Path[int], database: Store, clock: Clock,
               session: SignedIn) -> Template:
    """What was said of a finding, and the forms. 404 for what is none of the office's."""
    return await asyncio.to_thread(_page, request, site.checked(language), database, clock, session, number)


@post("/{language:str}/findings/{number:int}/statements", access=rules.only(MAY_STATE), sync_to_thread=True)
def state(request: Asked, language: FromPath, number: Path[int], data: Form, database: Store, clock: Clock,
          session: SignedIn) -> Response[Any]:
    """Attach a statement of the office."""
    language = site.checked(language)
    try:
        with database.write(session.tenant) as connection:
            finding = _found(connection, session, number, clock)
            making.state(connection, session.tenant, finding, data, by=session.actor, now=site.now(clock))
    except Spoken as wrong:
        return _page(request, language, database, clock, session, number, typed=data, wrong=wrong, form="state")
    return _to(f"/{language}/findings/{number}/statements")


@post("/{language:str}/findings/{number:int}/statements/links", access=rules.only(MAY_INVITE), sync_to_thread=True)
def invite(request: Asked, language: FromPath, number: Path[int], data: Form, database: Store, clock: Clock,
           session: SignedIn, config: NamedDependency[Config]) -> Response[Any]:
    """Make a link for a vendor. It is shown once, here."""
    language = site.checked(language)
    try:
        with database.write(session.tenant) as connection:
            finding = _found(connection, session, number, clock)
            _, secret = making.invite(connection, session.tenant, finding, data, by=session.actor,
                                      now=site.now(clock))
    except Spoken as wrong:
        return _page(request, language, database, clock, session, number, typed=data, wrong=wrong, form="invite")
    return _page(request, language, database, clock, session, number, link=f"{config.url}/reply/{secret}")


@post("/{language:str}/findings/{number:int}/statements/links/{link:int}/revoke", access=rules.only(MAY_INVITE),
      sync_to_thread=True)
def revoke(language: FromPath, number: Path[int], link: Path[int], database: Store, clock: Clock,
           session: SignedIn) -> Response[Any]:
    """Shut a link that nobody used."""
    language = site.checked(language)
    with database.write(session.tenant) as connection:
        if not making.revoke(connection, session.tenant, number, link, by=session.actor, now=site.now(clock)):
            raise NotFoundException
    return _to(f"/{language}/findings/{number}/statements")


ROUTES = [show, state, invite, revoke]


def _found(connection: Connection, session: Session, number: int, clock: Any) -> Finding:
    found = reading.get(connection, session.tenant, number, site.now(clock)) if number < 1 << 62 else None
    if found is None:
        raise NotFoundException
    return found


def _page(request: Asked, language: str, database: Database, clock: Clock, session: Session, number: int, *,
          typed: Mapping[str, Any] | None = None, wrong: Spoken | None = None, form: str = "",
          link: str = "") -> Template:
    now = site.now(clock)
    with database.read(session.tenant) as connection:
        finding = _found(connection, session, number, clock)
        found = said.of(connection, session.tenant, number)
        links = statements.links(connection, session.tenant, number)
    made = site.page(
        "statements.html", request, language, session, here="findings", finding=finding, statements=found,
        links=[(one, "used" if one.used else "revoked" if one.revoked else "open" if one.open(now) else "ended")
               for one in links],
        typed=again(typed), form=form, wrong=wrong.said(language) if wrong else None,
        field=wrong.field if wrong else "", link=link, lives=making.LIVES,
        may_state=session.role in MAY_STATE, may_invite=session.role in MAY_INVITE)
    made.status_code = 400 if wrong else 200
    return made


def _to(place: str) -> Response[bytes]:
    return Response(b"", status_code=303, headers={"location": place}, media_type="text/plain")
