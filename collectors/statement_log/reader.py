"""Reads logs into a store: in a stream, from where an earlier reading ended, at whatever moment that was."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from collectors.statement_log.detect import Chosen, detect
from collectors.statement_log.formats import Format
from collectors.statement_log.names import Names
from collectors.statement_log.resolve import resolve_again
from collectors.statement_log.source import CHUNK, HEAD, Source, digest, find, largest_record, read_from
from collectors.statement_log.store_file import Store, create
from collectors.statement_log.tally import Tally
from collectors.statement_log.times import Clock
from hustings.errors import CannotFinish, UsageError

_PER_COMMIT = 16 * 1024 * 1024
_MOST_NEW = 2_000
"""Shapes that are not in the store yet, for which memory is held."""
STATISTICS = "statistics"
"""The format of a source that is no log."""


@dataclass
class Reading:
    """What one run did."""

    files: int = 0
    bytes: int = 0
    unchanged: int = 0
    """Files with nothing new."""
    damaged: int = 0
    """Records that could not be made out."""
    unfinished: tuple[str, ...] = ()
    """Files whose last record has no end yet."""
    parsed: int = 0
    """Distinct shapes given to the SQL parser."""


class _Place:
    """Where the reading of one source stands."""

    def __init__(self, store: Store, source: Source, head: bytes, form: str) -> None:
        self.source = source
        self.offset = 0
        self.id: int | None = None
        self.tail = b""
        self.damaged = 0
        self.form = form
        self.head = head[:HEAD]
        for row in store.rows("select id, head, head_size, tail, tail_size, offset from source order by id desc"):
            at, known, size, tail, tail_size, offset = row
            if (
                len(head) >= int(str(size))
                and digest(head[: int(str(size))]) == known
                and self._goes_on(int(str(offset)), str(tail), int(str(tail_size)))
            ):
                self.id, self.offset = int(str(at)), int(str(offset))
                break

    def _goes_on(self, offset: int, tail: str, size: int) -> bool:
        """Whether what stood before the place is still there: a file written anew may begin alike."""
        with self.source.open() as file:
            file.seek(max(0, offset - size))
            self.tail = file.read(min(size, offset))
        return digest(self.tail) == tail

    def advance(self, data: bytes) -> None:
        self.offset += len(data)
        self.tail = (self.tail + data[-HEAD:])[-HEAD:]

    def write(self, connection: sqlite3.Connection) -> None:
        head = self.head[: max(1, min(len(self.head), self.offset))]
        values = (
            str(self.source.path),
            self.form,
            self.source.inode,
            digest(head),
            len(head),
            digest(self.tail),
            len(self.tail),
            self.offset,
            self.source.size,
            self.damaged,
        )
        if self.id is None:
            made = connection.execute(
                "insert into source (name, format, inode, head, head_size, tail, tail_size, offset, size, "
                "damaged) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                values,
            )
            self.id = int(made.lastrowid or 0)
        else:
            connection.execute(
                "update source set name = ?, format = ?, inode = ?, head = ?, head_size = ?, tail = ?, "
                "tail_size = ?, offset = ?, size = ?, damaged = damaged + ? where id = ?",
                (*values, self.id),
            )
        self.damaged = 0


def read_logs(
    paths: tuple[Path, ...],
    store_path: Path,
    *,
    engine: str = "",
    names: Names | None = None,
    log_format: str = "",
    prefix: str = "",
    zone: str = "",
    progress: Callable[[int, int], None] | None = None,
    step: int = CHUNK,
    per_commit: int = _PER_COMMIT,
) -> Reading:
    """Read what is new in these logs into the store.

    ``names``: what is known of the database, for ``*`` and names without a schema. ``progress`` is told the bytes
    read and those there are. ``step`` bytes are read at once, and written to the store every
    ``per_commit``.

    Raises ``UsageError`` for files that are no statement logs or of another engine than
    the store, ``CannotFinish`` for files that cannot be read.
    """
    clock = Clock(zone)
    sources = find(paths)
    chosen = [(one, detect(one, log_format, prefix, engine)) for one in sources]
    chosen = [(one, form) for one, form in chosen if form is not None]
    if not chosen:
        raise UsageError(
            "there is nothing in these logs",
            where=", ".join(str(one) for one in paths),
            remedy="name logs that hold statements",
        )
    engines = sorted({form.engine for _, form in chosen if form is not None})
    if len(engines) > 1:
        raise UsageError(
            f"these logs are of several engines: {', '.join(engines)}",
            where=str(paths[0]),
            remedy="use one store for each server",
        )
    store = create(store_path, engine or engines[0])
    try:
        return _read(
            store,
            [(one, form) for one, form in chosen if form is not None],
            names or Names(engine or engines[0]),
            clock,
            progress,
            (step, per_commit),
        )
    finally:
        store.close()


def read_rows(
    store_path: Path,
    engine: str,
    names: Names,
    rows: Iterable[tuple[str, str, int]],
    *,
    database: str,
    first: str,
    last: str,
    covers: set[str],
    name: str,
) -> None:
    """Statistics instead of logs: (account, statement, times), each between two times. They replace those before."""
    store = create(store_path, engine)
    try:
        kinds = {str(kind) for (kind,) in store.rows("select format from source")}
        if kinds - {STATISTICS}:
            raise UsageError(
                "this store holds what logs told, which have times of their own",
                where=str(store_path),
                remedy="use another --store for statistics",
            )
        _one_database(store, names.database)
        resolve_again(store, names)
        tally = Tally(store, engine, names, Clock())
        tally.line(first)
        tally.line(last)
        tally.covers |= covers
        for account, sql, times in rows:
            tally.counted(account, database, first, last, sql, times)
        with store.transaction() as connection:
            for table in ("seen", "hour", "cover", "counter", "source"):
                connection.execute(f"delete from {table}")  # noqa: S608 - names of this file's own tables
            tally.commit(connection)
            connection.execute(
                "insert into source (name, format, inode, head, head_size, tail, tail_size, offset, size) "
                "values (?, ?, 0, '', 0, '', 0, 0, 0)",
                (name, STATISTICS),
            )
    finally:
        store.close()


def _one_database(store: Store, database: str) -> None:
    """A server's log tells of all its databases; a store that was begun for one stays with it."""
    known = store.meta("database")
    if known and database and known != database:
        raise UsageError(
            f"this store is of the database {known}, not of {database}",
            where=str(store.path),
            remedy="use another --store, and read the logs into it from their beginning",
        )
    if database and not known and not store.rows("select 1 from source"):
        with store.transaction():
            store.remember("database", database)


