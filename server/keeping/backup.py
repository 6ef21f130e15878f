"""A backup of the whole server while it runs: one moment of the database and the secrets of the data directory.

It is written beside its place, read back and compared, and only then given its name.
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import sqlalchemy as sa
from pyrage import x25519
from sqlalchemy.engine import Connection

from hustings import __version__
from hustings.errors import BadDocument, CannotFinish, Untrusted, UsageError
from server.config import Config
from server.keeping import data_files, sealing
from server.keeping.framing import AuditHead, File, Header, Manifest, Packed, Unpacked
from server.keeping.rows import Count, Shape, Tally, blocks, read, shape
from server.store import audit_chain, tenants
from server.store.database import WHOLE_SERVER, Database
from server.store.migrate import head
from server.store.schema import audit, metadata

FORMAT = 1
SPARE = 16 << 20
"""Bytes that stay free on the disk at least."""


@dataclass(frozen=True, slots=True)
class Written:
    """A backup that was written, read back and found to be what was read from the database."""

    file: Path
    bytes: int
    plain: int
    """Before compression."""
    digest: str
    """SHA-256 of the file."""
    made: str
    schema: str
    manifest: Manifest
    seconds: float

    @property
    def rows(self) -> int:
        return sum(one.rows for one in self.manifest.tables.values())


@dataclass(slots=True)
class _Source:
    """What goes into a file, counted as it goes."""

    header: Header
    packed: Packed = field(default_factory=Packed)
    manifest: Manifest | None = None


def make(database: Database, config: Config, file: Path, to: list[x25519.Recipient], phrase: str | None) -> Written:
    """Write a backup to ``file``.

    Raises ``UsageError`` for a place that will not do, ``CannotFinish`` for a full disk, a database that fails or a
    file that does not read back as it was written; then nothing is left at ``file``.
    """
    check_target(file, config.data)
    began = time.monotonic()
    partial = file.with_name(f".{file.name}.{secrets.token_hex(4)}.partial")
    try:
        with database.snapshot(WHOLE_SERVER) as connection:
            _check_space(file.parent, size(connection, database))
            source = _Source(header(connection, database, "server"))
            with _new(partial) as out:
                own = sealing.encrypt(_stream(connection, source, config, database), out, to, phrase)
                out.flush()
                os.fsync(out.fileno())
        assert source.manifest is not None
        digest, length = _verified(partial, own, source)
        _name(partial, file)
    except FileExistsError as error:
        raise _taken(file) from error
    except OSError as error:
        raise disk(error, file) from error
    finally:
        with suppress(FileNotFoundError):
            partial.unlink()
    _settle(file.parent)
    return Written(file, length, source.packed.plain, digest, source.header.made, source.header.schema,
                   source.manifest, time.monotonic() - began)


def check_target(file: Path, data: Path) -> None:
    """Raises ``UsageError`` for a place where no backup is written."""
    check_free(file)
    folder = file.parent
    if not folder.is_dir():
        raise UsageError("there is no such directory", where=str(folder), remedy="make it, or name another place")
    if folder.resolve().is_relative_to(data.resolve()):
        raise UsageError("that is inside the data directory, which the backup is to replace", where=str(file),
                         remedy="name a place on another disk or machine")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UsageError("nothing may be written there", where=str(folder),
                         remedy="name a directory that this user may write")


def header(connection: Connection, database: Database, scope: str, tables: Iterable[Shape] | None = None) -> Header:
    """What a file says of itself, in the transaction that reads the rows."""
    revision = (connection.scalar(sa.text("SELECT version_num FROM alembic_version")) if scope == "server"
                else head())  # a tenant's own transaction may not read the table of revisions
    found = tables if tables is not None else (shape(one) for one in metadata.sorted_tables)
    return Header(FORMAT, __version__, str(revision), "sqlite" if database.sqlite else "postgresql",
                  datetime.now(UTC).isoformat(), scope, tuple(found))


def tables(connection: Connection, packed: Packed, shapes: Iterable[Shape], tallies: dict[str, Tally], *,
           tenant: str | None = None) -> Iterator[bytes]:
    """Every row of every table, or of one tenant, as frames; ``tallies`` is filled."""
    for one in shapes:
        yield packed.document(b"T", one.name)
        count = Count()
        own = "id" if one.name == "tenants" else "tenant"
        for block in blocks(read(connection, one, tenant=tenant, own=own), count):
            yield packed.frame(b"R", block)
        tallies[one.name] = count.tally()
        yield packed.document(b"E", tallies[one.name])


def audit_head(connection: Connection, tenant: str) -> AuditHead:
    """Where a tenant's trail stands."""
    rows, last = connection.execute(sa.select(sa.func.count(), sa.func.max(audit.c.id)).where(
        audit.c.tenant == tenant)).one()
    stands = audit_chain.head(connection, tenant)
    return AuditHead(rows, last or 0, str(stands) if stands else "")


