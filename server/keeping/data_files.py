"""The files of a data directory that a backup holds: all but the database, found by being there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from hustings.errors import BadDocument, CannotFinish
from server.keeping.framing import CHUNK

_PASSING = (".lock", ".pid", ".sock", ".partial")
"""Endings of what matters to a running process alone."""


def found(data: Path, database: Path | None) -> tuple[list[str], list[str]]:
    """Paths below the directory, sorted, and what is left out with why. ``database`` is SQLite's file there."""
    taken: list[str] = []
    left: list[str] = []
    skipped = {str(database) + ending for ending in ("", "-wal", "-shm", "-journal")} if database else set()
    for folder, folders, names in os.walk(data, followlinks=False):
        for name in sorted(folders):
            if (Path(folder) / name).is_symlink():
                left.append(f"{(Path(folder) / name).relative_to(data)}: a link to a directory")
        for name in names:
            file = Path(folder) / name
            path = file.relative_to(data).as_posix()
            if str(file) in skipped or name.endswith(_PASSING):
                continue
            if not file.is_file():
                left.append(f"{path}: not a file")
            else:
                taken.append(path)
    return sorted(taken), sorted(left)


def read(data: Path, path: str) -> Iterator[bytes]:
    """A file in parts; of a link, what it leads to. Raises ``CannotFinish``."""
    try:
        with (data / path).open("rb") as stream:
            while part := stream.read(CHUNK):
                yield part
    except OSError as error:
        raise CannotFinish(f"cannot be read: {error.strerror}", where=str(data / path),
                           remedy="run as the user who owns the data directory") from error


class Writing:
    """Writes files below a new directory, directories 0700 and files 0600, each durable once it is whole."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._path = ""
        self._handle = -1

    def take(self, path: str, part: bytes) -> None:
        """Some bytes of a file; none close it. Raises ``BadDocument`` for a path that leads elsewhere."""
        if path != self._path or self._handle < 0:
            self._open(path)
        if part:
            while part:
                part = part[os.write(self._handle, part):]
            return
        os.fsync(self._handle)
        self.close()

    def close(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
        self._handle, self._path = -1, ""

    def _open(self, path: str) -> None:
        self.close()
        parts = PurePosixPath(path).parts
        if not parts or PurePosixPath(path).is_absolute() or ".." in parts or "\0" in path:
            raise BadDocument("a file in it has a path that leads elsewhere", where=path,
                              remedy="do not use this backup: nobody but a forger writes such a path")
        folder = self._root
        for part in parts[:-1]:
            folder = folder / part
            folder.mkdir(mode=0o700, exist_ok=True)
        self._handle = os.open(self._root / path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self._path = path
