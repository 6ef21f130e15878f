"""Writes down how many attempts to get in were refused."""

from __future__ import annotations

from datetime import timedelta

from server.jobs.model import Context, Job
from server.notices import attempts
from server.notices.attempts import Attempts
from server.store import tenants
from server.store.database import WHOLE_SERVER


def run(context: Context) -> None:
    """This process's own counters; what cannot be written down is counted again the next time."""
    counters = context.shared.get(attempts.SHARED)
    if not isinstance(counters, Attempts) or not counters:
        return
    with context.database.read(WHOLE_SERVER) as connection:
        everyone = [one.id for one in tenants.every(connection)]
    taken = counters.take()
    left = {(each, day, what): number for (tenant, day, what), number in sorted(taken.items())
            for each in everyone if tenant in ("", each)}
    try:
        for place in list(left):
            tenant, day, what = place
            with context.database.write(tenant) as connection:
                attempts.write(connection, tenant, day, what, left[place], context.clock())
            del left[place]
    finally:
        for (tenant, day, what), number in left.items():
            counters.add(what, day, tenant, number)


JOB = Job("attempts", timedelta(seconds=15), run, everywhere=True)
