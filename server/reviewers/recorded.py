"""What outside reviewers see is written down, in one place: around everything the server answers them with.

An answer that shows something of an office to somebody who is there by an engagement leaves only after the office's
audit trail has it: a page as ``review.view``, a file or data as ``review.export``. If it cannot be written down,
nothing is shown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from sqlalchemy.engine import Connection

from server.access.rules import Reviewing, Rule
from server.engagement import Engagement
from server.notices.events import happened
from server.store import audit
from server.store.database import Database
from server.store.people import Role
from server.store.sessions import SESSION, Session

_PLACE_MOST = 300
_SHOWING = frozenset({200, 201, 206, 400, 409, 422})
"""Answers with something in them: a form that comes back shows what it is about too."""


class Recorded:
    """An ASGI application around the guarded ones, inside of the guard that knows who asks."""

    def __init__(self, inner: Any, database: Database, clock: Callable[[], datetime]) -> None:
        self._inner = inner
        self._database = database
        self._clock = clock

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        session = scope.get(SESSION)
        engagement = session.engagement if isinstance(session, Session) else None
        if engagement is None:
            await self._inner(scope, receive, send)
            return

        where = place(scope)

        async def noting(message: Any) -> None:
            if (message["type"] == "http.response.start" and message["status"] in _SHOWING
                    and scope["method"] != "HEAD" and _shows(scope)):
                await asyncio.to_thread(self._note, session, engagement, where, _is_page(message))
            await send(message)

        await self._inner(scope, receive, noting)

    def _note(self, session: Session, engagement: Engagement, where: str, page: bool) -> None:
        with self._database.write(engagement.tenant) as connection:
            note(connection, engagement, session, where, self._clock(), page=page)


def note(connection: Connection, engagement: Engagement, session: Session, where: str, now: datetime, *,
         page: bool) -> None:
    """Write one view (a page) or export (anything else) into the office's trail."""
    action = "review.view" if page else "review.export"
    by = f"reviewer:{session.name}@{session.handle}"
    audit.record(connection, engagement.tenant, now, by, action, str(engagement.id), {"place": where})
    key = f"{engagement.id}:{now:%Y-%m-%d}"
    happened(connection, engagement.tenant, "reviewer-viewed" if page else "reviewer-exported",
             key if page else f"{key}:{now:%H:%M:%S.%f}", f"{session.name}@{session.handle}",
             {"engagement": engagement.id}, now)


def place(scope: Any) -> str:
    """What was asked for: the path with its query, bounded, without values that are empty."""
    asked = urlencode([pair for pair in parse_qsl(scope["query_string"].decode("latin-1")) if pair[1]])
    whole: str = scope["path"] + (f"?{asked}" if asked else "")
    return whole[:_PLACE_MOST]


def _shows(scope: Any) -> bool:
    """Whether the route shows something of the office, and not of the reviewer's own."""
    handler = scope.get("route_handler")
    rule = handler.opt.get("access") if handler is not None else None
    if not isinstance(rule, Rule) or rule.roles is None:
        return False
    if rule.reviewing is Reviewing.HOME:
        return False
    return rule.reviewing in (Reviewing.SCOPED, Reviewing.WHOLE) or Role.REVIEWER in rule.roles


def _is_page(message: Any) -> bool:
    kinds = [value for key, value in message["headers"] if key.lower() == b"content-type"]
    return bool(kinds) and kinds[0].startswith(b"text/html")
