"""Closed days: points as they were worked out once, and where the reading of an office's reports stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from evidence.ages import vouched
from evidence.day import Point, RowPoint
from evidence.day_inputs import Line
from evidence.trend import Carried, Closed
from hustings.errors import CannotFinish
from server.store import frames
from server.store.schema import check_lists, reports
from server.store.schema.scores import day_states, days

LIMIT = 256 << 20
_PAGE = 20_000


class Whole(msgspec.Struct, frozen=True):
    """What is kept of a day but its machines."""

    office: Point | None
    parties: dict[str, Point]
    sites: dict[str, Point]
    areas: dict[str, Point]
    assets: int
    silent: int
    undeclared: int


class Machines(msgspec.Struct, frozen=True):
    """The rows and machines of a day: points, and the number of the report each machine was graded by."""

    rows: dict[str, RowPoint]
    points: dict[str, Point]
    reports: dict[str, int]


@dataclass(frozen=True, slots=True)
class Kept:
    """One closed day without its machines."""

    day: date
    rules: str
    inputs: str
    points: Whole


_whole = msgspec.json.Decoder(Whole)
_machines = msgspec.json.Decoder(Machines)


def add(connection: Connection, tenant: str, closed: Iterable[Closed]) -> None:
    """Keep some days. One that is kept already stays as it is: it cannot have come out otherwise."""
    rows = [{"tenant": tenant, "day": one.day, "rules": one.rules, "inputs": one.inputs, "points": whole(one),
             "machines": frames.pack(machines(one))} for one in closed]
    if rows:
        dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
        connection.execute(dialect.insert(days).on_conflict_do_nothing(), rows)


def whole(one: Closed) -> bytes:
    """The JSON of a day's points but its rows' and machines'."""
    points = one.points
    return msgspec.json.encode(Whole(points.office, points.parties, points.sites, points.areas, points.assets,
                                     points.silent, points.undeclared))


def machines(one: Closed) -> bytes:
    """The JSON of a day's machines."""
    return msgspec.json.encode(Machines(one.points.rows, one.points.machines, one.reports))


def between(connection: Connection, tenant: str, first: date, last: date) -> list[Kept]:
    """The kept days of a span, in order, without their machines."""
    rows = connection.execute(
        sa.select(days.c.day, days.c.rules, days.c.inputs, days.c.points)
        .where(days.c.tenant == tenant, days.c.day >= first, days.c.day <= last).order_by(days.c.day))
    return [Kept(row.day, row.rules, row.inputs, _whole.decode(row.points)) for row in rows]


def before(connection: Connection, tenant: str, day: date) -> list[Kept]:
    """The kept day before ``day``, if there is one."""
    found: date | None = connection.scalar(sa.select(sa.func.max(days.c.day)).where(
        days.c.tenant == tenant, days.c.day < day))
    return between(connection, tenant, found, found) if found else []


def after(connection: Connection, tenant: str, day: date) -> date | None:
    """The first kept day after ``day``."""
    found: date | None = connection.scalar(sa.select(sa.func.min(days.c.day)).where(
        days.c.tenant == tenant, days.c.day > day))
    return found


def machines_between(connection: Connection, tenant: str, first: date, last: date) -> Iterator[tuple[date, Machines]]:
    """The machines of each kept day of a span, in order."""
    rows = connection.execute(sa.select(days.c.day, days.c.machines).where(
        days.c.tenant == tenant, days.c.day >= first, days.c.day <= last).order_by(days.c.day))
    for row in rows:
        yield row.day, _machines.decode(frames.unpack(bytes(row.machines), LIMIT))


def machines_of(connection: Connection, tenant: str, day: date) -> Machines | None:
    body = connection.scalar(sa.select(days.c.machines).where(days.c.tenant == tenant, days.c.day == day))
    return None if body is None else _machines.decode(frames.unpack(bytes(body), LIMIT))


class Raw(NamedTuple):
    """A kept day as its bytes."""

    rules: str
    inputs: str
    points: bytes
    machines: bytes


def raw(connection: Connection, tenant: str) -> dict[date, Raw]:
    """Every kept day as its bytes."""
    rows = connection.execute(sa.select(days).where(days.c.tenant == tenant).order_by(days.c.day))
    return {row.day: Raw(row.rules, row.inputs, bytes(row.points), frames.unpack(bytes(row.machines), LIMIT))
            for row in rows}


