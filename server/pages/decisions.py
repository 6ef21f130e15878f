"""What waits for a second person: who asked, what exactly will happen, and the forms that approve or refuse."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.enums import RequestEncodingType
from litestar.exceptions import NotFoundException
from litestar.params import Body
from litestar.response import Template
from sqlalchemy.engine import Connection

from hustings.errors import UsageError
from policies.model import Text
from server.access import rules
from server.pages import site
from server.pages.language import N_
from server.pages.navigation import Entry, Place
from server.pages.site import Asked, Clock, FromPath, SignedIn, Store
from server.problems import Refused
from server.spoken import Spoken
from server.store import proposals
from server.store.sessions import Session
from server.two_people import acting, discovery
from server.two_people.acting import REASON_LEAST, REASON_MOST, NotTaken, Refusal
from server.two_people.model import Action, Actor, Proposal, State, Value, Word
from server.two_people.seconds import seconds

Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
STATUS = {Refusal.ROLE: 403, Refusal.NONE: 404, Refusal.CLOSED: 409, Refusal.SAME: 409, Refusal.CONSOLE: 403,
          Refusal.REASON: 400, Refusal.TWICE: 409, Refusal.OTHERS: 403, Refusal.GONE: 409}
PAST = 100
"""How many that are decided or too old a page lists."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A proposal as a page says it to one person."""

    proposal: Proposal
    action: Action
    state: State
    lines: tuple[tuple[str, Value, str], ...]
    """Label, value, and how it is written: ``text``, ``title``, ``word``, ``day``, ``moment`` or ``number``."""
    mine: bool
    may: bool
    """Whether this person may approve it now."""
    seconds: tuple[str, ...] = ()
    """Who may."""


@get("/{language:str}/office/decisions", access=rules.FINDINGS, sync_to_thread=True)
def every(request: Asked, language: FromPath, database: Store, clock: Clock, session: SignedIn) -> Template:
    """What waits, and how the last ones ended."""
    language, now, actor = site.checked(language), site.now(clock), Actor.of(session)
    with database.read(session.tenant) as connection:
        waiting = [_shown(connection, session.tenant, one, actor, now)
                   for one in proposals.waiting(connection, session.tenant, now) if acting.visible(one, actor)]
        past = [one for one in proposals.past(connection, session.tenant, now, PAST) if acting.visible(one, actor)]
    return site.page("decisions.html", request, language, session, here="office", waiting=waiting,
                     past=[(one, discovery.told(one.action), one.state(now)) for one in past])


@get("/{language:str}/office/decisions/{number:str}", access=rules.FINDINGS, sync_to_thread=True)
def one(request: Asked, language: FromPath, number: FromPath, database: Store, clock: Clock,
        session: SignedIn) -> Template:
    """One of them, with the forms."""
    return _page(request, site.checked(language), database, clock, session, _number(number))


@post("/{language:str}/office/decisions/{number:str}/approve", access=rules.FINDINGS, sync_to_thread=True)
def approve(request: Asked, language: FromPath, number: FromPath, data: Form, database: Store, clock: Clock,
            session: SignedIn) -> Response[Any]:
    """Approve: it is done at once, or not at all."""
    return _decide(request, site.checked(language), database, clock, session, _number(number),
                   data.get("reason", ""), "approve")


@post("/{language:str}/office/decisions/{number:str}/refuse", access=rules.FINDINGS, sync_to_thread=True)
def refuse(request: Asked, language: FromPath, number: FromPath, data: Form, database: Store, clock: Clock,
           session: SignedIn) -> Response[Any]:
    """Refuse, with a reason."""
    return _decide(request, site.checked(language), database, clock, session, _number(number),
                   data.get("reason", ""), "refuse")


@post("/{language:str}/office/decisions/{number:str}/withdraw", access=rules.OFFICE, sync_to_thread=True)
def withdraw(request: Asked, language: FromPath, number: FromPath, database: Store, clock: Clock,
             session: SignedIn) -> Response[Any]:
    """Take back what one asked for oneself."""
    return _decide(request, site.checked(language), database, clock, session, _number(number), "", "withdraw")


ROUTES = [every, one, approve, refuse, withdraw]
ENTRIES = [Entry("decisions", "/office/decisions", N_("Decisions by two people"), rules.FINDINGS, 10, Place.OFFICE,
                 N_("What waits for a second person, and how earlier requests ended."))]


def _decide(request: Asked, language: str, database: Store, clock: Clock, session: Session, number: int, reason: str,
            do: str) -> Response[Any]:
    actor, now = Actor.of(session), site.now(clock)
    try:
        with database.write(session.tenant) as connection:
            if do == "withdraw":
                acting.withdraw(connection, session.tenant, number, actor, now)
            else:
                acting.decide(connection, session.tenant, number, do == "approve", actor, reason, now)
    except NotTaken as wrong:
        if wrong.why is Refusal.NONE:
            raise NotFoundException from wrong
        if STATUS[wrong.why] == 403:
            raise Refused("forbidden", " ".join(wrong.said(language))) from wrong
        return _page(request, language, database, clock, session, number, wrong=wrong.said(language), reason=reason,
                     did=do, status=STATUS[wrong.why])
    except Spoken as wrong:
        return _page(request, language, database, clock, session, number, wrong=wrong.said(language), reason=reason,
                     did=do, status=409)
    except UsageError as wrong:
        return _page(request, language, database, clock, session, number, wrong=(wrong.what, wrong.remedy),
                     reason=reason, did=do, status=409)
    return Response(b"", status_code=303, headers={"location": f"/{language}/office/decisions/{number}"},
                    media_type="text/plain")


def _page(request: Asked, language: str, database: Store, clock: Clock, session: Session, number: int, *,
          wrong: tuple[str, str] | None = None, reason: str = "", did: str = "", status: int = 200) -> Template:
    now, actor = site.now(clock), Actor.of(session)
    with database.read(session.tenant) as connection:
        found = proposals.get(connection, session.tenant, number)
        if found is None or not acting.visible(found, actor):
            raise NotFoundException
        shown = _shown(connection, session.tenant, found, actor, now)
    made = site.page("decision.html", request, language, session, here="office", shown=shown, wrong=wrong,
                     reason=reason, did=did, least=REASON_LEAST, most=REASON_MOST)
    made.status_code = status
    return made


def _shown(connection: Connection, tenant: str, found: Proposal, actor: Actor, now: datetime) -> Shown:
    action = discovery.told(found.action)
    state = found.state(now)
    return Shown(
        found, action, state, tuple((label, value, _kind(value)) for label, value in action.describe(found.payload)),
        mine=acting.same_person(found, actor), may=acting.refusal(found, actor, now, approve=True) is None,
        seconds=tuple(seconds(connection, tenant, found, now)) if state is State.WAITING else ())


def _kind(value: Value) -> str:
    if isinstance(value, Word):
        return "word"
    if isinstance(value, Text):
        return "title"
    if isinstance(value, datetime):
        return "moment"
    if isinstance(value, str):
        return "text"
    return "number" if isinstance(value, int) else "day"


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise NotFoundException
    return int(text)
