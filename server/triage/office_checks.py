"""Checks of an office as a whole are findings too: how they come out is written down whenever it changes.

What is written is what ``rebuild`` works the findings out of again, as it does of a machine's signed reports.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from evidence import ages
from evidence.ages import Said
from hustings.verdicts import Result
from policies.model import Pack
from server.notices import events
from server.reading import Reading
from server.scorecard import scorecard
from server.store.database import Database
from server.store.findings_projection import Projected, project
from server.store.findings_rebuild import OFFICE
from server.store.reports import LETTERS
from server.store.schema import tenants
from server.store.schema.findings import office_verdicts
from server.triage import telling
from server.triage.lives import Source, Turn, turned


def look(database: Database, tenant: str, pack: Pack, now: datetime) -> list[Projected]:
    """Judge the office's own checks now, and write down what changed."""
    card = scorecard(Reading(database).office(tenant), pack, now)
    with database.write(tenant) as connection:
        return record(connection, tenant, card.together, pack.digest, now)


def record(connection: Connection, tenant: str, results: Sequence[Result], pack: str,
           now: datetime) -> list[Projected]:
    """Write down how they came out, if that is not what was written last. Returns what it turned."""
    connection.execute(sa.select(tenants.c.id).where(tenants.c.id == tenant).with_for_update())
    history = [Said(row.at, tuple(each[0] for each in row.checks), row.vector) for row in connection.execute(
        sa.select(office_verdicts).where(office_verdicts.c.tenant == tenant).order_by(office_verdicts.c.id))]
    said = Said(now, tuple(one.check for one in results), "".join(LETTERS[one.verdict] for one in results))
    last = history[-1] if history else Said(now, (), "")
    if (last.checks, last.vector) == (said.checks, said.vector):
        return []
    number: int = connection.execute(sa.insert(office_verdicts).returning(office_verdicts.c.id), {
        "tenant": tenant, "at": now, "pack": pack, "vector": said.vector,
        "checks": [[one.check, one.catalogue, one.severity.value] for one in results]}).scalar_one()
    before = ages.ages(history)
    named = {one.check: (one.catalogue, one.severity.value) for one in results}
    turns = [Turn("", check, what, at, Source(now, OFFICE, number), *named.get(check, ("", "")))
             for check, what, at in turned(before, ages.following(before, said))]
    projected = project(connection, tenant, turns)
    events.every(connection, tenant, telling.happened(projected, {}), now)
    return projected
