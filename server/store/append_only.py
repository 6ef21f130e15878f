"""Append-only tables, opened for one transaction of the owner: for retention and the end of an office alone.

The triggers are gone for that transaction only: another that runs meanwhile waits for the tables or still meets them,
and a transaction that is undone brings them back.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.store.database import Database, Scope

_TRIGGERS = """SELECT DISTINCT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace ORDER BY c.relname"""


@contextmanager
def lifted(database: Database, scope: Scope) -> Iterator[Connection]:
    """A transaction about ``scope`` in which rows of append-only tables can be changed and removed."""
    with database.owner() as connection:
        if database.sqlite:
            found = connection.execute(sa.text(
                "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name")).all()
            for name, _ in found:
                connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
            yield connection
            for _, statement in found:
                connection.exec_driver_sql(statement)
            return
        tables = list(connection.scalars(sa.text(_TRIGGERS)))
        for name in tables:
            connection.execute(sa.text(f'ALTER TABLE "{name}" DISABLE TRIGGER USER'))
        database.narrow(connection, scope)
        yield connection
        connection.execute(sa.text("SELECT set_config('role', 'none', true)"))
        for name in tables:
            connection.execute(sa.text(f'ALTER TABLE "{name}" ENABLE TRIGGER USER'))
