"""The office's messages: what was sent, what could not be, webhooks, and what messages may name."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from litestar import Response, get, params, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.response import Template
from sqlalchemy.engine import Connection

from hustings.errors import UsageError
from server.access import rules
from server.config import Config
from server.notices import content, host, kinds, outward, wording
from server.notices.clean import plain
from server.notices.content import Content, written
from server.notices.kind import ADMINISTRATORS, TECHNICAL
from server.notices.outcome import Undelivered
from server.pages import site
from server.pages.language import N_
from server.pages.navigation import Entry, Place
from server.pages.notices import Form, slow_down
from server.pages.planning import go
from server.pages.site import Asked, Clock, FromPath, SignedIn, Store
from server.spoken import Spoken
from server.store import attempts, audit, notice_choices, outbox, people, webhooks
from server.store.database import Database
from server.store.outbox import Channel, Notice, State
from server.store.webhooks import Webhook

Set = NamedDependency[Config]
MAY_SEE = TECHNICAL
MAY_CHANGE = ADMINISTRATORS
SHOWN = 100
"""Messages of the log."""
MOST = 10
"""Webhooks of an office."""
NAME_MAX = 80
ATTEMPTS_SHOWN = timedelta(days=14)
STATES = {State.WAITING: ("some", N_("Waits")), State.SENT: ("pass", N_("Sent")),
          State.GIVEN_UP: ("fail", N_("Given up"))}
WAYS = {Channel.MAIL: N_("Mail"), Channel.WEBHOOK: N_("Webhook")}
ATTEMPTS = {"sign_in": N_("Signing in"), "signature": N_("Reports without a valid signature"),
            "token": N_("Tokens that are not valid")}


@get("/{language:str}/office/notices", access=rules.only(MAY_SEE))
async def show(request: Asked, language: FromPath, database: Store, config: Set, clock: Clock,
               session: SignedIn) -> Template:
    """What was sent and what could not be; webhooks; refused attempts."""
    language = site.checked(language)
    return await asyncio.to_thread(_page, request, language, database, config, clock, session)


@post("/{language:str}/office/notices/webhooks", access=rules.only(MAY_CHANGE), sync_to_thread=True)
def add(request: Asked, language: FromPath, data: Form, database: Store, config: Set, clock: Clock,
        session: SignedIn) -> Response[Any]:
    """Add a webhook. Its secret is shown this once."""
    language = site.checked(language)
    now = clock()
    try:
        name, url, chosen = read(data, config)
        with database.write(session.tenant) as connection:
            if len(webhooks.used(connection, session.tenant)) >= MOST:
                raise Spoken(N_("There are %(most)s webhooks already."), N_("Remove one that is not used."),
                             {"most": MOST}, field="name")
            number, secret = webhooks.add(connection, session.tenant, name, url, chosen, now, f"person:{session.name}",
                                           config)
            audit.record(connection, session.tenant, now, f"person:{session.name}", "webhook.add", name,
                         {"number": number, "url": url})
    except Spoken as wrong:
        return _page(request, language, database, config, clock, session, wrong=wrong, typed=data)
    return _page(request, language, database, config, clock, session, secret=secret)


@post("/{language:str}/office/notices/webhooks/{number:int}/end", access=rules.only(MAY_CHANGE), sync_to_thread=True)
def end(language: FromPath, number: params.FromPath[int], database: Store, clock: Clock,
        session: SignedIn) -> Response[Any]:
    """Send nothing more there."""
    language, now = site.checked(language), clock()
    with database.write(session.tenant) as connection:
        one = _webhook(connection, session.tenant, number)
        webhooks.end(connection, session.tenant, number, now, f"person:{session.name}")
        audit.record(connection, session.tenant, now, f"person:{session.name}", "webhook.end", one.name,
                     {"number": number})
    return go(f"/{language}/office/notices#webhooks")


@post("/{language:str}/office/notices/webhooks/{number:int}/test", access=rules.only(MAY_CHANGE), sync_to_thread=True)
def test(request: Asked, language: FromPath, number: params.FromPath[int], database: Store, clock: Clock,
         session: SignedIn) -> Response[Any]:
    """Send a message there, by the way that all of them go."""
    language = site.checked(language)
    slow_down(request, f"office {session.tenant}")
    with database.write(session.tenant) as connection:
        _webhook(connection, session.tenant, number)
        outbox.make(connection, session.tenant, Channel.WEBHOOK, number, written(Content(test=True)), clock())
    return go(f"/{language}/office/notices#log")


@post("/{language:str}/office/notices/{number:int}/again", access=rules.only(MAY_CHANGE), sync_to_thread=True)
def again(language: FromPath, number: params.FromPath[int], database: Store, clock: Clock,
          session: SignedIn) -> Response[Any]:
    """Try a message again now."""
    language, now = site.checked(language), clock()
    with database.write(session.tenant) as connection:
        if not outbox.again(connection, session.tenant, number, now):
            raise NotFoundException
        audit.record(connection, session.tenant, now, f"person:{session.name}", "notice.again", str(number))
    return go(f"/{language}/office/notices#log")


@post("/{language:str}/office/notices/names", access=rules.only(MAY_CHANGE), sync_to_thread=True)
def names(language: FromPath, data: Form, database: Store, clock: Clock, session: SignedIn) -> Response[Any]:
    """Say whether messages name machines and checks."""
    language, now = site.checked(language), clock()
    named = data.get("names") == "yes"
    with database.write(session.tenant) as connection:
        if named != notice_choices.details(connection, session.tenant):
            notice_choices.say_details(connection, session.tenant, named, now, f"person:{session.name}")
            audit.record(connection, session.tenant, now, f"person:{session.name}",
                         "notice.name" if named else "notice.name-not", "")
    return go(f"/{language}/office/notices#names")


ROUTES = [show, add, end, test, again, names]
ENTRIES = [Entry("notices", "/office/notices", N_("Messages"), rules.only(MAY_SEE), 60, Place.OFFICE,
                 about=N_("What people were told by mail and webhook, and what could not be delivered."))]


def read(data: dict[str, str], config: Config) -> tuple[str, str, list[str]]:
    """A webhook's name, address and kinds of events from a form. Raises ``Spoken`` with the field that is wrong."""
    name, url = data.get("name", "").strip(), data.get("url", "").strip()
    if not name or len(name) > NAME_MAX or plain(name, NAME_MAX) != " ".join(name.split(" ")):
        raise Spoken(N_("The name cannot be used."), N_("Write 1 to %(most)s letters on one line, nothing invisible."),
                     {"most": NAME_MAX}, field="name")
    try:
        to = outward.target(url)
        outward.resolved(to, host.load(config).networks)
    except UsageError as error:
        raise Spoken(N_("This is not an address that can be used."),
                     N_("Write it as https://example.org/path, without a user name or a fragment."),
                     field="url") from error
    except Undelivered as error:
        raise Spoken(
            N_("Nothing may be sent to this address."),
            N_("Give an https address on the open network, or have the server's administrator allow its network: "
               "%(command)s."), {"command": "hustings server notices reach NETWORK"}, field="url") from error
    chosen = [kind for kind in kinds.every() if f"kind-{kind}" in data]
    if not chosen:
        raise Spoken(N_("No kind of event is chosen."), N_("Choose at least one."), field="kinds")
    return name, url, chosen


