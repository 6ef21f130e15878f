"""The election calendar: what lies ahead, its windows, entering and changing it, its history, iCalendar.

The pages that share their address with a form are coroutines: Litestar wraps a handler that is sent to a thread
once more for every other handler of its address.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.enums import RequestEncodingType
from litestar.exceptions import NotFoundException
from litestar.params import Body
from litestar.response import Template
from sqlalchemy.engine import Connection

from server.access import rules as may
from server.elections import broken as breaking
from server.elections import changing, days, form, ics, rules, template
from server.elections.model import Election, Window, WindowKind
from server.elections.phase import Phase, blocked, phase
from server.elections.planning import Broken
from server.elections.rules import Fault
from server.elections.template import Rule
from server.elections.timeline import picture
from server.pages import site
from server.pages.language import N_
from server.pages.navigation import Entry
from server.pages.site import Asked, Clock, FromPath, SignedIn, Store
from server.problems import Refused
from server.records import Office
from server.store import elections
from server.store.elections import Act, Version

Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
PAST = 10
"""Past elections of the page; older ones stay in the store."""
CHANGES = 20


@dataclass(frozen=True, slots=True)
class Shown:
    """One election as the page shows it."""

    election: Election
    phase: Phase
    """What this election alone says of today."""
    windows: tuple[tuple[Window, Rule | None], ...]
    """Each with the template's rule it follows; None where the office set it."""
    blocked: tuple[date, date]

    @property
    def unverified(self) -> bool:
        return any(rule is not None and not rule.verified for _, rule in self.windows)


def shown(election: Election, today: date) -> Shown:
    rule = template.get(election.template).rule
    return Shown(election, phase([election], today), tuple((one, rule(election, one)) for one in election.windows),
                 blocked(election))


@get("/{language:str}/calendar", access=may.READ)
async def calendar(request: Asked, language: FromPath, database: Store, clock: Clock, session: SignedIn) -> Template:
    """Every election with days to go, and the form to enter one."""
    language = site.checked(language)
    return await asyncio.to_thread(_calendar, request, language, database, site.now(clock), session)


@post("/{language:str}/calendar", access=may.only(changing.MAY_CHANGE), sync_to_thread=True)
def enter(request: Asked, language: FromPath, data: Form, database: Store, clock: Clock,
          session: SignedIn) -> Response[Any]:
    """Add an election, or one that was called suddenly. Raises ``Refused`` for who may not."""
    language = site.checked(language)
    _may(session)
    made, found = form.new(data)
    if made is None:
        return _calendar(request, language, database, site.now(clock), session, typed=data, found=found)
    try:
        with database.write(session.tenant) as connection:
            changing.add(connection, session.tenant, made, now=clock(), by=f"person:{session.name}")
    except changing.Faulty as fault:
        return _calendar(request, language, database, site.now(clock), session, typed=data, found=fault.faults)
    return _go(f"/{language}/calendar/{made.id}")


@get("/{language:str}/calendar.ics", access=may.READ, sync_to_thread=True)
def as_ics(request: Asked, language: FromPath, database: Store, clock: Clock, session: SignedIn) -> Response[bytes]:
    """The same for people's calendars."""
    language = site.checked(language)
    office = site.office(request, database, session)
    body = ics.as_ics(office.name, session.tenant, office.elections, site.now(clock), language)
    name = "elections.ics" if language == "en" else "scrutins.ics"
    return Response(body, media_type="text/calendar; charset=utf-8",
                    headers={"content-disposition": f'attachment; filename="{name}"'})


@get("/{language:str}/calendar/{election:str}", access=may.READ)
async def one(request: Asked, language: FromPath, election: FromPath, database: Store, clock: Clock,
              session: SignedIn) -> Template:
    """One election: its windows with their sources, what it breaks in the plan, the form, its history."""
    language = site.checked(language)
    return await asyncio.to_thread(_one, request, language, database, site.now(clock), session, election)


@post("/{language:str}/calendar/{election:str}", access=may.only(changing.MAY_CHANGE), sync_to_thread=True)
def change(request: Asked, language: FromPath, election: FromPath, data: Form, database: Store, clock: Clock,
           session: SignedIn) -> Response[Any]:
    """Change its name, its days, its windows. Raises ``Refused`` for who may not."""
    language = site.checked(language)
    _may(session)
    note = _note(data)
    found: tuple[Fault, ...]
    try:
        with database.write(session.tenant) as connection:
            last = _standing(connection, session, election)
            made, found = form.changed(last.election, data)
            if str(last.version) != data.get("version"):
                made, found = None, (Fault("version", rules.CHANGED),)
            if made is not None:
                changing.change(connection, session.tenant, made, now=clock(), by=f"person:{session.name}", note=note)
    except changing.Faulty as fault:
        made, found = None, fault.faults
    if made is None:
        return _one(request, language, database, site.now(clock), session, election, typed=data, found=found)
    return _go(f"/{language}/calendar/{election}")


