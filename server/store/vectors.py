"""Verdicts of many machines as their letters: what a look back over an office reads, and no more."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from evidence.ages import vouched
from hustings.errors import CannotFinish
from server.store.schema import agents, check_lists, reports

_PAGE = 20_000


class Vector(NamedTuple):
    """One report: ``at`` is the moment the server can vouch for, ``letters`` one for each of ``checks``."""

    agent: str
    number: int
    at: datetime
    checks: tuple[str, ...]
    """The very same tuple for all reports that list the same checks."""
    letters: str


@dataclass(frozen=True, slots=True)
class Last:
    """The last report of an agent by some moment, without its body."""

    number: int
    received: datetime
    inventory: str | None
    """The digest of the inventory section it holds or names; None where the row does not repeat it."""
    roles: tuple[str, ...]


class Vectors:
    """Reads the letters of an office's reports; lists of checks are read once."""

    def __init__(self, connection: Connection, tenant: str) -> None:
        self._connection = connection
        self._tenant = tenant
        self._lists = {row.digest: tuple(row.checks) for row in connection.execute(
            sa.select(check_lists.c.digest, check_lists.c.checks).where(check_lists.c.tenant == tenant))}

    def received(self, since: datetime | None, until: datetime | None, *, newest_first: bool = False,
                 of: Collection[str] | None = None) -> Iterator[Vector]:
        """Reports received after ``since`` and by ``until``, as they were accepted or ``newest_first``.

        ``of`` limits them to some agents. Raises ``CannotFinish`` for a damaged row.
        """
        query = sa.select(reports.c.agent, reports.c.id, reports.c.received, reports.c.made, reports.c.clock_off,
                          reports.c.checks, reports.c.vector).where(
            reports.c.tenant == self._tenant, reports.c.kind == "report")
        if since is not None:
            query = query.where(reports.c.received > since)
        if until is not None:
            query = query.where(reports.c.received <= until)
        if of is not None:
            query = query.where(reports.c.agent.in_(of))
        query = query.order_by(reports.c.id.desc() if newest_first else reports.c.id)
        with self._connection.execute(query.execution_options(yield_per=_PAGE)) as rows:
            for agent, number, arrived, made, clock_off, digest, letters in chain.from_iterable(rows.partitions()):
                checks = self._lists.get(digest, ())
                if len(checks) != len(letters):
                    raise CannotFinish("the row of a stored report is damaged", where=f"report {number}",
                                       remedy="hustings server rebuild --check names it; restore a backup")
                yield Vector(agent, number, vouched(made, arrived, clock_off=clock_off), checks, letters)

    def last_by(self, moment: datetime) -> dict[str, Last]:
        """The last report of each agent that arrived by ``moment``, by agent."""
        newest = sa.select(reports.c.id).where(
            reports.c.tenant == self._tenant, reports.c.agent == agents.c.id, reports.c.kind == "report",
            reports.c.received <= moment).order_by(reports.c.received.desc(), reports.c.id.desc()).limit(1)
        rows = self._connection.execute(
            sa.select(reports.c.agent, reports.c.id, reports.c.received, reports.c.inventory, reports.c.roles)
            .join(agents, reports.c.id == newest.correlate(agents).scalar_subquery())
            .where(agents.c.tenant == self._tenant))
        return {row.agent: Last(row.id, row.received, row.inventory, tuple(row.roles)) for row in rows}
