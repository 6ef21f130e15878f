"""The door of the API: a token in, a session in the scope; no cookie is ever read here."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from datetime import datetime
from typing import Any

from server.access.guard import host_name, peer
from server.problems import Refused
from server.store import api_tokens
from server.store.api_tokens import PREFIX, Opened
from server.store.database import WHOLE_SERVER, Database
from server.store.sessions import SESSION
from server.throttle import Throttle

LONGEST_TOKEN = 128
REQUESTS_AT_ONCE = 300
"""What one token may ask for in one go."""
REQUESTS_A_SECOND = 10.0
TRIES_AT_ONCE = 30
"""Tokens that are none, from one address."""
TRIES_A_SECOND = 0.2


class Door:
    """An ASGI application around the routes of the API. Puts the ``Session`` of a token into the scope.

    Raises ``Refused``: ``not_found`` alike for everything to whoever shows no token, ``bad_api_token`` alike for one
    that is unknown, expired or revoked or whose maker is gone, ``too_many``, ``wrong_host``.
    """

    def __init__(self, routes: Any, database: Database, clock: Callable[[], datetime], names: frozenset[str], *,
                 requests: Throttle | None = None) -> None:
        self._routes = routes
        self._database = database
        self._clock = clock
        self._names = names
        self._tries = Throttle(TRIES_A_SECOND, TRIES_AT_ONCE)
        self._requests = requests or Throttle(REQUESTS_A_SECOND, REQUESTS_AT_ONCE)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        hosts = [value for key, value in scope["headers"] if key == b"host"]
        if len(hosts) != 1 or host_name(hosts[0].decode("latin-1")) not in self._names:
            raise Refused("wrong_host", "add the name with: hustings server init --address, or use a name it has")
        secret = _bearer(scope)
        opened = await asyncio.to_thread(self._open, secret, peer(scope))
        if wait := self._requests.take(str(opened.token.id)):
            raise Refused("too_many", "this token asks too often", retry_after=math.ceil(wait))
        scope[SESSION] = opened.session
        await self._routes(scope, receive, send)

    def _open(self, secret: str, address: str) -> Opened:
        now = self._clock()
        opened = None
        if secret.startswith(PREFIX) and len(secret) <= LONGEST_TOKEN and secret.isascii():
            with self._database.read(WHOLE_SERVER) as connection:
                opened = api_tokens.open_(connection, secret, now)
        if opened is None:
            if wait := self._tries.take(address):
                raise Refused("too_many", "too many tokens that are not valid", retry_after=math.ceil(wait))
            raise Refused("bad_api_token")
        if api_tokens.due(opened.token, now, address):
            with self._database.write(opened.token.tenant) as connection:
                api_tokens.touch(connection, opened.token, now, address)
        return opened


def _bearer(scope: Any) -> str:
    """The token a request shows (RFC 6750, section 2.1)."""
    found = [value for key, value in scope["headers"] if key == b"authorization"]
    if not found:
        raise Refused("not_found")
    shown: str = found[0].decode("latin-1")
    scheme, _, secret = shown.partition(" ")
    if len(found) > 1 or scheme.lower() != "bearer" or not secret.strip():
        raise Refused("bad_api_token", "send it as: Authorization: Bearer hustings_…")
    return secret.strip()
