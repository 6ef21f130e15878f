"""The manifest of a restore set: what a backup must hold, counted where the data are."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from agent import private_postgres, restore_counts
from agent.restore_programs import find
from hustings.declared import RestoreSet
from hustings.errors import CannotFinish
from hustings.restore_record import MANIFEST, Manifest, Tally


def made(wanted: RestoreSet) -> str:
    """The manifest as JSON text. Raises ``CannotFinish``."""
    parts = {table: _table(wanted.database, table) for table in wanted.tables}
    if wanted.path:
        try:
            parts[wanted.path] = restore_counts.directory(Path(wanted.path))
        except OSError as error:
            raise CannotFinish(f"cannot be counted: {error.strerror}", where=os.fsdecode(error.filename or wanted.path),
                               remedy="run it as an account that may read all of it") from error
    manifest = Manifest(MANIFEST, datetime.now(UTC).replace(microsecond=0), parts)
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2).decode()


def _table(database: str, table: str) -> Tally:
    columns = b"".join(_psql(database, private_postgres.columns_of(table))).decode().strip()
    if not columns:
        raise CannotFinish(f"there is no table {table}", where=database, remedy="write it as schema.table")
    return restore_counts.rows(_psql(database, *private_postgres.copy_of(table, columns)))


def _psql(database: str, *commands: str) -> Iterator[bytes]:
    words = [word for one in commands for word in ("-c", one)]
    with subprocess.Popen(
            [find("psql"), "-X", "-q", "-A", "-t", "-w", "-v", "ON_ERROR_STOP=1", "-d", database, *words],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, env=dict(os.environ)) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        yield from process.stdout
        said = process.stderr.read().decode("utf-8", "replace").strip().partition("\n")[0]
    if process.returncode:
        raise CannotFinish(f"psql: {said[:200]}", where=database,
                           remedy="run it as an account that may read the tables, such as postgres")
