"""The history of an office: closing its days, and working all of them out again to see that they come out alike.

A day is closed once, some minutes after it has ended, from what had been received by then. Two years are kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy.engine import Connection

from evidence.day_inputs import Asset, ends
from evidence.deadlines import Voting
from evidence.rules import rules_of
from evidence.trend import (
    Calendar,
    Closed,
    Declared,
    Enrolled,
    Exempted,
    Records,
    Series,
    following_days,
)
from policies.model import Pack
from server.attestations.record import word
from server.day_reviews import DayReviews
from server.elections.model import Election, WindowKind, voting_days
from server.store import agents, days, elections, exceptions, inventory, rule_sets, tenants
from server.store.agents import State
from server.store.database import WHOLE_SERVER, Database

KEPT = timedelta(days=731)
"""How far back closed days are kept: two years."""
SHOWN = timedelta(days=365)
GRACE = timedelta(minutes=10)
"""How long after its end a day is closed: what was received in it is stored by then."""
AT_ONCE = 10
"""Days that are closed in one transaction."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A kept day that does not come out as it is kept: ``what`` is ``inputs``, ``rules``, ``points``, ``machines`` or
    ``missing``."""

    day: date
    what: str


def start(database: Database, pack: Pack, now: datetime) -> None:
    """Write down for every office what this release grades with, if that is new."""
    rules = rules_of(pack)
    with database.read(WHOLE_SERVER) as connection:
        offices = tenants.every(connection)
    for one in offices:
        with database.write(one.id) as connection:
            rule_sets.record(connection, one.id, rules, now)


def close(database: Database, tenant: str, pack: Pack, now: datetime, *, at_most: int | None = None) -> int:
    """Close the days of an office that have ended. Returns how many; ``at_most`` bounds them.

    Another process may do the same meanwhile: what is already closed stays as it is.
    """
    done = 0
    with database.write(tenant) as connection:
        rule_sets.record(connection, tenant, rules_of(pack), now)
    with database.read(tenant) as connection:
        state = days.carried(connection, tenant)
        records = _records(connection, tenant)
        first = days.first_received(connection, tenant)
        if first is None:
            return 0
        series = Series(records, state)
        if state is None:
            _catch_up(connection, tenant, series, _day(first), _day(now - KEPT))
        waiting = list(following_days(series.carried.day, _day(first), now - GRACE))[:at_most]
    for some in (waiting[place:place + AT_ONCE] for place in range(0, len(waiting), AT_ONCE)):
        before = series.carried.day
        with database.read(tenant) as connection:
            closed = list(_closed(connection, tenant, series, some))
        with database.write(tenant) as connection:
            held = days.carried(connection, tenant)
            if held is not None and held.day != before:
                return done
            days.add(connection, tenant, closed)
            days.carry(connection, tenant, series.carried)
            days.forget_before(connection, tenant, _day(now - KEPT))
        done += len(closed)
    return done


def missing(connection: Connection, tenant: str, now: datetime) -> int:
    """How many ended days are not closed yet."""
    first = days.first_received(connection, tenant)
    if first is None:
        return 0
    known = days.span(connection, tenant)
    since = max(_day(first), _day(now - KEPT))
    return sum(1 for _ in following_days(known[1] if known else None, since, now - GRACE))


def verify(database: Database, tenant: str) -> tuple[int, list[Mismatch]]:
    """Work every kept day out again from the stored reports and records: how many, and which differ."""
    found: list[Mismatch] = []
    with database.read(tenant) as connection:
        kept = days.span(connection, tenant)
        first = days.first_received(connection, tenant)
        if kept is None or first is None:
            return 0, []
        series = Series(_records(connection, tenant))
        _catch_up(connection, tenant, series, _day(first), kept[0])
        wanted = list(following_days(series.carried.day, _day(first), ends(kept[1])))
        stored = days.raw(connection, tenant)
        for one in _closed(connection, tenant, series, wanted):
            row = stored.pop(one.day, None)
            if row is None:
                found.append(Mismatch(one.day, "missing"))
                continue
            again = days.Raw(one.rules, one.inputs, days.whole(one), days.machines(one))
            found += [Mismatch(one.day, what) for what, held, made in zip(days.Raw._fields, row, again, strict=True)
                      if held != made]
    found += [Mismatch(day, "missing") for day in stored]
    return len(wanted), found


def _catch_up(connection: Connection, tenant: str, series: Series, first: date, wanted: date) -> None:
    """Read what was received before the day before ``wanted``, without grading anything."""
    if first >= wanted:
        return
    until = datetime.combine(wanted, time(), UTC)
    for agent, line in days.Lines(connection, tenant).received(datetime.combine(first, time(), UTC), until):
        series.take(agent, line)
    series.carried.day = wanted - timedelta(days=1)


def _closed(connection: Connection, tenant: str, series: Series, wanted: list[date]) -> Iterator[Closed]:
    lines, reviews = days.Lines(connection, tenant), DayReviews(connection, tenant)
    for day in wanted:
        yield series.close(day, lines.received(datetime.combine(day, time(), UTC), ends(day)), reviews)


def _day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()


def _records(connection: Connection, tenant: str) -> Records:
    """Everything but reports that days are made of."""
    declared = [found for number in reversed(inventory.versions(connection, tenant))
                if (found := inventory.get(connection, tenant, number)) is not None]
    return Records(
        machines=tuple(Enrolled(one.id, one.host, one.roles, one.recorded, one.enrolled, one.revoked)
                       for one in agents.every(connection, tenant) if one.state is not State.PENDING),
        rules=rule_sets.every(connection, tenant),
        inventories=tuple(Declared(one.imported, tuple(
            Asset(each.asset, each.roles, each.site, each.responsible, each.mirror_of) for each in one.assets))
            for one in declared),
        exemptions=tuple(Exempted(one.number, one.kind, one.subject, one.asset, bool(one.approved_by), one.at,
                                  min([ends(one.until), *([one.ended] if one.ended else [])]))
                         for one in exceptions.every(connection, tenant)),
        word=word(connection, tenant),
        calendars=tuple(_calendar(at, elections.as_of(connection, tenant, at))
                        for at in sorted({one.at for one in elections.history(connection, tenant, limit=100_000)})))


def _calendar(at: datetime, known: tuple[Election, ...]) -> Calendar:
    return Calendar(at, tuple(
        Voting(min([one.first, *(window.first for window in one.of(WindowKind.ADVANCE))]),
               tuple(window.first for window in one.of(WindowKind.FREEZE))) for one in known), voting_days(known))
