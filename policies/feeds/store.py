"""The store of compiled feeds: one SQLite file, read by key, never whole.

For each distribution release (``space``) and package there is one row: its vulnerabilities grouped by the
version that fixes them, those without one first, then newest fix first. A package at or above the newest fix
costs one comparison. Rows are only ever written into a new file that takes the old one's place.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec

from hustings.errors import BadDocument, CannotFinish
from policies.feeds.advice import Exploited, Feed

DEFAULT = Path("/var/cache/hustings/feeds.db")
"""Public data that can be fetched again, readable by everyone who may run an audit."""
SCHEMA_VERSION = 1
_MARK = 0x48554644
"""SQLite's ``application_id``: HUFD."""
SCHEMA = f"""
PRAGMA application_id = {_MARK};
PRAGMA user_version = {SCHEMA_VERSION};
CREATE TABLE feed (name TEXT PRIMARY KEY, said BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE space (feed TEXT NOT NULL, name TEXT NOT NULL, packages INTEGER NOT NULL, PRIMARY KEY (feed, name))
    WITHOUT ROWID;
CREATE TABLE advice (feed TEXT NOT NULL, space TEXT NOT NULL, package TEXT NOT NULL, groups BLOB NOT NULL,
    PRIMARY KEY (space, package, feed)) WITHOUT ROWID;
CREATE TABLE exploited (feed TEXT NOT NULL, cve TEXT NOT NULL, due TEXT NOT NULL, ransomware INTEGER NOT NULL,
    PRIMARY KEY (cve, feed)) WITHOUT ROWID;
"""
_MANY = 500


class Group(NamedTuple):
    """Vulnerabilities of one package with the same fix. ``cves`` are parted by spaces."""

    fixed: str
    introduced: str
    urgency: str
    state: str
    cves: str


_GROUPS = msgspec.json.Decoder(list[Group])
_FEED = msgspec.json.Decoder(Feed)
T = TypeVar("T")


class Store:
    """An opened store, read-only. Raises ``CannotFinish`` if it cannot be read, ``BadDocument`` if it is none."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            _trusted(path)
            self._db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
        except OSError as error:
            raise CannotFinish(f"the store of feeds cannot be read: {error.strerror}", where=str(path),
                               remedy="run as a user that may read it, or name another one with --feeds") from error
        except sqlite3.Error as error:
            raise CannotFinish(f"the store of feeds cannot be opened: {error}", where=str(path),
                               remedy="run as a user that may read it, or name another one with --feeds") from error
        try:
            mark = self._db.execute("PRAGMA application_id").fetchone()[0]
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
        except sqlite3.Error as error:
            self._db.close()
            raise BadDocument(f"not a store of feeds: {error}", where=str(path), remedy=_AGAIN) from error
        if (mark, version) != (_MARK, SCHEMA_VERSION):
            self._db.close()
            raise BadDocument("not a store of feeds of this version", where=str(path), remedy=_AGAIN)

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._db.close()

    def feeds(self) -> list[Feed]:
        """Every feed in it, by name."""
        rows = self._rows("SELECT said FROM feed ORDER BY name")
        return [self._decoded(_FEED, said) for (said,) in rows]

    def spaces(self) -> dict[str, list[str]]:
        """The names of the feeds that speak of each distribution release."""
        found: dict[str, list[str]] = {}
        for feed, name in self._rows("SELECT feed, name FROM space ORDER BY name, feed"):
            found.setdefault(name, []).append(feed)
        return found

    def advice(self, space: str, packages: Iterable[str]) -> Iterator[tuple[str, list[Group]]]:
        """The groups of each of ``packages`` that some feed speaks of in ``space``; a package once for each feed."""
        for names in _portions(packages):
            marks = ",".join("?" * len(names))
            rows = self._rows(f"SELECT package, groups FROM advice WHERE space = ? AND package IN ({marks})",  # noqa: S608
                              (space, *names))
            for package, groups in rows:
                yield package, self._decoded(_GROUPS, groups)

    def exploited(self, cves: Iterable[str]) -> dict[str, Exploited]:
        """Those of ``cves`` that are known to be exploited; of two feeds the earlier date."""
        found: dict[str, Exploited] = {}
        for names in _portions(cves):
            marks = ",".join("?" * len(names))
            rows = self._rows(f"SELECT cve, due, ransomware FROM exploited WHERE cve IN ({marks})", names)  # noqa: S608
            for cve, due, ransomware in rows:
                if cve not in found or due < found[cve].due:
                    found[cve] = Exploited(cve, due, bool(ransomware))
        return found

    def _rows(self, sql: str, values: tuple[str, ...] = ()) -> list[tuple[Any, ...]]:
        try:
            return self._db.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise self._damaged(error) from error

    def _decoded(self, decoder: msgspec.json.Decoder[T], data: bytes) -> T:
        try:
            return decoder.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, TypeError) as error:
            raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> BadDocument:
        return BadDocument(f"the store of feeds is damaged: {error}", where=str(self.path), remedy=_AGAIN)


_AGAIN = "import the feeds again with `hustings feeds import`"


def _portions(names: Iterable[str]) -> Iterator[tuple[str, ...]]:
    every = tuple(dict.fromkeys(names))
    for start in range(0, len(every), _MANY):
        yield every[start:start + _MANY]


def _trusted(path: Path) -> None:
    """Refuse a store that anyone but this user or root may have written: an empty one would hide everything."""
    seen = path.stat()
    if os.name == "posix" and (seen.st_uid not in (os.geteuid(), 0) or seen.st_mode & 0o022):
        raise BadDocument("others may write this store of feeds", where=str(path),
                          remedy="give it to root or to the user that audits, with mode 0644")
