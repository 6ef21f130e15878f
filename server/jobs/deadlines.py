"""Warns of what ends: accepted failures, support, what people vouched for."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from server.jobs.model import Context, Job
from server.notices import deadlines, events
from server.notices.deadline import stage
from server.notices.events import Happened
from server.store import tenants
from server.store.database import WHOLE_SERVER


def run(context: Context) -> None:
    """Every office, each in a transaction of its own."""
    with context.database.read(WHOLE_SERVER) as connection:
        offices = [one.id for one in tenants.every(connection)]
    for tenant in offices:
        if context.stop.is_set():
            return
        now = context.clock()
        with context.database.read(tenant) as connection:
            found = events.fresh(connection, tenant, due(context, connection, tenant, now))
        if found:
            with context.database.write(tenant) as connection:
                events.every(connection, tenant, found, now)


def due(context: Context, connection: Connection, tenant: str, now: datetime) -> list[Happened]:
    """What is to be told of an office now; events that were told before are among them."""
    found = []
    for upcoming in deadlines.every():
        for one in upcoming(connection, tenant, now, context.pack):
            told = stage(one, now)
            if told is not None:
                found.append(Happened(*told, one.subject, {"ends": one.ends.isoformat()}))
    return found


JOB = Job("deadlines", timedelta(hours=1), run)
