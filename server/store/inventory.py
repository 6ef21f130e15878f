"""The inventory an office declares: which machines it has, for what, and who answers for each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.store.schema import assets, inventories

RESPONSIBLE = ("us", "vendor", "state", "county")


@dataclass(frozen=True, slots=True)
class Asset:
    """One line of the inventory. ``asset`` is the machine's name as it reports it."""

    asset: str
    roles: tuple[str, ...]
    site: str
    responsible: str
    """``us``, ``vendor``, ``state`` or ``county``."""
    line: int
    """Where it stands in the source file."""
    mirror_of: str = ""
    """The asset whose registration database it mirrors."""


@dataclass(frozen=True, slots=True)
class Version:
    """One imported file. Versions are added, never edited."""

    id: int
    file: str
    digest: str
    imported: datetime
    imported_by: str
    assets: tuple[Asset, ...]


def add(connection: Connection, tenant: str, lines: list[Asset], *, file: str, digest: str,
        now: datetime, by: str) -> int:
    """Declare a new version of the whole inventory. Returns its id."""
    number: int = connection.execute(sa.insert(inventories).returning(inventories.c.id), {
        "tenant": tenant, "file": file, "digest": digest, "imported": now, "imported_by": by}).scalar_one()
    connection.execute(sa.insert(assets), [
        {"tenant": tenant, "inventory": number, "line": one.line, "asset": one.asset, "roles": list(one.roles),
         "site": one.site, "responsible": one.responsible, "mirror_of": one.mirror_of} for one in lines])
    return number


def current(connection: Connection, tenant: str) -> Version | None:
    """The inventory in force, or None while the office has declared none."""
    return _one(connection, tenant, sa.select(inventories).where(inventories.c.tenant == tenant)
                .order_by(inventories.c.id.desc()).limit(1))


def latest(connection: Connection, tenant: str) -> int | None:
    """The number of the version in force."""
    found: int | None = connection.scalar(sa.select(sa.func.max(inventories.c.id)).where(
        inventories.c.tenant == tenant))
    return found


def get(connection: Connection, tenant: str, number: int) -> Version | None:
    return _one(connection, tenant, sa.select(inventories).where(
        inventories.c.tenant == tenant, inventories.c.id == number))


def versions(connection: Connection, tenant: str) -> list[int]:
    """The ids of every version, newest first."""
    return list(connection.scalars(
        sa.select(inventories.c.id).where(inventories.c.tenant == tenant).order_by(inventories.c.id.desc())))


def since(connection: Connection, tenant: str, moment: datetime) -> list[Version]:
    """The version in force at ``moment`` and every later one, oldest first."""
    table = inventories
    before = sa.select(sa.func.max(table.c.id)).where(table.c.tenant == tenant, table.c.imported <= moment)
    numbers = connection.scalars(sa.select(table.c.id).where(
        table.c.tenant == tenant, sa.or_(table.c.imported > moment, table.c.id == before.scalar_subquery()))
        .order_by(table.c.id)).all()
    return [one for one in (get(connection, tenant, number) for number in numbers) if one is not None]


def _one(connection: Connection, tenant: str, query: sa.Select[tuple[object, ...]]) -> Version | None:
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    lines = connection.execute(sa.select(assets).where(
        assets.c.tenant == tenant, assets.c.inventory == row.id).order_by(assets.c.line))
    return Version(row.id, row.file, row.digest, row.imported, row.imported_by, tuple(
        Asset(one.asset, tuple(one.roles), one.site, one.responsible, one.line, one.mirror_of or "") for one in lines))
