"""Events: one row for each thing that happened, however often it is seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Row

from server.store.schema.notices import events

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Event:
    id: int
    kind: str
    key: str
    subject: str
    data: Mapping[str, Any]
    at: datetime


def add(connection: Connection, tenant: str, rows: Sequence[Mapping[str, Any]], now: datetime) -> int:
    """Add those that are not there yet (by kind and key); how many those are."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    added = 0
    for start in range(0, len(rows), _AT_ONCE):
        added += len(connection.execute(dialect.insert(events).values([
            {"tenant": tenant, "at": now, "kind": one["kind"], "key": one["key"], "subject": one["subject"],
             "data": dict(one["data"])} for one in rows[start:start + _AT_ONCE]])
            .on_conflict_do_nothing().returning(events.c.id)).all())
    return added


def known(connection: Connection, tenant: str, kind: str, keys: Sequence[str]) -> set[str]:
    """Which of these keys are noted already."""
    return {key for start in range(0, len(keys), _AT_ONCE) for key in connection.scalars(sa.select(events.c.key).where(
        events.c.tenant == tenant, events.c.kind == kind, events.c.key.in_(keys[start:start + _AT_ONCE])))}


def since(connection: Connection, tenant: str, moment: datetime, *, kind: str = "", limit: int = 2_000) -> list[Event]:
    """The events of an office from a moment on, newest first."""
    query = sa.select(events).where(events.c.tenant == tenant, events.c.at >= moment)
    if kind:
        query = query.where(events.c.kind == kind)
    return [_event(row) for row in connection.execute(query.order_by(events.c.id.desc()).limit(limit))]


def unrouted(connection: Connection, tenant: str, limit: int) -> list[Event]:
    """Events of which nobody has decided yet who is told, oldest first; locked until the transaction ends, so that
    two servers never decide of one."""
    query = (sa.select(events).where(events.c.tenant == tenant, events.c.routed.is_(None))
             .order_by(events.c.id).limit(limit).with_for_update(skip_locked=True))
    return [_event(row) for row in connection.execute(query)]


def routed(connection: Connection, tenant: str, numbers: Sequence[int], now: datetime) -> None:
    """It is decided who is told of these."""
    connection.execute(sa.update(events).where(events.c.tenant == tenant, events.c.id.in_(numbers)).values(routed=now))


def _event(row: Row[Any]) -> Event:
    return Event(row.id, row.kind, row.key, row.subject, row.data, row.at)
