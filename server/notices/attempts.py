"""Attempts to get in that were refused: counted by day, told when there are many.

Requests only add to counters in memory; every replica writes its own down a few times a minute, so that whoever knocks
cannot make the server write. An office is told at 10 refused attempts of a kind on one day (UTC), at 100, at 1,000
and so on. What cannot be laid to one office is an attempt on all: they share the server.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from threading import Lock

from sqlalchemy.engine import Connection

from server.notices.events import happened
from server.store import attempts as store

SHARED = "attempts"
"""Where jobs find the counters of their process."""
TOLD_AT = tuple(10 ** power for power in range(1, 10))


def classify(method: str, path: str, status: int) -> str:
    """What an answered request tried: ``sign_in``, ``signature`` or ``token``; empty for none of them."""
    if method == "POST" and path.startswith("/sign-in") and status in (401, 403, 429):
        return "sign_in"
    if method == "POST" and path == "/v1/reports" and status == 401:
        return "signature"
    return "token" if path.startswith("/v1/") and status == 401 else ""


class Attempts:
    """Counters of one process. Safe between threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: Counter[tuple[str, date, str]] = Counter()

    def add(self, what: str, day: date, tenant: str = "", number: int = 1) -> None:
        """Count one. ``tenant``: whose it is; empty where nobody can say."""
        with self._lock:
            self._counts[tenant, day, what] += number

    def __bool__(self) -> bool:
        """Whether anything was counted since the last time."""
        return bool(self._counts)

    def take(self) -> Counter[tuple[str, date, str]]:
        """Everything counted since the last time."""
        with self._lock:
            taken, self._counts = self._counts, Counter()
        return taken


def write(connection: Connection, tenant: str, day: date, what: str, number: int, now: datetime) -> None:
    """Add to what an office has, in the open transaction, and tell it where that is now ten times as much."""
    total = store.add(connection, tenant, day, what, number)
    crossed = [mark for mark in TOLD_AT if total - number < mark <= total]
    if crossed:
        happened(connection, tenant, "attempts", f"{day}:{what}:{crossed[-1]}", "",
                 {"day": day.isoformat(), "what": what, "count": total}, now)
