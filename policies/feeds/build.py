"""Putting a feed into the store: a new file is written beside it and takes its place when it is whole.

Whatever goes wrong before that leaves the old store as it was. Lines are gathered on disk, not in memory.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import groupby, islice
from pathlib import Path

import msgspec

from hustings.errors import CannotFinish, UsageError
from policies.feeds.advice import Advice, Exploited, Feed, scheme_of
from policies.feeds.store import SCHEMA, Group, Store
from policies.feeds.versions import Scheme, newest_first

_LINES = """CREATE TEMP TABLE line (space TEXT, package TEXT, introduced TEXT, fixed TEXT, urgency TEXT, state TEXT,
    cve TEXT, PRIMARY KEY (space, package, introduced, fixed, cve)) WITHOUT ROWID"""
_AT_ONCE = 20_000


class Builder:
    """A store in the making: the old one's other feeds, and one new one."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self.lines = 0

    def keep(self, old: Path, without: str) -> None:
        """Take over every feed of the store ``old`` but one."""
        self._db.execute("ATTACH ? AS old", (f"{old.absolute().as_uri()}?mode=ro&immutable=1",))
        for table, column in (("feed", "name"), ("space", "feed"), ("advice", "feed"), ("exploited", "feed")):
            self._db.execute(f"INSERT INTO main.{table} SELECT * FROM old.{table} WHERE {column} <> ?",  # noqa: S608
                             (without,))
        self._db.commit()
        self._db.execute("DETACH old")

    def advices(self, advices: Iterable[Advice]) -> None:
        """Note the lines of a feed; the same line twice counts once."""
        several = iter(advices)
        while rows := [(one.space, one.package, one.introduced, one.fixed, one.urgency, one.state, one.cve)
                       for one in islice(several, _AT_ONCE)]:
            self._db.executemany("INSERT OR IGNORE INTO line VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
            self.lines += len(rows)

    def exploited(self, feed: str, entries: Iterable[Exploited]) -> None:
        rows = [(feed, one.cve, one.due, int(one.ransomware)) for one in entries]
        self._db.executemany("INSERT OR IGNORE INTO exploited VALUES (?, ?, ?, ?)", rows)
        self.lines += len(rows)

    def families(self) -> set[str]:
        """The distributions the lines speak of: ``Ubuntu`` of ``Ubuntu:24.04:LTS``."""
        return {name.partition(":")[0].partition("/")[0]
                for (name,) in self._db.execute("SELECT DISTINCT space FROM line")}

    def finish(self, feed: Feed) -> None:
        """Group the lines of ``feed`` and write them."""
        self._db.executemany("INSERT INTO advice VALUES (?, ?, ?, ?)", self._grouped(feed.name))
        self._db.execute("INSERT INTO space SELECT feed, space, count(*) FROM advice WHERE feed = ? GROUP BY space",
                         (feed.name,))
        self._db.execute("INSERT INTO feed VALUES (?, ?)", (feed.name, msgspec.json.encode(feed)))
        self._db.commit()

    def restate(self, feed: Feed) -> None:
        """Change what is said of a feed that is in the store."""
        self._db.execute("UPDATE feed SET said = ? WHERE name = ?", (msgspec.json.encode(feed), feed.name))
        self._db.commit()

    def _grouped(self, feed: str) -> Iterator[tuple[str, str, str, bytes]]:
        lines = self._db.cursor().execute(
            "SELECT space, package, fixed, introduced, urgency, state, cve FROM line ORDER BY space, package")
        for (space, package), some in groupby(lines, key=lambda line: line[:2]):
            groups: dict[tuple[str, str, str, str], list[str]] = {}
            for _, _, fixed, introduced, urgency, state, cve in some:
                groups.setdefault((fixed, introduced, urgency, state), []).append(cve)
            yield feed, space, package, msgspec.json.encode(_ordered(scheme_of(space) or Scheme.DEB, groups))


def _ordered(scheme: Scheme, groups: dict[tuple[str, str, str, str], list[str]]) -> list[Group]:
    """Those without a fix, those whose fix cannot be compared, then newest fix first."""
    fine, odd = newest_first(scheme, {fixed for fixed, _, _, _ in groups if fixed})
    place = {fixed: index for index, fixed in enumerate(["", *odd, *fine])}
    keys = sorted(groups, key=lambda key: (place[key[0]], *key[1:]))
    return [Group(*key, " ".join(groups[key])) for key in keys]


@contextmanager
def replacing(path: Path, name: str) -> Iterator[Builder]:
    """A builder for the store at ``path`` in which the feed ``name`` is to be replaced.

    Raises ``CannotFinish`` if it cannot be written, ``UsageError`` if another import is under way.
    """
    scratch = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        with _alone(path):
            scratch.unlink(missing_ok=True)
            db = sqlite3.connect(scratch.absolute().as_uri(), uri=True)
            try:
                db.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA temp_store = FILE;"
                                 f"PRAGMA cache_size = -16000; {SCHEMA}")
                db.execute(_LINES)
                builder = Builder(db)
                if path.exists():
                    Store(path).close()
                    builder.keep(path, name)
                yield builder
                db.close()
                scratch.chmod(0o644)
                _settle(scratch)
                scratch.replace(path)
            finally:
                db.close()
                scratch.unlink(missing_ok=True)
    except (OSError, sqlite3.Error) as error:
        raise CannotFinish(f"the store of feeds cannot be written: {getattr(error, 'strerror', None) or error}",
                           where=str(path), remedy="run as root, make room, or name another one with --store"
                           ) from error


def _settle(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold the store's lock. Raises ``UsageError`` if someone else does."""
    import fcntl

    lock = os.open(path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UsageError("another import into this store is under way", where=str(path),
                             remedy="wait until it has finished") from error
        yield
    finally:
        with suppress(OSError):
            os.close(lock)