def size(connection: Connection, database: Database) -> int:
    """Bytes that the database takes, without what is free in it."""
    if not database.sqlite:
        return int(connection.scalar(sa.text("SELECT pg_database_size(current_database())")) or 0)
    pages, free, page = (int(connection.exec_driver_sql(f"PRAGMA {name}").scalar() or 0)
                         for name in ("page_count", "freelist_count", "page_size"))
    return (pages - free) * page


def disk(error: OSError, file: Path) -> CannotFinish:
    """What to say when the file system refused."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return CannotFinish("the disk is full; nothing was kept", where=str(file.parent),
                            remedy="free some space, or name a place on another disk")
    return CannotFinish(f"cannot be written: {error.strerror or error}", where=str(file),
                        remedy="name a place that this user may write")


def _stream(connection: Connection, source: _Source, config: Config, database: Database) -> Iterator[bytes]:
    packed = source.packed
    tallies: dict[str, Tally] = {}
    files: list[File] = []
    yield packed.start()
    yield packed.document(b"H", source.header)
    yield from tables(connection, packed, source.header.tables, tallies)
    place = Path(database.url.database) if database.sqlite and database.url.database else None
    taken, left = data_files.found(config.data, place)
    if config.settings.own is not None:
        left += [f"{path}: the certificate from elsewhere is not in the data directory"
                 for path in (config.settings.own.certificate, config.settings.own.key)
                 if not Path(path).resolve().is_relative_to(config.data.resolve())]
    for path in taken:
        yield from _file(packed, config.data, path, files)
    heads = {one.id: audit_head(connection, one.id) for one in tenants.every(connection)}
    source.manifest = Manifest(tallies, tuple(files), heads, tuple(left))
    yield packed.document(b"M", source.manifest)
    yield packed.end()


def _file(packed: Packed, data: Path, path: str, files: list[File]) -> Iterator[bytes]:
    yield packed.document(b"F", path)
    made, length = hashlib.sha256(), 0
    for part in data_files.read(data, path):
        made.update(part)
        length += len(part)
        yield packed.frame(b"D", part)
    files.append(File(path, length, made.hexdigest()))
    yield packed.document(b"G", files[-1])


def _verified(partial: Path, own: x25519.Identity, source: _Source) -> tuple[str, int]:
    """The file's digest and length, once it is read back and holds what went in. Raises ``CannotFinish``."""
    reading = Unpacked()
    try:
        with partial.open("rb") as stream:
            sealing.decrypt(stream, reading, [own], None)
        same = reading.close() == source.manifest and reading.header == source.header
    except (BadDocument, Untrusted) as error:
        raise CannotFinish("the backup does not read back", where=str(partial.parent),
                           remedy="check the disk it is written to, then try again") from error
    if not same:
        raise CannotFinish("the backup does not hold what was read from the database", where=str(partial.parent),
                           remedy="check the disk and the memory of this machine, then try again")
    with partial.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest(), partial.stat().st_size


def _new(file: Path) -> IO[bytes]:
    return os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb")


def _name(partial: Path, file: Path) -> None:
    """Give it its name, never over another. Some file systems have no second names; there it is moved."""
    try:
        os.link(partial, file)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.ENOSYS):
            raise
        check_free(file)
        partial.rename(file)


def check_free(file: Path) -> None:
    """Raises ``UsageError`` if there is something of that name."""
    if file.exists() or file.is_symlink():
        raise _taken(file)


def _check_space(folder: Path, wanted: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < wanted + SPARE:
        raise CannotFinish(
            f"there may not be enough room: {free >> 20} MB are free, the backup may take {wanted >> 20} MB",
            where=str(folder), remedy="free some space, or name a place on another disk")


def _settle(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _taken(file: Path) -> UsageError:
    return UsageError("there is something of that name already", where=str(file),
                      remedy="name another file: a backup never replaces what is there")
