"""Sharing profiles: who receives what of the findings, under which marking, and every file that left."""

from __future__ import annotations

import asyncio
from datetime import UTC, timedelta
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.enums import RequestEncodingType
from litestar.exceptions import NotFoundException
from litestar.params import Body
from litestar.params import FromPath as Path
from litestar.response import Template

from server.access import rules
from server.pages import site
from server.pages.language import N_
from server.pages.navigation import Entry, Place
from server.pages.site import Asked, Clock, FromPath, SignedIn, Store
from server.reviewers import profiles, shared_file
from server.reviewers.handing_out import hand_out
from server.reviewers.profiles import Profile, Treatment
from server.spoken import Spoken
from server.store import sharing_profiles
from server.store.database import Database
from server.store.sessions import Session

LAST = 1 << 62
Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]


@get("/{language:str}/office/sharing-profiles", access=rules.OFFICE)
async def shown(request: Asked, language: FromPath, database: Store, clock: Clock, session: SignedIn) -> Template:
    """Every profile, and the form for a new one."""
    return await asyncio.to_thread(_list, request, site.checked(language), database, clock, session, {})


@post("/{language:str}/office/sharing-profiles", access=rules.only(profiles.MAY_DEFINE), sync_to_thread=True)
def define(request: Asked, language: FromPath, data: Form, database: Store, clock: Clock,
           session: SignedIn) -> Response[Any]:
    """Write a profile down."""
    language = site.checked(language)
    try:
        asked = profiles.read(data, clock())
    except Spoken as wrong:
        return _list(request, language, database, clock, session, data, wrong=wrong)
    with database.write(session.tenant) as connection:
        number = profiles.define(connection, session.tenant, asked, by=session.actor, now=clock())
    return _to(f"/{language}/office/sharing-profiles/{number}")


@get("/{language:str}/office/sharing-profiles/{number:int}", access=rules.OFFICE, sync_to_thread=True)
def one(request: Asked, language: FromPath, number: Path[int], database: Store, clock: Clock,
        session: SignedIn) -> Template:
    """One profile, the files it gives, and every one that left."""
    return _page(request, site.checked(language), database, clock, session, number)


@post("/{language:str}/office/sharing-profiles/{number:int}/export", access=rules.only(profiles.MAY_EXPORT),
      sync_to_thread=True)
def export(request: Asked, language: FromPath, number: Path[int], data: Form, database: Store, clock: Clock,
           session: SignedIn) -> Response[Any]:
    """Take a file. A form and not a link: each is a disclosure of its own."""
    language = site.checked(language)
    kind = data.get("format", "")
    if kind not in shared_file.FORMATS:
        raise NotFoundException
    card = site.card(request, database, session, clock)
    try:
        made = hand_out(database, session.tenant, number, kind, card, site.pack(), by=session.actor,
                        now=clock()) if number < LAST else None
    except Spoken as wrong:
        return _page(request, language, database, clock, session, number, wrong=wrong)
    if made is None:
        raise NotFoundException
    name, content = made
    return Response(content, media_type=shared_file.FORMATS[kind], status_code=200, headers={
        "content-disposition": f'attachment; filename="{name}"'})


@post("/{language:str}/office/sharing-profiles/{number:int}/end", access=rules.only(profiles.MAY_DEFINE),
      sync_to_thread=True)
def end(request: Asked, language: FromPath, number: Path[int], database: Store, clock: Clock,
        session: SignedIn) -> Response[Any]:
    """End a profile before its day."""
    language = site.checked(language)
    _found(database, session, number)
    try:
        with database.write(session.tenant) as connection:
            profiles.end(connection, session.tenant, number, by=session.actor, now=clock())
    except Spoken as wrong:
        return _page(request, language, database, clock, session, number, wrong=wrong)
    return _to(f"/{language}/office/sharing-profiles/{number}")


ROUTES = [shown, define, one, export, end]
ENTRIES = [Entry("sharing_profiles", "/office/sharing-profiles", N_("Sharing profiles"), rules.OFFICE, 31,
                 Place.OFFICE, N_("What each recipient may be given of the findings, and every file that left."))]


def _list(request: Asked, language: str, database: Database, clock: Clock, session: Session, typed: dict[str, str], *,
          wrong: Spoken | None = None) -> Template:
    now = clock()
    today = now.astimezone(UTC).date()
    with database.read(session.tenant) as connection:
        every = sharing_profiles.every(connection, session.tenant)
    made = site.page(
        "sharing_profiles.html", request, language, session, here="office", profiles=every, typed=typed,
        fields=profiles.FIELDS, markings=profiles.MARKINGS, treatments=Treatment, today=today,
        latest=today + timedelta(days=profiles.LONGEST), wrong=wrong.said(language) if wrong else None,
        field=wrong.field if wrong else "", may_define=session.role in profiles.MAY_DEFINE)
    made.status_code = 400 if wrong else 200
    return made


def _page(request: Asked, language: str, database: Database, clock: Clock, session: Session, number: int, *,
          wrong: Spoken | None = None) -> Template:
    profile = _found(database, session, number)
    with database.read(session.tenant) as connection:
        left = sharing_profiles.disclosed(connection, session.tenant, number)
    made = site.page(
        "sharing_profile.html", request, language, session, here="office", profile=profile, left=left,
        holds=profile.holds(clock()), formats=tuple(shared_file.FORMATS), wrong=wrong.said(language) if wrong else None,
        may_define=session.role in profiles.MAY_DEFINE, may_export=session.role in profiles.MAY_EXPORT)
    made.status_code = 409 if wrong else 200
    return made


def _found(database: Database, session: Session, number: int) -> Profile:
    with database.read(session.tenant) as connection:
        found = profiles.get(connection, session.tenant, number) if number < LAST else None
    if found is None:
        raise NotFoundException
    return found


def _to(place: str) -> Response[bytes]:
    return Response(b"", status_code=303, headers={"location": place}, media_type="text/plain")
