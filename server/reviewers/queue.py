"""A reviewer's triage queue: the findings of all their clients in one order. Each client is read by itself, through
its own engagement, and each reading is written into that client's audit trail."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from hustings.verdicts import SEVERITIES, Severity
from server.engagement import Engagement
from server.reviewers import recorded
from server.store import engagements
from server.store.database import WHOLE_SERVER, Database
from server.store.sessions import Session
from server.triage.model import Filter, Finding
from server.triage.reading import query

DAY = timedelta(days=1)
MOST = 200
"""Findings of one client in the queue; all of them are on the client's own pages."""


@dataclass(frozen=True, slots=True)
class Line:
    """One finding of one client."""

    engagement: Engagement
    finding: Finding


@dataclass(frozen=True, slots=True)
class Client:
    """One client: how many findings are open, and how many days are left."""

    engagement: Engagement
    open: int
    critical: int
    days: int
    """Left, today included."""


@dataclass(frozen=True, slots=True)
class Queue:
    clients: tuple[Client, ...]
    lines: tuple[Line, ...]
    more: int
    """Findings that are not among ``lines``."""


def clients(database: Database, session: Session, now: datetime) -> list[Engagement]:
    """What whoever is signed in may look at now."""
    with database.read(WHOLE_SERVER) as connection:
        return engagements.of_person(connection, session.home, session.person, now)


def read(database: Database, session: Session, now: datetime, place: str, *,
         severities: frozenset[Severity] = frozenset(), only: int | None = None) -> Queue:
    """The queue: the severest first, then the longest open. ``only`` is one engagement. ``place`` is what was asked
    for, as each client's audit trail will say."""
    found: list[Client] = []
    lines: list[Line] = []
    more = 0
    for one in clients(database, session, now):
        with database.write(one.tenant) as connection:
            recorded.note(connection, one, session, place, now, page=True)
        with database.read(one.tenant) as connection:
            everything = query(connection, one.tenant, Filter(engagement=one), now, limit=1 << 30).findings
        wanted = [each for each in everything if only in (None, one.id)
                  and (not severities or each.severity in severities)]
        wanted.sort(key=_order)
        found.append(Client(one, len(everything), sum(each.severity is Severity.CRITICAL for each in everything),
                            days_left(one, now)))
        lines += [Line(one, each) for each in wanted[:MOST]]
        more += len(wanted[MOST:])
    return Queue(tuple(found), tuple(_sorted(lines)), more)


def days_left(one: Engagement, now: datetime) -> int:
    """Days on which it still holds, today included."""
    return max(0, -(-(one.ends - now) // DAY))


def _sorted(lines: Iterable[Line]) -> list[Line]:
    return sorted(lines, key=lambda one: (*_order(one.finding), one.engagement.office.casefold()))


def _order(one: Finding) -> tuple[int, datetime, int]:
    return (SEVERITIES.index(one.severity), one.opened, one.number)
