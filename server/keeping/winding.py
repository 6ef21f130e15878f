"""The end of an office or a campaign: two people agree, a week passes in which anybody of them can stop it, then its
keys, tokens and sessions are ended and every row of it is deleted, with a certificate.

A legal hold that stands when the week is over keeps everything; the deletion waits until the hold is lifted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from hustings.errors import UsageError
from server.keeping import erasing, holds
from server.keeping.erasing import Deletion, fingerprint
from server.keeping.sentence import sentence
from server.notices.events import happened
from server.pages.language import N_
from server.spoken import Spoken
from server.store import audit
from server.store.agents import State
from server.store.database import Database
from server.store.people import Role
from server.store.schema import agents, sessions
from server.store.schema.api_tokens import api_tokens
from server.store.schema.keeping import wind_down_ends, wind_downs

MAY_ASK = frozenset({Role.ADMINISTRATOR, Role.OFFICIAL})
MAY_STOP = MAY_ASK
COOLING = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class WindDown:
    """An office that is to be deleted."""

    id: int
    at: datetime
    by: str
    second: str
    reason: str
    due: datetime


def standing(connection: Connection, tenant: str) -> WindDown | None:
    """The wind-down of an office that two people agreed to and nobody stopped."""
    row = connection.execute(
        sa.select(wind_downs).join(wind_down_ends, wind_down_ends.c.wind_down == wind_downs.c.id, isouter=True)
        .where(wind_downs.c.tenant == tenant, wind_down_ends.c.wind_down.is_(None))
        .order_by(wind_downs.c.id).limit(1)).one_or_none()
    return None if row is None else WindDown(row.id, row.at, row.by, row.second, row.reason, row.due)


def still_possible(connection: Connection, tenant: str, payload: Mapping[str, Any], now: datetime) -> None:
    """Raises ``UsageError`` where a wind-down could not begin now."""
    sentence(str(payload.get("reason", "")), "reason")
    holds.refuse_if_held(connection, tenant)
    if standing(connection, tenant) is not None:
        raise Spoken(N_("The deletion of this office is agreed already."), N_("Stop that first to begin anew."))


def begin(connection: Connection, tenant: str, reason: str, *, by: str, second: str, now: datetime) -> datetime:
    """Two people agreed. Returns when it is carried out."""
    due = now + COOLING
    reason = sentence(reason, "reason")
    number: int = connection.execute(sa.insert(wind_downs).returning(wind_downs.c.id), {
        "tenant": tenant, "at": now, "by": by, "second": second, "reason": reason, "due": due}).scalar_one()
    audit.record(connection, tenant, now, by, "wind-down.begin", str(number),
                 {"second": second, "reason": reason, "due": due.isoformat()})
    happened(connection, tenant, "wind-down-begun", str(number), "", {"due": due.isoformat()}, now)
    return due


def stop(connection: Connection, tenant: str, reason: str, *, by: str, now: datetime) -> None:
    """One person stops it while there is time. Raises ``UsageError`` where there is nothing to stop any more."""
    found = standing(connection, tenant)
    if found is None or now >= found.due:
        raise Spoken(N_("There is no deletion that could be stopped."), N_("Look at the state of the office."))
    reason = sentence(reason, "reason")
    connection.execute(sa.insert(wind_down_ends).values(
        tenant=tenant, wind_down=found.id, at=now, by=by, reason=reason))
    audit.record(connection, tenant, now, by, "wind-down.stop", str(found.id), {"reason": reason})
    happened(connection, tenant, "wind-down-stopped", str(found.id), "", {}, now)


def carry_out(database: Database, tenant: str, now: datetime) -> Deletion:
    """Delete the office. Raises ``UsageError`` where nobody asked for it, it is not due, or a hold stands.

    Keys, tokens and sessions are ended first, in a transaction of their own, so that nobody adds a row meanwhile.
    """
    with database.write(tenant) as connection:
        due(connection, tenant, now)
        shut(connection, tenant, now)
        audit.record(connection, tenant, now, "job:wind-down", "wind-down.carry-out", "", {})
    with database.read(tenant) as connection:
        found = due(connection, tenant, now)
        facts = {
            "reason": fingerprint(tenant, "reason", found.reason),
            "asked_by": fingerprint(tenant, "person", found.by), "second": fingerprint(tenant, "person", found.second),
            "agreed": found.at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            "kind": connection.scalar(sa.text("SELECT kind FROM tenants WHERE id = :id"), {"id": tenant})}
    return erasing.erase(database, tenant, facts, now, allowed=lambda open_: due(open_, tenant, now))


def due(connection: Connection, tenant: str, now: datetime) -> WindDown:
    """The wind-down that may be carried out now. Raises ``UsageError`` where none may."""
    found = standing(connection, tenant)
    if found is None:
        raise UsageError("nobody asked for the end of this office, or it was stopped",
                         remedy="ask for it (hustings server tenant wind-down), and let a second person approve")
    if now < found.due:
        raise UsageError(f"it can still be stopped until {found.due:%Y-%m-%d %H:%M} UTC",
                         remedy="wait until then: nothing is deleted before")
    holds.refuse_if_held(connection, tenant)
    return found


def shut(connection: Connection, tenant: str, now: datetime) -> None:
    """From now on nobody gets in: no machine, no token, no person."""
    connection.execute(sa.update(agents).where(agents.c.tenant == tenant, agents.c.revoked.is_(None)).values(
        state=State.REVOKED.value, revoked=now))
    connection.execute(sa.update(api_tokens).where(
        api_tokens.c.tenant == tenant, api_tokens.c.revoked.is_(None)).values(revoked=now, revoked_by="job:wind-down"))
    connection.execute(sa.delete(sessions).where(sessions.c.tenant == tenant))
