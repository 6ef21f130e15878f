"""The guard in front of the pages: a stranger gets sign-in, static files, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import quote

from server.access import cookies, same_site
from server.config import is_loopback
from server.problems import Refused
from server.store import sessions
from server.store.database import WHOLE_SERVER, Database
from server.store.sessions import SESSION, Session

SIGN_IN = "/sign-in"
_PUBLIC = (SIGN_IN, "/sign-in/passkey")
_PUBLIC_BELOW = ("/sign-in/link/", "/invitation/", "/sign-in/single/", "/static/", "/feed/", "/reply/", "/evidence/")


def is_public(path: str) -> bool:
    """Whether a path is served to a stranger. Anything with a dot segment or a double slash is not."""
    if "//" in path or "\\" in path or any(part in (".", "..") for part in path.split("/")):
        return False
    return path in _PUBLIC or path.startswith(_PUBLIC_BELOW)


class Guard:
    """An ASGI application around the pages. Puts the ``Session`` into the scope, or turns away."""

    def __init__(self, pages: Any, database: Database, clock: Callable[[], datetime], names: frozenset[str],
                 *, tls: bool) -> None:
        self._pages = pages
        self._database = database
        self._clock = clock
        self._names = names
        self._tls = tls

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Raises ``Refused``: ``wrong_host``, ``other_site``, or ``sign_in`` for what is not a person's browser."""
        self._check_host(scope)
        same_site.check(scope, tls=self._tls)
        session = await self._session(scope)
        if session is None and not is_public(scope["path"]):
            if scope["method"] in ("GET", "HEAD") and _accepts_html(scope):
                await _redirect(scope, send)
                return
            raise Refused("sign_in")
        scope[SESSION] = session
        await self._pages(scope, receive, send)

    def _check_host(self, scope: Any) -> None:
        """Only names this server goes by: a page of another site must not reach us by a name of its own."""
        hosts = [value for key, value in scope["headers"] if key == b"host"]
        name = host_name(hosts[0].decode("latin-1")) if len(hosts) == 1 else ""
        if name not in self._names:
            raise Refused("wrong_host", "add the name with: hustings server init --address, or use a name it has")

    async def _session(self, scope: Any) -> Session | None:
        secret = cookies.read(scope, tls=self._tls)
        if not secret or (is_public(scope["path"]) and scope["path"].startswith("/static/")):
            return None
        return await asyncio.to_thread(self._find, secret)

    def _find(self, secret: str) -> Session | None:
        now = self._clock()
        with self._database.read(WHOLE_SERVER) as connection:
            session = sessions.find(connection, secret, now)
        if session is not None and sessions.due(session, now):
            with self._database.write(session.home) as connection:
                sessions.touch(connection, secret, now)
        return session


def host_name(header: str) -> str:
    """The name in a ``Host`` header, in lower case, without port and brackets."""
    text = header.strip().lower()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0]


def peer(scope: Any) -> str:
    """The address a request comes from."""
    return scope["client"][0] if scope.get("client") else ""


def is_local(scope: Any) -> bool:
    """Whether a request comes from this very machine, and not through a proxy on it."""
    forwarded = any(key in (b"forwarded", b"via") or key.startswith(b"x-forwarded") for key, _ in scope["headers"])
    hosts = [value for key, value in scope["headers"] if key == b"host"]
    local_name = len(hosts) == 1 and is_loopback(host_name(hosts[0].decode("latin-1")))
    return is_loopback(peer(scope)) and local_name and not forwarded


def safe_next(text: str) -> str:
    """Where to go after sign-in: a path on this server, else the front page."""
    if not text.startswith("/") or text.startswith(("//", "/sign-")) or "\\" in text or not text.isprintable():
        return "/"
    return text


def _accepts_html(scope: Any) -> bool:
    return any(b"text/html" in value for key, value in scope["headers"] if key == b"accept")


async def _redirect(scope: Any, send: Any) -> None:
    target = scope["path"]
    if scope["query_string"]:
        target += "?" + scope["query_string"].decode("latin-1")
    place = SIGN_IN if safe_next(target) == "/" else f"{SIGN_IN}?next={quote(target, safe='/')}"
    await send({"type": "http.response.start", "status": 302,
                "headers": [(b"location", place.encode("ascii")), (b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})
