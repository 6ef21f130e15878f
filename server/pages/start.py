"""The first steps of an office, and adding a machine."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

from litestar import get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Template

from hustings.declared import ROLES
from server import enrolling, first_steps
from server.access import rules
from server.config import Config
from server.pages import site
from server.pages.language import N_
from server.pages.navigation import Entry, Place
from server.pages.site import Asked, Clock, FromPath, SignedIn, Store
from server.spoken import Spoken
from server.store.database import Database
from server.store.sessions import Session

Form = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)]
Settings = NamedDependency[Config]
HOURS = (1, 24, 72)
"""How long an enrolment line may live, as the form offers."""
SITE_MAX = 80


@get("/{language:str}/office/start", access=rules.OFFICE, sync_to_thread=True)
def start(request: Asked, language: FromPath, database: Store, session: SignedIn) -> Template:
    """What to do first, and what is done."""
    with database.read(session.tenant) as connection:
        found = first_steps.steps(connection, session.tenant)
    return site.page("start.html", request, site.checked(language), session, here="office", steps=found)


@get("/{language:str}/machines/add", access=rules.only(enrolling.MAY_ENROL))
async def form(request: Asked, language: FromPath, session: SignedIn) -> Template:
    """The form for one enrolment line."""
    return await asyncio.to_thread(_page, request, site.checked(language), session, {})


@post("/{language:str}/machines/add", access=rules.only(enrolling.MAY_ENROL), sync_to_thread=True, status_code=200)
def add(request: Asked, language: FromPath, data: Form, database: Store, clock: Clock, session: SignedIn,
        config: Settings) -> Template:
    """Make a line. It is shown on this page, and never again."""
    language = site.checked(language)
    typed = {"roles": _list(data.get("roles")), "site": str(data.get("site", "")).strip(),
             "hours": str(data.get("hours", ""))}
    try:
        life = _checked(typed)
    except Spoken as wrong:
        return _page(request, language, session, typed, wrong=wrong)
    return _page(request, language, session, {}, line=_line(database, session, typed, life, site.now(clock), config),
                 hours=int(life.total_seconds() // 3600))


ROUTES = [start, form, add]
ENTRIES = [Entry("start", "/office/start", N_("First steps"), rules.OFFICE, 5, Place.OFFICE,
                 N_("What a new office does first, and what is done already."))]


def _line(database: Database, session: Session, typed: Mapping[str, Any], life: timedelta, now: Any,
          config: Config) -> str:
    with database.write(session.tenant) as connection:
        secret = enrolling.token(connection, session.tenant, roles=tuple(typed["roles"]), site=typed["site"],
                                 life=life, now=now, by=session.actor)
    return enrolling.line(config, secret)


def _checked(typed: Mapping[str, Any]) -> timedelta:
    unknown = [one for one in typed["roles"] if one not in ROLES]
    if unknown:
        raise Spoken(N_("There is no such role."), N_("Choose from the list."), field="roles")
    place = typed["site"]
    if len(place) > SITE_MAX or not place.isprintable():
        raise Spoken(N_("That is not the name of a place."), N_("Write at most 80 characters on one line."),
                     field="site")
    if typed["hours"] not in {str(one) for one in HOURS}:
        raise Spoken(N_("There is no such length of time."), N_("Choose from the list."), field="hours")
    return timedelta(hours=int(typed["hours"]))


def _list(value: Any) -> list[str]:
    if value is None:
        return []
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def _page(request: Asked, language: str, session: Session, typed: Mapping[str, Any], *, wrong: Spoken | None = None,
          line: str = "", hours: int = 0) -> Template:
    page = site.page(
        "machine_add.html", request, language, session, here="machines", every_role=ROLES, lives=HOURS, line=line,
        hours=hours, typed={"roles": [], "site": "", "hours": "24", **typed}, most=SITE_MAX,
        wrong=wrong.said(language) if wrong else None, field=wrong.field if wrong else "")
    page.status_code = 400 if wrong else 200
    return page
