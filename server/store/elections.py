"""The office's voting days: what freeze windows and stricter thresholds count from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.store.schema import calendars


@dataclass(frozen=True, slots=True)
class Calendar:
    """One declaration of voting days. Declarations are added, never edited."""

    id: int
    days: tuple[date, ...]
    declared: datetime
    declared_by: str


def add(connection: Connection, tenant: str, days: Iterable[date], *, now: datetime, by: str) -> None:
    """Declare the whole calendar anew."""
    connection.execute(sa.insert(calendars).values(
        tenant=tenant, days=[day.isoformat() for day in sorted(set(days))], declared=now, declared_by=by))


def current(connection: Connection, tenant: str) -> Calendar | None:
    """The calendar in force, or None while the office has declared none."""
    row = connection.execute(
        sa.select(calendars).where(calendars.c.tenant == tenant).order_by(calendars.c.id.desc()).limit(1)
    ).one_or_none()
    if row is None:
        return None
    return Calendar(row.id, tuple(date.fromisoformat(day) for day in row.days), row.declared, row.declared_by)


def voting_days(connection: Connection, tenant: str) -> tuple[date, ...]:
    """The declared voting days in order, past ones too."""
    calendar = current(connection, tenant)
    return calendar.days if calendar else ()


def next_voting_day(connection: Connection, tenant: str, today: date) -> date | None:
    """The first voting day that is today or later."""
    return next((day for day in voting_days(connection, tenant) if day >= today), None)
