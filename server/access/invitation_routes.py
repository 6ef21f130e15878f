"""An invitation: its link opens a page on which the person chooses a password, and then adds a second factor.

Opening the page uses nothing up: mail programs and scanners open links too.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath
from litestar.response import Template

from hustings.errors import UsageError
from server.access import cookies, devices, membership, passwords, rules
from server.access.guard import peer
from server.access.sign_in import SignIn
from server.pages.site import language_of
from server.store import links, sessions, tenants
from server.store.database import WHOLE_SERVER, Database
from server.store.links import Purpose
from server.store.people import Person
from server.store.tenants import Tenant

Asked = Request[Any, Any, Any]
Door = NamedDependency[SignIn]
Store = NamedDependency[Database]
Clock = NamedDependency[Any]
Secure = NamedDependency[bool]
Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]


@get("/invitation/{secret:str}", access=rules.PUBLIC, sync_to_thread=True)
def invitation(request: Asked, secret: FromPath[str], sign_in: Door, database: Store, clock: Clock) -> Template:
    """The form for a password, or that the link does not hold any more."""
    sign_in.may_open(peer(request.scope))
    return _page(request, _found(database, secret, clock()), secret)


@post("/invitation/{secret:str}/accept", access=rules.PUBLIC, sync_to_thread=True)
def accept(request: Asked, secret: FromPath[str], data: Form, sign_in: Door, database: Store, clock: Clock,
           tls: Secure) -> Response[Any]:
    """Set the password, use the link up, and go on to the second factor."""
    sign_in.may_open(peer(request.scope))
    found = _found(database, secret, clock())
    given = data.get("password", "")
    if found is None:
        return _page(request, None, secret)
    if given != data.get("again", ""):
        return _page(request, found, secret, wrong="different")
    try:
        kept = passwords.hashed(given)
    except UsageError:
        return _page(request, found, secret, wrong="length")
    with database.write(WHOLE_SERVER) as connection:
        now = clock()
        person = membership.accept(connection, secret, kept, now)
        if person is None:
            return _page(request, None, secret)
        opened = sessions.start(connection, person, "password", now, proven=False, peer=peer(request.scope),
                                device=devices.short(request.headers.get("user-agent", "")))
    return Response(b"", status_code=303, media_type="text/plain", headers={
        "location": f"/{language_of(request)}/account",
        "set-cookie": cookies.write(opened, tls=tls, seconds=int(sessions.ABSOLUTE.total_seconds()))})


ROUTES = [invitation, accept]


def _found(database: Database, secret: str, now: datetime) -> tuple[Person, Tenant] | None:
    with database.read(WHOLE_SERVER) as connection:
        person = links.who(connection, secret, now, Purpose.INVITATION)
        tenant = None if person is None else tenants.get(connection, person.tenant)
    return None if person is None or tenant is None else (person, tenant)


def _page(request: Asked, found: tuple[Person, Tenant] | None, secret: str, wrong: str = "") -> Template:
    context = {"language": language_of(request), "found": found, "secret": secret, "wrong": wrong,
               "shortest": passwords.SHORTEST, "longest": passwords.LONGEST}
    return Template("invitation.html", context=context, status_code=404 if found is None else 400 if wrong else 200)
