"""Signing in and out: what is decided, without any HTTP."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from datetime import datetime

from server.access import names, passwords
from server.problems import Refused
from server.store import audit, links, sessions
from server.store.database import WHOLE_SERVER, Database
from server.store.sessions import Session
from server.throttle import Throttle

_AT_ONCE = 2
"""Passwords checked at the same time: each costs 64 MiB and a tenth of a second."""


class SignIn:
    """Signs people in, slowly enough that guessing is hopeless."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._by_pair = Throttle(rate=1 / 60, burst=5)
        self._by_peer = Throttle(rate=1 / 10, burst=30)
        self._by_name = Throttle(rate=1 / 10, burst=100)
        self._checking = threading.BoundedSemaphore(_AT_ONCE)

    def with_password(self, name: str, password: str, peer: str) -> str | None:
        """The secret of a new session, or None if the name or the password is wrong.

        ``peer`` is the address asked from. Raises ``Refused`` (``too_many``) past 5 tries for one name
        from one address, 30 from one address and 100 for one name, before any password is checked. A try
        refused counts no further: one address cannot use up a name for everyone else.
        """
        pair = f"{peer} {name}"
        wait = self._by_pair.take(pair) or self._by_peer.take(peer) or self._by_name.take(name)
        if wait:
            raise Refused("too_many", "too many attempts to sign in", retry_after=math.ceil(wait))
        with self._database.read(WHOLE_SERVER) as connection:
            person = names.person(connection, name)
        with self._checking:
            right = passwords.matches(person.password if person else None, password)
        if person is None:
            return None
        good = right and person.disabled is None
        with self._database.write(person.tenant) as connection:
            now = self._clock()
            act = "person.sign-in" if good else "person.sign-in-refused"
            audit.record(connection, person.tenant, now, f"person:{person.name}", act, person.name,
                         {"via": "password", "peer": peer})
            if not good:
                return None
            secret = sessions.start(connection, person, "password", now)
        self._by_pair.clear(pair)
        return secret

    def with_link(self, link: str, peer: str) -> str | None:
        """The secret of a new session for a one-time link's secret, or None if it does not hold."""
        if wait := self._by_peer.take(peer):
            raise Refused("too_many", "too many attempts to sign in", retry_after=math.ceil(wait))
        with self._database.write(WHOLE_SERVER) as connection:
            now = self._clock()
            person = links.use(connection, link, now)
            if person is None:
                return None
            audit.record(connection, person.tenant, now, f"person:{person.name}", "person.sign-in", person.name,
                         {"via": "link", "peer": peer})
            return sessions.start(connection, person, "link", now)

    def out(self, secret: str, session: Session) -> None:
        """End a session."""
        with self._database.write(session.tenant) as connection:
            sessions.end(connection, secret)
            audit.record(connection, session.tenant, self._clock(), f"person:{session.name}", "person.sign-out",
                         session.name)
