"""What is kept and how it goes: backups, legal holds, retention, the export of everything, the end of the office."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import IO, Annotated, Any

from litestar import Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Stream, Template
from sqlalchemy.engine import Connection

from server.access import rules
from server.keeping import exporting, holds, retention, winding
from server.keeping.retention import LEAST, MOST_DAYS, Kind
from server.pages import site
from server.pages.language import N_
from server.pages.navigation import Entry, Place
from server.pages.site import Asked, Clock, FromPath, SignedIn, Store
from server.problems import Refused
from server.spoken import Spoken
from server.store import audit, people, tenants
from server.store.audit import Asked as Sought
from server.store.sessions import Session
from server.two_people import Actor, propose

Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
KINDS = {
    Kind.REPORTS: N_("What machines reported, word for word"), Kind.AUDIT: N_("The audit trail"),
    Kind.NOTICES: N_("Messages that were sent"),
}
OUTCOMES = {
    retention.Outcome.DONE: N_("Deleted"), retention.Outcome.HELD: N_("Not deleted: a legal hold stood"),
    retention.Outcome.WITHDRAWN: N_("Not deleted: the office changed its mind"),
}
_PART = 1 << 18


@get("/{language:str}/office/keeping", access=rules.OFFICE, sync_to_thread=True)
def show(request: Asked, language: FromPath, database: Store, clock: Clock, session: SignedIn) -> Template:
    """All of it on one page."""
    return _page(request, site.checked(language), database, clock, session)


@post("/{language:str}/office/keeping/hold", access=rules.only(holds.MAY_SET), sync_to_thread=True)
def hold(request: Asked, language: FromPath, data: Form, database: Store, clock: Clock,
         session: SignedIn) -> Response[Any]:
    """Put the office under a legal hold: one person suffices."""
    def act(connection: Connection, now: datetime) -> str:
        holds.set_hold(connection, session.tenant, data.get("matter", ""), data.get("reason", ""), now=now,
                       by=f"person:{session.name}")
        return "/office/keeping"

    return _done(request, language, database, clock, session, "hold", data, act)


@post("/{language:str}/office/keeping/lift", access=rules.only(holds.MAY_SET), sync_to_thread=True)
def lift(request: Asked, language: FromPath, data: Form, database: Store, clock: Clock,
         session: SignedIn) -> Response[Any]:
    """Ask for a legal hold to be lifted: a second person decides."""
    def act(connection: Connection, now: datetime) -> str:
        number = data.get("hold", "")
        found = (holds.get(connection, session.tenant, int(number))
                 if number.isascii() and number.isdigit() and len(number) < 16 else None)
        if found is None:
            raise Refused("not_found")
        return _asked(connection, session, "hold.lift", found.matter, {
            "hold": found.id, "matter": found.matter, "reason": data.get("reason", "")}, now)

    return _done(request, language, database, clock, session, "lift", data, act)


@post("/{language:str}/office/keeping/retention", access=rules.only(retention.MAY_SET), sync_to_thread=True)
def keep(request: Asked, language: FromPath, data: Form, database: Store, clock: Clock,
         session: SignedIn) -> Response[Any]:
    """Say for how long what is kept."""
    def act(connection: Connection, now: datetime) -> str:
        days = {kind: _days(data[kind.value], kind) for kind in Kind if data.get(kind.value, "").strip()}
        retention.set_policy(connection, session.tenant, days, now=now, by=f"person:{session.name}")
        return "/office/keeping"

    return _done(request, language, database, clock, session, "retention", data, act)


@post("/{language:str}/office/keeping/export", access=rules.only(exporting.MAY_ASK), sync_to_thread=True)
def ask_export(request: Asked, language: FromPath, data: Form, database: Store, clock: Clock,
               session: SignedIn) -> Response[Any]:
    """Ask for leave to take everything: a second person decides."""
    return _done(request, language, database, clock, session, "export", data, lambda connection, now: _asked(
        connection, session, "data.export_all", "", {"reason": data.get("reason", "")}, now))


@get("/{language:str}/office/keeping/everything.hustings", access=rules.only(exporting.MAY_TAKE))
async def everything(language: FromPath, database: Store, clock: Clock, session: SignedIn) -> Stream:
    """Everything of the office, in one file, while two people's leave lasts."""
    site.checked(language)
    now = clock()
    with database.read(session.tenant) as connection:
        if exporting.leave(connection, session.tenant, now) is None:
            raise Refused("not_found")
    made = tempfile.TemporaryFile()  # noqa: SIM115 - closed when it was sent
    try:
        await asyncio.to_thread(exporting.write, database, session.tenant, made, by=f"person:{session.name}", now=now)
        made.seek(0)
    except BaseException:
        made.close()
        raise
    return Stream(_sent(made), media_type="application/octet-stream", headers={
        "content-disposition": f'attachment; filename="everything-{now:%Y-%m-%d}.hustings"'})


