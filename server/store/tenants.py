"""Tenants: the offices and campaigns on this server."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from hustings.errors import ConfigError
from server.store.schema import tenants


@dataclass(frozen=True, slots=True)
class Tenant:
    id: str
    name: str
    created: datetime


def create(connection: Connection, name: str, now: datetime) -> Tenant:
    """A new tenant. Raises ``ConfigError`` if the name is taken."""
    if connection.scalar(sa.select(tenants.c.id).where(tenants.c.name == name)) is not None:
        raise ConfigError(f"there is already a tenant called {name!r}", remedy="choose another name")
    tenant = Tenant(secrets.token_hex(8), name, now)
    connection.execute(sa.insert(tenants).values(id=tenant.id, name=name, created=now))
    return tenant


def every(connection: Connection) -> list[Tenant]:
    """All tenants, oldest first."""
    rows = connection.execute(sa.select(tenants).order_by(tenants.c.created, tenants.c.id))
    return [Tenant(row.id, row.name, row.created) for row in rows]


def get(connection: Connection, tenant: str) -> Tenant | None:
    row = connection.execute(sa.select(tenants).where(tenants.c.id == tenant)).one_or_none()
    return None if row is None else Tenant(row.id, row.name, row.created)


def only(connection: Connection, name: str | None = None) -> Tenant:
    """The tenant called ``name``, or the one there is. Raises ``ConfigError`` with the choices."""
    found = every(connection)
    if not found:
        raise ConfigError("this server has no tenant yet", remedy="run: hustings server init")
    chosen = [tenant for tenant in found if name in (None, tenant.name, tenant.id)]
    if len(chosen) == 1:
        return chosen[0]
    names = ", ".join(tenant.name for tenant in found)
    raise ConfigError(f"which tenant? There are: {names}" if name is None else f"there is no tenant {name!r}",
                      remedy=f"say --tenant with one of: {names}")
