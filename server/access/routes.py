"""The sign-in pages: who somebody is, and that it is them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Annotated, Any
from urllib.parse import quote

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath
from litestar.response import Template

from server import headers
from server.access import cookies, devices, factors, invitation_routes, relying_party, rules
from server.access.guard import is_local, peer, safe_next
from server.access.sign_in import SignIn
from server.pages.language import chosen
from server.pages.site import language_of
from server.single_sign_on.service import offered
from server.store.database import Database
from server.store.sessions import ABSOLUTE, SESSION, Session
from server.store.single_sign_on import Kept

Asked = Request[Any, Any, Any]
Door = NamedDependency[SignIn]
Store = NamedDependency[Database]
Secure = NamedDependency[bool]
Person = NamedDependency[Session]
Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]

SECOND = "/sign-in/second"
HOLD = 0.5
"""Seconds after which a wrong name or password is answered: longer than any of the work, so that the time of an answer
tells nothing."""


@get("/sign-in", access=rules.PUBLIC)
async def show(request: Asked, sign_in: Door, database: Store, tls: Secure) -> Response[Any]:
    """The form, or on to where somebody wanted to go who is signed in already."""
    place = safe_next(request.query_params.get("next", "/"))
    session = request.scope.get(SESSION)
    if isinstance(session, Session):
        return go(place if session.proven else second(place))
    secret = cookies.read(request.scope, tls=tls)
    ended = await asyncio.to_thread(sign_in.ending, secret) if secret else ""
    return _form(request, sign_in, place, tls=tls, ended=ended,
                 providers=await asyncio.to_thread(offered, database))


@post("/sign-in", access=rules.PUBLIC)
async def submit(request: Asked, data: Form, sign_in: Door, tls: Secure) -> Response[Any]:
    """Check a name and a password."""
    began = time.monotonic()
    place = safe_next(data.get("next", "/"))
    name = data.get("name", "").strip()
    secret = await asyncio.to_thread(sign_in.with_password, name, data.get("password", ""), peer(request.scope),
                                     device(request))
    if secret is not None:
        return go(second(place), cookie(secret, tls=tls))
    await asyncio.sleep(left(began, time.monotonic()))
    return _form(request, sign_in, place, tls=tls, wrong="password", name=name)


@post("/sign-in/passkey", access=rules.PUBLIC, sync_to_thread=True)
def passkey(request: Asked, data: Form, sign_in: Door, database: Store, tls: Secure) -> Response[Any]:
    """Check a browser's answer for a passkey: who somebody is, and both factors."""
    place = safe_next(data.get("next", "/"))
    party = relying_party.of(request.scope, tls=tls)
    secret = sign_in.with_passkey(data.get("answer", ""), party, peer(request.scope), device(request))
    if secret is None:
        return _form(request, sign_in, place, tls=tls, wrong="passkey")
    return go(_news(request, place), cookie(secret, tls=tls))


@get("/sign-in/link/{secret:str}", access=rules.PUBLIC, sync_to_thread=True)
def link(request: Asked, secret: FromPath[str], sign_in: Door, tls: Secure) -> Response[Any]:
    """Use a one-time link, from this machine alone."""
    if not is_local(request.scope):
        return _form(request, sign_in, "/", tls=tls, wrong="remote_link", status=403)
    opened = sign_in.with_link(secret, peer(request.scope), device(request))
    if opened is None:
        return _form(request, sign_in, "/", tls=tls, wrong="used_link", status=403)
    return go("/", cookie(opened, tls=tls))


@get(SECOND, access=rules.UNPROVEN, sync_to_thread=True)
def prove(request: Asked, sign_in: Door, database: Store, session: Person, tls: Secure) -> Response[Any]:
    """Ask for the second factor, or lead to where one is added."""
    place = safe_next(request.query_params.get("next", "/"))
    if session.proven:
        return go(_news(request, place))
    return _second(request, sign_in, database, session, place, tls=tls)


@post(SECOND + "/code", access=rules.UNPROVEN, sync_to_thread=True)
def prove_code(request: Asked, data: Form, sign_in: Door, database: Store, session: Person,
               tls: Secure) -> Response[Any]:
    """Check a code of the authenticator application."""
    def check(secret: str) -> str | None:
        return sign_in.prove_with_code(secret, session, data.get("code", ""), peer(request.scope))

    return _prove(request, data, sign_in, database, session, check, "code", tls=tls)


