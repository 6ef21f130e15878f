"""One leader among the servers that share a database.

On PostgreSQL it is who holds a session-level advisory lock, on a connection of its own: the lock is gone with that
connection, whatever became of the process. On SQLite it is the process that locks a file of the data directory: the
operating system lets go of it when the process ends.

Sources: PostgreSQL's documentation, "Explicit Locking: Advisory Locks"; ``flock(2)``.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from server.store.database import Database

_LOCK = 0x48555355
"""The advisory lock of whoever runs the timed jobs."""
_ALIVE = "SET tcp_keepalives_idle = 20; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3"
"""So that the lock of a machine that lost its power is free after half a minute."""


class Leader(Protocol):
    """Asks to lead, and gives it up. Safe between threads."""

    def leads(self) -> bool:
        """Whether this process leads now; it tries to where nobody does."""
        ...

    def close(self) -> None:
        """Lead no more."""
        ...


def leader(database: Database, data: Path) -> Leader:
    """The leader's lock for a database. ``data`` is the server's directory."""
    return _ByFile(data / "jobs.lock") if database.sqlite else _BySession(database)


class _ByFile:
    def __init__(self, file: Path) -> None:
        self._file = file
        self._handle = -1
        self._lock = Lock()

    def leads(self) -> bool:
        with self._lock:
            if self._handle >= 0:
                return True
            handle = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(handle)
                return False
            self._handle = handle
            return True

    def close(self) -> None:
        with self._lock:
            if self._handle >= 0:
                os.close(self._handle)
                self._handle = -1


class _BySession:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: Connection | None = None
        self._lock = Lock()

    def leads(self) -> bool:
        with self._lock:
            if self._connection is not None:
                try:
                    self._connection.execute(sa.text("SELECT 1"))
                except DBAPIError:
                    self._drop()
                else:
                    return True
            return self._try()

    def close(self) -> None:
        with self._lock:
            self._drop()

    def _try(self) -> bool:
        connection = self._database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        connection.detach()
        held = False
        try:
            connection.execute(sa.text(_ALIVE))
            held = bool(connection.scalar(sa.text("SELECT pg_try_advisory_lock(:lock)"), {"lock": _LOCK}))
        finally:
            if not held:
                connection.close()
        if held:
            self._connection = connection
        return held

    def _drop(self) -> None:
        if self._connection is not None:
            with suppress(DBAPIError):
                self._connection.close()
            self._connection = None
