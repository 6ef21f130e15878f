"""The office's elections, in versions: what was declared stays, and every change says who made it and when."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from server.elections import template
from server.elections.model import Election, in_order
from server.elections.model import voting_days as days_of
from server.store.schema.elections import elections


class Act(StrEnum):
    ADD = "add"
    CALL = "call"
    """Called suddenly."""
    CHANGE = "change"
    CANCEL = "cancel"


class Version(msgspec.Struct, frozen=True):
    """One version of an election: what it was from ``at`` on."""

    election: Election
    version: int
    act: Act
    note: str
    at: datetime
    by: str


def every(connection: Connection, tenant: str) -> tuple[Election, ...]:
    """The elections that stand, past ones too, by date."""
    return _standing(_rows(connection, tenant))


def as_of(connection: Connection, tenant: str, moment: datetime) -> tuple[Election, ...]:
    """The elections as they were known at a moment."""
    return _standing(one for one in _rows(connection, tenant) if one.at <= moment)


def get(connection: Connection, tenant: str, election: str) -> Version | None:
    """The last version of an election, cancelled or not; None if the office never had it."""
    versions = history(connection, tenant, election)
    return versions[0] if versions else None


def history(connection: Connection, tenant: str, election: str = "", *, limit: int = 200) -> list[Version]:
    """Versions of one election, or of all, newest first."""
    query = sa.select(elections).where(elections.c.tenant == tenant)
    if election:
        query = query.where(elections.c.election == election)
    return [_version(row) for row in connection.execute(query.order_by(elections.c.id.desc()).limit(limit))]


def fresh_id() -> str:
    """An id for a new election."""
    return secrets.token_hex(6)


def write(connection: Connection, tenant: str, election: Election, act: Act, *, now: datetime, by: str,
          note: str = "") -> Version:
    """Add a version of an election; the first one where its id is new."""
    last = connection.scalar(sa.select(sa.func.max(elections.c.version)).where(
        elections.c.tenant == tenant, elections.c.election == election.id)) or 0
    connection.execute(sa.insert(elections).values(
        tenant=tenant, election=election.id, version=last + 1, act=act.value, body=msgspec.to_builtins(election),
        note=note, at=now, by=by))
    return Version(election, last + 1, act, note, now, by)


def declare(connection: Connection, tenant: str, days: Iterable[date], *, now: datetime, today: date,
            by: str) -> list[Version]:
    """Make these days the voting days that are not over: a new one becomes an election named by its date, and an
    election ahead on none of them is cancelled. Past ones stay. Returns what changed."""
    wanted = sorted(set(days))
    standing = every(connection, tenant)
    changed = [write(connection, tenant, one, Act.CANCEL, now=now, by=by)
               for one in standing if one.last >= today and not any(one.first <= day <= one.last for day in wanted)]
    for day in wanted:
        if not any(one.first <= day <= one.last for one in standing):
            windows = template.get(template.DEFAULT).around(day, day)
            number = day.isoformat() if get(connection, tenant, day.isoformat()) is None else fresh_id()
            made = Election(id=number, name=day.isoformat(), first=day, last=day, template=template.DEFAULT,
                            windows=windows)
            changed.append(write(connection, tenant, made, Act.ADD, now=now, by=by))
    return changed


def voting_days(connection: Connection, tenant: str) -> tuple[date, ...]:
    """Every day of voting in order, past ones too."""
    return days_of(every(connection, tenant))


def next_voting_day(connection: Connection, tenant: str, today: date) -> date | None:
    """The first voting day that is today or later."""
    return next((day for day in voting_days(connection, tenant) if day >= today), None)


def _rows(connection: Connection, tenant: str) -> list[Version]:
    rows = connection.execute(sa.select(elections).where(elections.c.tenant == tenant).order_by(elections.c.id))
    return [_version(row) for row in rows]


def _standing(versions: Iterable[Version]) -> tuple[Election, ...]:
    last = {one.election.id: one for one in versions}
    return in_order(one.election for one in last.values() if one.act is not Act.CANCEL)


def _version(row: Row[tuple[object, ...]]) -> Version:
    return Version(msgspec.convert(row.body, Election), row.version, Act(row.act), row.note, row.at, row.by)
