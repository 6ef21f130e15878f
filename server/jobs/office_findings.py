"""How the checks of each office as a whole come out now: what fails is a finding, as on a machine."""

from __future__ import annotations

from datetime import timedelta

from server.jobs.model import Context, Job
from server.store import tenants
from server.store.database import WHOLE_SERVER
from server.triage import office_checks


def run(context: Context) -> None:
    """Every office, each in a transaction of its own."""
    with context.database.read(WHOLE_SERVER) as connection:
        offices = tenants.every(connection)
    for one in offices:
        if context.stop.is_set():
            return
        office_checks.look(context.database, one.id, context.pack, context.clock())


JOB = Job("office-findings", timedelta(minutes=15), run)
