"""A person's feed of what happened: an address with a secret in it, for a feed reader that cannot sign in."""

from __future__ import annotations

import math
from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException

from server.access import rules
from server.access.guard import peer
from server.config import Config
from server.elections.days import today
from server.notices import feed as document
from server.notices import when
from server.pages.site import Asked, Clock, FromPath, Store
from server.problems import Refused
from server.store import elections, events, notice_choices, people, settings, tenants
from server.store.database import WHOLE_SERVER
from server.throttle import Throttle

_LENGTH = 43


@get("/feed/{secret:str}", access=rules.PUBLIC, sync_to_thread=True)
def feed(request: Asked, secret: FromPath, database: Store, clock: Clock,
         config: NamedDependency[Config]) -> Response[Any]:
    """The feed of whoever the secret was given to; what is no feed is not there, whatever it looks like."""
    _slow_down(request)
    now = clock()
    with database.read(WHOLE_SERVER) as connection:
        found = notice_choices.of_feed(connection, secret) if len(secret) == _LENGTH else None
    if found is None:
        raise NotFoundException
    tenant, number = found
    with database.read(tenant) as connection:
        person, office = people.get(connection, tenant, number), tenants.get(connection, tenant)
        since = notice_choices.feed_since(connection, tenant, number)
        if person is None or office is None or since is None:
            raise NotFoundException
        zone = settings.current(connection, tenant).zone
        frozen = when.frozen(elections.every(connection, tenant), today(now, zone))
        shown = document.entries(
            events.since(connection, tenant, now - document.SHOWN), person.role,
            notice_choices.of(connection, tenant, number), zone, frozen=frozen,
            names=notice_choices.details(connection, tenant))
    body = document.atom(shown, office=office.name, code=person.language or "en", base=config.url,
                         identity=f"{tenant} {number} {since.isoformat()}", since=since)
    return Response(body, media_type="application/atom+xml")


ROUTES = [feed]


def _slow_down(request: Asked) -> None:
    """Sixty fetches at once from one address, then one in ten seconds. Raises ``Refused``."""
    state = request.app.state
    if "feed_fetches" not in state:
        state["feed_fetches"] = Throttle(rate=1 / 10, burst=60)
    if wait := state["feed_fetches"].take(peer(request.scope)):
        raise Refused("too_many", "too many fetches of feeds", retry_after=math.ceil(wait))
