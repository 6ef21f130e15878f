"""Signing in through the office's own directory: the way there and back, and what the office sees of it."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import quote

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.response import Template

from hustings.errors import CannotFinish
from server.access import cookies, rules
from server.access.guard import peer, safe_next
from server.config import Config
from server.pages import site
from server.pages.language import N_
from server.pages.navigation import Entry, Place
from server.pages.site import Asked, Clock, FromPath, SignedIn, Store
from server.single_sign_on.model import Rejected
from server.single_sign_on.service import BACK, SingleSignOn
from server.store import single_sign_on as store
from server.store.people import Role
from server.store.sessions import ABSOLUTE
from server.store.single_sign_on import LIFE

logger = logging.getLogger(__name__)
Secure = NamedDependency[bool]
Settings = NamedDependency[Config]
ROLES = {Role.ADMINISTRATOR: N_("administrator"), Role.OFFICIAL: N_("official"), Role.STAFF: N_("IT staff"),
         Role.REVIEWER: N_("outside reviewer")}
MAY_SEE = frozenset({Role.ADMINISTRATOR})
WHY = {
    "group": N_("Your organisation gives you no role here. Ask your administrator to put you into a group."),
    "disabled": N_("You may no longer sign in here. Ask your administrator."),
    "last_administrator": N_("Your groups no longer make you an administrator, and nobody else is one. "
                             "Make somebody else an administrator first."),
    "groups": N_("You are in too many groups for one sign-in. Ask your administrator to use roles of the application."),
    "refused": N_("Your organisation did not sign you in."),
    "state": N_("This sign-in took too long, or was begun in another browser. Begin again."),
    "away": N_("Your organisation's sign-in cannot be reached now. Try again later."),
}
"""What a person is told; every other reason reads like ``refused``."""


def _service(request: Asked, config: Config, database: Any, clock: Any) -> SingleSignOn:
    state = request.app.state
    if "single_sign_on" not in state:
        state["single_sign_on"] = SingleSignOn(config, database, clock)
    found: SingleSignOn = state["single_sign_on"]
    return found


@get("/sign-in/single/{slug:str}", access=rules.PUBLIC, sync_to_thread=True)
def begin(request: Asked, slug: FromPath, config: Settings, database: Store, clock: Clock,
          tls: Secure) -> Response[Any]:
    """To the provider."""
    service = _service(request, config, database, clock)
    try:
        address, browser = service.begin(slug, safe_next(request.query_params.get("next", "/")), peer(request.scope))
    except CannotFinish as error:
        return _away(request, error)
    return _go(address, cookies.write(browser, tls=tls, seconds=int(LIFE.total_seconds()), of=cookies.SINGLE))


@get(BACK, access=rules.PUBLIC, sync_to_thread=True)
def back(request: Asked, config: Settings, database: Store, clock: Clock, tls: Secure) -> Response[Any]:
    """From the provider."""
    browser = cookies.read(request.scope, tls=tls, of=cookies.SINGLE)
    try:
        arrived, place = _service(request, config, database, clock).finish(
            dict(request.query_params), browser or "", peer=peer(request.scope),
            device=request.headers.get("user-agent", ""))
    except Rejected as rejected:
        return _refused(request, rejected.why, 403)
    except CannotFinish as error:
        return _away(request, error)
    if not arrived.proven:
        place = f"/sign-in/second?next={quote(place, safe='/')}"
    return _go(place, cookies.write(arrived.secret, tls=tls, seconds=int(ABSOLUTE.total_seconds())))


@get("/{language:str}/office/single-sign-on", access=rules.only(MAY_SEE), sync_to_thread=True)
def providers(request: Asked, language: FromPath, database: Store, session: SignedIn, config: Settings) -> Template:
    """The office's providers, what their groups give, and the address that people sign in at."""
    with database.read(session.tenant) as connection:
        found = store.every(connection, session.tenant)
    return site.page("single_sign_on.html", request, site.checked(language), session, here="office", providers=found,
                     url=config.url, roles=ROLES)


ROUTES = [begin, back, providers]
ENTRIES = [Entry("single-sign-on", "/office/single-sign-on", N_("Single sign-on"), rules.only(MAY_SEE), 35,
                 Place.OFFICE, N_("Signing in with the organisation's own accounts."))]


def _away(request: Asked, error: CannotFinish) -> Template:
    logger.warning("an identity provider cannot be used", extra={"error": error.what[:300]})
    return _refused(request, "away", 503)


def _refused(request: Asked, why: str, status: int) -> Template:
    return Template("single_refused.html", status_code=status, context={
        "language": site.language_of(request), "why": WHY.get(why, WHY["refused"])})


def _go(place: str, cookie: str) -> Response[Any]:
    return Response(b"", status_code=303, headers={"location": place, "set-cookie": cookie}, media_type="text/plain")
