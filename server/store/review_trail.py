"""What outside reviewers were shown, read back from the audit trail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.store.schema import audit

VIEW = "review.view"
EXPORT = "review.export"


@dataclass(frozen=True, slots=True)
class Shown:
    """One page or file that a reviewer was shown."""

    at: datetime
    by: str
    """``reviewer:NAME@HANDLE``."""
    exported: bool
    place: str
    """The path that was asked for."""


def shown(connection: Connection, tenant: str, engagement: int, *, limit: int) -> list[Shown]:
    """What was shown through one engagement, the last first."""
    rows = connection.execute(sa.select(audit.c.at, audit.c.actor, audit.c.action, audit.c.detail)
                              .where(*_through(tenant, engagement)).order_by(audit.c.id.desc()).limit(limit))
    return [Shown(row.at, row.actor, row.action == EXPORT, str(row.detail.get("place", ""))) for row in rows]


def counts(connection: Connection, tenant: str, engagement: int) -> tuple[int, int]:
    """How many pages and how many files that were."""
    rows = connection.execute(sa.select(audit.c.action, sa.func.count()).where(*_through(tenant, engagement))
                              .group_by(audit.c.action))
    found: dict[str, int] = {row[0]: row[1] for row in rows}
    return found.get(VIEW, 0), found.get(EXPORT, 0)


def _through(tenant: str, engagement: int) -> tuple[sa.ColumnElement[bool], ...]:
    return (audit.c.tenant == tenant, audit.c.action.in_((VIEW, EXPORT)), audit.c.subject == str(engagement))
