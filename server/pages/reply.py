"""What a vendor sees of one finding through a one-time link, and the form for its statement. Nobody signs in."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.enums import RequestEncodingType
from litestar.exceptions import NotFoundException
from litestar.params import Body
from litestar.response import Template

from server.access import rules
from server.access.guard import peer
from server.attestations.again import again
from server.pages import site
from server.pages.site import Asked, Clock, FromPath, Store
from server.problems import Refused
from server.spoken import Spoken
from server.statements import making
from server.store import statements
from server.store.database import WHOLE_SERVER, Database
from server.store.statements import Link
from server.throttle import Throttle

Form = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)]
_NOT_SHOWN: dict[str, Any] = dict.fromkeys(("title", "plain", "machine", "since", "due", "message"), "")
LENGTH = 43
"""Characters of a secret."""


@get("/reply/{secret:str}", access=rules.PUBLIC)
async def show(request: Asked, secret: FromPath, database: Store, clock: Clock) -> Template:
    """The finding as far as the office shows it. What is no link, was used or has ended is not there."""
    link = await asyncio.to_thread(_link, request, secret, database, clock)
    return _page(request, link)


@post("/reply/{secret:str}", access=rules.PUBLIC, sync_to_thread=True)
def reply(request: Asked, secret: FromPath, data: Form, database: Store, clock: Clock) -> Response[Any]:
    """Attach the vendor's statement, once."""
    link = _link(request, secret, database, clock)
    try:
        with database.write(link.tenant) as connection:
            making.reply(connection, link, data, site.now(clock))
    except Spoken as wrong:
        if wrong.field == "link":
            raise NotFoundException from wrong
        return _page(request, link, typed=data, wrong=wrong)
    return _page(request, link, done=True)


ROUTES = [show, reply]


def slow_down(request: Asked, name: str) -> None:
    """Thirty at once from one address, then one in ten seconds. Raises ``Refused``."""
    state = request.app.state
    if name not in state:
        state[name] = Throttle(rate=1 / 10, burst=30)
    if wait := state[name].take(peer(request.scope)):
        raise Refused("too_many", "too many requests from this address", retry_after=math.ceil(wait))


def _link(request: Asked, secret: str, database: Database, clock: Any) -> Link:
    slow_down(request, "replies")
    with database.read(WHOLE_SERVER) as connection:
        found = statements.link(connection, secret, clock()) if len(secret) == LENGTH else None
    if found is None:
        raise NotFoundException
    return found


def _page(request: Asked, link: Link, *, typed: Mapping[str, Any] | None = None, wrong: Spoken | None = None,
          done: bool = False) -> Template:
    language = site.language_of(request)
    made = Template("reply.html", context={
        "language": language, "link": link, "shown": {**_NOT_SHOWN, **link.shown}, "done": done,
        "typed": again(typed),
        "wrong": wrong.said(language) if wrong else None, "field": wrong.field if wrong else ""})
    made.status_code = 400 if wrong else 200
    return made
