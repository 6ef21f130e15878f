"""Findings as they are stored: the projection of accepted reports, and what people did beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Row

from server.store.schema.findings import finding_acts, finding_episodes, finding_states, findings
from server.triage.acts import Act, Alarm, Kind, Stand, following
from server.triage.lives import Episode, Source


@dataclass(frozen=True, slots=True)
class Stored:
    """A finding without its earlier episodes, and what its acts come to."""

    number: int
    agent: str
    check: str
    catalogue: str
    severity: str
    first_failed: datetime
    episode: int
    opened: datetime
    opened_told: datetime
    opened_epoch: str
    opened_sequence: int
    resolved: datetime | None
    resolved_told: datetime | None
    resolved_epoch: str | None
    resolved_sequence: int | None
    unseen: datetime | None
    stand: Stand
    acted: datetime | None


def raw(connection: Connection, tenant: str, *, resolved: bool = True, numbers: Iterable[int] | None = None,
        agents: Iterable[str] | None = None, checks: Iterable[str] | None = None,
        turned_since: datetime | None = None) -> list[Stored]:
    """Findings of a tenant by number: all, or without those that are resolved, or of some numbers, agents or checks, or
    those of which the server heard since some moment that they opened or were resolved."""
    query = _query(tenant)
    if turned_since is not None:
        query = query.where(sa.or_(findings.c.opened_told > turned_since, findings.c.resolved_told > turned_since))
    if not resolved:
        query = query.where(findings.c.resolved.is_(None))
    for column, some in ((findings.c.number, numbers), (findings.c.agent, agents), (findings.c.check, checks)):
        if some is not None:
            query = query.where(column.in_(list(some)))
    return [_stored(row) for row in connection.execute(query.order_by(findings.c.number))]


def one(connection: Connection, tenant: str, number: int, *, locked: bool = False) -> Stored | None:
    """One finding; ``locked`` until the transaction ends."""
    if locked:
        connection.execute(sa.select(findings.c.number).where(
            findings.c.tenant == tenant, findings.c.number == number).with_for_update())
    row = connection.execute(_query(tenant).where(findings.c.number == number)).one_or_none()
    return None if row is None else _stored(row)


def episodes(connection: Connection, tenant: str, number: int) -> list[Episode]:
    """The earlier episodes of a finding, oldest first, without the last."""
    table = finding_episodes
    rows = connection.execute(sa.select(table).where(
        table.c.tenant == tenant, table.c.finding == number).order_by(table.c.episode))
    return [_episode(row) for row in rows]


def ended(connection: Connection, tenant: str) -> list[tuple[int, Episode]]:
    """Every earlier episode of a tenant with the number of its finding."""
    rows = connection.execute(sa.select(finding_episodes).where(finding_episodes.c.tenant == tenant))
    return [(row.finding, _episode(row)) for row in rows]


def times(connection: Connection, tenant: str, since: datetime) -> list[tuple[str, str, str, datetime, datetime]]:
    """Every episode that was resolved since: agent, check, severity as reported, beginning and end."""
    names = (findings.c.agent, findings.c.check, findings.c.severity)
    last = sa.select(*names, findings.c.opened, findings.c.resolved).where(
        findings.c.tenant == tenant, findings.c.resolved > since)
    earlier = sa.select(*names, finding_episodes.c.opened, finding_episodes.c.resolved).join(findings, sa.and_(
        findings.c.tenant == finding_episodes.c.tenant, findings.c.number == finding_episodes.c.finding)).where(
        finding_episodes.c.tenant == tenant, finding_episodes.c.resolved > since)
    return [tuple(row) for query in (last, earlier) for row in connection.execute(query)]


def add_act(connection: Connection, tenant: str, of: Stored, *, kind: Kind, by: str, person: int | None, text: str,
            data: Mapping[str, Any], now: datetime) -> Act:
    """Write an act down, and what the acts of its finding come to now. The caller holds the finding locked."""
    number: int = connection.execute(sa.insert(finding_acts).returning(finding_acts.c.id), {
        "tenant": tenant, "finding": of.number, "episode": of.episode, "at": now, "by": by, "person": person,
        "kind": kind.value, "text": text, "data": dict(data)}).scalar_one()
    act = Act(number, of.number, of.episode, now, by, person, kind, text, dict(data))
    put_stand(connection, tenant, of.number, following(of.stand, act), now)
    return act


def put_stand(connection: Connection, tenant: str, number: int, stand: Stand, acted: datetime) -> None:
    """Write what the acts of a finding come to."""
    values = {
        "owner": stand.owner, "owner_name": stand.owner_name, "acknowledged": stand.acknowledged, "due": stand.due,
        "due_episode": stand.due_episode, "due_reason": stand.due_reason, "false_alarm": stand.false_alarm.value,
        "false_alarm_episode": stand.false_alarm_episode, "comments": stand.comments, "acted": acted}
    put = dialect(connection).insert(finding_states).values(tenant=tenant, finding=number, **values)
    connection.execute(put.on_conflict_do_update(index_elements=["tenant", "finding"], set_=values))


def acts(connection: Connection, tenant: str, number: int | None = None, *, since: datetime | None = None,
         numbers: Iterable[int] | None = None) -> list[Act]:
    """The acts on one finding, on some or on all, oldest first."""
    table = finding_acts
    query = sa.select(table).where(table.c.tenant == tenant)
    if number is not None:
        query = query.where(table.c.finding == number)
    if numbers is not None:
        query = query.where(table.c.finding.in_(list(numbers)))
    if since is not None:
        query = query.where(table.c.at > since)
    return [Act(row.id, row.finding, row.episode, row.at, row.by, row.person, Kind(row.kind), row.text, row.data)
            for row in connection.execute(query.order_by(table.c.id))]


def dialect(connection: Connection) -> Any:
    """What writes an ``INSERT … ON CONFLICT`` for this database."""
    return sqlite if connection.dialect.name == "sqlite" else postgresql


_FINDING = tuple(column for column in findings.c if column.name != "tenant")
_STAND = tuple(column.label(f"stand_{column.name}") for column in finding_states.c
               if column.name not in ("tenant", "finding"))


def _query(tenant: str) -> sa.Select[tuple[Any, ...]]:
    return (sa.select(*_FINDING, *_STAND)
            .outerjoin(finding_states, sa.and_(finding_states.c.tenant == findings.c.tenant,
                                               finding_states.c.finding == findings.c.number))
            .where(findings.c.tenant == tenant))


_NO_STAND = Stand()


def _stored(row: Row[Any]) -> Stored:
    (number, agent, check, catalogue, severity, first_failed, episode, opened, told, epoch, sequence, resolved,
     resolved_told, resolved_epoch, resolved_sequence, unseen, owner, owner_name, acknowledged, due, due_episode,
     due_reason, alarm, alarm_episode, comments, acted) = tuple(row)
    stand = _NO_STAND if acted is None else Stand(
        owner, owner_name, acknowledged, due, due_episode, due_reason, Alarm(alarm), alarm_episode, comments)
    return Stored(number, agent, check, catalogue, severity, first_failed, episode, opened, told, epoch, sequence,
                  resolved, resolved_told, resolved_epoch, resolved_sequence, unseen, stand, acted)


def _episode(row: Row[Any]) -> Episode:
    return Episode(row.opened, Source(row.opened_told, row.opened_epoch, row.opened_sequence), row.resolved,
                   Source(row.resolved_told, row.resolved_epoch, row.resolved_sequence))
