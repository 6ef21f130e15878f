"""What waits for a second person, and how it ended. Rows are added and never changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.store.schema.two_people import decisions, proposals

Payload: TypeAlias = Mapping[str, Any]
"""Plain JSON: all that is done once it is approved."""


class State(StrEnum):
    """Where a proposal stands."""

    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Decision:
    """How a proposal ended."""

    outcome: State
    at: datetime
    by: str
    person: int | None
    reason: str

    @property
    def name(self) -> str:
        """``by`` without its kind."""
        return self.by.partition(":")[2]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What somebody asked for."""

    number: int
    action: str
    subject: str
    payload: Payload
    at: datetime
    by: str
    person: int | None
    expires: datetime
    decision: Decision | None = None

    @property
    def name(self) -> str:
        """Who asked, without the kind."""
        return self.by.partition(":")[2]

    def state(self, now: datetime) -> State:
        """Where it stands at ``now``."""
        if self.decision is not None:
            return self.decision.outcome
        return State.WAITING if now < self.expires else State.EXPIRED

def add(connection: Connection, tenant: str, *, action: str, subject: str, payload: Mapping[str, Any], at: datetime,
        by: str, person: int | None, expires: datetime) -> int:
    """Write one down. Returns its number."""
    number: int = connection.execute(sa.insert(proposals).returning(proposals.c.id), {
        "tenant": tenant, "action": action, "subject": subject, "payload": dict(payload), "at": at, "by": by,
        "person": person, "expires": expires}).scalar_one()
    return number


def end(connection: Connection, tenant: str, number: int, decided: Decision) -> None:
    """Write down how one ended. The database refuses a second end."""
    connection.execute(sa.insert(decisions).values(
        tenant=tenant, proposal=number, outcome=decided.outcome.value, at=decided.at, by=decided.by,
        person=decided.person, reason=decided.reason))


def hold(connection: Connection, tenant: str, number: int) -> Proposal | None:
    """One, which nobody else decides before this transaction ends."""
    connection.execute(sa.select(proposals.c.id).where(
        proposals.c.tenant == tenant, proposals.c.id == number).with_for_update())
    return get(connection, tenant, number)


def get(connection: Connection, tenant: str, number: int) -> Proposal | None:
    return next(iter(_read(connection, tenant, proposals.c.id == number, 1)), None)


def waiting(connection: Connection, tenant: str, now: datetime, action: str = "") -> list[Proposal]:
    """What nobody has decided and what is not too old, the oldest first; of one action if told."""
    which = sa.and_(decisions.c.proposal.is_(None), proposals.c.expires > now)
    if action:
        which = sa.and_(which, proposals.c.action == action)
    return _read(connection, tenant, which, None)[::-1]


def past(connection: Connection, tenant: str, now: datetime, limit: int = 100) -> list[Proposal]:
    """What is decided or too old, the newest first."""
    return _read(connection, tenant, sa.or_(decisions.c.proposal.is_not(None), proposals.c.expires <= now), limit)


def _read(connection: Connection, tenant: str, which: sa.ColumnElement[bool], limit: int | None) -> list[Proposal]:
    rows = connection.execute(
        sa.select(proposals, decisions.c.outcome, decisions.c.at.label("decided"),
                  decisions.c.by.label("decided_by"), decisions.c.person.label("decided_person"), decisions.c.reason)
        .outerjoin(decisions, sa.and_(decisions.c.tenant == proposals.c.tenant,
                                      decisions.c.proposal == proposals.c.id))
        .where(proposals.c.tenant == tenant, which).order_by(proposals.c.id.desc()).limit(limit))
    return [Proposal(row.id, row.action, row.subject, row.payload, row.at, row.by, row.person, row.expires,
                     None if row.outcome is None else Decision(
                         State(row.outcome), row.decided, row.decided_by, row.decided_person, row.reason))
            for row in rows]