def _webhook(connection: Connection, tenant: str, number: int) -> Webhook:
    """One of the office's that is used. Raises Litestar's 404."""
    found = webhooks.get(connection, tenant, number) if number < 1 << 62 else None
    if found is None or found.ended is not None:
        raise NotFoundException
    return found


def _page(request: Asked, language: str, database: Database, config: Config, clock: Clock, session: SignedIn, *,
          wrong: Spoken | None = None, typed: dict[str, str] | None = None, secret: str = "") -> Template:
    settings, now = host.load(config), clock()
    with database.read(session.tenant) as connection:
        everybody = {one.id: one for one in people.every(connection, session.tenant)}
        hooks = webhooks.used(connection, session.tenant)
        log = outbox.recent(connection, session.tenant, SHOWN)
        trouble = outbox.recent(connection, session.tenant, SHOWN, state=State.GIVEN_UP)
        counts = outbox.counts(connection, session.tenant)
        named = notice_choices.details(connection, session.tenant)
        refused = attempts.since(connection, session.tenant, (now - ATTEMPTS_SHOWN).date())
        receivers = {one.receiver: webhooks.get(connection, session.tenant, one.receiver) for one in (*log, *trouble)
                     if one.channel is Channel.WEBHOOK}

    def receiver(one: Notice) -> str:
        if one.channel is Channel.MAIL:
            return everybody[one.receiver].name if one.receiver in everybody else f"#{one.receiver}"
        found = receivers[one.receiver]
        return found.name if found else f"#{one.receiver}"

    def about(one: Notice) -> list[str]:
        return [wording.sentence(part.kind, part.count, language) for part in content.read(one.content).parts]

    unreached = [one for one in everybody.values() if one.disabled is None and not one.email]
    made = site.page(
        "office_notices.html", request, language, session, here="office", mail=settings.mail, hooks=hooks,
        log=log, trouble=trouble, counts=counts, receiver=receiver, about=about, states=STATES, ways=WAYS,
        named=named, refused=refused, attempts=ATTEMPTS, kinds=list(kinds.every().values()), typed=typed or {},
        may_change=session.role in MAY_CHANGE, secret=secret, unreached=unreached, most=NAME_MAX,
        wrong=wrong.said(language) if wrong else None, field=wrong.field if wrong else "")
    made.status_code = 400 if wrong else 200
    return made
