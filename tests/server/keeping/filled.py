"""An office with a row in every table of the schema, found by discovery, each holding a word that is nowhere else."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.store import audit, tenants
from server.store.database import WHOLE_SERVER, Database
from server.store.schema import metadata
from server.store.schema.base import Moment
from server.store.schema.keeping import LEDGER
from server.store.tenants import Tenant

AT = datetime(2026, 11, 22, 3, 4, 5, 678901, UTC)


def fill(database: Database, word: str, tenant: Tenant | None = None) -> Tenant:
    """A tenant whose every row in every table holds ``word`` in all that can hold text or bytes."""
    with database.write(WHOLE_SERVER) as connection:
        of = tenant or tenants.create(connection, f"{word} office", AT)
        made: dict[str, dict[str, Any]] = {"tenants": {"id": of.id}}
        for table in metadata.sorted_tables:
            if table.name != "tenants" and table.name not in LEDGER:
                made[table.name] = _row(connection, table, of.id, word, made)
    return of


def _row(connection: Connection, table: sa.Table, tenant: str, word: str,
         made: dict[str, dict[str, Any]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if table.name == "audit":
        audit.record(connection, tenant, AT, f"person:{word}", "test.act", word, {"word": word})
        return values
    for column in table.c:
        foreign = next((key.column for key in column.foreign_keys if key.column.table is not table), None)
        if column.name == "tenant":
            values[column.name] = tenant
        elif foreign is not None:
            values[column.name] = made[foreign.table.name][foreign.name]
        elif column.autoincrement is True or (column.foreign_keys and column.nullable):
            continue
        else:
            values[column.name] = _value(column, word)
    found = connection.execute(sa.insert(table).values(values).returning(*table.primary_key.columns)).one()
    return {**values, **found._mapping}


def _value(column: sa.Column[Any], word: str) -> Any:
    text = f"{word} {column.table.name}.{column.name}"
    if isinstance(column.type, Moment):
        return AT
    if isinstance(column.type, sa.JSON):
        return {"word": text, "list": [1, None, "é", 0.1]}
    if isinstance(column.type, sa.LargeBinary):
        return text.encode() + bytes(range(256))
    if isinstance(column.type, sa.Date):
        return date(2026, 11, 22)
    if isinstance(column.type, sa.Boolean):
        return True
    if isinstance(column.type, sa.Integer):
        return 7
    if isinstance(column.type, sa.Float):
        return 0.1
    return text


def rows(database: Database, tenant: str) -> dict[str, list[Any]]:
    """Everything there is of a tenant, by table."""
    with database.read(WHOLE_SERVER) as connection:
        return {table.name: [tuple(row) for row in connection.execute(
            sa.select(table).where((table.c.id if table.name == "tenants" else table.c.tenant) == tenant))]
            for table in metadata.sorted_tables}
