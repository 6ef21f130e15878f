"""The sweep's walk: every directory of the chosen places once, and what is notable in each.

A directory's ``Seen`` holds what was notable in it and the times by which a later look tells that nothing was
added, removed or renamed there. A changed owner or permission of a *file* leaves no mark on its directory:
what a later look carries over is as old as the look that saw it.
"""

from __future__ import annotations

import os
import posixpath
import stat as modes
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

import msgspec

from collectors._sweep_places import below
from collectors.host.protocol import Host, LookError, NotThere
from hustings.facts import Missing, Reason

ENTRIES: Final = 3_000_000
SECONDS: Final = 240.0
MOST: Final = 2_000
"""Entries of one list; with more it is not whole."""
PROGRAMS: Final = ("/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/usr/libexec",
                   "/usr/local/libexec")
LIBRARIES: Final = ("/lib", "/lib32", "/lib64", "/libx32", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libx32",
                    "/usr/local/lib", "/usr/local/lib64")
CAPABILITY: Final = "security.capability"
_FRESH: Final = 2_000_000_000
"""Nanoseconds: a directory that changed so shortly before it was looked at may change again unnoticed."""


class Note(msgspec.Struct, array_like=True, frozen=True, omit_defaults=True):
    """Something notable: kinds are ``set-id``, ``writable``, ``unowned``, ``program``, ``library``, ``device``,
    ``capability`` and ``home``, where ``count`` entries have this owner and mode, ``name`` among them."""

    kind: str
    name: str
    mode: int
    uid: int
    gid: int
    count: int = 1
    value: bytes = b""
    changed: int = 0


class Seen(msgspec.Struct, array_like=True, frozen=True):
    """One directory: where, which, its times, the directories in it, how many entries, what is notable."""

    path: str
    inode: int
    mtime: int
    ctime: int
    directories: list[str]
    entries: int
    notes: list[Note]


class Known(NamedTuple):
    """What a walk is told beforehand."""

    uids: frozenset[int]
    gids: frozenset[int]
    homes: tuple[str, ...]
    stops: frozenset[str]
    """Directories that are not entered: mounts that are places of their own, and what is left out."""


