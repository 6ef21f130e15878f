"""Findings read out of the store and joined with what they are judged by: calendar, exceptions, inventory, pack."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache

from sqlalchemy.engine import Connection

from policies.model import Pack
from policies.pack import shipped
from server.elections.model import Election
from server.engagement import Engagement
from server.records import Exemption
from server.reviewers.known import known
from server.reviewers.names import Names
from server.store import elections, exceptions, findings, inventory
from server.store.findings import Stored
from server.store.inventory import Asset
from server.triage import places, seeing, sifting
from server.triage.model import UNRESOLVED, Filter, Finding, Order
from server.triage.places import Machine


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


def every(connection: Connection, tenant: str, wanted: Filter, now: datetime) -> list[Finding]:
    """All that a filter finds, in its order."""
    around = Around.read(connection, tenant, now, wanted.engagement)
    checks = sifting.checks(wanted, around.pack)
    stored = findings.raw(
        connection, tenant, resolved=not wanted.states <= UNRESOLVED or not wanted.states, checks=checks,
        agents=None if wanted.agent is None else [wanted.agent])
    seen = around.see(stored)
    if wanted.since is not None and wanted.news is not None:
        seen = _commented(connection, tenant, seen, wanted)
    return sifting.sifted(seen, wanted)


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

    def see(self, stored: Iterable[Stored]) -> list[Finding]:
        """Findings as they stand now, without those that the engagement does not cover."""
        eyes = seeing.Eyes(self.pack, self.now, self.machines, self.assets, self.elections, self.exemptions,
                            self.names)
        seen = (eyes.finding(one) for one in stored)
        if self.engagement is None:
            return list(seen)
        return [one for one in seen if self.engagement.covers(one.agent, one.area)]


def _commented(connection: Connection, tenant: str, seen: list[Finding], wanted: Filter) -> list[Finding]:
    last = {one.finding: one.at for one in findings.acts(connection, tenant, since=wanted.since)
            if one.kind in sifting.WRITTEN and (wanted.viewer is None or one.person != wanted.viewer)}
    return [replace(one, commented=last.get(one.number)) for one in seen]
