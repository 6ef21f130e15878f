"""Every row of an office is deleted, from every table of the schema, and a certificate says so.

The tables are found in the schema, so that a new one cannot be forgotten: whatever refers to ``tenants`` is the
tenant's. All of it is one transaction: it is done whole or not at all, and the certificate is written with it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from hustings import __version__
from hustings.errors import UsageError
from server.keeping.backup import audit_head
from server.store.append_only import lifted
from server.store.database import WHOLE_SERVER, Database
from server.store.schema import metadata, tenants
from server.store.schema.keeping import deletion_sweeps, deletions

FORMAT = "hustings.deletion/1"


@dataclass(frozen=True, slots=True)
class Deletion:
    """A line of the server's ledger."""

    id: int
    tenant: str
    at: datetime
    certificate: dict[str, Any]
    digest: str
    swept: datetime | None
    how: str


def tables() -> tuple[sa.Table, ...]:
    """Every table with rows of tenants, those that refer to others first; ``tenants`` itself last."""
    owned = [one for one in reversed(metadata.sorted_tables)
             if one is not tenants and any(key.column.table is tenants for key in one.foreign_keys)]
    return (*owned, tenants)


def owner_column(table: sa.Table) -> sa.Column[Any]:
    """The column that says whose row it is."""
    return table.c.id if table is tenants else table.c.tenant


def erase(database: Database, tenant: str, facts: Mapping[str, Any], now: datetime, *,
          allowed: Any = None) -> Deletion:
    """Delete an office. ``facts`` go into the certificate: who, when, why as fingerprints.

    ``allowed(connection)`` is asked inside the transaction and raises where it may not be done. Raises ``UsageError``
    where there is no such office.
    """
    if database.sqlite:
        _overwrite(database)
    with lifted(database, WHOLE_SERVER) as connection:
        name = connection.scalar(sa.select(tenants.c.name).where(tenants.c.id == tenant).with_for_update())
        if name is None:
            raise UsageError("there is no such office", where=tenant, remedy="hustings server tenant list")
        if allowed is not None:
            allowed(connection)
        head = audit_head(connection, tenant)
        counts = {}
        for table in tables():
            gone = connection.execute(sa.delete(table).where(owner_column(table) == tenant)).rowcount
            if gone:
                counts[table.name] = gone
        certificate = {
            "format": FORMAT, "tenant": tenant, "name": fingerprint(tenant, "name", name), **facts,
            "deleted": _moment(now), "product": __version__,
            "schema": connection.scalar(sa.text("SELECT version_num FROM alembic_version")),
            "rows": dict(sorted(counts.items())), "total": sum(counts.values()),
            "audit": {"lines": head.rows, "head": head.hash}}
        number = _note(connection, tenant, certificate, now)
    found = get(database, number)
    assert found is not None
    return found


def fingerprint(tenant: str, kind: str, text: str) -> str:
    """What stands for a name in a certificate: who knows the name can check it, and nobody can read it there."""
    return "sha256:" + hashlib.sha256(_canonical([FORMAT, tenant, kind, text]).encode()).hexdigest()


def digest(certificate: Mapping[str, Any]) -> str:
    """The SHA-256 of a certificate's canonical JSON."""
    return "sha256:" + hashlib.sha256(_canonical(certificate).encode()).hexdigest()


def every(database: Database) -> list[Deletion]:
    """The ledger, newest first."""
    with database.read(WHOLE_SERVER) as connection:
        return [_deletion(row) for row in connection.execute(_query().order_by(deletions.c.id.desc()))]


def get(database: Database, number: int) -> Deletion | None:
    with database.read(WHOLE_SERVER) as connection:
        row = connection.execute(_query().where(deletions.c.id == number)).one_or_none()
    return None if row is None else _deletion(row)


def sweep(database: Database, now: datetime, *, full: bool = False) -> int:
    """Rewrite the space that deleted rows were in; how many deletions of the ledger it settles.

    SQLite: the file is written anew and its journal emptied. PostgreSQL: the tables are vacuumed; with ``full`` they
    are written anew, each locked meanwhile. Another transaction under way can make it wait for the next time.
    """
    waiting = [one for one in every(database) if one.swept is None]
    if not waiting and not full:
        return 0
    how = _rewrite(database) if database.sqlite else _vacuum(database, full=full)
    if not how:
        return 0
    with database.write(WHOLE_SERVER) as connection:
        for one in waiting:
            connection.execute(sa.insert(deletion_sweeps).values(deletion=one.id, tenant=one.tenant, at=now, how=how))
    return len(waiting)


def _note(connection: Connection, tenant: str, certificate: Mapping[str, Any], now: datetime) -> int:
    number: int = connection.execute(sa.insert(deletions).returning(deletions.c.id), {
        "tenant": tenant, "at": now, "certificate": _canonical(certificate),
        "digest": digest(certificate)}).scalar_one()
    return number


def _overwrite(database: Database) -> None:
    """What the next deletions free is overwritten with zeros."""
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA secure_delete=ON")


def _rewrite(database: Database) -> str:
    raw = database.engine.raw_connection()
    try:
        driver = raw.driver_connection
        assert driver is not None
        driver.execute("VACUUM")
        busy, _, _ = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        raw.close()
    return "" if busy else "VACUUM and an emptied journal"


def _vacuum(database: Database, *, full: bool) -> str:
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in metadata.sorted_tables:
            connection.execute(sa.text(f'VACUUM {"(FULL) " if full else ""}"{table.name}"'))
    return "VACUUM FULL" if full else "VACUUM"


def _query() -> sa.Select[tuple[object, ...]]:
    return sa.select(*deletions.c, deletion_sweeps.c.at.label("swept"), deletion_sweeps.c.how).join(
        deletion_sweeps, deletion_sweeps.c.deletion == deletions.c.id, isouter=True)


def _deletion(row: sa.Row[tuple[object, ...]]) -> Deletion:
    return Deletion(row.id, row.tenant, row.at, json.loads(row.certificate), row.digest, row.swept, row.how or "")


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=True, allow_nan=False, separators=(",", ":"))


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
