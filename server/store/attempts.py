"""Refused attempts to get in, a row a day and kind."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from server.store.schema.notices import attempts


def add(connection: Connection, tenant: str, day: date, what: str, number: int) -> int:
    """Add to a day's count. The new count."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    made = dialect.insert(attempts).values(tenant=tenant, day=day, what=what, count=number)
    total: int = connection.execute(made.on_conflict_do_update(
        index_elements=["tenant", "day", "what"], set_={"count": attempts.c["count"] + made.excluded.count})
        .returning(attempts.c["count"])).scalar_one()
    return total


def since(connection: Connection, tenant: str, day: date) -> list[tuple[date, str, int]]:
    """The days from one on, newest first: day, what, how many."""
    rows = connection.execute(sa.select(attempts).where(attempts.c.tenant == tenant, attempts.c.day >= day)
                              .order_by(attempts.c.day.desc(), attempts.c.what))
    return [(row.day, row.what, row._mapping["count"]) for row in rows]
