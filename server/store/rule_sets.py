"""The log of what this server graded with: a line when a release with other rules starts."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from evidence import rules as recorded
from evidence.rules import Rules
from evidence.trend import InForce
from server.store import frames
from server.store.schema.scores import rule_sets

LIMIT = 64 << 20


def record(connection: Connection, tenant: str, rules: Rules, now: datetime) -> bool:
    """Write down that ``rules`` are in force from ``now`` on. False if they were already."""
    digest = recorded.digest(rules)
    last = connection.scalar(sa.select(rule_sets.c.digest).where(rule_sets.c.tenant == tenant)
                             .order_by(rule_sets.c.id.desc()).limit(1))
    if last == digest:
        return False
    connection.execute(sa.insert(rule_sets).values(
        tenant=tenant, at=now, digest=digest, method=rules.method, pack=rules.pack, version=rules.version,
        body=frames.pack(recorded.encode(rules))))
    return True


def every(connection: Connection, tenant: str) -> tuple[InForce, ...]:
    """The whole log, oldest first."""
    rows = connection.execute(sa.select(rule_sets.c.at, rule_sets.c.body).where(rule_sets.c.tenant == tenant)
                              .order_by(rule_sets.c.id))
    return tuple(InForce(row.at, recorded.decode(frames.unpack(bytes(row.body), LIMIT))) for row in rows)


def digest(one: InForce) -> str:
    """The digest that days name these rules by."""
    return recorded.digest(one.rules)
