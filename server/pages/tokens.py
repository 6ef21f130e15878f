"""Tokens of the API: one's own, made and revoked; an administrator's view of everybody's."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.enums import RequestEncodingType
from litestar.exceptions import NotFoundException
from litestar.params import Body
from litestar.response import Template

from server import api_tokens as service
from server.access import rules
from server.api.scopes import SCOPES
from server.pages import site
from server.pages.language import N_
from server.pages.navigation import Entry, Place
from server.pages.site import Asked, Clock, FromPath, SignedIn, Store
from server.spoken import Spoken
from server.store import api_tokens
from server.store.api_tokens import ApiToken
from server.store.database import Database
from server.store.people import Role
from server.store.sessions import Session

Form = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)]
_LAST = 1 << 62


@get("/{language:str}/office/tokens", access=rules.ANYONE)
async def tokens(request: Asked, language: FromPath, database: Store, clock: Clock, session: SignedIn) -> Template:
    """The tokens, and the form that makes one."""
    return await asyncio.to_thread(_page, request, site.checked(language), database, clock, session, {})


@post("/{language:str}/office/tokens", access=rules.ANYONE, sync_to_thread=True)
def make(request: Asked, language: FromPath, data: Form, database: Store, clock: Clock, session: SignedIn) -> Template:
    """Make one. It is shown on this page, and never again."""
    language = site.checked(language)
    name, days, chosen = str(data.get("name", "")), str(data.get("days", "")), _list(data.get("scopes"))
    typed = {"name": name, "days": days, "scopes": chosen}
    engaged, home = session.engagement, session.home or session.tenant
    try:
        wanted = service.read(name, chosen, days, session.role)
        if session.role is Role.REVIEWER and engaged is None:
            raise Spoken(N_("A reviewer’s token looks at one office."), N_("Open that office first, then make it."))
        with database.write(home) as connection:
            _, secret = service.make(connection, home, session.person, wanted, now=site.now(clock),
                                     by=f"person:{session.name}", engagement=engaged.id if engaged else None)
    except Spoken as wrong:
        return _page(request, language, database, clock, session, typed, wrong=wrong)
    return _page(request, language, database, clock, session, {}, secret=secret, made=wanted.name)


@post("/{language:str}/office/tokens/{number:str}/revoke", access=rules.ANYONE, sync_to_thread=True)
def revoke(language: FromPath, number: FromPath, database: Store, clock: Clock,
           session: SignedIn) -> Response[bytes]:
    """Revoke one's own; an administrator revokes anybody's of the office. 404 for any other."""
    language = site.checked(language)
    home = session.home or session.tenant
    wanted = int(number) if number.isascii() and number.isdigit() and len(number) < 19 else 0
    with database.write(home) as connection:
        found = api_tokens.get(connection, home, wanted) if 0 < wanted < _LAST else None
        if found is None or not _mine(found, session):
            raise NotFoundException
        service.revoke(connection, home, wanted, now=site.now(clock), by=f"person:{session.name}")
    return Response(b"", status_code=303, headers={"location": f"/{language}/office/tokens"}, media_type="text/plain")


ROUTES = [tokens, make, revoke]
ENTRIES = [Entry("tokens", "/office/tokens", N_("API tokens"), rules.OFFICE, 70, Place.OFFICE,
                 N_("Let a program read what you may read yourself, for a while."))]


def _mine(one: ApiToken, session: Session) -> bool:
    return one.person == session.person or session.role is Role.ADMINISTRATOR


def _list(value: Any) -> list[str]:
    if value is None:
        return []
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def _page(request: Asked, language: str, database: Database, clock: Clock, session: Session,
          typed: Mapping[str, Any], *, wrong: Spoken | None = None, secret: str = "", made: str = "") -> Template:
    now, home = site.now(clock), session.home or session.tenant
    with database.read(home) as connection:
        found = [one for one in api_tokens.every(connection, home) if _mine(one, session)]
    may = service.useful(session.role)
    page = site.page(
        "tokens.html", request, language, session, here="office",
        tokens=[(one, one.ended(now)) for one in found], scopes=[(name, SCOPES[name]) for name in may],
        said=SCOPES, typed={"name": "", "days": "", "scopes": [], **typed},
        wrong=wrong.said(language) if wrong else None, field=wrong.field if wrong else "",
        secret=secret, made=made, most=api_tokens.NAME_MOST, longest=api_tokens.LONGEST.days,
        usual=service.USUAL_DAYS, whose=session.role is Role.ADMINISTRATOR,
        alone=session.role is Role.REVIEWER and session.engagement is None)
    page.status_code = 400 if wrong else 200
    return page
