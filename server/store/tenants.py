"""Tenants: the offices, campaigns and reviewing firms on this server."""

from __future__ import annotations

import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from hustings.errors import ConfigError, UsageError
from server.store.schema import tenants

HANDLE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?\Z")
"""What a handle looks like: at most 32 small letters, digits and hyphens."""


class Kind(StrEnum):
    """What a tenant is."""

    OFFICE = "office"
    CAMPAIGN = "campaign"
    FIRM = "firm"
    """Outside reviewers, who see what offices grant them."""


@dataclass(frozen=True, slots=True)
class Tenant:
    id: str
    name: str
    created: datetime
    handle: str = ""
    """People sign in as ``NAME@HANDLE``. Unique on the server."""
    kind: Kind = Kind.OFFICE


def create(connection: Connection, name: str, now: datetime, *, kind: Kind = Kind.OFFICE, handle: str = "") -> Tenant:
    """A new tenant; without ``handle`` one is made of its name. Needs the scope of the whole server.

    Raises ``ConfigError`` if the name or the handle is taken, ``UsageError`` for a handle that cannot be one.
    """
    if connection.scalar(sa.select(tenants.c.id).where(tenants.c.name == name)) is not None:
        raise ConfigError(f"there is already a tenant called {name!r}", remedy="choose another name")
    if handle and not HANDLE.match(handle):
        raise UsageError(f"{handle!r} cannot be a handle",
                         remedy="write at most 32 small letters, digits and hyphens, such as elm-county")
    taken = set(connection.scalars(sa.select(tenants.c.handle)))
    if handle in taken:
        raise ConfigError(f"there is already a tenant with the handle {handle!r}", remedy="choose another handle")
    tenant = Tenant(secrets.token_hex(8), name, now, handle or _free(handle_of(name), taken), kind)
    connection.execute(sa.insert(tenants).values(id=tenant.id, name=name, created=now, handle=tenant.handle,
                                                 kind=kind.value))
    return tenant


def handle_of(name: str) -> str:
    """The handle that a name suggests: ``Élm County`` becomes ``elm-county``."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii").lower()
    return re.sub("[^a-z0-9]+", "-", plain).strip("-")[:28].strip("-") or "office"


def every(connection: Connection) -> list[Tenant]:
    """All tenants, oldest first."""
    rows = connection.execute(sa.select(tenants).order_by(tenants.c.created, tenants.c.id))
    return [_tenant(row) for row in rows]


def get(connection: Connection, tenant: str) -> Tenant | None:
    row = connection.execute(sa.select(tenants).where(tenants.c.id == tenant)).one_or_none()
    return None if row is None else _tenant(row)


def by_handle(connection: Connection, handle: str) -> Tenant | None:
    row = connection.execute(sa.select(tenants).where(tenants.c.handle == handle)).one_or_none()
    return None if row is None else _tenant(row)


def only(connection: Connection, name: str | None = None) -> Tenant:
    """The tenant of that name, handle or id, or the one there is. Raises ``ConfigError`` with the choices."""
    found = every(connection)
    if not found:
        raise ConfigError("this server has no tenant yet", remedy="run: hustings server init")
    chosen = [tenant for tenant in found if name in (None, tenant.name, tenant.id, tenant.handle)]
    exact = [tenant for tenant in chosen if tenant.name == name]
    if len(chosen) == 1 or len(exact) == 1:
        return (exact or chosen)[0]
    names = ", ".join(tenant.name for tenant in found)
    raise ConfigError(f"which tenant? There are: {names}" if name is None else f"there is no tenant {name!r}",
                      remedy=f"say --tenant with one of: {names}")


def rename(connection: Connection, tenant: str, name: str) -> None:
    """Give a tenant another name; its handle stays. Needs the scope of the whole server. Raises ``ConfigError``."""
    if connection.scalar(sa.select(tenants.c.id).where(tenants.c.name == name, tenants.c.id != tenant)) is not None:
        raise ConfigError(f"there is already a tenant called {name!r}", remedy="choose another name")
    connection.execute(sa.update(tenants).where(tenants.c.id == tenant).values(name=name))


def set_kind(connection: Connection, tenant: str, kind: Kind) -> None:
    """Say what a tenant is."""
    connection.execute(sa.update(tenants).where(tenants.c.id == tenant).values(kind=kind.value))


def _free(base: str, taken: set[str]) -> str:
    number, handle = 1, base
    while handle in taken:
        number += 1
        handle = f"{base}-{number}"
    return handle


def _tenant(row: Row[tuple[object, ...]]) -> Tenant:
    return Tenant(row.id, row.name, row.created, row.handle, Kind(row.kind))
