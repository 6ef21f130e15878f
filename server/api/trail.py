"""The audit trail of the office: who did what, when."""

from __future__ import annotations

from typing import Any

import msgspec

from hustings.times import Moment
from server.access import rules
from server.api.call import Call
from server.api.endpoint import read
from server.api.paging import Page, Paged, cursor, key
from server.store import audit


class TrailLine(msgspec.Struct, frozen=True):
    """One act."""

    number: int
    at: Moment
    by: str
    """person:NAME, reviewer:NAME, agent:ID or console:LOGIN."""
    action: str
    """Noun and verb."""
    subject: str
    detail: dict[str, Any]


@read("/v1/audit", rules.api("audit:read"))
def trail(call: Call, asked: Paged) -> Page[TrailLine]:
    """Every act, the newest first."""
    before = key(asked.after, tuple[int])
    with call.database.read(call.tenant) as connection:
        found = audit.recent(connection, call.tenant, limit=asked.limit + 1, before=before[0] if before else None)
    page = found[: asked.limit]
    return Page([TrailLine(one.id, one.at, one.actor, one.action, one.subject, dict(one.detail)) for one in page],
                cursor(page[-1].id) if len(found) > len(page) else None)


ROUTES = [trail]
