"""From what happened to messages that wait to be sent."""

from __future__ import annotations

from datetime import timedelta

from server.jobs.model import Context, Job
from server.notices import host, routing
from server.store.database import WHOLE_SERVER


def run(context: Context) -> None:
    """Every office for which there is something to do; each step of each in a transaction of its own."""
    mailing = host.load(context.config).mail is not None
    now = context.clock()
    with context.database.read(WHOLE_SERVER) as connection:
        offices = routing.offices(connection, now)
    for tenant in offices:
        while not context.stop.is_set():
            with context.database.write(tenant) as connection:
                if routing.route(connection, tenant, now, mailing=mailing) < routing.AT_ONCE:
                    break
        if context.stop.is_set():
            return
        with context.database.write(tenant) as connection:
            routing.compose(connection, tenant, now)


JOB = Job("notices", timedelta(seconds=5), run)
