"""The office's equipment list: versions of it, and what people said a piece of equipment is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.store.schema.planning import equipment, equipment_lists, equipment_matches


@dataclass(frozen=True, slots=True)
class Row:
    """One line: its number in the file, the asset's name, and all it says, ready for JSON."""

    line: int
    asset: str
    row: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Version:
    """One imported file."""

    id: int
    file: str
    digest: str
    """SHA-256 of the file, 64 hexadecimal digits."""
    mapping: dict[str, Any]
    """Its columns to our fields; empty where the file had the canonical columns."""
    answers: list[Any]
    open: int
    """Questions that were left open: facts that stay unknown."""
    imported: datetime
    imported_by: str
    """``person:NAME`` or ``console:LOGIN``."""


@dataclass(frozen=True, slots=True)
class Match:
    """Somebody's word on what an asset is. An empty ``product`` takes an earlier word back."""

    asset: str
    product: str
    cycle: str
    at: datetime
    by: str


def add(connection: Connection, tenant: str, rows: Sequence[Row], *, file: str, digest: str,
        mapping: Mapping[str, Any], answers: Sequence[Any], unanswered: int, now: datetime, by: str) -> int:
    """Store a whole new version. Returns its id."""
    number: int = connection.execute(sa.insert(equipment_lists).returning(equipment_lists.c.id), {
        "tenant": tenant, "file": file, "digest": digest, "mapping": dict(mapping), "answers": list(answers),
        "open": unanswered, "imported": now, "imported_by": by}).scalar_one()
    if rows:
        connection.execute(sa.insert(equipment), [
            {"tenant": tenant, "list": number, "line": one.line, "asset": one.asset, "row": one.row}
            for one in rows])
    return number


def current(connection: Connection, tenant: str) -> Version | None:
    """The version in force; None while there is none."""
    return next(iter(versions(connection, tenant, limit=1)), None)


def get(connection: Connection, tenant: str, number: int) -> Version | None:
    row = connection.execute(sa.select(equipment_lists).where(
        equipment_lists.c.tenant == tenant, equipment_lists.c.id == number)).one_or_none()
    return None if row is None else _version(row)


def versions(connection: Connection, tenant: str, limit: int = 50) -> list[Version]:
    """Newest first."""
    return [_version(row) for row in connection.execute(sa.select(equipment_lists).where(
        equipment_lists.c.tenant == tenant).order_by(equipment_lists.c.id.desc()).limit(limit))]


def rows(connection: Connection, tenant: str, number: int) -> list[Row]:
    """The lines of a version, as they stood in the file."""
    return [Row(one.line, one.asset, one.row) for one in connection.execute(
        sa.select(equipment.c.line, equipment.c.asset, equipment.c.row).where(
            equipment.c.tenant == tenant, equipment.c.list == number).order_by(equipment.c.line, equipment.c.asset))]


def match(connection: Connection, tenant: str, said: Match) -> None:
    """Write somebody's word down."""
    connection.execute(sa.insert(equipment_matches).values(
        tenant=tenant, asset=said.asset, product=said.product, cycle=said.cycle, at=said.at, by=said.by))


def matches(connection: Connection, tenant: str) -> dict[str, Match]:
    """The words in force by asset: the last one on each, without those taken back."""
    found: dict[str, Match] = {}
    for row in connection.execute(sa.select(equipment_matches).where(
            equipment_matches.c.tenant == tenant).order_by(equipment_matches.c.id)):
        found[row.asset] = Match(row.asset, row.product, row.cycle, row.at, row.by)
    return {asset: one for asset, one in found.items() if one.product}


def _version(row: sa.Row[Any]) -> Version:
    return Version(row.id, row.file, row.digest, row.mapping, row.answers, row.open, row.imported, row.imported_by)
