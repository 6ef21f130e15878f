"""From the store to the records that pages and plan read.

The last report of a machine is decoded once and kept until a newer one arrives; older reports are
read page by page, only as far back as somebody asks.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from datetime import datetime
from threading import Lock

from sqlalchemy.engine import Connection

from server.records import Asset, Gap, Heard, Office, Past, Review, RoleChange
from server.store import access_reviews, agents, elections, inventory, reports, tenants
from server.store.agents import State, Summary
from server.store.database import Database

KEPT = 512
"""How many machines' last reports stay decoded in memory."""
PAGE = 200


class Reading:
    """Reads offices out of one database. Safe to share between threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: OrderedDict[tuple[str, str, datetime | None], Heard] = OrderedDict()
        self._lock = Lock()

    def office(self, tenant: str) -> Office:
        """Everything known of one office. Raises ``CannotFinish`` when the database is away."""
        with self._database.read() as connection:
            found = tenants.get(connection, tenant)
            declared = inventory.current(connection, tenant)
            return Office(
                name=found.name if found else tenant,
                machines=tuple(self._heard(connection, tenant, one) for one in agents.summaries(connection, tenant)),
                assets=None if declared is None else tuple(
                    Asset(one.asset, one.roles, one.site, one.responsible, one.mirror_of) for one in declared.assets),
                inventory_file=declared.file if declared else "",
                voting_days=elections.voting_days(connection, tenant),
                reviews=tuple(Review(one.agent, one.database, one.difference, one.at, one.person, one.by)
                              for one in access_reviews.every(connection, tenant)))

    def _heard(self, connection: Connection, tenant: str, one: Summary) -> Heard:
        key = (one.agent.id, f"{one.agent.state} {one.lost} {one.forks}", one.received)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        heard = self._read(connection, tenant, one)
        with self._lock:
            self._kept[key] = heard
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return heard

    def _read(self, connection: Connection, tenant: str, one: Summary) -> Heard:
        agent = one.agent.id
        stored = reports.latest(connection, tenant, agent)
        lost = reports.lost(connection, tenant, agent) if one.lost else []
        forks = reports.forked(connection, tenant, agent) if one.forks else []
        return Heard(
            agent=agent, host=one.host, roles=one.agent.roles, site=one.agent.site,
            revoked=one.agent.state is not State.APPROVED,
            report=stored.report if stored else None, received=_spoke(stored) if stored else None,
            clock_off=stored.clock_off if stored else False, past=_History(self._database, tenant, agent).read,
            role_changes=tuple(RoleChange(change.at, change.source, change.before, change.after)
                               for change in agents.role_history(connection, tenant, agent)),
            gaps=(*(Gap("lost", None, gap.first, gap.last, gap.reason) for gap in lost),
                  *(Gap("fork", fork.received, fork.sequence, fork.sequence, fork.reason) for fork in forks)))


class _History:
    """A machine's stored verdicts, newest first, fetched as far as they are read."""

    def __init__(self, database: Database, tenant: str, agent: str) -> None:
        self._database = database
        self._tenant = tenant
        self._agent = agent
        self._seen: list[Past] = []
        self._before: int | None = None
        self._whole = False
        self._lock = Lock()

    def read(self) -> Iterator[Past]:
        place = 0
        while True:
            with self._lock:
                if place >= len(self._seen) and not self._whole:
                    self._fetch()
                batch = self._seen[place:]
            if not batch:
                return
            yield from batch
            place += len(batch)

    def _fetch(self) -> None:
        """Add the next page that holds a report, or find that there is none."""
        while not self._whole:
            with self._database.read() as connection:
                lines = reports.history(connection, self._tenant, self._agent, limit=PAGE, before=self._before)
            self._whole = len(lines) < PAGE
            self._before = lines[-1].id if lines else self._before
            told = [Past(_vouched(one), one.verdicts) for one in lines if one.kind == "report"]
            self._seen += told
            if told:
                return


def _spoke(stored: reports.Stored) -> datetime:
    """When the report's machine was last looked at: importing an old recording does not make it new."""
    recording = stored.report.recording
    return stored.received if recording is None else min(stored.received, recording.recorded_at)


def _vouched(line: reports.Line) -> datetime:
    """When a report's verdicts were true: its own word if its clock is sound, and never after its receipt."""
    if line.clock_off or line.made is None:
        return line.received
    return min(line.made, line.received)
