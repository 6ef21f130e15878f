"""The money an office plans with, and its staff's hours: versions, never edited."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.planning.model import Budget
from server.store.schema.planning import budgets, planning_settings


@dataclass(frozen=True, slots=True)
class Version:
    """One declaration of the whole budget. ``file`` is empty where it was typed in."""

    id: int
    file: str
    digest: str
    lines: tuple[Budget, ...]
    declared: datetime
    declared_by: str


@dataclass(frozen=True, slots=True)
class Settings:
    """``hours_per_month``: what the office's own staff can give; None: no limit."""

    hours_per_month: float | None
    declared: datetime
    declared_by: str


def add(connection: Connection, tenant: str, lines: Sequence[Budget], *, file: str, digest: str = "",
        now: datetime, by: str) -> int:
    """Declare the whole budget anew. Without ``digest`` that of the lines is kept. Returns its id."""
    stored = msgspec.to_builtins(list(lines))
    digest = digest or hashlib.sha256(msgspec.json.encode(list(lines))).hexdigest()
    number: int = connection.execute(sa.insert(budgets).returning(budgets.c.id), {
        "tenant": tenant, "file": file, "digest": digest, "lines": stored, "declared": now,
        "declared_by": by}).scalar_one()
    return number


def versions(connection: Connection, tenant: str, limit: int = 50) -> list[Version]:
    """Newest first."""
    return [Version(row.id, row.file, row.digest, msgspec.convert(row.lines, tuple[Budget, ...]), row.declared,
                    row.declared_by)
            for row in connection.execute(sa.select(budgets).where(budgets.c.tenant == tenant)
                                          .order_by(budgets.c.id.desc()).limit(limit))]


def current(connection: Connection, tenant: str) -> Version | None:
    """The budget in force; None while there is none."""
    return next(iter(versions(connection, tenant, limit=1)), None)


def set_hours(connection: Connection, tenant: str, hours: float | None, *, now: datetime, by: str) -> None:
    """Declare what the staff can give in a month."""
    connection.execute(sa.insert(planning_settings).values(
        tenant=tenant, hours_per_month=hours, declared=now, declared_by=by))


def settings(connection: Connection, tenant: str) -> Settings | None:
    """What was declared last; None while nothing was."""
    row = connection.execute(sa.select(planning_settings).where(planning_settings.c.tenant == tenant)
                             .order_by(planning_settings.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else Settings(row.hours_per_month, row.declared, row.declared_by)
