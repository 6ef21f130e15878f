"""Plans as they were made, and who approved which. Rows are added and never changed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.store import frames
from server.store.schema.planning import plan_approvals, plans

MAX_BYTES = 256 << 20


@dataclass(frozen=True, slots=True)
class Stored:
    """One plan. ``document`` is the canonical JSON whose hash people approve."""

    id: int
    digest: str
    """SHA-256 of ``document``, 64 hexadecimal digits."""
    document: bytes
    record: bytes
    """The problem and its answer, for the pages (JSON)."""
    inputs: str
    """The hash of all that decides it, but the day."""
    equipment: int
    budget: int | None
    made: datetime
    made_by: str


@dataclass(frozen=True, slots=True)
class Approval:
    plan: int
    digest: str
    at: datetime
    by: str
    """``person:NAME``."""
    words: str


def add(connection: Connection, tenant: str, *, document: bytes, record: bytes, inputs: str, equipment: int,
        budget: int | None, now: datetime, by: str) -> int:
    """Keep a plan. Returns its id."""
    number: int = connection.execute(sa.insert(plans).returning(plans.c.id), {
        "tenant": tenant, "digest": hashlib.sha256(document).hexdigest(), "document": frames.pack(document),
        "record": frames.pack(record), "inputs": inputs, "equipment": equipment, "budget": budget, "made": now,
        "made_by": by}).scalar_one()
    return number


def current(connection: Connection, tenant: str) -> Stored | None:
    """The plan that was made last."""
    return _one(connection, sa.select(plans).where(plans.c.tenant == tenant).order_by(plans.c.id.desc()).limit(1))


def get(connection: Connection, tenant: str, number: int) -> Stored | None:
    return _one(connection, sa.select(plans).where(plans.c.tenant == tenant, plans.c.id == number))


def newest(connection: Connection, tenant: str) -> int | None:
    """The id of the plan that was made last."""
    found: int | None = connection.scalar(sa.select(sa.func.max(plans.c.id)).where(plans.c.tenant == tenant))
    return found


def approve(connection: Connection, tenant: str, given: Approval) -> None:
    """Write an approval down."""
    connection.execute(sa.insert(plan_approvals).values(
        tenant=tenant, plan=given.plan, digest=given.digest, at=given.at, by=given.by, words=given.words))


def approvals(connection: Connection, tenant: str, limit: int = 50) -> list[Approval]:
    """Newest first."""
    return [Approval(row.plan, row.digest, row.at, row.by, row.words) for row in connection.execute(
        sa.select(plan_approvals).where(plan_approvals.c.tenant == tenant)
        .order_by(plan_approvals.c.id.desc()).limit(limit))]


def _one(connection: Connection, query: sa.Select[Any]) -> Stored | None:
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return Stored(row.id, row.digest, frames.unpack(row.document, MAX_BYTES), frames.unpack(row.record, MAX_BYTES),
                  row.inputs, row.equipment, row.budget, row.made, row.made_by)
