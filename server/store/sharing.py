"""What an office lets others see of its points: to its parent jurisdiction, and as one of many of its size."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.store import days, tenants
from server.store.days import Kept
from server.store.schema.scores import sharing
from server.store.tenants import Tenant

BANDS = ("under-10k", "10k-50k", "50k-250k", "over-250k")
"""Sizes by registered voters, as an office declares its own."""


@dataclass(frozen=True, slots=True)
class Sharing:
    """One version of an office's consent. The last one holds."""

    at: datetime
    by: str
    parent: str | None
    """The tenant that may see the points."""
    band: str | None
    """The size it is counted in."""


def change(connection: Connection, tenant: str, *, parent: str | None, band: str | None, now: datetime,
           by: str) -> None:
    """Consent anew; with neither parent nor band, withdraw."""
    connection.execute(sa.insert(sharing).values(tenant=tenant, at=now, by=by, parent=parent, band=band))


def current(connection: Connection, tenant: str) -> Sharing | None:
    """What holds now; None where the office never consented to anything."""
    row = connection.execute(sa.select(sharing).where(sharing.c.tenant == tenant)
                             .order_by(sharing.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else Sharing(row.at, row.by, row.parent, row.band)


def children(connection: Connection, parent: str) -> list[Tenant]:
    """The offices that let ``parent`` see their points, by name."""
    return _with(connection, sharing.c.parent == parent)


def counted(connection: Connection, band: str) -> list[Tenant]:
    """The offices that let themselves be counted in a band, by name."""
    return _with(connection, sharing.c.band == band)


def last_days(connection: Connection, offices: Iterable[Tenant], since: date) -> dict[str, Kept]:
    """The last closed day of each office, by its id, where it is of ``since`` or later."""
    found = {}
    for one in offices:
        known = days.span(connection, one.id)
        if known is not None and known[1] >= since:
            [found[one.id]] = days.between(connection, one.id, known[1], known[1])
    return found


def _with(connection: Connection, condition: sa.ColumnElement[bool]) -> list[Tenant]:
    last = sa.select(sa.func.max(sharing.c.id)).group_by(sharing.c.tenant)
    wanted = set(connection.scalars(sa.select(sharing.c.tenant).where(sharing.c.id.in_(last), condition)))
    return sorted((one for one in tenants.every(connection) if one.id in wanted),
                  key=lambda one: (one.name.casefold(), one.id))
