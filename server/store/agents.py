"""Agents: the machines that may report, what they enrolled as, and what each last said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from evidence import ages
from evidence.ages import Moments
from server.store.schema import agents, forks, heads, role_changes

RECORDED = "recording:"


class State(StrEnum):
    """Whether an agent's reports are taken."""

    APPROVED = "approved"
    PENDING = "pending"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Agent:
    """An enrolled machine. ``host`` is the name it enrolled under, a label and no identity.

    A machine that was recorded has an entry too. The ``key_id`` of that is no key's, so that nothing sent to
    the server can speak for it; its public key is the server's own for recordings.
    """

    id: str
    tenant: str
    public_key: bytes
    key_id: str
    state: State
    host: str
    roles: tuple[str, ...]
    """The roles its enrolment gave it."""
    site: str
    enrolled: datetime
    revoked: datetime | None

    @property
    def recorded(self) -> bool:
        """Whether people record it, since no agent runs there."""
        return self.key_id.startswith(RECORDED)


@dataclass(frozen=True, slots=True)
class Summary:
    """What an agent last said, in one row: enough for a list of machines."""

    agent: Agent
    received: datetime | None
    """None until its first report."""
    made: datetime | None
    """The report's own time."""
    clock_off: bool
    """The machine's clock cannot be trusted: its time-dependent verdicts read as unknown."""
    host: str
    os: str
    roles: tuple[str, ...]
    """The roles it was judged for."""
    agent_version: str
    pack: str
    passed: int
    failed: int
    unknown: int
    not_applicable: int
    failed_critical: int
    waiting: int
    """Reports still spooled on the machine."""
    lost: int
    """Reports it has declared gone for good."""
    forks: int
    """Payloads that contradict its accepted chain."""


@dataclass(frozen=True, slots=True)
class RoleChange:
    at: datetime
    source: str
    """``enrolment`` or ``report``."""
    before: tuple[str, ...]
    after: tuple[str, ...]


def add(connection: Connection, agent: Agent) -> None:
    """Enrol an agent: its row, and the empty head of its chain."""
    connection.execute(sa.insert(agents).values(
        id=agent.id, tenant=agent.tenant, public_key=agent.public_key, key_id=agent.key_id, state=agent.state.value,
        host=agent.host, roles=list(agent.roles), site=agent.site, enrolled=agent.enrolled, revoked=agent.revoked))
    connection.execute(sa.insert(heads).values(
        agent=agent.id, tenant=agent.tenant, sequence=0, lost=0, clock_off=False, host=agent.host, os="",
        roles=list(agent.roles), agent_version="", pack="", passed=0, failed=0, unknown=0, not_applicable=0,
        failed_critical=0, waiting=0))
    if agent.roles:
        connection.execute(sa.insert(role_changes).values(
            tenant=agent.tenant, agent=agent.id, at=agent.enrolled, source="enrolment",
            before=[], after=list(agent.roles)))


def every(connection: Connection, tenant: str) -> list[Agent]:
    """All agents of a tenant, revoked ones too, by host name."""
    rows = connection.execute(sa.select(agents).where(agents.c.tenant == tenant).order_by(agents.c.host, agents.c.id))
    return [_agent(row) for row in rows]


def get(connection: Connection, tenant: str, agent: str) -> Agent | None:
    row = connection.execute(
        sa.select(agents).where(agents.c.tenant == tenant, agents.c.id == agent)).one_or_none()
    return None if row is None else _agent(row)


def by_key(connection: Connection, key_id: str) -> Agent | None:
    """The agent that holds a key, of any tenant: the key is what tells us the tenant."""
    row = connection.execute(sa.select(agents).where(agents.c.key_id == key_id)).one_or_none()
    return None if row is None else _agent(row)


def revoke(connection: Connection, tenant: str, agent: str, now: datetime) -> bool:
    """Take no more reports from an agent. False if there is no such agent or it was revoked already."""
    changed = connection.execute(
        sa.update(agents)
        .where(agents.c.tenant == tenant, agents.c.id == agent, agents.c.state != State.REVOKED.value)
        .values(state=State.REVOKED.value, revoked=now))
    return changed.rowcount == 1


def summaries(connection: Connection, tenant: str) -> list[Summary]:
    """What every agent of a tenant last said, by host name."""
    rows = connection.execute(_summaries().where(agents.c.tenant == tenant).order_by(heads.c.host, agents.c.id))
    return [_summary(row) for row in rows]


def summary(connection: Connection, tenant: str, agent: str) -> Summary | None:
    row = connection.execute(
        _summaries().where(agents.c.tenant == tenant, agents.c.id == agent)).one_or_none()
    return None if row is None else _summary(row)


def carried(connection: Connection, tenant: str, agent: str) -> tuple[Moments, Moments]:
    """Since when checks fail without a pass in between, and when those last applied that no longer do."""
    row = connection.execute(sa.select(heads.c.failing, heads.c.applied).where(
        heads.c.tenant == tenant, heads.c.agent == agent)).one_or_none()
    return (ages.read(row.failing), ages.read(row.applied)) if row else ({}, {})


def role_history(connection: Connection, tenant: str, agent: str) -> list[RoleChange]:
    """Every change of the roles an agent was judged for, oldest first."""
    rows = connection.execute(
        sa.select(role_changes).where(role_changes.c.tenant == tenant, role_changes.c.agent == agent)
        .order_by(role_changes.c.id))
    return [RoleChange(row.at, row.source, tuple(row.before), tuple(row.after)) for row in rows]


def _summaries() -> sa.Select[tuple[object, ...]]:
    forked = (sa.select(sa.func.count()).select_from(forks).where(forks.c.agent == agents.c.id)
              .scalar_subquery().label("forks"))
    said = [heads.c[name].label(f"head_{name}") for name in _SAID]
    return sa.select(*agents.c, *said, forked).join(heads, heads.c.agent == agents.c.id)


_SAID = ("received", "made", "clock_off", "host", "os", "roles", "agent_version", "pack", "passed", "failed",
         "unknown", "not_applicable", "failed_critical", "waiting", "lost")


def _agent(row: Row[tuple[object, ...]]) -> Agent:
    return Agent(row.id, row.tenant, bytes(row.public_key), row.key_id, State(row.state), row.host,
                 tuple(row.roles), row.site, row.enrolled, row.revoked)


def _summary(row: Row[tuple[object, ...]]) -> Summary:
    said = {name: getattr(row, f"head_{name}") for name in _SAID}
    said["roles"] = tuple(said["roles"])
    return Summary(agent=_agent(row), forks=row.forks, **said)
