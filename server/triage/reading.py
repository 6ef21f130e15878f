"""Findings read out of the store and joined with what they are judged by: calendar, exceptions, inventory, pack."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy.engine import Connection

from hustings.verdicts import Severity
from policies.model import Pack
from policies.pack import shipped
from server.elections.model import Election
from server.engagement import Engagement
from server.questions import area_of
from server.records import Exemption
from server.reviewers.known import known
from server.reviewers.names import Names
from server.store import elections, exceptions, findings, inventory
from server.store.findings import Stored
from server.store.inventory import Asset
from server.triage import figures, places, seeing, sifting
from server.triage.acts import WRITTEN
from server.triage.figures import Pace, Taken
from server.triage.model import UNRESOLVED, Filter, Finding, News, Order
from server.triage.places import Machine

LOOKED_BACK = timedelta(days=365)
"""Over how long the pace of repairs is measured."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A part of a list in its order. ``total`` is how many the filter finds in all."""

    findings: tuple[Finding, ...]
    total: int
    more: bool


@cache
def pack() -> Pack:
    """The policy pack of this release."""
    return shipped()


def query(connection: Connection, tenant: str, wanted: Filter, now: datetime, *, limit: int = 50,
          after: int = 0) -> Listed:
    """Findings of an office in the filter's order; ``after`` is the number of the last one of the part before."""
    found = every(connection, tenant, wanted, now)
    if wanted.order is Order.NUMBER:
        rest = [one for one in found if one.number > after]
    else:
        place = next((place for place, one in enumerate(found, 1) if one.number == after), 0)
        rest = found[place:]
    return Listed(tuple(rest[:limit]), len(found), len(rest) > limit)


def every(connection: Connection, tenant: str, wanted: Filter, now: datetime,
          around: Around | None = None) -> list[Finding]:
    """All that a filter finds, in its order. ``around`` is what was read of the same office before."""
    read = around or Around.read(connection, tenant, now, wanted.engagement)
    comments = _comments(connection, tenant, wanted) if wanted.news is News.COMMENTED and wanted.since else {}
    turned = wanted.since if wanted.news not in (None, News.COMMENTED) else None
    stored = findings.raw(
        connection, tenant, resolved=not wanted.states <= UNRESOLVED or not wanted.states, turned_since=turned,
        checks=[wanted.check] if wanted.check else None, agents=None if wanted.agent is None else [wanted.agent],
        numbers=list(comments) if wanted.news is News.COMMENTED else None)
    seen = read.see(stored)
    if comments:
        seen = [replace(one, commented=comments.get(one.number)) for one in seen]
    return sifting.sifted(seen, wanted)


def news(connection: Connection, tenant: str, wanted: Filter, now: datetime,
         around: Around | None = None) -> dict[News, int]:
    """How much happened since ``wanted.since`` that ``wanted.viewer`` may see, of each kind."""
    read = around or Around.read(connection, tenant, now, wanted.engagement)
    return {kind: len(every(connection, tenant, replace(
        Filter(engagement=wanted.engagement, since=wanted.since, viewer=wanted.viewer), news=kind,
        states=frozenset()), now, read)) for kind in News}


def paces(connection: Connection, tenant: str, now: datetime, around: Around) -> list[Pace]:
    """How long repairs took that ended in the last year, of what the engagement covers."""
    known = {one.id: one for one in around.pack.checks}
    taken = []
    for agent, check, said, opened, resolved in findings.times(connection, tenant, now - LOOKED_BACK):
        found = known.get(check)
        if around.engagement is None or (found and around.engagement.covers(agent, area_of(found.catalogue))):
            taken.append(Taken(found.severity if found else Severity(said), opened, resolved))
    return figures.paces(taken, around.elections)


def get(connection: Connection, tenant: str, number: int, now: datetime,
        engagement: Engagement | None = None) -> Finding | None:
    """One finding; None where there is none of that number, or the engagement does not cover it."""
    stored = findings.one(connection, tenant, number)
    if stored is None:
        return None
    found = Around.read(connection, tenant, now, engagement).see([stored])
    return found[0] if found else None


@dataclass(frozen=True)
class Around:
    """What findings of one office are read with at ``now``. Past ``engagement`` nothing is seen."""

    pack: Pack
    now: datetime
    machines: dict[str, Machine]
    """By agent."""
    assets: dict[str, Asset]
    """By name without case."""
    elections: tuple[Election, ...]
    exemptions: tuple[Exemption, ...]
    engagement: Engagement | None = None
    names: Names = field(default_factory=Names)

    @classmethod
    def read(cls, connection: Connection, tenant: str, now: datetime, engagement: Engagement | None = None) -> Around:
        hidden = engagement is not None and not engagement.names_shown
        declared = inventory.current(connection, tenant)
        return cls(
            pack(), now, places.machines(connection, tenant),
            {one.asset.casefold(): one for one in declared.assets} if declared else {},
            elections.every(connection, tenant),
            tuple(Exemption(one.number, one.kind, one.subject, one.asset, one.reason, one.control, one.owner,
                            one.approved_by, one.at, one.by, one.until, one.ended)
                  for one in exceptions.every(connection, tenant)), engagement,
            Names(engagement, known(connection, tenant)) if hidden else Names())

    @property
    def sites(self) -> set[str]:
        """Every site that is declared or that a machine enrolled with; not told to who may see some machines alone."""
        machines = self.machines.values()
        if self.engagement is None or not self.engagement.machines:
            return {one.site for one in machines} | {one.site for one in self.assets.values()}
        mine = [one for one in machines if one.agent in self.engagement.machines]
        names = {one.name.casefold() for one in mine}
        return {one.site for one in mine} | {one.site for name, one in self.assets.items() if name in names}

    def see(self, stored: Iterable[Stored]) -> list[Finding]:
        """Findings as they stand now, without those that the engagement does not cover."""
        eyes = seeing.Eyes(self.pack, self.now, self.machines, self.assets, self.elections, self.exemptions,
                            self.names)
        seen = (eyes.finding(one) for one in stored)
        if self.engagement is None:
            return list(seen)
        return [one for one in seen if self.engagement.covers(one.agent, one.area)]


def _comments(connection: Connection, tenant: str, wanted: Filter) -> dict[int, datetime]:
    """When somebody else last wrote about each finding since."""
    return {one.finding: one.at for one in findings.acts(connection, tenant, since=wanted.since)
            if one.kind in WRITTEN and (wanted.viewer is None or one.person != wanted.viewer)}
