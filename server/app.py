"""The server as one ASGI application: agents' endpoints in front, the API and guarded pages behind."""

from __future__ import annotations

import asyncio
import importlib
import logging
import pkgutil
import secrets
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from hustings.envelope import MAX_ENVELOPE
from hustings.errors import CannotFinish
from server import enroll, headers, origin
from server.access.guard import Guard, peer
from server.access.sign_in import SignIn
from server.body import body_within, header
from server.config import LOOPBACK_NAMES, Config
from server.intake import RETRY_BUSY, Body, Intake
from server.notices.attempts import Attempts, classify
from server.problems import Refused
from server.proxies import Proxies
from server.reviewers.recorded import Recorded
from server.store.database import WHOLE_SERVER, Database
from server.throttle import Throttle

logger = logging.getLogger(__name__)

_NAME_MAX = 255
"""Bytes of a file's name, at most."""

Endpoint = Callable[[Any, Any, Any], Awaitable[None]]


def utc_now() -> datetime:
    return datetime.now(UTC)


class Application:
    """Routes a request to the agents' endpoints or to the pages, and seals every answer.

    ``schema`` is the revision that ``healthz`` names; ``clock`` is what the server takes for now.
    """

    def __init__(self, config: Config, database: Database, *, schema: str, tls: bool,
                 clock: Callable[[], datetime] = utc_now) -> None:
        self._config = config
        self._database = database
        self._schema = schema
        self._tls = tls
        self._clock = clock
        self._intake = Intake(database, clock)
        self._enrollments = Throttle(rate=1, burst=200)
        self.attempts = Attempts()
        names = frozenset((*(name.lower() for name in config.settings.addresses), *LOOPBACK_NAMES))
        pages = _pages(config, database, clock, tls=tls)
        self._lifespan = pages
        self._state = pages.state
        self._proxies = Proxies(config.settings.proxy.trusted if config.settings.proxy else ())
        self._pages = Guard(Recorded(pages, database, clock), database, clock, names, tls=tls)
        self._api = _api(config, database, clock, pages.state, names)
        self._endpoints: dict[str, tuple[str, Endpoint]] = {
            "/v1/reports": ("POST", self._reports),
            "/v1/enrollments": ("POST", self._enroll),
            "/v1/enrollments/ca": ("GET", self._authority),
            "/healthz": ("GET", self._health),
        }

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1000})
            return
        await self._answer(scope, receive, send)

    def close(self) -> None:
        """Settle what was taken in, and close the database."""
        self._intake.close()
        self._database.close()

    def warm(self) -> None:
        """Read the offices and work out their scorecards, so that the first to ask need not wait for it."""
        from server.cards import OFFICES
        from server.pages import site
        from server.store import tenants

        try:
            with self._database.read(WHOLE_SERVER) as connection:
                offices = tenants.every(connection)[:OFFICES]
            for one in offices:
                self._state["cards"].card(one.id, self._state["reading"].office(one.id), site.pack(),
                                          site.now(self._clock))
        except (CannotFinish, DBAPIError) as error:
            logger.warning("scorecards were not prepared", extra={"error": type(error).__name__})

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        """The guard of requests: what nobody foresaw is logged and answered with a plain ``failed``."""
        began = time.perf_counter()
        status = 0
        cache = scope["path"].startswith("/static/")

        async def seal(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = headers.sealed(message, tls=self._tls, cache=cache)
            await send(message)

        note: dict[str, Any] = {}
        scope["hustings.note"] = note
        try:
            seen = self._proxies.seen(scope)
            with origin.address(peer(seen)):
                await self._route(seen, receive, seal)
        except Refused as refused:
            note["problem"] = refused.kind
            await _refuse(refused, scope, seal)
        except (CannotFinish, DBAPIError) as error:
            logger.error("the database failed", extra={"error": type(error).__name__})
            note["problem"] = "busy"
            if not status:
                await _refuse(Refused("busy", retry_after=RETRY_BUSY), scope, seal)
        except Exception:
            logger.exception("a request failed")
            note["problem"] = "failed"
            if not status:
                await _refuse(Refused("failed"), scope, seal)
        if what := classify(scope["method"], scope["path"], status):
            self.attempts.add(what, self._clock().date(), note.get("attempt", ""))
        logger.info("request", extra={
            "method": scope["method"], "path": _loggable(scope["path"]), "status": status,
            "ms": round((time.perf_counter() - began) * 1000, 1), **note})

    async def _route(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope["path"]
        if not path.isprintable() or b"%00" in scope["query_string"]:
            raise Refused("bad_request", "control characters in the address")
        if any(len(part.encode()) > _NAME_MAX for part in path.split("/")):
            raise Refused("not_found")  # no file has such a name, and asking for it is an error
        endpoint = self._endpoints.get(path)
        if endpoint is None and path.startswith("/v1/"):
            await self._api(scope, receive, send)
            return
        if endpoint is None:
            await self._pages(scope, receive, send)
            return
        method, handler = endpoint
        if scope["method"] != method:
            raise Refused("method_not_allowed", allow=method)
        await handler(scope, receive, send)

    async def _reports(self, scope: Any, receive: Any, send: Any) -> None:
        encoding = (header(scope, b"content-encoding") or b"identity").strip().lower()
        if encoding not in (b"zstd", b"identity"):
            raise Refused("unsupported_encoding", "send zstd, or no encoding")
        data = await body_within(scope, receive, MAX_ENVELOPE)
        receipted = await self._intake.accept(Body(data, encoding == b"zstd"))
        scope["hustings.note"].update(agent=receipted.agent, repeat=receipted.repeat)
        await _send(send, 200 if receipted.repeat else 201, receipted.receipt)

    async def _enroll(self, scope: Any, receive: Any, send: Any) -> None:
        if wait := self._enrollments.take(peer(scope)):
            raise Refused("too_many", retry_after=max(1, round(wait)))
        data = await body_within(scope, receive, enroll.MAX_BODY)
        await _send(send, 201, await asyncio.to_thread(enroll.enroll, self._database, data, self._clock))

    async def _authority(self, scope: Any, receive: Any, send: Any) -> None:
        file = self._config.pinned
        if file is None:
            raise Refused("not_found", "this server has no authority to pin")
        pem = await asyncio.to_thread(file.read_bytes)
        await _send(send, 200, pem, b"application/pem-certificate-chain")

    async def _health(self, scope: Any, receive: Any, send: Any) -> None:
        await asyncio.to_thread(self._ping)
        await _send(send, 200, b'{"status":"ok","schema":"%b"}' % self._schema.encode("ascii"))

    def _ping(self) -> None:
        with self._database.read(WHOLE_SERVER) as connection:
            connection.execute(sa.text("SELECT 1"))


def _pages(config: Config, database: Database, clock: Callable[[], datetime], *, tls: bool) -> Any:
    """The Litestar application that renders pages for people who are signed in."""
    from litestar import Litestar
    from litestar.config.csrf import CSRFConfig
    from litestar.datastructures import State
    from litestar.di import Provide
    from litestar.static_files import create_static_files_router
    from litestar.template.config import TemplateConfig

    from server.access import cookies, faults, routes, rules
    from server.cards import Cards
    from server.pages.environment import engine
    from server.reading import Reading

    room = Path(str(files("server")))
    sign_in = SignIn(config, database, clock)
    return Litestar(
        route_handlers=[*routes.ROUTES, *discovered(),
                        create_static_files_router(path="/static", directories=[room / "static"],
                                                    opt={"access": rules.PUBLIC})],
        dependencies={
            "database": Provide(lambda: database, sync_to_thread=False),
            "clock": Provide(lambda: clock, sync_to_thread=False),
            "sign_in": Provide(lambda: sign_in, sync_to_thread=False),
            "session": Provide(faults.signed_in, sync_to_thread=False),
            "tls": Provide(lambda: tls, sync_to_thread=False),
            "config": Provide(lambda: config, sync_to_thread=False),
        },
        csrf_config=CSRFConfig(
            secret=form_secret(config), cookie_name=cookies.form_name(tls=tls), cookie_secure=tls,
            cookie_httponly=True, cookie_samesite="strict"),
        template_config=TemplateConfig(instance=engine()),
        exception_handlers=faults.HANDLERS,
        guards=[rules.lock],
        state=State({"clock": clock, "reading": Reading(database), "cards": Cards()}),
        request_max_body_size=1 << 20,
        openapi_config=None,
        logging_config=None,
        debug=False,
    )


def _api(config: Config, database: Database, clock: Callable[[], datetime], shared: Any,
         names: frozenset[str]) -> Any:
    """The API for tokens, which reads the same kept records as the pages."""
    from server.api.application import application
    from server.api.door import Door

    return Door(Recorded(application(config, database, clock, shared), database, clock), database, clock, names)


def discovered() -> list[Any]:
    """The route handlers of every module in ``server.pages`` that has ``ROUTES``."""
    from server import pages

    found: list[Any] = []
    for module in sorted(pkgutil.iter_modules(pages.__path__), key=lambda one: one.name):
        found.extend(getattr(importlib.import_module(f"server.pages.{module.name}"), "ROUTES", []))
    return found


def form_secret(config: Config) -> str:
    """The secret that signs forms, made on first use."""
    import os

    file = config.form_secret
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return file.read_text("ascii").strip()
    secret = secrets.token_hex(32)
    with os.fdopen(handle, "w") as out:
        out.write(secret + "\n")
    return secret


async def _send(send: Any, status: int, body: bytes, kind: bytes = b"application/json") -> None:
    await send({"type": "http.response.start", "status": status, "headers": [
        (b"content-type", kind), (b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


async def _refuse(refused: Refused, scope: Any, send: Any) -> None:
    body = refused.body()
    extra = [(b"content-length", b"%d" % len(body))]
    if refused.kind in ("too_large", "too_slow"):
        extra.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": refused.status, "headers": [*refused.headers(), *extra]})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def _loggable(path: str) -> str:
    """A path without what must not be logged: the secret of a one-time link or of a feed."""
    for place in ("/sign-in/link/", "/feed/", "/reply/", "/evidence/"):
        if path.startswith(place):
            return f"{place}…"
    return path[:200]
