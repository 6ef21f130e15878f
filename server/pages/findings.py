"""Findings: the list with its filters, what changed since the last visit, and what is done to several at once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath as Path
from litestar.response import Template

from server.access import rules
from server.access.rules import Reviewing
from server.pages import site
from server.pages.finding_parts import FROM_HERE, Form, go, owners, picked, refused
from server.pages.language import N_
from server.pages.navigation import Entry
from server.pages.planning import download
from server.pages.site import Asked as Request
from server.pages.site import Clock, FromPath, SignedIn, Store
from server.problems import Refused
from server.spoken import Spoken
from server.store import finding_views as views
from server.store import findings as stored
from server.store.database import Database
from server.store.sessions import Session
from server.triage import acting, asking, csv_file, groups, places, reading, words
from server.triage.acts import Kind
from server.triage.model import News
from server.two_people import Actor

SHOWN = 50
"""Findings on one page."""
GROUPS_SHOWN = 200
SCOPED = rules.only(acting.MAY_DECIDE, reviewing=Reviewing.SCOPED)
"""The office's own people, and reviewers within their engagement."""


@get("/{language:str}/findings", access=rules.FINDINGS)
async def findings(request: Request, language: FromPath, database: Store, clock: Clock, session: SignedIn) -> Template:
    """Every failure with its life, those that are due first."""
    return await asyncio.to_thread(_list, request, site.checked(language), database, clock, session)


@get("/{language:str}/findings.csv", access=rules.FINDINGS, sync_to_thread=True)
def as_csv(request: Request, language: FromPath, database: Store, clock: Clock, session: SignedIn) -> Response[bytes]:
    """The same as a file."""
    site.checked(language)
    asked, now = asking.asked(request.query_params), site.now(clock)
    with database.read(session.tenant) as connection:
        since, _ = views.last_visit(connection, session.tenant, session.person, now)
        wanted = asked.filter(session.person, language, since, session.engagement)
        found = reading.every(connection, session.tenant, wanted, now)
    return download(csv_file.as_csv(found, language).encode(), "text/csv; charset=utf-8", "findings.csv")


@post("/{language:str}/findings/bulk", access=SCOPED, sync_to_thread=True)
def bulk(request: Request, language: FromPath, data: Form, database: Store, clock: Clock,
         session: SignedIn) -> Response[Any]:
    """Do one thing to several findings: asked back first, with their number, and then done to all or none."""
    language = site.checked(language)
    now, asked = site.now(clock), asking.read(data.get("query", ""))
    kind = Kind(data["do"]) if data.get("do") in words.BULK else Kind.ACKNOWLEDGE
    if session.role not in acting.MAY[kind]:
        raise Refused("forbidden", "administrators and IT staff do that")
    numbers = picked(data)
    with database.read(session.tenant) as connection:
        if data.get("every"):
            since, _ = views.last_visit(connection, session.tenant, session.person, now)
            wanted = asked.filter(session.person, language, since, session.engagement)
            numbers = [one.number for one in reading.every(connection, session.tenant, wanted, now)]
        around = reading.Around.read(connection, session.tenant, now, session.engagement)
        chosen = around.see(stored.raw(connection, session.tenant, numbers=numbers[:acting.AT_ONCE]))
        people = owners(connection, session)
    owner = data.get("owner", "")
    text = data.get("text", "")

    def ask(wrong: Spoken | None = None) -> Template:
        return refused(site.page(
            "findings_bulk.html", request, language, session, here="findings", asked=asked, kind=kind, chosen=chosen,
            triage=words, people=people, owner=owner, text=text, wrong=wrong.said(language) if wrong else None), wrong)

    if not numbers:
        return ask(Spoken(N_("No finding was chosen."), N_("Go back to the list and tick some.")))
    if len(numbers) > acting.AT_ONCE:
        return ask(Spoken(N_("Choose from 1 to %(most)s findings."), N_("Choose fewer at a time."),
                          {"most": acting.AT_ONCE}))
    if "confirmed" not in data:
        return ask()
    if data["confirmed"] != str(len(numbers)):
        return ask(Spoken(N_("The number of findings is not the one that you confirmed."),
                          N_("Look at the list below and confirm again.")))
    try:
        with database.write(session.tenant) as connection:
            acting.act_on(connection, session.tenant, numbers, kind, Actor.of(session), text,
                          {"person": int(owner) if owner.isascii() and owner.isdigit() else None}, now=now)
    except Spoken as wrong:
        return ask(wrong)
    return go(f"/{language}/findings?{asked.address}{'&' if asked.address else ''}done={kind.value}"
              f"&count={len(numbers)}")


