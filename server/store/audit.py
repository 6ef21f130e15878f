"""The audit trail: who did what, when and from where. Lines are added and never changed; the database sees to it, and
the chain they form shows it (``server.store.audit_chain``)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server import origin
from server.store import audit_chain
from server.store.audit_chain import Line
from server.store.schema import audit


@dataclass(frozen=True, slots=True)
class Act:
    id: int
    at: datetime
    actor: str
    """``person:NAME``, ``reviewer:NAME``, ``agent:ID``, ``console:LOGIN`` or ``job:NAME``."""
    action: str
    """Noun and verb: ``agent.revoke``, ``person.sign-in`` …"""
    subject: str
    detail: dict[str, Any]
    origin: str = ""
    """``address:…``, ``console:HOST`` or ``job:NAME``; empty where it was not said."""
    sequence: int | None = None
    """Its place in the tenant's chain, from 1; None for a line that is older than the chain."""
    previous: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which lines are looked for; empty fields ask nothing."""

    actor: str = ""
    """Part of the name of who acted, in any case."""
    action: str = ""
    day: date | None = None
    """The day (UTC)."""


def record(connection: Connection, tenant: str, now: datetime, actor: str, action: str, subject: str = "",
           detail: Mapping[str, Any] | None = None) -> None:
    """Write one act down, in the transaction that does it. Never pass a secret.

    It comes from ``server.origin.current()``. Raises ``TypeError`` or ``ValueError`` for a detail that is not JSON.
    """
    plain = msgspec.json.decode(json.dumps(dict(detail or {}), allow_nan=False))
    audit_chain.write(connection, Line(tenant, now, actor, origin.current(), action, subject, plain))


def recent(connection: Connection, tenant: str, *, limit: int = 200, before: int | None = None,
           asked: Asked | None = None) -> list[Act]:
    """The trail, newest first; ``before`` (an id) pages on."""
    audit_chain.settle(connection)
    query = sa.select(audit).where(audit.c.tenant == tenant, *_conditions(asked or Asked()))
    if before is not None:
        query = query.where(audit.c.id < before)
    return [_act(row) for row in connection.execute(query.order_by(audit.c.id.desc()).limit(limit))]


def count(connection: Connection, tenant: str, asked: Asked | None = None) -> int:
    """How many lines there are."""
    return connection.scalar(sa.select(sa.func.count()).select_from(audit).where(
        audit.c.tenant == tenant, *_conditions(asked or Asked()))) or 0


def actions(connection: Connection, tenant: str) -> list[str]:
    """Every action that the trail holds, by name."""
    return list(connection.scalars(
        sa.select(audit.c.action).where(audit.c.tenant == tenant).distinct().order_by(audit.c.action)))


def every(connection: Connection, tenant: str, after: int = 0, limit: int = 1000) -> list[Act]:
    """The trail oldest first, a part at a time: ``after`` is the id of the last line of the part before."""
    audit_chain.settle(connection)
    rows = connection.execute(sa.select(audit).where(audit.c.tenant == tenant, audit.c.id > after)
                              .order_by(audit.c.id).limit(limit))
    return [_act(row) for row in rows]


def _conditions(asked: Asked) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if asked.actor:
        found.append(sa.func.lower(audit.c.actor).contains(asked.actor.lower(), autoescape=True))
    if asked.action:
        found.append(audit.c.action == asked.action)
    if asked.day is not None:
        start = datetime.combine(asked.day, time(), UTC)
        found.append(sa.and_(audit.c.at >= start, audit.c.at < start + timedelta(days=1)))
    return found


def _act(row: sa.Row[Any]) -> Act:
    return Act(row.id, row.at, row.actor, row.action, row.subject, row.detail, row.origin or "", row.sequence,
               row.previous or "", row.digest or "")
