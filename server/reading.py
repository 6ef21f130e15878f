"""From the store to the records that pages and plan read.

The last report of a machine is decoded once and kept until a newer one arrives. No page reads older reports: what
they say of how long checks fail is carried beside each chain (``evidence.ages``).
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from threading import Lock

from sqlalchemy.engine import Connection

from evidence.said import said_at
from server.attestations.record import word
from server.elections.model import voting_days
from server.exceptions import held
from server.records import Asset, Declaration, Gap, Heard, Office, Review, RoleChange, Unanswered
from server.sharing import Pool, size
from server.store import access_reviews, agents, elections, evidence_requests, inventory, reports, settings, tenants
from server.store.agents import State, Summary
from server.store.database import Database
from server.store.settings import Profile

KEPT = 512 << 20
"""About how many bytes of decoded reports stay in memory."""


_EVER = datetime.max.replace(tzinfo=UTC)
SHOWN_DECLARATIONS = timedelta(days=100)
"""How far back versions of the inventory are read, with the one in force then."""


@dataclass(frozen=True, slots=True)
class _Inventory:
    """What one office declared, and when it was read: the number of its last version, and the day."""

    key: tuple[int | None, date]
    assets: tuple[Asset, ...] | None
    file: str
    declarations: tuple[Declaration, ...]


class Reading:
    """Reads offices out of one database. Safe to share between threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: OrderedDict[str, tuple[tuple[str, datetime | None], Heard]] = OrderedDict()
        self._bytes = 0
        self._pool = Pool()
        self._inventories: dict[str, _Inventory] = {}
        self._lock = Lock()

    def office(self, tenant: str) -> Office:
        """Everything known of one office. Raises ``CannotFinish`` when the database is away."""
        with self._database.read(tenant) as connection:
            found = tenants.get(connection, tenant)
            inventoried = self._inventory(connection, tenant)
            known = elections.every(connection, tenant)
            own = settings.current(connection, tenant)
            return Office(
                name=found.name if found else tenant,
                machines=tuple(self._heard(connection, tenant, one) for one in agents.summaries(connection, tenant)),
                assets=inventoried.assets, inventory_file=inventoried.file,
                voting_days=voting_days(known), elections=known, campaign=own.profile is Profile.CAMPAIGN,
                zone=own.zone, exceptions=held(connection, tenant),
                declarations=inventoried.declarations,
                said=said_at(_EVER, word(connection, tenant)),
                unanswered=tuple(Unanswered(one.number, one.party, one.recipient, one.day, one.due)
                                 for one in evidence_requests.unanswered(connection, tenant)),
                reviews=tuple(Review(one.agent, one.database, one.difference, one.at, one.person, one.by)
                              for one in access_reviews.every(connection, tenant)))

    def _inventory(self, connection: Connection, tenant: str) -> _Inventory:
        """The inventory and its recent versions. Versions are never edited, so they are read once a day at most."""
        now = datetime.now(UTC)
        key = (inventory.latest(connection, tenant), now.date())
        with self._lock:
            kept = self._inventories.get(tenant)
        if kept is not None and kept.key == key:
            return kept
        declared = inventory.current(connection, tenant)
        made = _Inventory(key, None if declared is None else tuple(
            Asset(one.asset, one.roles, one.site, one.responsible, one.mirror_of) for one in declared.assets),
            declared.file if declared else "", _declarations(connection, tenant, now - SHOWN_DECLARATIONS))
        with self._lock:
            self._inventories[tenant] = made
        return made

    def _heard(self, connection: Connection, tenant: str, one: Summary) -> Heard:
        key = (f"{one.agent.state} {one.lost} {one.forks}", one.received)
        with self._lock:
            found = self._kept.get(one.agent.id)
            if found is not None and found[0] == key:
                self._kept.move_to_end(one.agent.id)
                return found[1]
        heard = self._read(connection, tenant, one)
        with self._lock:
            self._forget(one.agent.id)
            self._kept[one.agent.id] = (key, heard)
            self._bytes += size(heard.report)
            while self._bytes > KEPT and len(self._kept) > 1:
                self._forget(next(iter(self._kept)))
        return heard

    def _forget(self, agent: str) -> None:
        _, heard = self._kept.pop(agent, (None, None))
        if heard is not None:
            self._bytes -= size(heard.report)

    def _read(self, connection: Connection, tenant: str, one: Summary) -> Heard:
        agent = one.agent.id
        stored = reports.latest(connection, tenant, agent)
        lost = reports.lost(connection, tenant, agent) if one.lost else []
        forks = reports.forked(connection, tenant, agent) if one.forks else []
        failing, applied = agents.carried(connection, tenant, agent)
        return Heard(
            agent=agent, host=one.host, roles=one.agent.roles, site=one.agent.site,
            revoked=one.agent.state is not State.APPROVED, revoked_at=one.agent.revoked,
            report=self._pool.report(stored.report) if stored else None, received=_spoke(stored) if stored else None,
            number=stored.id if stored else None,
            clock_off=stored.clock_off if stored else False, failing_since=failing,
            applied_until=applied,
            role_changes=tuple(RoleChange(change.at, change.source, change.before, change.after)
                               for change in agents.role_history(connection, tenant, agent)),
            gaps=(*(Gap("lost", None, gap.first, gap.last, gap.reason) for gap in lost),
                  *(Gap("fork", fork.received, fork.sequence, fork.sequence, fork.reason) for fork in forks)))


def _spoke(stored: reports.Stored) -> datetime:
    """When the report's machine was last looked at: importing an old recording does not make it new."""
    recording = stored.report.recording
    return stored.received if recording is None else min(stored.received, recording.recorded_at)


def _declarations(connection: Connection, tenant: str, since: datetime) -> tuple[Declaration, ...]:
    return tuple(Declaration(one.imported, one.imported_by, one.file, tuple(
        Asset(each.asset, each.roles, each.site, each.responsible, each.mirror_of) for each in one.assets))
        for one in inventory.since(connection, tenant, since))
