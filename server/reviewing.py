"""From the store to the review of an election: each machine's reports, read only as far as they decide something."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from policies.model import Pack
from server.elections.model import Election, Window
from server.elections.review import Held, Machine, Review, end_of, freeze_of, review
from server.elections.trail import After, Before
from server.records import Asset, Heard, Office
from server.standing import SILENT_AFTER
from server.store import days, elections, reports
from server.store.database import Database
from server.store.vectors import Last, Vectors

LATE = timedelta(days=2)
"""Reports made on the day that arrive up to this much later still speak of it."""
SPAN = timedelta(days=30)
"""How far back the first look goes; each further one goes twice as far."""
_FEW = 100
"""Up to this many machines are asked for by name."""


def read(database: Database, tenant: str, office: Office, election: Election, pack: Pack, now: datetime) -> Review:
    """The review of an election whose voting is over. Raises ``CannotFinish`` when the database is away."""
    end = end_of(election.last, office.zone)
    freeze = freeze_of(election)
    with database.read(tenant) as connection:
        known = elections.as_of(connection, tenant, end)
        vectors = Vectors(connection, tenant)
        after = _after(vectors, office, end)
        before = _before(connection, tenant, vectors, office, end, after)
        frozen = _Frozen(connection, tenant, vectors, office, freeze, now) if freeze else None
        machines = (Machine(one.agent, _name(one), before[one.agent].told(), after[one.agent].told(),
                            *(frozen.sides(one.agent) if frozen else (None, None)), before[one.agent].since())
                    for one in office.machines)
        return review(election, machines, pack, zone_name=office.zone, elections=known,
                      assets=_declared(office, end), exemptions=office.exceptions, expected=_expected(office, now))


def _name(heard: Heard) -> str:
    return heard.report.host if heard.report else heard.host


def _declared(office: Office, end: datetime) -> tuple[Asset, ...]:
    """The inventory as it was declared by the day, as far back as it is kept; else the one in force."""
    versions = [one for one in office.declarations if one.at <= end]
    return versions[-1].assets if versions else office.assets or ()


def _expected(office: Office, now: datetime) -> frozenset[str]:
    """Names of machines, folded, that should report today and do not."""
    reporting = {_name(one).casefold() for one in office.machines
                 if not one.revoked and one.received is not None and now - one.received <= SILENT_AFTER}
    enrolled = {_name(one).casefold() for one in office.machines if not one.revoked}
    return frozenset((enrolled | {one.name.casefold() for one in office.assets or ()}) - reporting)


def _after(vectors: Vectors, office: Office, end: datetime) -> dict[str, After]:
    found = {one.agent: After() for one in office.machines}
    for agent, number, at, checks, letters in vectors.received(end, None):
        if at > end and agent in found:
            found[agent].add(number, at, checks, letters)
    return found


def _before(connection: Connection, tenant: str, vectors: Vectors, office: Office, end: datetime,
            after: Mapping[str, After]) -> dict[str, Before]:
    found = {one.agent: Before({check: at for check, at in one.failing_since.items() if at <= end},
                               after[one.agent].passed) for one in office.machines}
    oldest = days.first_received(connection, tenant)
    left = dict(found)
    for since, until in _spans(oldest, end + LATE):
        for agent, number, at, checks, letters in vectors.received(
                since, until, newest_first=True, of=tuple(left) if len(left) <= _FEW else None):
            trail = left.get(agent)
            if trail is not None and at <= end:
                trail.add(number, at, checks, letters)
                if trail.done:
                    del left[agent]
        if not left:
            break
    return found


def _spans(oldest: datetime | None, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Spans that end at ``until`` and reach back past ``oldest``, the latest first; none without a report."""
    length = SPAN
    while oldest is not None and oldest <= until:
        yield until - length, until
        until, length = until - length, length * 2


class _Frozen:
    """What machines were before the freeze and by its end."""

    def __init__(self, connection: Connection, tenant: str, vectors: Vectors, office: Office, freeze: Window,
                 now: datetime) -> None:
        self._connection = connection
        self._tenant = tenant
        self._began = end_of(freeze.first - timedelta(days=1), office.zone)
        self._first = vectors.last_by(self._began)
        self._last = vectors.last_by(min(end_of(freeze.last, office.zone), now))

    def sides(self, agent: str) -> tuple[Held | None, Held | None]:
        """Its last reports before the freeze and in it. Products that cannot differ are left out."""
        first, last = self._first.get(agent), self._last.get(agent)
        if last is not None and last.received <= self._began:
            last = None
        if first is None or last is None:
            return None, None
        if first.inventory is not None and first.inventory == last.inventory:
            held = reports.outline(self._connection, self._tenant, agent, first.inventory)
            if held is not None:
                return (Held(first.received, first.roles, held), Held(last.received, last.roles, held))
        return self._held(agent, first), self._held(agent, last)

    def _held(self, agent: str, one: Last) -> Held | None:
        inventory = reports.section(self._connection, self._tenant, agent, one.inventory) if one.inventory else None
        if inventory is None:
            stored = reports.get(self._connection, self._tenant, one.number)
            inventory = stored.inventory if stored else None
        return None if inventory is None else Held(one.received, one.roles, inventory)
