"""The audit trail: who did what, when. Rows are added and never changed; the database sees to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.store.schema import audit


@dataclass(frozen=True, slots=True)
class Act:
    id: int
    at: datetime
    actor: str
    """``person:NAME``, ``agent:ID`` or ``console:LOGIN``."""
    action: str
    """Noun and verb: ``agent.revoke``, ``person.sign-in`` …"""
    subject: str
    detail: dict[str, Any]


def record(connection: Connection, tenant: str, now: datetime, actor: str, action: str, subject: str = "",
           detail: Mapping[str, Any] | None = None) -> None:
    """Write one act down, in the transaction that does it. Never pass a secret."""
    connection.execute(sa.insert(audit).values(
        tenant=tenant, at=now, actor=actor, action=action, subject=subject, detail=dict(detail or {})))


def recent(connection: Connection, tenant: str, *, limit: int = 200, before: int | None = None) -> list[Act]:
    """The trail, newest first; ``before`` (an id) pages on."""
    query = sa.select(audit).where(audit.c.tenant == tenant)
    if before is not None:
        query = query.where(audit.c.id < before)
    rows = connection.execute(query.order_by(audit.c.id.desc()).limit(limit))
    return [Act(row.id, row.at, row.actor, row.action, row.subject, row.detail) for row in rows]
