"""The database: SQLite in a file or PostgreSQL by URL, opened the same way.

Every transaction says whose rows it is about: one tenant's, or (rarely, ``WHOLE_SERVER``) everybody's. On PostgreSQL
the transaction then runs under a role that does not own the tables and sees that tenant's rows alone, whatever the
queries say (``server.store.walls``). On SQLite the queries' own conditions are the only wall.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Any, Final, TypeAlias

import msgspec
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError

from hustings.errors import CannotFinish, ConfigError
from server.store import audit_chain

ONE_TENANT_ROLE: Final = "hustings_app"
"""The PostgreSQL role of a transaction about one tenant."""
WHOLE_SERVER_ROLE: Final = "hustings_server"
"""The PostgreSQL role of a transaction about everybody."""
TENANT_SETTING: Final = "hustings.tenant"


class Wide(Enum):
    """What is wider than one tenant."""

    SERVER = "server"


WHOLE_SERVER: Final = Wide.SERVER
"""Signing in, looking up whose key or secret it is, and the server's own timed work: nothing a person asks for."""
Scope: TypeAlias = str | Wide
"""The id of a tenant, or ``WHOLE_SERVER``."""

_WRITE = "hustings_write"
_BUSY_MS = 15_000
_NARROW = sa.text(f"SELECT set_config('role', :role, true), set_config('{TENANT_SETTING}', :tenant, true)")


class Database:
    """One pool of connections. Safe to share between threads; close it when done."""

    def __init__(self, url: str) -> None:
        self.url = _url(url)
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _sqlite(self.url) if self.sqlite else _postgresql(self.url)
        audit_chain.follow_savepoints(self.engine)

    @contextmanager
    def read(self, scope: Scope) -> Iterator[Connection]:
        """A consistent view of one tenant's rows, or of everybody's. Raises ``CannotFinish`` when the database cannot
        be reached, or fails (a full disk)."""
        with self._connect() as connection, connection.begin():
            self.narrow(connection, scope)
            yield connection

    @contextmanager
    def snapshot(self, scope: Scope) -> Iterator[Connection]:
        """One moment of the database for as long as it takes, whoever writes meanwhile: for copies of all of it."""
        with self._connect() as connection:
            if not self.sqlite:
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                self.narrow(connection, scope)
                yield connection

    @contextmanager
    def write(self, scope: Scope) -> Iterator[Connection]:
        """A transaction that is durable once the block ends, and undone if it raises. What it records in the audit
        trail is put into the chain at its end.

        On SQLite it takes the write lock at once, so that it never fails half-way for another writer.
        """
        with self.owner() as connection:
            self.narrow(connection, scope)
            with audit_chain.gathering(connection):
                yield connection

    @contextmanager
    def owner(self, *, writing: bool = True) -> Iterator[Connection]:
        """A transaction as the login that owns the tables: for migrations alone."""
        with self._connect() as connection:
            chosen = connection.execution_options(**{_WRITE: writing})
            with chosen.begin():
                yield chosen

    def narrow(self, connection: Connection, scope: Scope) -> None:
        """From here on the open transaction is about ``scope``. Raises ``ValueError`` for an empty tenant."""
        if scope == "":
            raise ValueError("a transaction about no tenant")
        audit_chain.settle(connection)
        if self.sqlite:
            return
        role, tenant = (WHOLE_SERVER_ROLE, "") if isinstance(scope, Wide) else (ONE_TENANT_ROLE, scope)
        connection.execute(_NARROW, {"role": role, "tenant": tenant})

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def _connect(self) -> Iterator[Connection]:
        try:
            connection = self.engine.connect()
        except DBAPIError as error:
            raise CannotFinish(f"the database cannot be opened: {_first_line(error)}", where=self.where,
                               remedy="check that it runs, the address and the rights on the file") from error
        try:
            yield connection
        except OperationalError as error:
            raise CannotFinish(f"the database failed: {_first_line(error)}", where=self.where,
                               remedy="check its disk's free space and its rights, then try again") from error
        finally:
            connection.close()

    @property
    def where(self) -> str:
        """The address without its password."""
        return self.url.database or "memory" if self.sqlite else self.url.render_as_string(hide_password=True)


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else type(error.orig).__name__


def _url(text: str) -> sa.URL:
    try:
        url = sa.make_url(text)
    except ArgumentError as error:
        raise ConfigError("not a database address", where="HUSTINGS_DATABASE_URL",
                          remedy="write postgresql://user:password@host/database") from error
    name = url.get_backend_name()
    if name in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    if name != "sqlite":
        raise ConfigError(f"the database {name} is not supported", where="HUSTINGS_DATABASE_URL",
                          remedy="use postgresql://… or leave it unset for SQLite in the data directory")
    return url


def _sqlite(url: sa.URL) -> Engine:
    engine = sa.create_engine(url, connect_args={"timeout": _BUSY_MS / 1000, "check_same_thread": False},
                              pool_size=8, max_overflow=8, json_deserializer=msgspec.json.decode)

    @event.listens_for(engine, "connect")
    def _on_connect(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # transactions are begun below, not guessed by the driver
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA trusted_schema=OFF")

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get(_WRITE, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def _postgresql(url: sa.URL) -> Engine:
    try:
        return sa.create_engine(url, pool_size=8, max_overflow=8, pool_pre_ping=True,
                                connect_args={"connect_timeout": 10, "application_name": "hustings"})
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise ConfigError("the PostgreSQL driver is not installed", remedy="install hustings[server]") from error
