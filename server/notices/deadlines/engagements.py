"""What outside reviewers were granted until a day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta

from sqlalchemy.engine import Connection

from policies.model import Pack
from server.notices.deadline import Deadline
from server.store import engagements


def upcoming(connection: Connection, tenant: str, now: datetime, pack: Pack) -> Iterable[Deadline]:
    """Each that was accepted; what the office ended is over and done with."""
    for one in engagements.of_tenant(connection, tenant):
        if one.accepted is not None and one.revoked is None:
            ends = datetime.combine(one.terms.until + timedelta(days=1), time(), UTC)
            yield Deadline("engagement-ending", str(one.id), one.reviewer, ends, begins=one.accepted)
