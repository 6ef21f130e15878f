"""One finding: what fails, by when it must be gone, whose it is, what was said and done."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath as Path
from litestar.response import Template
from sqlalchemy.engine import Connection

from hustings.report import Inventory
from hustings.verdicts import Result
from policies.fixes import best_fix, directory_of, platforms
from policies.grade import DEADLINE_DAYS
from policies.model import Fix
from server import statements
from server.access import rules
from server.access.rules import permits
from server.exceptions import MAY_ASK
from server.pages import site
from server.pages.finding_parts import Form, go, owners, refused, sees_machines
from server.pages.findings import SCOPED
from server.pages.site import Asked, Clock, FromPath, SignedIn, Store
from server.reviewers import on_finding
from server.spoken import Spoken
from server.store import findings, reports
from server.store.database import Database
from server.store.findings import Stored
from server.store.sessions import Session
from server.triage import acting, fixing, history, reading, words
from server.triage.acts import Kind
from server.triage.model import Finding
from server.two_people import Actor, propose

LAST = 1 << 62
LATER = "finding.later"
"""The act of two people that sets a later day than the rule's."""


@get("/{language:str}/findings/{number:int}", access=rules.FINDINGS)
async def finding(request: Asked, language: FromPath, number: Path[int], database: Store, clock: Clock,
                  session: SignedIn) -> Template:
    """One finding. 404 for any other office's, and for what an engagement does not cover."""
    return await asyncio.to_thread(_page, request, site.checked(language), number, database, clock, session)


@post("/{language:str}/findings/{number:int}/acknowledge", access=rules.only(acting.MAY_ACT), sync_to_thread=True)
def acknowledge(request: Asked, language: FromPath, number: Path[int], data: Form, database: Store, clock: Clock,
                session: SignedIn) -> Response[Any]:
    """Say that it was seen, and that somebody will see to it."""
    return _do(request, language, number, Kind.ACKNOWLEDGE, data, {}, database, clock, session)


@post("/{language:str}/findings/{number:int}/owner", access=rules.only(acting.MAY_ACT), sync_to_thread=True)
def assign(request: Asked, language: FromPath, number: Path[int], data: Form, database: Store, clock: Clock,
           session: SignedIn) -> Response[Any]:
    """Give it to somebody, or to nobody."""
    owner = data.get("owner", "")
    person = int(owner) if owner.isascii() and owner.isdigit() and len(owner) < 16 else None
    return _do(request, language, number, Kind.ASSIGN, data, {"person": person}, database, clock, session)


@post("/{language:str}/findings/{number:int}/due", access=rules.only(acting.MAY_ACT), sync_to_thread=True)
def due(request: Asked, language: FromPath, number: Path[int], data: Form, database: Store, clock: Clock,
        session: SignedIn) -> Response[Any]:
    """Set another day, with a reason. One later than the rule's waits for a second person."""
    return _do(request, language, number, Kind.DUE, data, {"due": data.get("due", "").strip()}, database, clock,
               session)


@post("/{language:str}/findings/{number:int}/comment", access=SCOPED, sync_to_thread=True)
def comment(request: Asked, language: FromPath, number: Path[int], data: Form, database: Store, clock: Clock,
            session: SignedIn) -> Response[Any]:
    """Write about it."""
    return _do(request, language, number, Kind.COMMENT, data, {}, database, clock, session)


ROUTES = [finding, acknowledge, assign, due, comment]


def _do(request: Asked, language: str, number: int, kind: Kind, data: dict[str, str], more: dict[str, Any],
        database: Database, clock: Clock, session: Session) -> Response[Any]:
    language = site.checked(language)
    now, text, actor = site.now(clock), data.get("text", ""), Actor.of(session)
    if not 0 < number < LAST:
        raise NotFoundException
    try:
        with database.write(session.tenant) as connection:
            found = reading.get(connection, session.tenant, number, now, session.engagement)
            if found is None:
                raise NotFoundException
            if kind is Kind.DUE and _later(found, more["due"], now):
                waiting = propose(connection, session.tenant, LATER, str(number), {
                    "finding": number, "due": more["due"], "rule": found.rule.due.date().isoformat(),
                    "check": found.check, "host": found.host, "episode": found.episode,
                    "reason": acting.written(text, needed=True)}, actor, now)
                return go(f"/{language}/office/decisions/{waiting}")
            acting.act(connection, session.tenant, number, kind, actor, text, more, now=now)
    except Spoken as wrong:
        return _page(request, language, number, database, clock, session, kind=kind, data=data, wrong=wrong)
    return go(f"/{language}/findings/{number}#{'history' if kind is Kind.COMMENT else 'state'}")


def _later(found: Finding, due: str, now: Any) -> bool:
    """Whether a day may be set, and by two people alone. Raises ``Spoken`` for what is no day."""
    day = acting.dated(found, due, now, second=True)
    return found.resolved is None and day is not None and day > found.rule.due.date()


def _page(request: Asked, language: str, number: int, database: Database, clock: Any, session: Session, *,
          kind: Kind | None = None, data: dict[str, str] | None = None, wrong: Spoken | None = None) -> Template:
    now, tenant = site.now(clock), session.tenant
    with database.read(tenant) as connection:
        stored = findings.one(connection, tenant, number) if 0 < number < LAST else None
        around = reading.Around.read(connection, tenant, now, session.engagement)
        seen = around.see([stored]) if stored else []
        if not seen or stored is None:
            raise NotFoundException
        one = seen[0]
        result, fix = _reported(connection, tenant, one)
        told = history.story(connection, tenant, stored)
        review = on_finding.of(connection, session, one)
        said = on_finding.replies(statements.of(connection, tenant, number), review.names)
        people = owners(connection, session)
    return refused(site.page(
        "finding.html", request, language, session, here="findings", one=one, stored=stored, result=result, fix=fix,
        story=told, review=review, statements=said, people=people, as_read=around.names, triage=words, now=now,
        kinds=sorted(fixing.kinds(one.known)), days=DEADLINE_DAYS[one.severity], may_act=session.role in acting.MAY_ACT,
        may_ask=session.role in MAY_ASK, of_office=permits(rules.OFFICE, session),
        may_write=session.role in acting.MAY_WRITE, sees_machines=sees_machines(session), typed=data or {},
        failed=kind, wrong=wrong.said(language) if wrong else None, acknowledged=_acknowledged(stored)), wrong)


def _acknowledged(stored: Stored) -> bool:
    return stored.stand.acknowledged == stored.episode


def _reported(connection: Connection, tenant: str, one: Finding) -> tuple[Result | None, Fix | None]:
    """What the machine's last report says of the check, and the repair for its platform."""
    stored = reports.latest(connection, tenant, one.agent) if one.agent else None
    if stored is None:
        return None, best_fix(one.known, ("any",)) if one.known else None
    result = next((each for each in stored.report.results if each.check == one.check), None)
    held = stored.report.inventory
    system = held.os if isinstance(held, Inventory) else None
    wanted = platforms(system.family, system.id, directory_of(stored.report.facts)) if system else ("any",)
    return result, best_fix(one.known, wanted) if one.known else None
