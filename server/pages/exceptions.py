"""What the office accepts or declared not to apply: what holds, asking for one, renewing one, ending one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.enums import RequestEncodingType
from litestar.exceptions import NotFoundException
from litestar.params import Body
from litestar.response import Template

from hustings.verdicts import Severity, Verdict
from server import drill, exceptions
from server.access import rules
from server.exceptions import LONGEST, LONGEST_OF, MAY_ASK, Wish
from server.pages import site
from server.pages.language import N_
from server.pages.site import Asked, Clock, FromPath, SignedIn, Store
from server.records import EXCEPTION, NOT_APPLICABLE, Exemption
from server.spoken import Spoken
from server.store import proposals
from server.store.sessions import Session
from server.two_people.acting import NotTaken
from server.two_people.model import Actor
from server.two_people.wishes import ACTIONS, ask

Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
FIELDS = ("kind", "subject", "asset", "reason", "control", "owner", "until", "renews", "finding")
LIMITS = (LONGEST_OF[Severity.CRITICAL], LONGEST_OF[Severity.HIGH], LONGEST)
"""Days ahead for critical controls, for those of high weight, and for the rest."""


@get("/{language:str}/exceptions", access=rules.READ, sync_to_thread=True)
def every(request: Asked, language: FromPath, database: Store, clock: Clock, session: SignedIn) -> Template:
    """What is in force, what waits for a second person, and what was."""
    return _list(request, site.checked(language), database, clock, session)


@get("/{language:str}/exceptions/new", access=rules.only(MAY_ASK), sync_to_thread=True)
def new(request: Asked, language: FromPath, database: Store, clock: Clock, session: SignedIn) -> Template:
    """The form that asks for one; its address may name the control, the asset and the finding, or the one to renew."""
    language = site.checked(language)
    typed = {name: request.query_params.get(name, "") for name in ("subject", "asset", "finding", "renews")}
    if typed["renews"]:
        typed |= _renewing(request, database, session, clock, typed["renews"])
    return _form(request, language, database, clock, session, typed)


@post("/{language:str}/exceptions/ask", access=rules.only(MAY_ASK), sync_to_thread=True)
def ask_for_it(request: Asked, language: FromPath, data: Form, database: Store, clock: Clock,
               session: SignedIn) -> Response[Any]:
    """Ask: it waits for a second person, and holds only then."""
    language = site.checked(language)
    typed = {name: data.get(name, "") for name in FIELDS}
    try:
        wish = _wish(typed)
        with database.write(session.tenant) as connection:
            number = ask(connection, session.tenant, wish, Actor.of(session), site.now(clock),
                         finding=_number(typed["finding"]))
    except Spoken as wrong:
        status = 409 if isinstance(wrong, NotTaken) else 400
        return _form(request, language, database, clock, session, typed, wrong=wrong, status=status)
    return _to(f"/{language}/office/decisions/{number}")


@post("/{language:str}/exceptions/{number:str}/end", access=rules.only(MAY_ASK), sync_to_thread=True)
def end(request: Asked, language: FromPath, number: FromPath, data: Form, database: Store, clock: Clock,
        session: SignedIn) -> Response[Any]:
    """End one before its day: one person's word is enough."""
    language = site.checked(language)
    known = _number(number)
    if known is None or known not in [one.number for one in site.office(request, database, session).exceptions]:
        raise NotFoundException
    try:
        with database.write(session.tenant) as connection:
            exceptions.end(connection, session.tenant, known, reason=data.get("reason", ""), now=site.now(clock),
                           by=session.actor)
    except Spoken as wrong:
        return _list(request, language, database, clock, session, wrong=wrong, ending=known,
                     reason=data.get("reason", ""), status=400 if wrong.field else 409)
    return _to(f"/{language}/exceptions")


ROUTES = [every, new, ask_for_it, end]


def _wish(typed: Mapping[str, str]) -> Wish:
    """The form as a wish. Raises ``Spoken`` for a kind or a day that is none."""
    if typed["kind"] not in ACTIONS:
        raise Spoken(N_("choose one of the two"), N_("accept a failure, or say that it does not apply"), field="kind")
    try:
        until = date.fromisoformat(typed["until"].strip())
    except ValueError as error:
        raise Spoken(N_("that is not a day"), N_("write it as 2027-05-31"), field="until") from error
    return Wish(typed["kind"], typed["subject"].strip(), typed["asset"].strip(), typed["reason"], typed["owner"],
                until, typed["control"] if typed["kind"] == EXCEPTION else "", _number(typed["renews"]))


def _renewing(request: Asked, database: Store, session: Session, clock: Clock, number: str) -> dict[str, str]:
    """What the form says of the one that is renewed. 404 for one that does not hold."""
    found = next((one for one in site.office(request, database, session).exceptions
                  if str(one.number) == number and one.in_force(site.now(clock))), None)
    if found is None:
        raise NotFoundException
    return {"kind": found.kind, "subject": found.subject, "asset": found.asset, "reason": found.reason,
            "control": found.control, "owner": found.owner}


def _form(request: Asked, language: str, database: Store, clock: Clock, session: Session, typed: Mapping[str, str],
          *, wrong: Spoken | None = None, status: int = 200) -> Template:
    card = site.card(request, database, session, clock)
    titles = drill.titles(site.pack())
    failing = sorted({result.check for machine in card.machines for result in machine.results
                      if result.verdict in (Verdict.FAIL, Verdict.UNKNOWN)})
    names = sorted({one.name for one in card.office.assets or ()} | {one.name for one in card.all_machines},
                   key=str.casefold)
    today = site.now(clock).date()
    made = site.page(
        "exception_new.html", request, language, session, here="scorecard", typed=_whole(typed), places=names,
        controls=[(one, titles[one].say(language)) for one in failing if one in titles],
        title=titles[typed["subject"]].say(language) if typed.get("subject") in titles else "",
        wrong=wrong.said(language) if wrong else None, field=wrong.field if wrong else "", limits=LIMITS,
        first=today, last=today + timedelta(days=LONGEST))
    made.status_code = status
    return made


def _whole(typed: Mapping[str, str]) -> dict[str, str]:
    return {name: typed.get(name) or "" for name in FIELDS} | {"kind": typed.get("kind") or EXCEPTION}


def _list(request: Asked, language: str, database: Store, clock: Clock, session: Session, *,
          wrong: Spoken | None = None, ending: int | None = None, reason: str = "", status: int = 200) -> Template:
    card = site.card(request, database, session, clock)
    with database.read(session.tenant) as connection:
        waiting = [one for name in ACTIONS.values()
                   for one in proposals.waiting(connection, session.tenant, site.now(clock), name)]
    made = site.page(
        "exceptions.html", request, language, session, here="scorecard", card=card, pack=site.pack(),
        titles=drill.titles(site.pack()), waiting=waiting, may=session.role in MAY_ASK,
        past=[one for one in reversed(card.office.exceptions) if not one.in_force(card.now)],
        agents={one.name.casefold(): one for one in card.all_machines}, soon=_soon(card.office.exceptions, card.now),
        wrong=wrong.said(language) if wrong else None, ending=ending, reason=reason, not_applicable=NOT_APPLICABLE)
    made.status_code = status
    return made


def _soon(known: tuple[Exemption, ...], now: Any) -> frozenset[int]:
    """The numbers of those that end within thirty days."""
    return frozenset(one.number for one in known if one.in_force(now) and one.ends - now <= timedelta(days=30))


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def _to(place: str) -> Response[bytes]:
    return Response(b"", status_code=303, headers={"location": place}, media_type="text/plain")
