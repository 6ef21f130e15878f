"""From the store to the review of an election: each machine's reports, read only as far as they decide something."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from evidence.ages import vouched
from hustings.verdicts import Verdict
from policies.model import Pack
from server.elections.model import Election
from server.elections.review import Machine, Review, Told, end_of, freeze_of, review
from server.records import Asset, Heard, Office
from server.store import elections, reports
from server.store.database import Database
from server.store.reports import Line

PAGE = 60
LATE = timedelta(days=2)
"""Reports made on the day that arrive up to this much later still speak of it."""
_DECIDED = (Verdict.PASS, Verdict.FAIL)


def read(database: Database, tenant: str, office: Office, election: Election, pack: Pack, now: datetime) -> Review:
    """The review of an election whose voting is over. Raises ``CannotFinish`` when the database is away."""
    end = end_of(election.last, office.zone)
    freeze = freeze_of(election)
    with database.read() as connection:
        known = elections.as_of(connection, tenant, end)
        machines = []
        for heard in office.machines:
            machine = _machine(connection, tenant, heard, end)
            if freeze is not None:
                began = end_of(freeze.first - timedelta(days=1), office.zone)
                machine = _with_freeze(connection, tenant, machine, began, min(end_of(freeze.last, office.zone), now))
            machines.append(machine)
    return review(election, machines, pack, zone_name=office.zone, elections=known,
                  assets=_declared(office, end), exemptions=office.exceptions)


def _declared(office: Office, end: datetime) -> tuple[Asset, ...]:
    """The inventory as it was declared by the day, as far back as it is kept; else the one in force."""
    versions = [one for one in office.declarations if one.at <= end]
    return versions[-1].assets if versions else office.assets or ()


def _machine(connection: Connection, tenant: str, heard: Heard, end: datetime) -> Machine:
    since = {check: at for check, at in heard.failing_since.items() if at <= end}
    after = _after(connection, tenant, heard.agent, end)
    passed = {check for told in after for check, verdict in told.verdicts.items() if verdict is Verdict.PASS}
    before = _before(connection, tenant, heard.agent, end, frozenset(since), passed)
    return Machine(heard.agent, heard.report.host if heard.report else heard.host, before, after, since=since)


def _before(connection: Connection, tenant: str, agent: str, end: datetime, standing: frozenset[str],
            passed: set[str]) -> tuple[Told, ...]:
    """Newest first, as far back as something of the day is open to doubt.

    ``standing`` are checks known to have failed by then and never to have passed since: reports that leave them out
    hide nothing, and how long they fail is known. Any other check that was open on the day is among ``passed``,
    those that a later report passed: these are followed back to a decision, and failures to their last pass. Of
    reports in a row that say the same, the newest and the oldest stand for all.
    """
    found: list[Told] = []
    undecided = passed | standing
    failing: set[str] = set()
    number: int | None = None
    while True:
        lines = reports.history_until(connection, tenant, agent, end + LATE, limit=PAGE, before=number)
        for told in (one for one in _told(lines) if one.at <= end):
            if found and told.verdicts is found[-1].verdicts:
                _stretch(found, told)
                continue
            found.append(told)
            for check, verdict in told.verdicts.items():
                if verdict is Verdict.PASS:
                    failing.discard(check)
                elif verdict is Verdict.FAIL and check in undecided and check not in standing:
                    failing.add(check)
            undecided -= {check for check, verdict in told.verdicts.items() if verdict in _DECIDED}
            if not undecided and not failing:
                return tuple(found)
        if len(lines) < PAGE:
            return tuple(found)
        number = lines[-1].id


def _stretch(found: list[Told], told: Told) -> None:
    """Let a run of reports that say the same begin with ``told``, which is older than all of them."""
    if len(found) > 1 and told.verdicts is found[-2].verdicts:
        found.pop()
    found.append(told)


def _after(connection: Connection, tenant: str, agent: str, end: datetime) -> tuple[Told, ...]:
    """Oldest first, to this day; the first of reports in a row that say the same."""
    found: list[Told] = []
    number = 0
    while True:
        lines = reports.history_after(connection, tenant, agent, end, limit=PAGE, after=number)
        found += [told for told in _told(lines) if told.at > end]
        if len(lines) < PAGE:
            return tuple(one for place, one in enumerate(found)
                         if not place or one.verdicts is not found[place - 1].verdicts)
        number = lines[-1].id


def _with_freeze(connection: Connection, tenant: str, machine: Machine, first: datetime, last: datetime) -> Machine:
    frozen = reports.by(connection, tenant, machine.agent, first)
    thawed = reports.by(connection, tenant, machine.agent, last)
    return replace(machine, frozen=(frozen.received, frozen.report) if frozen else None,
                   thawed=(thawed.received, thawed.report) if thawed and thawed.received > first else None)


def _told(lines: list[Line]) -> list[Told]:
    return [Told(one.id, vouched(one.made, one.received, clock_off=one.clock_off), one.verdicts)
            for one in lines if one.kind == "report"]
