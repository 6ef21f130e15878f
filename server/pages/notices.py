"""What a person is told, by which way, how soon: their own choice."""

from __future__ import annotations

import asyncio
import math
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Template

from server.access import rules
from server.config import Config
from server.notices import host, kinds, when
from server.notices.content import Content, written
from server.notices.kind import Kind, Timing
from server.notices.receivers import fed, timing
from server.pages import site
from server.pages.language import N_
from server.pages.planning import go
from server.pages.site import Asked, Clock, FromPath, SignedIn, Store
from server.problems import Refused
from server.spoken import Spoken
from server.store import audit, notice_choices, outbox, people, settings
from server.store.database import Database
from server.store.notice_choices import Choices
from server.store.outbox import Channel
from server.throttle import Throttle

Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
Set = NamedDependency[Config]
TIMINGS = {Timing.NOW: N_("At once"), Timing.DAILY: N_("Once a day"), Timing.WEEKLY: N_("Once a week"),
           Timing.NEVER: N_("Not by mail")}


@get("/{language:str}/account/notices", access=rules.ANYONE)
async def show(request: Asked, language: FromPath, database: Store, config: Set, session: SignedIn) -> Template:
    """What somebody has chosen, and the form to change it."""
    language = site.checked(language)
    return await asyncio.to_thread(_page, request, language, database, config, session)


@post("/{language:str}/account/notices", access=rules.ANYONE, sync_to_thread=True)
def choose(request: Asked, language: FromPath, data: Form, database: Store, config: Set, clock: Clock,
           session: SignedIn) -> Response[Any]:
    """Replace what somebody has chosen."""
    language = site.checked(language)
    try:
        chosen = read(data, [one for one in kinds.every().values() if session.role in one.may])
    except Spoken as wrong:
        return _page(request, language, database, config, session, wrong=wrong, typed=data)
    with database.write(session.home) as connection:
        notice_choices.write(connection, session.home, session.person, chosen, clock())
    return go(f"/{language}/account/notices?saved=1")


@post("/{language:str}/account/notices/feed", access=rules.ANYONE, sync_to_thread=True)
def feed(request: Asked, language: FromPath, data: Form, database: Store, config: Set, clock: Clock,
         session: SignedIn) -> Response[Any]:
    """Make a new address for one's feed, shown this once; or take it back."""
    language, now = site.checked(language), clock()
    with database.write(session.home) as connection:
        if data.get("do") == "end":
            if notice_choices.no_feed(connection, session.home, session.person):
                audit.record(connection, session.home, now, f"person:{session.name}", "feed.end", session.name)
            return go(f"/{language}/account/notices#feed")
        secret = notice_choices.new_feed(connection, session.home, session.person, now)
        audit.record(connection, session.home, now, f"person:{session.name}", "feed.create", session.name)
    return _page(request, language, database, config, session, address=f"{config.url}/feed/{secret}")


@post("/{language:str}/account/notices/test", access=rules.ANYONE, sync_to_thread=True)
def test(request: Asked, language: FromPath, data: Form, database: Store, config: Set, clock: Clock,
         session: SignedIn) -> Response[Any]:
    """Send oneself a message, by the way that all of them go."""
    language = site.checked(language)
    slow_down(request, f"person {session.person}")
    with database.write(session.home) as connection:
        person = people.get(connection, session.home, session.person)
        if person is not None and person.email and host.load(config).mail is not None:
            outbox.make(connection, session.home, Channel.MAIL, session.person, written(Content(test=True)), clock())
    return go(f"/{language}/account/notices?tested=1")


ROUTES = [show, choose, feed, test]


def slow_down(request: Asked, who: str) -> None:
    """Three test messages at once, then one in ten minutes. Raises ``Refused``."""
    state = request.app.state
    if "notice_tests" not in state:
        state["notice_tests"] = Throttle(rate=1 / 600, burst=3)
    if wait := state["notice_tests"].take(who):
        raise Refused("too_many", "too many test messages", retry_after=math.ceil(wait))


def read(data: dict[str, str], offered: list[Kind]) -> Choices:
    """A person's choices from a form. Raises ``Spoken`` with the field that is wrong."""
    mail, unfed = {}, set()
    for kind in offered:
        said = data.get(f"mail-{kind.name}", "")
        if said not in set(Timing):
            raise Spoken(N_("How soon is not said."), N_("Choose one of the four for each line."),
                         field=f"mail-{kind.name}")
        mail[kind.name] = said
        if f"feed-{kind.name}" not in data:
            unfed.add(kind.name)
    begins, ends = data.get("quiet_from", "").strip()[:5], data.get("quiet_to", "").strip()[:5]
    for field, text in (("quiet_from", begins), ("quiet_to", ends)):
        if (begins or ends) and when.clock(text) is None:
            raise Spoken(N_("Quiet hours need a beginning and an end."),
                         N_("Write both as 22:00, or leave both empty."), field=field)
    return Choices(mail, frozenset(unfed), begins, ends, "pierce" in data)


def _page(request: Asked, language: str, database: Database, config: Config, session: SignedIn, *,
          wrong: Spoken | None = None, typed: dict[str, str] | None = None, address: str = "") -> Template:
    with database.read(session.home) as connection:
        person = people.get(connection, session.home, session.person)
        chosen = notice_choices.of(connection, session.home, session.person)
        since = notice_choices.feed_since(connection, session.home, session.person)
        zone = settings.current(connection, session.home).zone
    offered = [one for one in kinds.every().values() if session.role in one.may]
    lines = [(one, Timing(typed[f"mail-{one.name}"]) if typed and typed.get(f"mail-{one.name}") in set(Timing)
              else timing(one, session.role, chosen),
              f"feed-{one.name}" in typed if typed else fed(one, session.role, chosen)) for one in offered]
    shown = {"quiet_from": chosen.quiet_from, "quiet_to": chosen.quiet_to, "pierce": chosen.pierce}
    if typed:
        shown = {"quiet_from": typed.get("quiet_from", "")[:20], "quiet_to": typed.get("quiet_to", "")[:20],
                 "pierce": "pierce" in typed}
    made = site.page("account_notices.html", request, language, session, here="account", lines=lines, timings=TIMINGS,
                     shown=shown, zone=zone, email=person.email if person else None, digest=f"{when.DIGEST:%H:%M}",
                     mailing=host.load(config).mail is not None, since=since, address=address,
                     wrong=wrong.said(language) if wrong else None, field=wrong.field if wrong else "",
                     saved="saved" in request.query_params, tested="tested" in request.query_params)
    made.status_code = 400 if wrong else 200
    return made
