"""Warns of software and systems whose maker soon stops repairing them, by the machines that report."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta

from policies.lifecycle import Table
from server import plan
from server.jobs.model import Context, Job
from server.notices import events
from server.notices.deadline import Deadline, stage
from server.notices.events import Happened
from server.plan import Line
from server.reading import Reading
from server.store import tenants
from server.store.database import WHOLE_SERVER

KIND = "support-ending"
BEFORE = (timedelta(days=365), timedelta(days=180), timedelta(days=90), timedelta(days=30))
"""A replacement takes months: people are told that early."""


def run(context: Context) -> None:
    """Every office, read on its own and forgotten again."""
    with context.database.read(WHOLE_SERVER) as connection:
        offices = [one.id for one in tenants.every(connection)]
    table = Table.of(context.pack.tables)
    for tenant in offices:
        if context.stop.is_set():
            return
        now = context.clock()
        lines = plan.make(Reading(context.database).office(tenant), table, now).lines
        with context.database.read(tenant) as connection:
            found = events.fresh(connection, tenant, ending(lines, now))
        if found:
            with context.database.write(tenant) as connection:
                events.every(connection, tenant, found, now)


def ending(lines: Iterable[Line], now: datetime) -> list[Happened]:
    """What is to be told of a plan's lines. What ended on a day unknown is on the plan, and not news."""
    found = []
    for line in lines:
        if line.ends is None:
            continue
        ends = datetime.combine(line.ends + timedelta(days=1), time(), UTC)
        told = stage(Deadline(KIND, f"{line.category}:{line.what}", line.what, ends, before=BEFORE), now)
        if told is not None:
            found.append(Happened(*told, line.what, {"ends": line.ends.isoformat(), "machines": len(line.where)}))
    return found


JOB = Job("support", timedelta(hours=24), run)