class Walk:
    """One walk: counts, bounds, and why it is not whole."""

    def __init__(self, host: Host, known: Known, *, entries: int = ENTRIES, seconds: float = SECONDS,
                 clock: Callable[[], float] = time.monotonic, now: Callable[[], int] = time.time_ns) -> None:
        self.host, self.known = host, known
        self.entries = 0
        self.why: Missing | None = None
        self.over = False
        """Whether a bound was reached."""
        self._left, self._seconds = entries, seconds
        self._clock, self._now = clock, now
        self._end = clock() + seconds
        self._apart: dict[str, frozenset[str]] = {}
        for path in known.stops:
            above, name = posixpath.split(path)
            self._apart[above] = self._apart.get(above, frozenset()) | {name}

    def below(self, tops: Iterable[str]) -> Iterator[Seen]:
        """Every directory at and below ``tops``."""
        pending = list(tops)
        while pending and not self.bounded():
            seen = self.look(pending.pop())
            if seen is not None:
                yield seen
                above = "" if seen.path == "/" else seen.path
                pending += [path for name in seen.directories if (path := f"{above}/{name}") not in self.known.stops]

    def bounded(self) -> bool:
        """Whether this walk has to end here."""
        if not self.over and self.entries > self._left:
            self.over, self.why = True, Missing(Reason.TRUNCATED, f"there are more than {self._left} files")
        if not self.over and self._clock() > self._end:
            self.over, self.why = True, Missing(Reason.TRUNCATED, f"it was not finished within {self._seconds:g} s")
        return self.over

    def look(self, path: str) -> Seen | None:
        """One directory; None if it is gone or cannot be read, which leaves the walk incomplete."""
        try:
            return self._look(path)
        except NotThere:
            return None
        except LookError as error:
            self.why = error.missing
            return None

    def _look(self, path: str) -> Seen:
        known_uids, known_gids = self.known.uids, self.known.gids
        kind = "program" if below(path, PROGRAMS) else "library" if below(path, LIBRARIES) else ""
        home = below(path, self.known.homes)
        notes = _Notes()
        directories: list[str] = []
        scan = self.host.scan(path, self._apart.get(path, frozenset()))
        _, own = next(scan)
        notes.of_directory(own, kind, self.known)
        if home:
            notes.in_home("", own.st_mode, own.st_uid, own.st_gid)
        count = 1
        for name, status in scan:
            mode, uid, gid = status.st_mode, status.st_uid, status.st_gid
            count += 1
            form = mode & 0o170000
            if form == 0o040000:
                directories.append(name)
                continue
            if uid not in known_uids or gid not in known_gids:
                notes.add("unowned", name, mode, uid, gid)
            if home:
                notes.in_home(name, mode, uid, gid)
            if form == 0o120000:
                continue
            if form == 0o100000:
                if mode & 0o6000:
                    notes.add("set-id", name, mode, uid, gid, changed=status.st_ctime_ns)
                if mode & 0o002:
                    notes.add("writable", name, mode, uid, gid)
                if kind and mode & 0o111:
                    self._capability(path, name, status, notes)
                if kind and (uid or gid or mode & 0o022):
                    notes.add(kind, name, mode, uid, gid)
            elif form in (0o060000, 0o020000):
                notes.add("device", name, mode, uid, gid)
        self.entries += count
        fresh = self._now() - max(own.st_mtime_ns, own.st_ctime_ns) < _FRESH
        return Seen(path, own.st_ino, 0 if fresh else own.st_mtime_ns, own.st_ctime_ns, directories, count, notes.all())

    def _capability(self, path: str, name: str, status: os.stat_result, notes: _Notes) -> None:
        try:
            value = self.host.attribute(f"{path}/{name}", CAPABILITY)
        except NotThere:
            return
        if value is not None:
            notes.add("capability", name, status.st_mode, status.st_uid, status.st_gid, value=value)

    def unchanged(self, seen: Seen) -> bool | None:
        """Whether nothing was added, removed or renamed in a directory since it was seen; None if it is gone."""
        try:
            own = self.host.status(seen.path)
        except NotThere:
            return None
        except LookError as error:
            self.why = error.missing
            return None
        if not modes.S_ISDIR(own.st_mode):
            return None
        return bool(seen.mtime) and (own.st_mtime_ns, own.st_ctime_ns, own.st_ino) == (
            seen.mtime, seen.ctime, seen.inode)


class _Notes:
    """The notes of one directory, no more of a kind than make its list too long in any case."""

    def __init__(self) -> None:
        self._kinds: dict[str, list[Note]] = {}
        self._homes: dict[tuple[int, int, int], Note] = {}

    def add(self, kind: str, name: str, mode: int, uid: int, gid: int, *, value: bytes = b"", changed: int = 0) -> None:
        of_kind = self._kinds.setdefault(kind, [])
        if len(of_kind) <= MOST:
            of_kind.append(Note(kind, name, mode, uid, gid, value=value, changed=changed))

    def of_directory(self, own: os.stat_result, kind: str, known: Known) -> None:
        mode, uid, gid = own.st_mode, own.st_uid, own.st_gid
        if uid not in known.uids or gid not in known.gids:
            self.add("unowned", "", mode, uid, gid)
        if mode & 0o002:
            self.add("writable", "", mode, uid, gid)
        if kind and (uid or gid or mode & 0o022):
            self.add(kind, "", mode, uid, gid)

    def in_home(self, name: str, mode: int, uid: int, gid: int) -> None:
        """Count one more of this owner and mode."""
        before = self._homes.get((mode, uid, gid))
        self._homes[mode, uid, gid] = Note("home", before.name if before else name, mode, uid, gid,
                                           count=before.count + 1 if before else 1)

    def all(self) -> list[Note]:
        return [*(note for of_kind in self._kinds.values() for note in of_kind), *self._homes.values()]
