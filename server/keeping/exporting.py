"""All of an office in one file: every row of every table that is its own, with digests, secrets left out.

The format is that of a backup (``server.keeping.framing``), of one tenant and not encrypted. Two people agree to it
(``server.two_people.actions.export_all``); for a week it may be downloaded, each time on record.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from hustings.errors import BadDocument, UsageError
from server.keeping import erasing
from server.keeping.backup import audit_head, header, tables
from server.keeping.framing import Header, Manifest, Packed, Unpacked
from server.keeping.rows import Shape, Tally, shape
from server.store import audit
from server.store.database import Database
from server.store.people import Role
from server.store.schema.keeping import data_exports

MAY_ASK = frozenset({Role.ADMINISTRATOR, Role.OFFICIAL})
MAY_TAKE = MAY_ASK
GOOD_FOR = timedelta(days=7)
SECRET = re.compile(r"(^|_)(secret|password|code|challenge|private_key)(_|$)")
"""Names of columns that let somebody in."""


@dataclass(frozen=True, slots=True)
class Leave:
    """Two people agreed that everything may be taken."""

    id: int
    at: datetime
    by: str
    second: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """What an export holds."""

    header: Header
    manifest: Manifest

    @property
    def rows(self) -> int:
        return sum(one.rows for one in self.manifest.tables.values())


def shapes() -> tuple[Shape, ...]:
    """Every table of a tenant without the columns that let somebody in."""
    found = []
    for table in reversed(erasing.tables()):
        kept = shape(table, [one.name for one in table.c if SECRET.search(one.name)])
        found.append(kept)
    return tuple(found)


def give_leave(connection: Connection, tenant: str, *, by: str, second: str, now: datetime) -> None:
    """Two people agreed."""
    until = now + GOOD_FOR
    connection.execute(sa.insert(data_exports).values(tenant=tenant, at=now, by=by, second=second, until=until))
    audit.record(connection, tenant, now, by, "data.export-agreed", "", {"second": second, "until": until.isoformat()})


def leave(connection: Connection, tenant: str, now: datetime) -> Leave | None:
    """The leave that holds now."""
    row = connection.execute(sa.select(data_exports).where(
        data_exports.c.tenant == tenant, data_exports.c.until > now)
        .order_by(data_exports.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else Leave(row.id, row.at, row.by, row.second, row.until)


def write(database: Database, tenant: str, out: IO[bytes], *, by: str, now: datetime) -> Manifest:
    """Write all of an office to ``out`` and put that on record. Raises ``UsageError`` without leave of two people."""
    with database.snapshot(tenant) as connection:
        if leave(connection, tenant, now) is None:
            raise UsageError("two people must agree before everything of an office is taken",
                             remedy="ask for it (hustings server tenant ask-export, or the page What is kept), and let "
                             "a second person approve")
        packed, tallies = Packed(), dict[str, Tally]()
        for part in _parts(connection, database, tenant, packed, tallies):
            out.write(part)
        manifest = Manifest(tallies, (), {tenant: audit_head(connection, tenant)}, _left_out())
        out.write(packed.document(b"M", manifest))
        out.write(packed.end())
    out.flush()
    with database.write(tenant) as connection:
        audit.record(connection, tenant, now, by, "data.export", "", {
            "rows": sum(one.rows for one in tallies.values()), "head": manifest.audit[tenant].hash})
    return manifest


def check(file: Path) -> Taken:
    """Read all of an export and prove every digest of it. Raises ``BadDocument``, ``UsageError``."""
    return _through(file, None)


def rows(file: Path, table: str) -> Iterator[dict[str, Any]]:
    """The rows of one table of an export, after all of it was proven. Raises ``UsageError`` for another name."""
    known = {one.name for one in check(file).header.tables}
    if table not in known:
        raise UsageError(f"there is no table {table!r} in it", where=str(file), remedy=f"there are: {', '.join(known)}")
    found: list[dict[str, Any]] = []

    def take(of: Shape, some: list[list[Any]]) -> None:
        if of.name == table:
            names = [one.name for one in of.columns]
            found.extend(dict(zip(names, one, strict=True)) for one in some)

    _through(file, take)
    return iter(found)


def _parts(connection: Connection, database: Database, tenant: str, packed: Packed,
           tallies: dict[str, Tally]) -> Iterator[bytes]:
    yield packed.start()
    said = header(connection, database, tenant, shapes())
    yield packed.document(b"H", said)
    yield from tables(connection, packed, said.tables, tallies, tenant=tenant)


def _left_out() -> tuple[str, ...]:
    return tuple(f"{table.name}.{one.name}: lets somebody in" for table in reversed(erasing.tables())
                 for one in table.c if SECRET.search(one.name))


def _through(file: Path, take: Any) -> Taken:
    reading = Unpacked(rows=take)
    try:
        with file.open("rb") as stream:
            while part := stream.read(1 << 16):
                reading.write(part)
    except OSError as error:
        raise UsageError(f"the export cannot be read: {error.strerror}", where=str(file),
                         remedy="name the file that was downloaded") from error
    except BadDocument as error:
        raise BadDocument(error.what, where=str(file), remedy="download it again") from error
    manifest = reading.close()
    assert reading.header is not None
    return Taken(reading.header, manifest)
