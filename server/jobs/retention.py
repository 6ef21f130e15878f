"""What offices no longer keep is announced, and deleted once the time for objections is over."""

from __future__ import annotations

import logging
from datetime import timedelta

import sqlalchemy as sa

from server.jobs.model import Context, Job
from server.keeping import retention
from server.store.database import WHOLE_SERVER
from server.store.schema.keeping import retention_policies

logger = logging.getLogger(__name__)


def run(context: Context) -> None:
    """One office at a time, those alone that said how long they keep something."""
    with context.database.read(WHOLE_SERVER) as connection:
        offices = list(connection.scalars(sa.select(retention_policies.c.tenant).distinct()))
    for tenant in offices:
        if context.stop.is_set():
            return
        now = context.clock()
        done = retention.carry_out(context.database, tenant, now)
        if done is not None:
            logger.info("retention", extra={"tenant": tenant, "outcome": str(done.outcome), "run": done.id})
        with context.database.write(tenant) as connection:
            retention.announce(connection, tenant, now)


JOB = Job("retention", every=timedelta(hours=6), run=run)
