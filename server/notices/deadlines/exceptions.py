"""Failures that are accepted until a day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta

from sqlalchemy.engine import Connection

from policies.model import Pack
from server.notices.deadline import Deadline
from server.records import EXCEPTION
from server.store import exceptions


def upcoming(connection: Connection, tenant: str, now: datetime, pack: Pack) -> Iterable[Deadline]:
    """Each with the first moment at which it is accepted no more; one that somebody ended is over and done with."""
    for one in exceptions.every(connection, tenant):
        if one.kind == EXCEPTION and one.ended is None:
            ends = datetime.combine(one.until + timedelta(days=1), time(), UTC)
            yield Deadline("exception-ending", str(one.number), f"{one.subject} {one.asset}".strip(), ends,
                           ended="exception-ended", begins=one.at)