def span(connection: Connection, tenant: str) -> tuple[date, date] | None:
    """The first and the last kept day; None while there is none."""
    first, last = connection.execute(
        sa.select(sa.func.min(days.c.day), sa.func.max(days.c.day)).where(days.c.tenant == tenant)).one()
    return (first, last) if first else None


def forget_before(connection: Connection, tenant: str, day: date) -> None:
    """Drop the points of days before ``day``; they can be worked out again."""
    connection.execute(sa.delete(days).where(days.c.tenant == tenant, days.c.day < day))


def forget_all(connection: Connection, tenant: str) -> None:
    """Drop every kept day and the place where the reading stands."""
    for table in (days, day_states):
        connection.execute(sa.delete(table).where(table.c.tenant == tenant))


def carried(connection: Connection, tenant: str) -> Carried | None:
    """Where the reading stands; None before the first day."""
    body = connection.scalar(sa.select(day_states.c.body).where(day_states.c.tenant == tenant))
    return None if body is None else _carried(frames.unpack(bytes(body), LIMIT))


def carry(connection: Connection, tenant: str, state: Carried) -> None:
    """Keep where the reading stands."""
    body = frames.pack(_packed(state))
    connection.execute(sa.delete(day_states).where(day_states.c.tenant == tenant))
    connection.execute(sa.insert(day_states).values(tenant=tenant, day=state.day, body=body))


class _State(msgspec.Struct):
    """``Carried`` with each list of checks once."""

    lists: list[tuple[str, ...]]
    lines: dict[str, tuple[int, Line]]
    failing: dict[str, dict[str, datetime]]
    day: date | None


def _packed(state: Carried) -> bytes:
    places: dict[tuple[str, ...], int] = {}
    lines = {}
    for agent, line in state.lines.items():
        place = places.setdefault(line.checks, len(places))
        lines[agent] = (place, msgspec.structs.replace(line, checks=()))
    return msgspec.json.encode(_State(list(places), lines, state.failing, state.day))


def _carried(body: bytes) -> Carried:
    state = msgspec.json.decode(body, type=_State)
    lines = {agent: msgspec.structs.replace(line, checks=state.lists[place])
             for agent, (place, line) in state.lines.items()}
    return Carried(lines, state.failing, state.day)


def first_received(connection: Connection, tenant: str) -> datetime | None:
    """When the first report of an office was received."""
    found: datetime | None = connection.scalar(
        sa.select(reports.c.received).where(reports.c.tenant == tenant, reports.c.kind == "report")
        .order_by(reports.c.received).limit(1))
    return found


class Lines:
    """Reads the reports of an office as days read them; lists of checks are read once."""

    def __init__(self, connection: Connection, tenant: str) -> None:
        self._connection = connection
        self._tenant = tenant
        self._lists: dict[str, tuple[str, ...]] = {}

    def received(self, since: datetime, until: datetime) -> Iterator[tuple[str, Line]]:
        """Agent and report of each that was received from ``since`` until before ``until``, as they were accepted."""
        columns = (reports.c.id, reports.c.agent, reports.c.digest, reports.c.host, reports.c.received,
                   reports.c.made, reports.c.clock_off, reports.c.pack, reports.c.roles, reports.c.checks,
                   reports.c.vector, reports.c.overridden)
        query = sa.select(*columns).where(
            reports.c.tenant == self._tenant, reports.c.kind == "report", reports.c.received >= since,
            reports.c.received < until).order_by(reports.c.id)
        with self._connection.execute(query.execution_options(yield_per=_PAGE)) as rows:
            for row in rows:
                if len(row.vector) != len(self._names(row.checks)):
                    raise CannotFinish("the row of a stored report is damaged", where=f"report {row.id}",
                                       remedy="hustings server rebuild --check names it; restore a backup")
                at = vouched(row.made, row.received, clock_off=row.clock_off)
                yield row.agent, Line(row.id, row.digest, row.host or "", at, row.clock_off, row.pack, tuple(row.roles),
                                      self._names(row.checks), row.vector, tuple(row.overridden or ()))

    def _names(self, digest: str) -> tuple[str, ...]:
        if digest not in self._lists:
            self._lists[digest] = tuple(self._connection.execute(sa.select(check_lists.c.checks).where(
                check_lists.c.tenant == self._tenant, check_lists.c.digest == digest)).scalar_one())
        return self._lists[digest]
