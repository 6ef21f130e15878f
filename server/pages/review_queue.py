"""A reviewer's own place: their clients, what is offered to them, and the triage queue over all of them."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.exceptions import NotFoundException
from litestar.params import Body
from litestar.params import FromPath as Path
from litestar.response import Template

from hustings.verdicts import Severity
from server.access import cookies, rules
from server.access.rules import Reviewing
from server.pages import site
from server.pages.language import N_
from server.pages.navigation import Entry
from server.pages.site import Asked, Clock, FromPath, SignedIn, Store
from server.reviewers import accepting, queue, recorded
from server.spoken import Spoken
from server.store import audit, sessions
from server.store.database import Database
from server.store.people import Role
from server.store.sessions import Session

Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
Secure = NamedDependency[bool]
REVIEWER = rules.only({Role.REVIEWER}, reviewing=Reviewing.HOME)
"""Whoever reviews other offices, whether they look at one just now or not."""


@get("/{language:str}/review", access=REVIEWER)
async def review(request: Asked, language: FromPath, database: Store, clock: Clock, session: SignedIn) -> Template:
    """Clients, offers and the queue."""
    return await asyncio.to_thread(_page, request, site.checked(language), database, clock, session)


@post("/{language:str}/review/code", access=REVIEWER, sync_to_thread=True)
def with_code(request: Asked, language: FromPath, data: Form, database: Store, clock: Clock,
              session: SignedIn) -> Response[Any]:
    """Take what a code stands for."""
    language = site.checked(language)
    try:
        accepting.with_code(database, session, data.get("code", "")[:200], clock())
    except Spoken as wrong:
        return _page(request, language, database, clock, session, wrong=wrong)
    return _to(f"/{language}/review")


@post("/{language:str}/review/offers/{number:int}", access=REVIEWER, sync_to_thread=True)
def answer(request: Asked, language: FromPath, number: Path[int], data: Form, database: Store, clock: Clock,
           session: SignedIn) -> Response[Any]:
    """Take an offer, or turn it down."""
    language = site.checked(language)
    try:
        accepting.answer(database, session, number, clock(), accept=data.get("do") == "accept")
    except Spoken as wrong:
        return _page(request, language, database, clock, session, wrong=wrong)
    return _to(f"/{language}/review")


@post("/{language:str}/review/enter/{number:int}", access=REVIEWER, sync_to_thread=True)
def enter(request: Asked, language: FromPath, number: Path[int], data: Form, database: Store, clock: Clock,
          session: SignedIn, tls: Secure) -> Response[Any]:
    """Look at one client from here on, perhaps straight at one finding. 404 for what is not theirs."""
    language = site.checked(language)
    now = clock()
    found = next((one for one in queue.clients(database, session, now) if one.id == number), None)
    if found is None:
        raise NotFoundException
    _look(request, database, session, number, tls=tls)
    with database.write(found.tenant) as connection:
        audit.record(connection, found.tenant, now, f"reviewer:{session.name}@{session.handle}", "review.enter",
                     str(number))
    finding = data.get("finding", "")
    return _to(f"/{language}/findings" + (f"/{finding}" if finding.isascii() and finding.isdigit() else ""))


@post("/{language:str}/review/leave", access=REVIEWER, sync_to_thread=True)
def leave(request: Asked, language: FromPath, database: Store, session: SignedIn,
          tls: Secure) -> Response[Any]:
    """Back to one's own pages."""
    _look(request, database, session, None, tls=tls)
    return _to(f"/{site.checked(language)}/review")


ROUTES = [review, with_code, answer, enter, leave]
ENTRIES = [Entry("review", "/review", N_("Reviewer's queue"), REVIEWER, 5)]


def _look(request: Asked, database: Database, session: Session, engagement: int | None, *, tls: bool) -> None:
    secret = cookies.read(request.scope, tls=tls)
    if secret is None:
        raise NotFoundException
    with database.write(session.home) as connection:
        sessions.look_at(connection, secret, engagement)


def _page(request: Asked, language: str, database: Database, clock: Clock, session: Session, *,
          wrong: Spoken | None = None) -> Template:
    now = clock()
    asked = request.query_params
    severities = frozenset(one for one in Severity if one == asked.get("severity"))
    chosen = asked.get("client", "")
    only = int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 16 else None
    found = queue.read(database, session, now, recorded.place(request.scope), severities=severities, only=only)
    made = site.page(
        "review.html", request, language, session, here="review", queue=found,
        offers=accepting.offers(database, session, now), severity=next(iter(severities), ""), only=only,
        severities=tuple(Severity), now=now, wrong=wrong.said(language) if wrong else None,
        field=wrong.field if wrong else "")
    made.status_code = 400 if wrong else 200
    return made


def _to(place: str) -> Response[bytes]:
    return Response(b"", status_code=303, headers={"location": place}, media_type="text/plain")
