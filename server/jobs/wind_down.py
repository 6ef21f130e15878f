"""Offices whose week is over are deleted; the space that deleted rows were in is rewritten."""

from __future__ import annotations

import logging
from datetime import timedelta

import sqlalchemy as sa

from hustings.errors import UsageError
from server.jobs.model import Context, Job
from server.keeping import erasing, holds, winding
from server.store.database import WHOLE_SERVER
from server.store.schema.keeping import wind_down_ends, wind_downs

logger = logging.getLogger(__name__)


def run(context: Context) -> None:
    """Carry out what is due, one office at a time. One under a legal hold waits."""
    now = context.clock()
    with context.database.read(WHOLE_SERVER) as connection:
        due = list(connection.scalars(
            sa.select(wind_downs.c.tenant).join(wind_down_ends, wind_down_ends.c.wind_down == wind_downs.c.id,
                                                isouter=True)
            .where(wind_downs.c.due <= now, wind_down_ends.c.wind_down.is_(None)).order_by(wind_downs.c.id)))
        free = [one for one in due if holds.held(connection, one) is None]
    for tenant in free:
        if context.stop.is_set():
            return
        try:
            done = winding.carry_out(context.database, tenant, now)
        except UsageError as error:
            logger.warning("an office was not deleted", extra={"tenant": tenant, "error": str(error)})
            continue
        logger.info("an office was deleted", extra={"tenant": tenant, "deletion": done.id, "digest": done.digest})
    erasing.sweep(context.database, context.clock())


JOB = Job("wind-down", every=timedelta(hours=1), run=run)
