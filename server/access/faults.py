"""What a person sees when a page cannot be shown, and the dependency that pages sign in through."""

from __future__ import annotations

import logging
from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.response import Template

from server.pages.site import language_of
from server.problems import PROBLEMS, Refused
from server.store.sessions import SESSION, Session

logger = logging.getLogger(__name__)

KINDS = {400: "bad_request", 403: "forbidden", 404: "not_found", 405: "method_not_allowed", 413: "too_large",
          429: "too_many"}
"""What the router's own statuses are called here."""


def signed_in(request: Request[Any, Any, Any]) -> Session:
    """The session of whoever asks; a second lock behind the guard."""
    session = request.scope.get(SESSION)
    if not isinstance(session, Session):
        raise Refused("sign_in")
    return session


def on_refused(request: Request[Any, Any, Any], refused: Refused) -> Response[Any]:
    """A problem as a page for browsers, as a problem document for the rest."""
    headers = {key.decode("ascii"): value.decode("ascii") for key, value in refused.headers()}
    if "text/html" in request.headers.get("accept", ""):
        del headers["content-type"]
        context = {"kind": refused.kind, "status": refused.status, "title": PROBLEMS[refused.kind].title,
                   "detail": refused.detail, "language": language_of(request)}
        return Template("problem.html", context=context, status_code=refused.status, headers=headers)
    return Response(refused.body(), status_code=refused.status, headers=headers)


def on_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """What Litestar refuses by itself, in the same shape. Its own words are not passed on."""
    fallback = "bad_request" if error.status_code < 500 else "failed"
    return on_refused(request, Refused(KINDS.get(error.status_code, fallback)))


def on_failure(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """A fault of ours: the log says what, the person does not see it."""
    logger.error("a page failed", exc_info=error)
    return on_refused(request, Refused("failed"))


HANDLERS: dict[Any, Any] = {Refused: on_refused, HTTPException: on_http, Exception: on_failure}
