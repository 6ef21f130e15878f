"""Notices machines that stopped reporting, and that report again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from hustings.times import utc_text
from server.jobs.model import Context, Job
from server.notices import events
from server.notices.events import Happened
from server.standing import SILENT_AFTER
from server.store import agents, tenants
from server.store import events as store
from server.store.agents import State, Summary
from server.store.database import WHOLE_SERVER
from server.store.events import Event

SILENT, BACK = "machine-silent", "machine-back"
REMEMBERED = timedelta(days=400)


def run(context: Context) -> None:
    """Every office, each in a transaction of its own."""
    with context.database.read(WHOLE_SERVER) as connection:
        offices = [one.id for one in tenants.every(connection)]
    for tenant in offices:
        if context.stop.is_set():
            return
        now = context.clock()
        with context.database.read(tenant) as connection:
            heard = agents.summaries(connection, tenant)
            told = store.since(connection, tenant, now - REMEMBERED, kind=SILENT, limit=5_000)
            found = events.fresh(connection, tenant, [*silent(heard, now), *back(heard, told)])
        if found:
            with context.database.write(tenant) as connection:
                events.every(connection, tenant, found, now)


def silent(heard: Iterable[Summary], now: datetime) -> list[Happened]:
    """Machines that are expected to report and have not for a week; one that never did is not silent, it is new."""
    return [Happened(SILENT, _key(one.agent.id, one.received), one.host, {"agent": one.agent.id})
            for one in heard if one.agent.state is State.APPROVED and one.received is not None
            and now - one.received > SILENT_AFTER]


def back(heard: Iterable[Summary], told: Iterable[Event]) -> list[Happened]:
    """Machines that were told to be silent and were heard since. The key is that of the silence that is over."""
    known = {one.agent.id: one for one in heard}
    found = []
    for event in told:
        agent = known.get(str(event.data.get("agent")))
        if agent is not None and agent.received is not None and event.key != _key(agent.agent.id, agent.received):
            found.append(Happened(BACK, event.key, agent.host, {"agent": agent.agent.id}))
    return found


def _key(agent: str, received: datetime) -> str:
    return f"{agent}:{utc_text(received)}"


JOB = Job("silence", timedelta(minutes=10), run)
