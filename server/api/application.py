"""The routes of the API as one ASGI application: no cookies, no forms, problem documents for whatever goes wrong."""

from __future__ import annotations

import importlib
import logging
import pkgutil
from collections.abc import Callable
from datetime import datetime
from typing import Any

from litestar import Litestar, Request, Response
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from sqlalchemy.exc import DBAPIError

from hustings.errors import CannotFinish, UsageError
from server import api
from server.access import rules
from server.access.faults import KINDS
from server.api.endpoint import MAX_BODY
from server.config import Config
from server.problems import Refused
from server.store.database import Database

logger = logging.getLogger(__name__)
RETRY = 10
"""Seconds after which it is worth asking a busy server again."""


def discovered() -> list[HTTPRouteHandler]:
    """The route handlers of every module in ``server.api`` that has ``ROUTES``."""
    found: list[HTTPRouteHandler] = []
    for module in sorted(pkgutil.iter_modules(api.__path__), key=lambda one: one.name):
        found.extend(getattr(importlib.import_module(f"server.api.{module.name}"), "ROUTES", []))
    return found


def application(config: Config, database: Database, clock: Callable[[], datetime], shared: State) -> Litestar:
    """The API over a database. ``shared`` is what pages and API both read from: records and scorecards kept."""
    return Litestar(
        route_handlers=discovered(), guards=[rules.lock], exception_handlers=_HANDLERS,
        state=State({"database": database, "config": config, "clock": clock, "reading": shared["reading"],
                     "cards": shared["cards"]}),
        request_max_body_size=MAX_BODY, openapi_config=None, logging_config=None, debug=False)


def _refused(request: Request[Any, Any, Any], refused: Refused) -> Response[bytes]:
    headers = {key.decode("ascii"): value.decode("ascii") for key, value in refused.headers()}
    return Response(refused.body(), status_code=refused.status, headers=headers)


def _http(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """What the router refuses by itself. Its own words are not passed on."""
    if error.status_code == 405:
        return _refused(request, Refused("method_not_allowed", **_allowed(error)))
    return _refused(request, Refused(KINDS.get(error.status_code, "bad_request" if error.status_code < 500
                                               else "failed")))


def _allowed(error: HTTPException) -> dict[str, Any]:
    allow = (error.headers or {}).get("allow") or (error.headers or {}).get("Allow")
    return {"allow": allow} if allow else {}


def _usage(request: Request[Any, Any, Any], error: UsageError) -> Response[bytes]:
    more: dict[str, Any] = {name: text for name, text in (("where", error.where), ("remedy", error.remedy)) if text}
    return _refused(request, Refused("not_done", error.what, **more))


def _busy(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    logger.error("the database failed", exc_info=error)
    return _refused(request, Refused("busy", retry_after=RETRY))


def _failed(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    logger.error("a call failed", exc_info=error)
    return _refused(request, Refused("failed"))


_HANDLERS: dict[Any, Any] = {Refused: _refused, HTTPException: _http, UsageError: _usage, CannotFinish: _busy,
                             DBAPIError: _busy, Exception: _failed}
