"""On one finding: a proposed repair, the word that it is a false alarm, and the office's decision on that word."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Response, post
from litestar.enums import RequestEncodingType
from litestar.exceptions import NotFoundException
from litestar.params import Body
from litestar.params import FromPath as Path

from server.access import rules
from server.access.rules import Reviewing
from server.pages import site
from server.pages.language import N_
from server.pages.site import Asked, Clock, FromPath, SignedIn, Store
from server.spoken import Spoken
from server.store.database import Database
from server.store.sessions import Session
from server.triage import acting, reading
from server.triage.acts import Kind
from server.two_people.model import Actor

LAST = 1 << 62
Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
WRITES = rules.only(acting.MAY_DECIDE, reviewing=Reviewing.SCOPED)
"""The office's own people, and reviewers within their engagement."""
DECIDES = rules.only(acting.MAY_DECIDE)
TITLES = {Kind.PROPOSE_FIX: N_("Propose a repair"), Kind.FALSE_ALARM: N_("Call it a false alarm"),
          Kind.FALSE_ALARM_DECIDED: N_("Decide on the false alarm")}


@post("/{language:str}/findings/{number:int}/propose-fix", access=WRITES, sync_to_thread=True)
def propose(request: Asked, language: FromPath, number: Path[int], data: Form, database: Store, clock: Clock,
            session: SignedIn) -> Response[Any]:
    """Say how it could be repaired."""
    return _say(request, language, number, Kind.PROPOSE_FIX, data, {}, database, clock, session)


@post("/{language:str}/findings/{number:int}/false-alarm", access=WRITES, sync_to_thread=True)
def claim(request: Asked, language: FromPath, number: Path[int], data: Form, database: Store, clock: Clock,
          session: SignedIn) -> Response[Any]:
    """Say that it is a false alarm, and why. The office decides."""
    return _say(request, language, number, Kind.FALSE_ALARM, data, {}, database, clock, session)


@post("/{language:str}/findings/{number:int}/false-alarm/decide", access=DECIDES, sync_to_thread=True)
def decide(request: Asked, language: FromPath, number: Path[int], data: Form, database: Store, clock: Clock,
           session: SignedIn) -> Response[Any]:
    """Agree to it for the office, or not."""
    return _say(request, language, number, Kind.FALSE_ALARM_DECIDED, data, {"accepted": data.get("do") == "accept"},
                database, clock, session)


ROUTES = [propose, claim, decide]


def _say(request: Asked, language: str, number: int, kind: Kind, data: dict[str, str], more: dict[str, Any],
         database: Database, clock: Clock, session: Session) -> Response[Any]:
    language = site.checked(language)
    now = site.now(clock)
    with database.read(session.tenant) as connection:
        found = reading.get(connection, session.tenant, number, now, session.engagement) if 0 < number < LAST else None
    if found is None:
        raise NotFoundException
    text = data.get("text", "")
    try:
        with database.write(session.tenant) as connection:
            acting.act(connection, session.tenant, number, kind, Actor.of(session), text, more, now=now)
    except Spoken as wrong:
        made = site.page("finding_said.html", request, language, session, here="findings", finding=found,
                         title=TITLES[kind], text=text, wrong=wrong.said(language), kind=kind, do=data.get("do", ""),
                         most=acting.TEXT_MAX, place=request.url.path)
        made.status_code = 400
        return made
    return Response(b"", status_code=303, headers={"location": f"/{language}/findings/{number}#review"},
                    media_type="text/plain")
