"""Views of findings that people saved, and when they last looked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.store.findings import dialect
from server.store.schema.findings import finding_views as views
from server.store.schema.findings import finding_visits as visits

BETWEEN = timedelta(minutes=30)
"""Without a look for as long, the next one begins another visit."""
_NOTED = timedelta(minutes=1)
MOST = 50
"""Views that one person may keep."""


@dataclass(frozen=True, slots=True)
class View:
    """A filter that somebody saved, as it stands in an address."""

    id: int
    person: int
    by: str
    name: str
    query: str
    shared: bool


def seen_by(connection: Connection, tenant: str, person: int) -> list[View]:
    """What a person may use: their own and those that others share, by name."""
    rows = connection.execute(sa.select(views).where(
        views.c.tenant == tenant, sa.or_(views.c.person == person, views.c.shared)).order_by(views.c.name, views.c.id))
    return [View(row.id, row.person, row.by, row.name, row.query, row.shared) for row in rows]


def save(connection: Connection, tenant: str, person: int, by: str, name: str, query: str, *, shared: bool,
         now: datetime) -> bool:
    """Keep a view under a name; one's own of that name is replaced. False if a person has ``MOST`` already."""
    own = sa.and_(views.c.tenant == tenant, views.c.person == person)
    there = connection.scalar(sa.select(views.c.id).where(own, views.c.name == name))
    held = connection.scalar(sa.select(sa.func.count()).select_from(views).where(own)) or 0
    if there is None and held >= MOST:
        return False
    put = dialect(connection).insert(views).values(
        tenant=tenant, person=person, by=by, name=name, query=query, shared=shared, created=now)
    connection.execute(put.on_conflict_do_update(
        index_elements=["tenant", "person", "name"], set_={"query": query, "shared": shared, "created": now}))
    return True


def forget(connection: Connection, tenant: str, person: int, number: int) -> bool:
    """Remove one's own view. False where there is none of that number."""
    done = connection.execute(sa.delete(views).where(
        views.c.tenant == tenant, views.c.person == person, views.c.id == number))
    return done.rowcount == 1


def last_visit(connection: Connection, tenant: str, person: int, now: datetime) -> tuple[datetime | None, bool]:
    """When the visit before this one ended (None for the first), and whether this look is worth writing down."""
    row = connection.execute(sa.select(visits.c.before, visits.c.seen).where(
        visits.c.tenant == tenant, visits.c.person == person)).one_or_none()
    if row is None:
        return None, True
    if now - row.seen >= BETWEEN:
        return row.seen, True
    return row.before, now - row.seen >= _NOTED


def note_visit(connection: Connection, tenant: str, person: int, now: datetime) -> None:
    """Note a look."""
    before, _ = last_visit(connection, tenant, person, now)
    put = dialect(connection).insert(visits).values(tenant=tenant, person=person, before=before, seen=now)
    connection.execute(put.on_conflict_do_update(
        index_elements=["tenant", "person"], set_={"before": before, "seen": now}))
