"""The whole story of one finding: what reports and people did, in order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.store import findings
from server.store.findings import Stored
from server.store.findings_rebuild import OFFICE
from server.store.schema import reports
from server.triage.acts import Act
from server.triage.lives import Episode, Source


class Said(StrEnum):
    """What a step of the story is, beside the kinds of acts."""

    OPENED = "opened"
    REOPENED = "reopened"
    RESOLVED = "resolved"
    UNSEEN = "unseen"


@dataclass(frozen=True, slots=True)
class Step:
    """One step. ``report`` is the number of the report it rests on, where one is stored."""

    at: datetime
    what: str
    """A ``Said`` or the kind of the act."""
    report: int | None = None
    act: Act | None = None


class Story(NamedTuple):
    """Steps, the newest first, and the episodes, oldest first."""

    steps: tuple[Step, ...]
    episodes: tuple[Episode, ...]


def story(connection: Connection, tenant: str, stored: Stored) -> Story:
    """Everything that is known of a finding."""
    last = Episode(stored.opened, Source(stored.opened_told, stored.opened_epoch, stored.opened_sequence),
                   stored.resolved, None if stored.resolved_told is None or stored.resolved_epoch is None
                   or stored.resolved_sequence is None else
                   Source(stored.resolved_told, stored.resolved_epoch, stored.resolved_sequence))
    every = (*findings.episodes(connection, tenant, stored.number), last)
    numbers = _reports(connection, tenant, stored.agent, every)
    steps: list[Step] = []
    for place, one in enumerate(every):
        steps.append(Step(one.opened, Said.REOPENED if place else Said.OPENED, numbers.get(one.opening[1:])))
        if one.resolved is not None and one.by is not None:
            steps.append(Step(one.resolved, Said.RESOLVED, numbers.get(one.by[1:])))
    if stored.unseen is not None:
        steps.append(Step(stored.unseen, Said.UNSEEN))
    steps += [Step(one.at, one.kind, act=one) for one in findings.acts(connection, tenant, stored.number)]
    return Story(tuple(sorted(steps, key=lambda one: one.at, reverse=True)), every)


def _reports(connection: Connection, tenant: str, agent: str, every: Iterable[Episode]) -> dict[tuple[str, int], int]:
    """The numbers of the reports that opened and ended episodes, by their place in the chain."""
    wanted = {source[1:] for one in every for source in (one.opening, one.by) if source is not None}
    wanted = {one for one in wanted if one[0] != OFFICE}
    if not wanted or not agent:
        return {}
    rows = connection.execute(sa.select(reports.c.epoch, reports.c.sequence, reports.c.id).where(
        reports.c.tenant == tenant, reports.c.agent == agent,
        sa.tuple_(reports.c.epoch, reports.c.sequence).in_(sorted(wanted))))
    return {(row.epoch, row.sequence): row.id for row in rows}
