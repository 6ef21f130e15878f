"""The office's side of outside reviewers: who was let in, what they saw, letting somebody in, ending it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC
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
from server.pages.words import AREAS
from server.reviewers import granting
from server.spoken import Spoken
from server.store import agents, engagements, review_trail
from server.store.database import Database
from server.store.engagements import Granted
from server.store.sessions import Session
from server.two_people.model import Actor

Form = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)]
SEEN = 200
"""Lines of what a reviewer saw, on their page; all of it is in the audit trail."""


@get("/{language:str}/office/engagements", access=rules.OFFICE)
async def every(request: Asked, language: FromPath, database: Store, clock: Clock, session: SignedIn) -> Template:
    """Every engagement, and the form that asks for one."""
    return await asyncio.to_thread(_list, request, site.checked(language), database, clock, session, {})


@post("/{language:str}/office/engagements", access=rules.only(granting.MAY_GRANT), sync_to_thread=True)
def ask(request: Asked, language: FromPath, data: Form, database: Store, clock: Clock,
        session: SignedIn) -> Response[Any]:
    """Ask for one; a second person approves it. A code is shown once, here."""
    language = site.checked(language)
    typed = _typed(data)
    try:
        with database.write(session.tenant) as connection:
            asked = granting.read(connection, session.tenant, typed, clock())
            number, code = granting.ask(connection, session.tenant, asked, Actor.of(session), clock())
    except Spoken as wrong:
        return _list(request, language, database, clock, session, typed, wrong=wrong)
    place = f"/{language}/office/decisions/{number}"
    if not code:
        return _to(place)
    return site.page("engagement_code.html", request, language, session, here="office", code=code, place=place,
                     until=asked.terms.until)


@get("/{language:str}/office/engagements/{number:int}", access=rules.OFFICE, sync_to_thread=True)
def one(request: Asked, language: FromPath, number: Path[int], database: Store, clock: Clock,
        session: SignedIn) -> Template:
    """One engagement: its terms, what its reviewer viewed and exported, and how to end it."""
    return _page(request, site.checked(language), database, clock, session, number)


@post("/{language:str}/office/engagements/{number:int}/revoke", access=rules.only(granting.MAY_REVOKE),
      sync_to_thread=True)
def revoke(request: Asked, language: FromPath, number: Path[int], data: Form, database: Store, clock: Clock,
           session: SignedIn) -> Response[Any]:
    """End it at once."""
    language = site.checked(language)
    reason = str(data.get("reason", ""))
    _found(database, session, number)
    try:
        with database.write(session.tenant) as connection:
            granting.revoke(connection, session.tenant, number, role=session.role, by=session.actor, reason=reason,
                            now=clock())
    except Spoken as wrong:
        return _page(request, language, database, clock, session, number, wrong=wrong, reason=reason)
    return _to(f"/{language}/office/engagements/{number}")


ROUTES = [every, ask, one, revoke]
ENTRIES = [Entry("engagements", "/office/engagements", N_("Outside reviewers"), rules.OFFICE, 30, Place.OFFICE,
                 N_("Let a security firm look at findings for a while, and see what it looked at."))]


def _typed(data: Mapping[str, Any]) -> dict[str, Any]:
    """A form with its lists as lists, and the rest as texts."""
    lists = {name: [str(one) for one in (found if isinstance(found, list) else [found])]
             for name in ("machines", "areas") if (found := data.get(name)) is not None}
    return {name: str(value) for name, value in data.items() if name not in ("machines", "areas")} | lists


def _list(request: Asked, language: str, database: Database, clock: Clock, session: Session,
          typed: Mapping[str, Any], *, wrong: Spoken | None = None) -> Template:
    now = clock()
    with database.read(session.tenant) as connection:
        found = engagements.of_tenant(connection, session.tenant)
        machines = sorted(agents.every(connection, session.tenant), key=lambda one: (one.host.casefold(), one.id))
    made = site.page(
        "engagements.html", request, language, session, here="office",
        engagements=[(one, granting.state(one, now)) for one in found], machines=machines,
        areas=[(code, AREAS[code]) for code in granting.CODES], typed=typed,
        wrong=wrong.said(language) if wrong else None, field=wrong.field if wrong else "",
        may_grant=session.role in granting.MAY_GRANT, latest=granting.longest(now),
        today=now.astimezone(UTC).date(), least=granting.BASIS_LEAST, most=granting.BASIS_MOST)
    made.status_code = 400 if wrong else 200
    return made


def _page(request: Asked, language: str, database: Database, clock: Clock, session: Session, number: int, *,
          wrong: Spoken | None = None, reason: str = "") -> Template:
    now = clock()
    found = _found(database, session, number)
    with database.read(session.tenant) as connection:
        seen = review_trail.shown(connection, session.tenant, number, limit=SEEN)
        viewed, exported = review_trail.counts(connection, session.tenant, number)
        names = {one.id: one.host for one in agents.every(connection, session.tenant)}
    made = site.page(
        "engagement.html", request, language, session, here="office", engagement=found,
        state=granting.state(found, now),
        machines=[names.get(one, one) for one in found.terms.machines],
        areas=[AREAS.get(one, one) for one in found.terms.areas],
        seen=seen, viewed=viewed, exported=exported,
        may_revoke=session.role in granting.MAY_REVOKE, wrong=wrong.said(language) if wrong else None, reason=reason,
        least=granting.REASON_LEAST, most=granting.REASON_MOST)
    made.status_code = 400 if wrong else 200
    return made


def _found(database: Database, session: Session, number: int) -> Granted:
    with database.read(session.tenant) as connection:
        found = engagements.get(connection, session.tenant, number) if number < 1 << 62 else None
    if found is None:
        raise NotFoundException
    return found


def _to(place: str) -> Response[bytes]:
    return Response(b"", status_code=303, headers={"location": place}, media_type="text/plain")
