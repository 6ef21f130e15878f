"""Legal holds: while one stands, nothing of an office is deleted, whoever asks and whatever is due.

Anybody of ``MAY_SET`` sets one alone; it takes two people to lift it (``server.two_people.actions.lift_hold``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.keeping.sentence import sentence
from server.pages.language import N_
from server.spoken import Spoken
from server.store import audit
from server.store.people import Role
from server.store.schema.keeping import hold_ends, holds

MAY_SET = frozenset({Role.ADMINISTRATOR, Role.OFFICIAL})


@dataclass(frozen=True, slots=True)
class Hold:
    id: int
    matter: str
    """The case or request that it is for."""
    reason: str
    at: datetime
    by: str
    lifted: datetime | None = None
    lifted_by: tuple[str, str] = ("", "")
    lifted_reason: str = ""


def held(connection: Connection, tenant: str) -> Hold | None:
    """The oldest hold that stands on an office, or None. Whatever deletes asks this in its own transaction."""
    row = connection.execute(_query(tenant).where(hold_ends.c.hold.is_(None)).order_by(holds.c.id).limit(1)).first()
    return None if row is None else _hold(row)


def every(connection: Connection, tenant: str) -> list[Hold]:
    """All holds of an office, lifted ones too, newest first."""
    return [_hold(row) for row in connection.execute(_query(tenant).order_by(holds.c.id.desc()))]


def get(connection: Connection, tenant: str, number: int) -> Hold | None:
    row = connection.execute(_query(tenant).where(holds.c.id == number)).first()
    return None if row is None else _hold(row)


def refuse_if_held(connection: Connection, tenant: str) -> None:
    """Raises ``Spoken`` (a ``UsageError``) while a hold stands."""
    standing = held(connection, tenant)
    if standing is not None:
        raise Spoken(N_("A legal hold stands: %(matter)s"),
                     N_("Nothing of the office is deleted until two people lift it."), {"matter": standing.matter})


def set_hold(connection: Connection, tenant: str, matter: str, reason: str, *, now: datetime, by: str) -> int:
    """Put the office under a hold. Raises ``Spoken`` for a matter or reason that says nothing."""
    matter, reason = sentence(matter, "matter"), sentence(reason, "reason")
    number: int = connection.execute(sa.insert(holds).returning(holds.c.id), {
        "tenant": tenant, "matter": matter, "reason": reason, "at": now, "by": by}).scalar_one()
    audit.record(connection, tenant, now, by, "hold.set", str(number),
                 {"matter": matter, "reason": reason})
    return number


def lift(connection: Connection, tenant: str, number: int, reason: str, *, now: datetime, by: str,
         second: str) -> None:
    """End a hold, in the words of two people. Raises ``Spoken`` for one that does not stand."""
    found = get(connection, tenant, number)
    if found is None or found.lifted is not None:
        raise Spoken(N_("That legal hold does not stand any more."), N_("Look at the holds of the office."))
    connection.execute(sa.insert(hold_ends).values(tenant=tenant, hold=number, at=now, by=by, second=second,
                                                   reason=reason))
    audit.record(connection, tenant, now, by, "hold.lift", str(number),
                 {"matter": found.matter, "second": second, "reason": reason})


def _query(tenant: str) -> sa.Select[tuple[object, ...]]:
    ends = (hold_ends.c.hold, hold_ends.c.at.label("ended"), hold_ends.c.by.label("ended_by"),
            hold_ends.c.second, hold_ends.c.reason.label("ended_reason"))
    return sa.select(*holds.c, *ends).join(
        hold_ends, sa.and_(hold_ends.c.hold == holds.c.id, hold_ends.c.tenant == tenant), isouter=True).where(
            holds.c.tenant == tenant)


def _hold(row: sa.Row[tuple[object, ...]]) -> Hold:
    return Hold(row.id, row.matter, row.reason, row.at, row.by, row.ended, (row.ended_by or "", row.second or ""),
                row.ended_reason or "")