@post("/{language:str}/findings/views", access=SCOPED, sync_to_thread=True)
def save(request: Request, language: FromPath, data: Form, database: Store, clock: Clock,
         session: SignedIn) -> Response[Any]:
    """Keep the filter that is shown under a name; share it with the office."""
    language = site.checked(language)
    asked = asking.read(data.get("query", ""))
    shared = bool(data.get("shared")) and session.engagement is None
    try:
        name = acting.written(" ".join(data.get("name", "").split()), needed=True, most=60)
        with database.write(session.tenant) as connection:
            if not views.save(connection, session.tenant, session.person, session.name, name,
                              replace(asked, news="").address, shared=shared, now=site.now(clock)):
                raise Spoken(N_("You keep %(most)s views already."), N_("Remove one first."), {"most": views.MOST})
    except Spoken as wrong:
        return refused(site.page("findings_view.html", request, language, session, here="findings", asked=asked,
                                 name=data.get("name", ""), shared=shared, wrong=wrong.said(language),
                                 may_share=session.engagement is None), wrong)
    return go(f"/{language}/findings?{asked.address}")


@post("/{language:str}/findings/views/{number:int}/forget", access=SCOPED, sync_to_thread=True)
def forget(language: FromPath, number: Path[int], database: Store, session: SignedIn) -> Response[Any]:
    """Remove one of one's own views."""
    language = site.checked(language)
    with database.write(session.tenant) as connection:
        if not 0 < number < 1 << 62 or not views.forget(connection, session.tenant, session.person, number):
            raise Refused("not_found")
    return go(f"/{language}/findings")


def _list(request: Request, language: str, database: Database, clock: Any, session: Session) -> Template:
    looked, asked = clock(), asking.asked(request.query_params)
    now = site.now(clock)
    with database.read(session.tenant) as connection:
        since, due = views.last_visit(connection, session.tenant, session.person, looked)
        wanted = asked.filter(session.person, language, since, session.engagement)
        around = reading.Around.read(connection, session.tenant, now, session.engagement)
        found = reading.every(connection, session.tenant, wanted, now, around)
        news = reading.news(connection, session.tenant, wanted, now, around) if since else {}
        paces = reading.paces(connection, session.tenant, now, around)
        saved = views.seen_by(connection, session.tenant, session.person)
        people = owners(connection, session)
    if due:
        with database.write(session.tenant) as connection:
            views.note_visit(connection, session.tenant, session.person, looked)
    last = max(1, -(-len(found) // SHOWN))
    at = min(_number(request.query_params.get("page", "")) or 1, last)
    grouped = groups.groups(found, asked.grouped) if asked.grouped else []
    return site.page(
        "findings.html", request, language, session, here="findings", asked=asked, total=len(found),
        overdue=sum(one.overdue for one in found), shown=found[(at - 1) * SHOWN:at * SHOWN], at=at, last=last,
        groups=grouped[:GROUPS_SHOWN], more_groups=max(0, len(grouped) - GROUPS_SHOWN), triage=words, now=now,
        since=since, news=news, any_news=any(news.values()), kinds=list(News), paces=paces, views=saved, people=people,
        machines=places.listed(around.machines.values(), around.names, around.engagement),
        sites=sorted({around.names.site(one) for one in around.sites if one}), viewer=session.person,
        may_act=session.role in acting.MAY_ACT, may_share=session.engagement is None, from_here=FROM_HERE,
        done=_done(request), group_by=groups.By)


def _done(request: Request) -> tuple[str, int] | None:
    """What was just done, and to how many, as the address says."""
    kind, count = request.query_params.get("done", ""), _number(request.query_params.get("count", ""))
    return (words.BULK[Kind(kind)], count) if kind in words.BULK and count else None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 0


ROUTES = [findings, as_csv, bulk, save, forget]
ENTRIES = [Entry("findings", "/findings", N_("Findings"), rules.FINDINGS, 20)]
