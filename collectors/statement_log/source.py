"""A log file, plain or compressed, known again by how it begins and by what stood where reading ended.

Rotation renames, compresses or truncates files: the name says nothing, and neither does the inode alone.
"""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from hustings.errors import CannotFinish, UsageError

HEAD = 4096
"""Bytes that tell one log from another."""
CHUNK = 4 * 1024 * 1024
_PIECE = 256 * 1024
_LARGEST_RECORD = 64 * 1024 * 1024
_ENDINGS = (".csv", ".json", ".log", ".gz")


@dataclass(frozen=True)
class Source:
    """A file to read. ``size``: bytes on disk, for the progress; of a compressed file not those inside."""

    path: Path
    inode: int
    size: int
    compressed: bool

    def open(self) -> BinaryIO:
        """Its content. Raises ``CannotFinish`` when it may not be read."""
        try:
            if self.compressed:
                return gzip.open(self.path, "rb")  # type: ignore[return-value]
            return self.path.open("rb")
        except OSError as error:
            raise CannotFinish(
                f"the log cannot be read: {error.strerror}",
                where=str(self.path),
                remedy="run as an account that may read it, or copy it first",
            ) from None

    def head(self) -> bytes:
        """Its first bytes."""
        with self.open() as file:
            return b"".join(_pieces(file, HEAD * 16, self.path))


def find(paths: tuple[Path, ...]) -> list[Source]:
    """The files that were named, and those in folders that were. Raises ``UsageError`` where there is nothing."""
    found: list[Source] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(one for one in path.iterdir() if one.is_file() and one.suffix.lower() in _ENDINGS)
            if not inside:
                raise UsageError(
                    "there is no log in this folder", where=str(path), remedy="name the log files themselves"
                )
            found += [_source(one) for one in inside]
        elif path.is_file():
            found.append(_source(path))
        else:
            raise UsageError("there is no such log", where=str(path), remedy="name the log files to read")
    return found


def _source(path: Path) -> Source:
    try:
        with path.open("rb") as file:
            magic = file.read(2)
            there = os.fstat(file.fileno())
    except OSError as error:
        raise CannotFinish(
            f"the log cannot be read: {error.strerror}",
            where=str(path),
            remedy="run as an account that may read it, or copy it first",
        ) from None
    return Source(path, there.st_ino, there.st_size, magic == b"\x1f\x8b")


def digest(data: bytes) -> str:
    return sha256(data).hexdigest()


def read_from(file: BinaryIO, path: Path, offset: int, step: int = CHUNK) -> Iterator[bytes]:
    """Chunks from this place on. Raises ``CannotFinish`` when a compressed file is damaged."""
    try:
        file.seek(offset)
    except (OSError, EOFError, zlib.error) as error:
        raise _damaged(path, error) from None
    while True:
        read, failed = list[bytes](), None
        try:
            read.extend(_pieces(file, step, path))
        except CannotFinish as error:
            failed = error
        if read:
            yield b"".join(read)
        if failed is not None:
            raise failed
        if not read:
            return


def _pieces(file: BinaryIO, size: int, path: Path) -> Iterator[bytes]:
    left = size
    while left:
        try:
            data = file.read(min(left, _PIECE))
        except (OSError, EOFError, zlib.error) as error:
            raise _damaged(path, error) from None
        if not data:
            return
        left -= len(data)
        yield data


def _damaged(path: Path, error: Exception) -> CannotFinish:
    return CannotFinish(
        f"the log cannot be read to its end: {error}",
        where=str(path),
        remedy="get another copy of the file; what was read before is in the store",
    )


def largest_record() -> int:
    """Bytes after which a record without an end is taken to be damage."""
    return _LARGEST_RECORD
