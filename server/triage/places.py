"""The machines of an office as a list of findings needs them: a row each, and no report is decoded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.engagement import Engagement
from server.reviewers.names import Names
from server.store.agents import RECORDED, State
from server.store.schema import agents, heads


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine."""

    agent: str
    name: str
    site: str
    heard: datetime | None
    """When it was last looked at; None before its first report."""
    revoked: datetime | None
    recorded: bool


def machines(connection: Connection, tenant: str) -> dict[str, Machine]:
    """Every machine of an office by agent, revoked ones too."""
    rows = connection.execute(sa.select(
        agents.c.id, agents.c.key_id, agents.c.state, agents.c.revoked, agents.c.site, heads.c.host, heads.c.received,
        heads.c.made).join(heads, sa.and_(heads.c.agent == agents.c.id, heads.c.tenant == agents.c.tenant))
        .where(agents.c.tenant == tenant))
    found: dict[str, Machine] = {}
    for number, key_id, state, revoked, site, host, received, made in rows:
        recorded = key_id.startswith(RECORDED)
        heard = min(received, made) if recorded and received and made else received
        found[number] = Machine(number, host, site, heard, revoked if state == State.REVOKED else None, recorded)
    return found


def listed(some: Iterable[Machine], names: Names, engagement: Engagement | None) -> list[tuple[str, str]]:
    """Agents and shown names of the machines that somebody may choose among, by name."""
    mine = (one for one in some if engagement is None or not engagement.machines or one.agent in engagement.machines)
    return sorted(((one.agent, names.host(one.name)) for one in mine), key=lambda one: (one[1].casefold(), one[0]))
