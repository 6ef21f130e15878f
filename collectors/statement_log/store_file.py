"""The store of what the logs told: one SQLite file that only its owner may read.

Counts and the place that was read to are written in one transaction: whatever ends the reading, nothing is counted
twice or lost. It holds accounts, hosts, shapes without literals and times: no value of any statement.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from hustings.errors import CannotFinish, ConfigError, UsageError

VERSION = "1"
_WAIT = 3.0
"""Seconds for another command to let go of the store."""
_SCHEMA = """
create table if not exists meta (key text primary key, value text not null) without rowid;
create table if not exists source (
    id integer primary key, name text not null, format text not null, inode integer not null,
    head text not null, head_size integer not null, tail text not null, tail_size integer not null,
    offset integer not null, size integer not null, damaged integer not null default 0);
create table if not exists account (id integer primary key, name text not null unique);
create table if not exists shape (
    id integer primary key, digest text not null unique, text text not null, database text not null,
    path text not null, role text not null, whole integer not null, sequences text not null, plannable integer not null,
    understood integer not null default 1, why text not null default '', kind text not null default '',
    schemas text not null default '', derived text not null default '');
create table if not exists need (shape integer not null, object text not null, "column" text, "right" text not null);
create index if not exists need_of_shape on need (shape);
create table if not exists seen (
    account integer not null, shape integer not null, first text not null, last text not null, times integer not null,
    primary key (account, shape)) without rowid;
create table if not exists hour (hour text primary key, first text not null, last text not null) without rowid;
create table if not exists sign_in (
    account text not null, host text not null, hour text not null, times integer not null,
    primary key (account, host, hour)) without rowid;
create table if not exists session (id text primary key, state text not null) without rowid;
create table if not exists counter (name text primary key, value integer not null) without rowid;
create table if not exists cover (kind text primary key) without rowid;
"""


class Store:
    """An open store. Use as a context manager; ``transaction`` is the only way to write."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self.connection = connection

    def close(self) -> None:
        self.connection.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All of it, or nothing. Raises ``CannotFinish`` when the disk or another reader is in the way."""
        try:
            self.connection.execute("begin immediate")
            try:
                yield self.connection
            except BaseException:
                self.connection.execute("rollback")
                raise
            self.connection.execute("commit")
        except sqlite3.OperationalError as error:
            raise CannotFinish(
                f"the store cannot be written: {error}",
                where=str(self.path),
                remedy="let only one command write it at a time, and see that the disk has room",
            ) from None

    def meta(self, key: str) -> str:
        """A remembered setting; empty for none."""
        row = self.connection.execute("select value from meta where key = ?", (key,)).fetchone()
        return str(row[0]) if row else ""

    def remember(self, key: str, value: str) -> None:
        self.connection.execute("insert or replace into meta values (?, ?)", (key, value))

    def rows(self, sql: str, values: Iterable[object] = ()) -> list[tuple[object, ...]]:
        return self.connection.execute(sql, tuple(values)).fetchall()


def create(path: Path, engine: str) -> Store:
    """Open the store for reading logs of this engine into it, making it where there is none.

    Raises ``UsageError`` for a store of another engine and ``ConfigError`` for a file that is no store.
    """
    if not path.exists():
        try:
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as error:
            raise CannotFinish(
                f"the store cannot be made: {error.strerror}",
                where=str(path),
                remedy="give --store a file in a folder that you may write to",
            ) from None
    store = _open(path, f"file:{_quoted(path)}?mode=rw")
    store.connection.execute("pragma locking_mode = exclusive")
    try:
        with store.transaction() as connection:
            for statement in _SCHEMA.split(";\n"):
                if statement.strip():
                    connection.execute(statement)
            if not store.meta("version"):
                store.remember("version", VERSION)
                store.remember("engine", engine)
    except CannotFinish:
        store.close()
        raise
    there = store.meta("engine")
    if there != engine:
        store.close()
        raise UsageError(
            f"this store is of a {there} server, the logs are of {engine}",
            where=str(path),
            remedy="use one store for each server",
        )
    return store


def open_store(path: Path) -> Store:
    """Open a store to read from it. Raises ``UsageError`` where there is none."""
    if not path.is_file():
        raise UsageError(
            "there is no such store of statement logs",
            where=str(path),
            remedy="make it with: hustings access usage LOG… --store FILE",
        )
    # A reading that was killed leaves a transaction to be taken back, which only a writer may do.
    mode = "rw" if os.access(path, os.W_OK) else "ro"
    return _open(path, f"file:{_quoted(path)}?mode={mode}", made=True)


def _quoted(path: Path) -> str:
    return str(path.absolute()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def _open(path: Path, uri: str, *, made: bool = False) -> Store:
    """``made``: a store has to be there already."""
    connection = None
    try:
        connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=_WAIT)
        connection.execute("pragma synchronous = normal")
        connection.execute("pragma cache_size = -8000")
        known = connection.execute("select name from sqlite_master where name = 'meta'").fetchone()
        version = connection.execute("select value from meta where key = 'version'").fetchone() if known else None
        other = known is None and connection.execute("select count(*) from sqlite_master").fetchone()[0]
    except sqlite3.DatabaseError as error:
        if connection is not None:
            connection.close()
        if isinstance(error, sqlite3.OperationalError):
            raise _busy(path, error) from None
        raise ConfigError(
            f"this is no store of statement logs: {error}",
            where=str(path),
            remedy="give --store a new file, or the one that an earlier reading wrote",
        ) from None
    if other or (known is not None and (version is None or version[0] != VERSION)) or (known is None and made):
        connection.close()
        raise ConfigError(
            "this is not a store of statement logs of this version",
            where=str(path),
            remedy="give --store a new file and read the logs again",
        )
    return Store(path, connection)


def _busy(path: Path, error: sqlite3.Error) -> CannotFinish:
    return CannotFinish(
        f"the store cannot be used now: {error}",
        where=str(path),
        remedy="wait until the reading of logs that is writing it has ended, and see that you may read the file",
    )