@post("/{language:str}/calendar/{election:str}/cancel", access=may.only(changing.MAY_CHANGE), sync_to_thread=True)
def cancel(language: FromPath, election: FromPath, data: Form, database: Store, clock: Clock,
           session: SignedIn) -> Response[bytes]:
    """An election that is not held. Raises ``Refused`` for who may not."""
    language = site.checked(language)
    _may(session)
    with database.write(session.tenant) as connection:
        last = _standing(connection, session, election)
        changing.cancel(connection, session.tenant, last.election, now=clock(), by=f"person:{session.name}",
                        note=_note(data))
    return _go(f"/{language}/calendar#changes")


ROUTES = [calendar, enter, as_ics, one, change, cancel]
ENTRIES = [Entry("calendar", "/calendar", N_("Elections"), may.READ, 80)]


def _calendar(request: Asked, language: str, database: Store, now: datetime, session: SignedIn, *,
              typed: dict[str, str] | None = None, found: tuple[Fault, ...] = ()) -> Template:
    office = site.office(request, database, session)
    today = days.today(now, office.zone)
    with database.read(session.tenant) as connection:
        changes = elections.history(connection, session.tenant, limit=CHANGES)
    ahead = [shown(each, today) for each in office.elections if each.last >= today]
    past = [shown(each, today) for each in reversed(office.elections) if each.last < today]
    chosen = template.every().get(request.query_params.get("template", ""))
    start = chosen.next_usual(today) if chosen else None
    made = site.page(
        "calendar.html", request, language, session, here="calendar", office=office, today=today,
        phase=phase(office.elections, today), ahead=ahead, past=past[:PAST], picture=picture(office.elections, today),
        changes=changes, templates=list(template.every().values()), faults=rules.first_of(found),
        typed=typed or _prefilled(chosen, start, language), may_change=session.role in changing.MAY_CHANGE)
    made.status_code = 400 if found else 200
    return made


def _prefilled(chosen: template.Template | None, start: date | None, language: str) -> dict[str, str]:
    if chosen is None:
        return {}
    return {"template": chosen.id, "name": chosen.title.say(language), "first": start.isoformat() if start else ""}


def _one(request: Asked, language: str, database: Store, now: datetime, session: SignedIn, number: str, *,
         typed: dict[str, str] | None = None, found: tuple[Fault, ...] = ()) -> Template:
    office = site.office(request, database, session)
    today = days.today(now, office.zone)
    with database.read(session.tenant) as connection:
        versions = elections.history(connection, session.tenant, number)
        if not versions:
            raise NotFoundException
        last = versions[0]
        stands = last.act is not Act.CANCEL
        election = last.election
        shows_breaks = stands and election.last >= today
        broken = _broken(connection, session.tenant, office, versions, today, now) if shows_breaks else ()
    fields = typed or {"name": election.name, "first": election.first.isoformat(), "last": election.last.isoformat(),
                       "scale": election.scale}
    made = site.page(
        "calendar_election.html", request, language, session, here="calendar", office=office, today=today,
        phase=phase([election] if stands else [], today), shown=shown(election, today), stands=stands,
        version=last.version, versions=versions, faults=rules.first_of(found), typed=fields,
        lines=form.lines(election, typed), kinds=list(WindowKind),
        picture=picture([election], today) if stands else None, rulebook=template.get(election.template),
        broken=broken, shows_breaks=shows_breaks,
        may_change=stands and session.role in changing.MAY_CHANGE)
    made.status_code = (409 if "version" in made.context["faults"] else 400) if found else 200
    return made


def _broken(connection: Connection, tenant: str, office: Office, versions: list[Version], today: date,
            now: datetime) -> tuple[Broken[breaking.Line], ...]:
    """What the last version of an election broke: the plan as it stood under the version before it."""
    others = tuple(each for each in office.elections if each.id != versions[0].election.id)
    earlier = versions[1] if len(versions) > 1 and versions[1].act is not Act.CANCEL else None
    before = (*others, earlier.election) if earlier else others
    return breaking.broken_now(connection, tenant, office, before, today, now)


def _standing(connection: Connection, session: SignedIn, number: str) -> Version:
    """The last version of an election that stands. Raises Litestar's 404 for none, or another office's."""
    last = elections.get(connection, session.tenant, number)
    if last is None or last.act is Act.CANCEL:
        raise NotFoundException
    return last


def _may(session: SignedIn) -> None:
    if session.role not in changing.MAY_CHANGE:
        raise Refused("forbidden", "an administrator, IT staff or an official enter elections")


def _note(data: dict[str, str]) -> str:
    return "".join(sign for sign in data.get("note", "").strip()[:300] if sign.isprintable())


def _go(place: str) -> Response[bytes]:
    return Response(b"", status_code=303, headers={"location": place}, media_type="text/plain")
