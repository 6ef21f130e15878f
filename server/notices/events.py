"""Something happened: written in the very transaction of what caused it, or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.engine import Connection

from server.notices import kinds
from server.notices.clean import plain
from server.store import events as store


class Happened(NamedTuple):
    """``key`` tells it from every other of its kind: the same thing seen twice has the same key, and is one event.

    ``subject`` is a name people would recognise (a machine, a check, a person); ``data`` holds what pages show.
    Neither leaves the server unless the office says so.
    """

    kind: str
    key: str
    subject: str = ""
    data: Mapping[str, Any] = {}


def happened(connection: Connection, tenant: str, kind: str, key: str, subject: str, data: Mapping[str, Any],
             now: datetime) -> bool:
    """Note one event of an office in the open transaction. False if it was noted before.

    Raises ``ValueError`` for a kind that no module of ``server/notices/kinds`` describes.
    """
    return every(connection, tenant, [Happened(kind, key, subject, data)], now) == 1


def every(connection: Connection, tenant: str, what: Iterable[Happened], now: datetime) -> int:
    """Note several at once; how many were new."""
    found = list(what)
    for one in found:
        if one.kind not in kinds.every():
            raise ValueError(f"no kind of event is called {one.kind!r}")
    return store.add(connection, tenant, [{**one._asdict(), "subject": plain(one.subject, 200)} for one in found], now)


def fresh(connection: Connection, tenant: str, what: Iterable[Happened]) -> list[Happened]:
    """Those that were not noted yet: for jobs that see the same things every time."""
    by_kind: dict[str, list[Happened]] = {}
    for one in what:
        by_kind.setdefault(one.kind, []).append(one)
    known = {(kind, key) for kind, some in by_kind.items()
             for key in store.known(connection, tenant, kind, [one.key for one in some])}
    return [one for some in by_kind.values() for one in some if (one.kind, one.key) not in known]
