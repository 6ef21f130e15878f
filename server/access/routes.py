"""The sign-in pages."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath
from litestar.response import Template

from server.access import cookies, rules
from server.access.guard import is_local, peer, safe_next
from server.access.sign_in import SignIn
from server.pages.site import language_of
from server.store.sessions import ABSOLUTE, SESSION, Session

Asked = Request[Any, Any, Any]
Door = NamedDependency[SignIn]
Secure = NamedDependency[bool]
Person = NamedDependency[Session]
Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]


@get("/sign-in", access=rules.PUBLIC, sync_to_thread=False)
def show(request: Asked) -> Response[Any]:
    """The form, or the front page for who is signed in already."""
    place = safe_next(request.query_params.get("next", "/"))
    if request.scope.get(SESSION) is not None:
        return _go(place)
    return _form(request, place, wrong=False)


@post("/sign-in", access=rules.PUBLIC, sync_to_thread=True)
def submit(request: Asked, data: Form, sign_in: Door, tls: Secure) -> Response[Any]:
    """Check a name and a password."""
    place = safe_next(data.get("next", "/"))
    secret = sign_in.with_password(data.get("name", "").strip(), data.get("password", ""), peer(request.scope))
    return _form(request, place, wrong=True) if secret is None else _signed_in(secret, place, tls=tls)


@get("/sign-in/link/{secret:str}", access=rules.PUBLIC, sync_to_thread=True)
def link(request: Asked, secret: FromPath[str], sign_in: Door, tls: Secure) -> Response[Any]:
    """Use a one-time link, from this machine alone."""
    if not is_local(request.scope):
        return _form(request, "/", wrong=False, status=403, remote_link=True)
    opened = sign_in.with_link(secret, peer(request.scope))
    return _form(request, "/", wrong=False, status=403, used_link=True) if opened is None else _signed_in(
        opened, "/", tls=tls)


@post("/sign-out", access=rules.UNPROVEN, sync_to_thread=True)
def sign_out(request: Asked, sign_in: Door, session: Person, tls: Secure) -> Response[Any]:
    """End the session."""
    secret = cookies.read(request.scope, tls=tls)
    if secret is not None:
        sign_in.out(secret, session)
    return _go("/sign-in", cookies.write("", tls=tls, seconds=0))


ROUTES = [show, submit, link, sign_out]


def _form(request: Asked, place: str, *, wrong: bool, status: int = 0, **said: bool) -> Template:
    context = {"next": place, "wrong": wrong, "language": language_of(request),
               "remote_link": False, "used_link": False} | said
    return Template("sign_in.html", context=context, status_code=status or (401 if wrong else 200))


def _signed_in(secret: str, place: str, *, tls: Secure) -> Response[Any]:
    return _go(place, cookies.write(secret, tls=tls, seconds=int(ABSOLUTE.total_seconds())))


def _go(place: str, cookie: str | None = None) -> Response[Any]:
    headers = {"location": place} | ({"set-cookie": cookie} if cookie else {})
    return Response(b"", status_code=303, headers=headers, media_type="text/plain")