@post("/{language:str}/office/keeping/wind-down", access=rules.only(winding.MAY_ASK), sync_to_thread=True)
def wind_down(request: Asked, language: FromPath, data: Form, database: Store, clock: Clock,
              session: SignedIn) -> Response[Any]:
    """Ask for the deletion of the office: a second person decides."""
    def act(connection: Connection, now: datetime) -> str:
        own = tenants.get(connection, session.tenant)
        if own is None or data.get("name", "").strip() != own.name:
            raise Spoken(N_("That is not the name of this office."),
                         N_("Write it exactly as it stands at the top of this page."), field="name")
        return _asked(connection, session, "tenant.wind_down", "", {"reason": data.get("reason", "")}, now)

    return _done(request, language, database, clock, session, "wind-down", data, act)


@post("/{language:str}/office/keeping/stop", access=rules.only(winding.MAY_STOP), sync_to_thread=True)
def stop(request: Asked, language: FromPath, data: Form, database: Store, clock: Clock,
         session: SignedIn) -> Response[Any]:
    """Stop the deletion of the office: one person suffices."""
    def act(connection: Connection, now: datetime) -> str:
        winding.stop(connection, session.tenant, data.get("reason", ""), by=f"person:{session.name}", now=now)
        return "/office/keeping"

    return _done(request, language, database, clock, session, "stop", data, act)


ROUTES = [show, hold, lift, keep, ask_export, everything, wind_down, stop]
ENTRIES = [Entry("keeping", "/office/keeping", N_("What is kept"), rules.OFFICE, 90, Place.OFFICE,
                 N_("Backups, legal holds, how long things are kept, and the end of the office."))]


async def _sent(made: IO[bytes]) -> AsyncIterator[bytes]:
    try:
        while part := await asyncio.to_thread(made.read, _PART):
            yield part
    finally:
        made.close()


def _asked(connection: Connection, session: Session, action: str, subject: str, payload: dict[str, Any],
           now: datetime) -> str:
    return f"/office/decisions/{propose(connection, session.tenant, action, subject, payload, Actor.of(session), now)}"


def _done(request: Asked, language: str, database: Store, clock: Clock, session: Session, form: str,
          data: dict[str, str], act: Callable[[Connection, datetime], str]) -> Response[Any]:
    language = site.checked(language)
    try:
        with database.write(session.tenant) as connection:
            place = act(connection, clock())
    except Spoken as wrong:
        return _page(request, language, database, clock, session, form=form, wrong=wrong, typed=data)
    return Response(b"", status_code=303, headers={"location": f"/{language}{place}"}, media_type="text/plain")


def _days(text: str, kind: Kind) -> int:
    plain = text.strip()
    if not (plain.isascii() and plain.isdigit() and len(plain) < 7):
        raise Spoken(N_("That is not a number of days from %(least)s to %(most)s."),
                     N_("Write a number in that range, or nothing to keep it for good."),
                     {"least": LEAST[kind], "most": MOST_DAYS}, field=kind.value)
    return int(plain)


def _page(request: Asked, language: str, database: Store, clock: Clock, session: Session, *, form: str = "",
          wrong: Spoken | None = None, typed: dict[str, str] | None = None) -> Template:
    office, now = site.office(request, database, session), clock()
    with database.read(session.tenant) as connection:
        policy = retention.policy(connection, session.tenant)
        said: dict[str, Any] = {
            "tenant": tenants.get(connection, session.tenant), "holds": holds.every(connection, session.tenant),
            "policy": policy, "announced": retention.announced(connection, session.tenant),
            "runs": [one for one in retention.runs(connection, session.tenant) if one.outcome],
            "leave": exporting.leave(connection, session.tenant, now),
            "ending": winding.standing(connection, session.tenant),
            "backups": audit.recent(connection, session.tenant, limit=3, asked=Sought(action="server.backup")),
            "alone": len([one for one in people.every(connection, session.tenant)
                          if one.disabled is None and one.role in winding.MAY_ASK]) < 2}
    kept = {kind.value: str(policy.days[kind]) if policy and kind in policy.days else "" for kind in Kind}
    made = site.page(
        "keeping.html", request, language, session, here="office", office=office, now=now, kinds=KINDS, least=LEAST,
        outcomes=OUTCOMES, wrong=wrong.said(language) if wrong else None, form=form,
        field=wrong.field if wrong else "", typed=typed or {}, days={**kept, **(typed or {})},
        may_hold=session.role in holds.MAY_SET, may_keep=session.role in retention.MAY_SET,
        may_export=session.role in exporting.MAY_ASK, may_end=session.role in winding.MAY_ASK, **said)
    made.status_code = 400 if wrong else 200
    return made
