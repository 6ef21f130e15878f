"""Offices for tests of days: a small pack, machines, reports and what changes between them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from evidence.day_inputs import Asset, Inputs, Line, Machine
from evidence.rules import Rules, rules_of
from evidence.trend import Closed, Declared, Enrolled, InForce, Records, Series
from policies.model import Pack
from tests.server.records import CHECKS, PACK

DAY = date(2026, 11, 22)
END = datetime(2026, 11, 23, tzinfo=UTC)
NAMES = tuple(one.id for one in CHECKS)
RULES = rules_of(PACK)
HOUR = timedelta(hours=1)


def line(letters: str = "", *, host: str = "desk-1", at: datetime = END - 2 * HOUR, number: int = 1,
         roles: tuple[str, ...] = ("office-workstation",), **changes: Any) -> Line:
    """A report; ``letters`` follow ``CHECKS`` (none: all pass that a workstation has)."""
    vector = letters or "".join("n" if one.roles and not set(one.roles) & set(roles) else "p" for one in CHECKS)
    made = Line(number, f"sha256:{number}", host, at, False, PACK.digest, roles, NAMES, vector)
    return msgspec.structs.replace(made, **changes)


def machine(said: Line | None, *, agent: str = "agent-1", **changes: Any) -> Machine:
    made = Machine(agent, said.host if said else "desk-1", (), False, said, {})
    return msgspec.structs.replace(made, **changes)


def inputs(*machines: Machine, assets: tuple[Asset, ...] | None = None, **changes: Any) -> Inputs:
    return msgspec.structs.replace(Inputs(DAY, machines, assets), **changes)


def rules(pack: Pack = PACK) -> Rules:
    return rules_of(pack)


def records(*hosts: str, **changes: Any) -> Records:
    """An office of some machines, enrolled long ago."""
    long_ago = END - timedelta(days=1000)
    made = Records(tuple(Enrolled(f"agent-{host}", host, (), False, long_ago) for host in hosts),
                   (InForce(long_ago, RULES),))
    return msgspec.structs.replace(made, **changes)


def declared(*assets: Asset, at: datetime = END - timedelta(days=900)) -> Declared:
    return Declared(at, assets)


def asset(name: str, *, roles: tuple[str, ...] = ("office-workstation",), site: str = "Hall",
          responsible: str = "us") -> Asset:
    return Asset(name, roles, site, responsible)


def closed(of: Records, reports: Iterable[tuple[datetime, str, Line]], first: date, last: date) -> list[Closed]:
    """Every day from first to last; ``reports`` are the receipt, the agent and the report, in order of receipt."""
    series, found, day = Series(of), [], first
    told = list(reports)
    while day <= last:
        found.append(series.close(day, [(agent, said) for received, agent, said in told
                                        if received.astimezone(UTC).date() == day]))
        day += timedelta(days=1)
    return found
