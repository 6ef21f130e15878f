"""A backup becomes a server again: in an empty directory and an empty database, or not at all.

The whole file is proven first: every digest, every count, the order of its parts. Then its rows are written in one
transaction into tables as they were when it was made, read back and counted, and brought to this version. What must
not live twice is ended: sessions, one-time links, enrolment tokens. Messages that waited are sent again under their
old names, by which who receives them can tell.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

import msgspec
import sqlalchemy as sa
from pyrage import x25519
from sqlalchemy.engine import Connection

from hustings.errors import BadDocument, CannotFinish, ConfigError, Untrusted, UsageError
from server import config
from server.keeping import sealing
from server.keeping.backup import disk
from server.keeping.data_files import Writing
from server.keeping.framing import Header, Manifest, Unpacked
from server.keeping.rows import Count, insert, read
from server.notices.events import happened
from server.store import audit, migrate, tenants
from server.store.database import WHOLE_SERVER, Database
from server.store.schema import metadata
from server.store.schema.statements import statement_links
from server.store.walls import raise_walls

ENDED = ("sessions", "links")
"""Tables whose rows let somebody in once, or for a while."""


@dataclass(frozen=True, slots=True)
class Proven:
    """A backup whose every part was read and holds."""

    header: Header
    manifest: Manifest
    plain: int
    """Bytes before compression."""

    @property
    def rows(self) -> int:
        return sum(one.rows for one in self.manifest.tables.values())


@dataclass(frozen=True, slots=True)
class Restored:
    """What was done, and what a person has to look after."""

    proven: Proven
    schema: str
    """The revision the database is at now."""
    ended: dict[str, int]
    """Table: rows that were ended."""


def prove(file: Path, keys: list[x25519.Identity], phrase: str | None) -> Proven:
    """Read all of a backup. Raises ``BadDocument``, ``Untrusted``, ``UsageError``."""
    reading = Unpacked()
    with _open(file) as stream:
        sealing.decrypt(stream, reading, keys, phrase)
    manifest = reading.close()
    assert reading.header is not None
    return Proven(reading.header, manifest, reading.plain)


def refuse_newer(header: Header) -> None:
    """Raises ``ConfigError`` for a backup that a newer version wrote."""
    if header.schema > migrate.head():
        raise ConfigError(
            f"the backup is of Hustings {header.product} (revision {header.schema}); this is older "
            f"(it knows up to {migrate.head()})", remedy="install that version or a newer one, and restore with it")


def restore(file: Path, data: Path, keys: list[x25519.Identity], phrase: str | None, *, now: datetime,
            by: str) -> Restored:
    """Make ``data`` and its database what the backup holds.

    The database is the one of the environment, or SQLite in ``data``. Raises ``UsageError`` for a target that is not
    empty, ``ConfigError`` for a backup of a newer version, ``BadDocument`` and ``Untrusted`` for one that does not
    hold, ``CannotFinish``; then nothing was changed.
    """
    _check_directory(data)
    proven = prove(file, keys, phrase)
    refuse_newer(proven.header)
    if proven.header.scope != "server":
        raise UsageError("that is the export of one office, no backup of a server", where=str(file),
                         remedy="name a backup")
    staging = data.with_name(f".{data.name}.{secrets.token_hex(4)}.restoring")
    try:
        _check_space(data.parent, proven.plain)
        staging.mkdir(mode=0o700)
        url = os.environ.get(config.DATABASE_URL) or f"sqlite:///{staging / 'hustings.db'}"
        ended = _fill(file, staging, data, url, keys, phrase, proven, now=now, by=by)
    except OSError as error:
        raise disk(error, data) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return Restored(proven, migrate.head(), ended)


def _fill(file: Path, staging: Path, data: Path, url: str, keys: list[x25519.Identity], phrase: str | None,
          proven: Proven, *, now: datetime, by: str) -> dict[str, int]:
    database = Database(url)
    moved = False
    try:
        _check_empty(database)
        with database.owner() as connection:
            migrate.lay(connection, proven.header.schema, str(file))
            _clear(connection, proven.header)
            writing = Writing(staging)
            reading = Unpacked(rows=lambda table, rows: insert(connection, table, rows), bytes_=writing.take)
            try:
                with _open(file) as stream:
                    sealing.decrypt(stream, reading, keys, phrase)
            finally:
                writing.close()
            if reading.close() != proven.manifest or reading.header != proven.header:
                raise BadDocument("the file changed while it was read", where=str(file), remedy="try again")
            _numbers(connection, proven.header)
            _read_back(connection, proven)
            migrate.lay(connection, "head", str(file))
            if not database.sqlite:
                raise_walls(connection)
            database.narrow(connection, WHOLE_SERVER)
            ended = _end(connection, proven, now=now, by=by)
            _settings(staging, database)
            if not database.sqlite:
                _move(staging, data)
                moved = True
        if database.sqlite:
            with database.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            database.close()
            _move(staging, data)
        return ended
    except BaseException:
        if moved:
            shutil.rmtree(data, ignore_errors=True)
        raise
    finally:
        database.close()


def _end(connection: Connection, proven: Proven, *, now: datetime, by: str) -> dict[str, int]:
    """End what must not live twice, and tell every office."""
    ended = {name: connection.execute(sa.delete(metadata.tables[name])).rowcount for name in ENDED}
    tokens = metadata.tables["tokens"]
    ended["tokens"] = connection.execute(sa.update(tokens).where(
        tokens.c.redeemed.is_(None), tokens.c.expires > now).values(expires=now)).rowcount
    ended["statement_links"] = connection.execute(sa.update(statement_links).where(
        statement_links.c.used.is_(None), statement_links.c.revoked.is_(None)).values(revoked=now)).rowcount
    for one in tenants.every(connection):
        audit.record(connection, one.id, now, by, "server.restore", proven.header.made, {
            "made": proven.header.made, "rows": proven.rows, "head": _head(proven, one.id), **ended})
        happened(connection, one.id, "restored", now.isoformat(), "", {"made": proven.header.made}, now)
    return ended


def _head(proven: Proven, tenant: str) -> str:
    found = proven.manifest.audit.get(tenant)
    return found.hash if found else ""


def _read_back(connection: Connection, proven: Proven) -> None:
    """Raises ``CannotFinish`` unless the database holds the rows of the manifest."""
    for table in proven.header.tables:
        count = Count()
        for row in read(connection, table):
            count.row(row)
        found, wanted = count.tally(), proven.manifest.tables[table.name]
        if (found.rows, found.sum) != (wanted.rows, wanted.sum):
            raise CannotFinish("the database does not give back the rows that were written", where=table.name,
                               remedy="restore into another database; nothing was changed")


def _clear(connection: Connection, header: Header) -> None:
    """Rows that a migration itself put there are in the backup too."""
    for table in reversed(header.tables):
        if connection.scalar(sa.select(sa.literal(1)).select_from(sa.table(table.name)).limit(1)):
            connection.execute(sa.delete(sa.table(table.name)))


def _numbers(connection: Connection, header: Header) -> None:
    """On PostgreSQL the next number of a table follows the last one that was written."""
    if connection.dialect.name == "sqlite":
        return
    for table in header.tables:
        for column in table.columns:
            if column.kind != "int":
                continue
            sequence = connection.scalar(sa.text("SELECT pg_get_serial_sequence(:table, :column)"),
                                         {"table": f'"{table.name}"', "column": column.name})
            last = connection.scalar(sa.select(sa.func.max(sa.column(column.name))).select_from(
                sa.table(table.name))) if sequence else None
            if last is not None:
                connection.execute(sa.text("SELECT setval(CAST(:sequence AS regclass), :last)"),
                                   {"sequence": sequence, "last": last})


def _settings(staging: Path, database: Database) -> None:
    """The settings name the kind of database that it is in now."""
    file = config.settings_file(staging)
    known = msgspec.json.decode(file.read_bytes(), type=config.Settings)
    kind = "sqlite" if database.sqlite else "postgresql"
    if known.database != kind:
        file.write_bytes(msgspec.json.encode(msgspec.structs.replace(known, database=kind)))


def _move(staging: Path, data: Path) -> None:
    staging.rename(data)  # over an empty directory, or where there is none
    handle = os.open(data.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _check_directory(data: Path) -> None:
    if data.is_symlink() or (data.exists() and not data.is_dir()):
        raise UsageError("that is not a directory", where=str(data), remedy="name one that is empty or does not exist")
    if data.is_dir() and any(data.iterdir()):
        raise UsageError("the directory is not empty: a backup is never restored over a server", where=str(data),
                         remedy="name one that is empty or does not exist; move the old one away first")
    if not data.parent.is_dir():
        raise UsageError("there is no such directory", where=str(data.parent), remedy="make it first")


def _check_empty(database: Database) -> None:
    with database.owner(writing=False) as connection:
        there = sa.inspect(connection).get_table_names()
    if there:
        raise UsageError(f"the database is not empty: it has the table {there[0]}", where=database.where,
                         remedy="make an empty one (createdb) and name it in HUSTINGS_DATABASE_URL")


def _check_space(folder: Path, wanted: int) -> None:
    free = shutil.disk_usage(folder).free
    if not os.environ.get(config.DATABASE_URL) and free < wanted * 5 // 4:
        raise CannotFinish(f"there is not enough room: {free >> 20} MB are free, {wanted * 5 // 4 >> 20} MB are needed",
                           where=str(folder), remedy="free some space, or name a place on another disk")


@contextmanager
def _open(file: Path) -> Iterator[IO[bytes]]:
    try:
        stream = file.open("rb")
    except OSError as error:
        raise UsageError(f"the backup cannot be read: {error.strerror}", where=str(file),
                         remedy="name the file that hustings server backup wrote") from error
    with stream:
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise UsageError("that is not a file", where=str(file), remedy="name a backup")
        yield stream


def require_digest(file: Path, wanted: str) -> None:
    """Raises ``Untrusted`` unless the file is the one with this SHA-256."""
    made = hashlib.sha256()
    with _open(file) as stream:
        while part := stream.read(1 << 20):
            made.update(part)
    found = made.hexdigest()
    if found != wanted.strip().lower().removeprefix("sha256:"):
        raise Untrusted("the file is not the one with that digest", where=str(file),
                        remedy="compare it with what hustings server backup printed")