@post(SECOND + "/recovery", access=rules.UNPROVEN, sync_to_thread=True)
def prove_recovery(request: Asked, data: Form, sign_in: Door, database: Store, session: Person,
                   tls: Secure) -> Response[Any]:
    """Check a recovery code, and use it up."""
    def check(secret: str) -> str | None:
        return sign_in.prove_with_recovery(secret, session, data.get("recovery", ""), peer(request.scope))

    return _prove(request, data, sign_in, database, session, check, "recovery", tls=tls)


@post(SECOND + "/passkey", access=rules.UNPROVEN, sync_to_thread=True)
def prove_passkey(request: Asked, data: Form, sign_in: Door, database: Store, session: Person,
                  tls: Secure) -> Response[Any]:
    """Check a browser's answer for a passkey."""
    party = relying_party.of(request.scope, tls=tls)

    def check(secret: str) -> str | None:
        return sign_in.prove_with_passkey(secret, session, data.get("answer", ""), party, peer(request.scope))

    return _prove(request, data, sign_in, database, session, check, "passkey", tls=tls)


@post("/sign-out", access=rules.UNPROVEN, sync_to_thread=True)
def sign_out(request: Asked, sign_in: Door, session: Person, tls: Secure) -> Response[Any]:
    """End the session."""
    secret = cookies.read(request.scope, tls=tls)
    if secret is not None:
        sign_in.out(secret, session)
    return go("/sign-in", cookies.write("", tls=tls, seconds=0))


ROUTES = [show, submit, passkey, link, prove, prove_code, prove_recovery, prove_passkey, sign_out,
          *invitation_routes.ROUTES]


def left(began: float, now: float) -> float:
    """Seconds until a refusal that began then may be told."""
    return max(0.0, began + HOLD - now)


def second(place: str) -> str:
    """Where a session that has proven nothing yet goes on, with where it wanted to go."""
    return _with(SECOND, place)


def device(request: Asked) -> str:
    return devices.short(request.headers.get("user-agent", ""))


def cookie(secret: str, *, tls: bool) -> str:
    return cookies.write(secret, tls=tls, seconds=int(ABSOLUTE.total_seconds()))


def go(place: str, set_cookie: str | None = None) -> Response[Any]:
    """On to another page."""
    found = {"location": place} | ({"set-cookie": set_cookie} if set_cookie else {})
    return Response(b"", status_code=303, headers=found, media_type="text/plain")


def _news(request: Asked, place: str) -> str:
    """To what the office's people are told at sign-in, which leads on where there is nothing."""
    language = chosen(place, {}, request.headers.get("accept-language", ""))
    return _with(f"/{language}/account/news", place)


def _with(path: str, place: str) -> str:
    return path if place == "/" else f"{path}?next={quote(place, safe='/')}"


def _form(request: Asked, sign_in: SignIn, place: str, *, tls: bool, wrong: str = "", name: str = "", ended: str = "",
          status: int = 0, providers: Sequence[Kept] = ()) -> Template:
    party = relying_party.of(request.scope, tls=tls)
    context = {"next": place, "wrong": wrong, "name": name, "ended": ended, "language": language_of(request),
               "question": sign_in.question(party) if party.able else "", "providers": providers}
    return Template("sign_in.html", context=context, status_code=status or (401 if wrong else 200),
                    headers={"content-security-policy": headers.WITH_PASSKEYS})


def _second(request: Asked, sign_in: SignIn, database: Database, session: Session, place: str, *, tls: bool,
            wrong: str = "") -> Response[Any]:
    with database.read(session.home) as connection:
        have = factors.of(connection, session.home, session.person)
    language = language_of(request)
    if not have.count:
        return go(f"/{language}/account")
    party = relying_party.of(request.scope, tls=tls)
    context = {"next": place, "wrong": wrong, "language": language, "person": "", "factors": have, "name": session.name,
               "question": sign_in.prove_question(session, party) if party.able else "",
               "elsewhere_hosts": sorted({one.host for one in have.passkeys} - {party.host})}
    return Template("sign_in_second.html", context=context, status_code=401 if wrong else 200,
                    headers={"content-security-policy": headers.WITH_PASSKEYS})


def _prove(request: Asked, data: dict[str, str], sign_in: SignIn, database: Database, session: Session,
           check: Callable[[str], str | None], factor: str, *, tls: bool) -> Response[Any]:
    place = safe_next(data.get("next", "/"))
    if session.proven:
        return go(_news(request, place))
    secret = cookies.read(request.scope, tls=tls)
    fresh = check(secret) if secret else None
    if fresh is None:
        return _second(request, sign_in, database, session, place, tls=tls, wrong=factor)
    return go(_news(request, place), cookie(fresh, tls=tls))