def _read(
    store: Store,
    chosen: list[tuple[Source, Chosen]],
    names: Names,
    clock: Clock,
    progress: Callable[[int, int], None] | None,
    steps: tuple[int, int],
) -> Reading:
    done = Reading(files=len(chosen))
    _one_database(store, names.database)
    resolve_again(store, names)
    if store.rows("select 1 from source where format = ?", (STATISTICS,)):
        raise UsageError(
            "this store holds statistics of the server, not what logs told",
            where=str(store.path),
            remedy="use another --store for logs",
        )
    tally = Tally(store, names.engine, names, clock)
    total, before = sum(one.size for one, _ in chosen), 0
    for source, form in sorted(chosen, key=lambda one: one[1].first):

        def report(share: float, *, size: int = source.size, start: int = before) -> None:
            if progress is not None:
                progress(start + int(size * min(1.0, share)), total)

        _read_source(store, tally, source, form.reader, done, report, steps)
        before += source.size
    if progress is not None:
        progress(total, total)
    done.parsed = tally.parsed
    return done


def _read_source(
    store: Store,
    tally: Tally,
    source: Source,
    form: Format,
    done: Reading,
    report: Callable[[float], None],
    steps: tuple[int, int],
) -> None:
    place = _Place(store, source, source.head(), form.name)
    start = place.offset
    rest, since = b"", 0
    with source.open() as file:
        chunks = read_from(file, source.path, place.offset, steps[0])
        while (data := _next(chunks, lambda: _commit(store, tally, place))) is not None:
            rest += data
            end = form.cut(rest, last=False)
            if not end and len(rest) > largest_record():
                end = _skip_damage(rest, form)
                done.damaged += 1
            if end:
                whole, rest = rest[:end], rest[end:]
                damaged = form.feed(whole, tally)
                done.damaged += damaged
                place.damaged += damaged
                place.advance(whole)
                since += len(whole)
            if since >= steps[1] or len(tally.new) >= _MOST_NEW:
                _commit(store, tally, place)
                since = 0
            report(file.tell() / source.size if not source.compressed else place.offset / (source.size * 8))
    end = form.cut(rest, last=True)
    if end:
        done.damaged += form.feed(rest[:end], tally)
        place.advance(rest[:end])
        rest = rest[end:]
    if rest.strip():
        done.unfinished = (*done.unfinished, str(source.path))
    done.bytes += place.offset - start
    if place.offset == start:
        done.unchanged += 1
    _commit(store, tally, place)


def _next(chunks: Iterator[bytes], keep: Callable[[], None]) -> bytes | None:
    """The next chunk, None at the end. What was read before is kept when a file cannot be read further."""
    try:
        return next(chunks, None)
    except CannotFinish:
        keep()
        raise


def _skip_damage(data: bytes, form: Format) -> int:
    """Past a record that never ends: to the next line that looks like the beginning of one."""
    starts = getattr(form, "start", None)
    at = starts(data) if starts is not None else -1
    return at if at > 0 else len(data)


def _commit(store: Store, tally: Tally, place: _Place) -> None:
    with store.transaction() as connection:
        tally.commit(connection)
        place.write(connection)
    tally.committed()
