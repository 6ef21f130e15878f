"""Chains as intake writes them: where agents stand, and what is added to them in one transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.store.agents import State
from server.store.schema import agents, check_lists, forks, heads, reports, role_changes, sections

Head = dict[str, Any]
"""A row of ``heads`` by column, plus ``state``."""


@dataclass(slots=True)
class Additions:
    """Rows to add, and heads to move, at the end of a group."""

    reports: list[dict[str, Any]] = field(default_factory=list)
    forks: list[dict[str, Any]] = field(default_factory=list)
    sections: list[dict[str, Any]] = field(default_factory=list)
    check_lists: list[dict[str, Any]] = field(default_factory=list)
    role_changes: list[dict[str, Any]] = field(default_factory=list)
    heads: dict[str, Head] = field(default_factory=dict)


def standing(connection: Connection, names: Iterable[str]) -> dict[str, Head]:
    """The heads of some agents, locked until the transaction ends (in one order, so that no two wait on each other)."""
    query = (sa.select(*heads.c, agents.c.state).join(agents, agents.c.id == heads.c.agent)
             .where(heads.c.agent.in_(sorted(names))).order_by(heads.c.agent).with_for_update(of=heads))
    return {row.agent: {**row._mapping, "state": State(row.state)} for row in connection.execute(query)}


def accepted(connection: Connection, tenant: str, agent: str, epoch: str, sequence: int) -> tuple[str, bytes] | None:
    """The digest and the receipt of what was accepted at one place."""
    row = connection.execute(sa.select(reports.c.digest, reports.c.receipt).where(
        reports.c.tenant == tenant, reports.c.agent == agent, reports.c.epoch == epoch,
        reports.c.sequence == sequence)).one_or_none()
    return None if row is None else (row.digest, bytes(row.receipt))


def epoch_seen(connection: Connection, tenant: str, agent: str, epoch: str) -> bool:
    """Whether anything was ever accepted in an epoch."""
    return connection.scalar(sa.select(reports.c.id).where(
        reports.c.tenant == tenant, reports.c.agent == agent, reports.c.epoch == epoch).limit(1)) is not None


def has_section(connection: Connection, tenant: str, agent: str, digest: str) -> bool:
    return connection.scalar(sa.select(sections.c.digest).where(
        sections.c.tenant == tenant, sections.c.agent == agent, sections.c.digest == digest)) is not None


def has_check_list(connection: Connection, tenant: str, digest: str) -> bool:
    return connection.scalar(sa.select(check_lists.c.digest).where(
        check_lists.c.tenant == tenant, check_lists.c.digest == digest)) is not None


def check_list(connection: Connection, tenant: str, digest: str) -> tuple[str, ...]:
    """The check ids of a stored list."""
    return tuple(connection.execute(sa.select(check_lists.c.checks).where(
        check_lists.c.tenant == tenant, check_lists.c.digest == digest)).scalar_one())


def has_fork(connection: Connection, tenant: str, agent: str, digest: str) -> bool:
    return connection.scalar(sa.select(forks.c.id).where(
        forks.c.tenant == tenant, forks.c.agent == agent, forks.c.digest == digest)) is not None


def forks_since(connection: Connection, tenant: str, agent: str, now: datetime, length: timedelta) -> int:
    """How many forks of an agent were kept in the last ``length``."""
    return connection.scalar(sa.select(sa.func.count()).select_from(forks).where(
        forks.c.tenant == tenant, forks.c.agent == agent, forks.c.received > now - length)) or 0


def add(connection: Connection, additions: Additions) -> None:
    """Write a group's additions: a statement a table, however many reports."""
    for table, rows in ((check_lists, additions.check_lists), (sections, additions.sections),
                        (reports, additions.reports), (forks, additions.forks),
                        (role_changes, additions.role_changes)):
        if rows:
            connection.execute(sa.insert(table).inline(), rows)
    if additions.heads:
        connection.execute(_MOVE, [
            {f"to_{name}": head[name] for name in _MOVED} | {"of": agent} for agent, head in additions.heads.items()])


_MOVED = tuple(column.name for column in heads.c if column.name not in ("agent", "tenant"))
_MOVE = sa.update(heads).where(heads.c.agent == sa.bindparam("of")).values(
    {name: sa.bindparam(f"to_{name}") for name in _MOVED})
