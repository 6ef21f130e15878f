"""The only door to a machine, and the ways it can stay shut.

``LookError`` is the one exception a collector may let pass: it carries the reason that every
fact it was looking for will show. It is never turned into an empty answer.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from hustings.facts import Missing, Reason

READ_LIMIT = 8 << 20
OUTPUT_LIMIT = 4 << 20


class Platform(StrEnum):
    """The operating-system families collectors are written for."""

    LINUX = "linux"
    WINDOWS = "windows"
    MACOS = "macos"


class LookError(Exception):
    """Something could not be learnt, with the reason."""

    def __init__(self, reason: Reason, detail: str) -> None:
        self.missing = Missing(reason, detail)
        super().__init__(str(self.missing))


class NotThere(LookError):
    """The file, directory or program does not exist. Only the collector knows whether that is an answer."""

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(Reason.ERROR, f"{what} does not exist")


class Denied(LookError):
    """The machine refused; a privilege is lacking."""

    def __init__(self, detail: str) -> None:
        super().__init__(Reason.DENIED, detail)


class TimedOut(LookError):
    def __init__(self, detail: str) -> None:
        super().__init__(Reason.TIMEOUT, detail)


class Unsupported(LookError):
    """This kind of host cannot answer (an image has no running system, a recording lacks the command)."""

    def __init__(self, detail: str) -> None:
        super().__init__(Reason.UNSUPPORTED, detail)


class Truncated(LookError):
    """The answer was larger than its cap."""

    def __init__(self, detail: str) -> None:
        super().__init__(Reason.TRUNCATED, detail)


class Unreadable(LookError):
    """The answer came but cannot be understood: a format the parser does not know."""

    def __init__(self, detail: str) -> None:
        super().__init__(Reason.ERROR, detail)


class FileKind(StrEnum):
    FILE = "file"
    DIRECTORY = "directory"
    LINK = "link"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Stat:
    """What ``lstat`` says: ``mode`` is the permission bits (0o7777), ``mtime`` aware UTC."""

    kind: FileKind
    mode: int
    uid: int
    gid: int
    size: int
    mtime: datetime
    target: str = ""
    """Where a link points, as written."""
    changed: datetime | None = None
    """When the entry itself last changed (``ctime``), which no program can set; None if not known."""


@dataclass(frozen=True, slots=True)
class Output:
    """What a program said."""

    code: int
    stdout: str
    stderr: str


@dataclass(frozen=True, slots=True)
class Socket:
    """A listening socket. ``program`` is the owning program's name, "" when its owner is hidden from us."""

    protocol: str
    address: str
    port: int
    pid: int | None
    program: str


class Host(Protocol):
    """A machine, read-only. Paths are absolute and use ``/``; every method may raise ``LookError``."""

    kind: str
    """``live``, ``network`` (this machine's view of the network alone), ``image`` or ``recorded``."""
    platform: Platform

    def now(self) -> datetime:
        """The moment the answers speak for (aware, UTC): now, or when the recording was made."""
        ...

    def read(self, path: str, *, limit: int = READ_LIMIT) -> str:
        """A regular file's text (UTF-8, undecodable bytes as U+FFFD). ``NotThere`` if it does not exist;
        ``Truncated`` if it is larger than ``limit`` bytes: a part is never given as the whole."""
        ...

    def read_bytes(self, path: str, *, limit: int = READ_LIMIT) -> bytes: ...

    def head(self, path: str, size: int) -> bytes:
        """The first ``size`` bytes of a regular file, fewer if it has no more."""
        ...

    def list(self, path: str) -> list[str]:
        """The names in a directory, sorted. ``NotThere`` if it does not exist."""
        ...

    def stat(self, path: str) -> Stat:
        """Of the entry itself: links are not followed."""
        ...

    def resolve(self, path: str) -> str:
        """``path`` with every link followed inside this host."""
        ...

    def walk(self, path: str, *, limit: int = 200_000) -> Iterator[tuple[str, Stat]]:
        """Every entry below ``path`` on the same file system; raises ``Truncated`` past ``limit`` entries
        and ``Denied`` at the first directory that cannot be read."""
        ...

    def scan(self, path: str, apart: frozenset[str] = frozenset()) -> Iterator[tuple[str, os.stat_result]]:
        """For the sweep of whole file systems: the directory itself, named "", then every entry in it, no link
        followed; those named ``apart`` are not even touched (a dead network mount answers nobody). ``path`` is
        one that holds no link, found by an earlier scan. Raises as ``list`` does."""
        ...

    def status(self, path: str) -> os.stat_result:
        """What ``lstat`` says of such a path."""
        ...

    def attribute(self, path: str, name: str) -> bytes | None:
        """An extended attribute of such a path, or None if it has none of that name."""
        ...

    def run(self, program: str, *args: str, timeout: float = 10.0, limit: int = OUTPUT_LIMIT,
            ok: tuple[int, ...] = (0,), stdin: bytes = b"", env: dict[str, str] | None = None,
            home: bool = False) -> Output:
        """Run a program known by name, without a shell. ``NotThere`` if it is not installed, an
        ``error`` reason with the first line of stderr for an exit code outside ``ok``. With ``home`` it
        is given a home directory of its own, empty and gone afterwards: for programs that will not do
        without writing notes there."""
        ...

    def sockets(self) -> Sequence[Socket]:
        """Every listening TCP socket and bound UDP socket."""
        ...

    def registry(self, key: str) -> dict[str, Any]:
        """The values of a Windows registry key."""
        ...


def read_optional(host: Host, path: str, *, limit: int = READ_LIMIT) -> str | None:
    """A file's text, or None if it does not exist (and only then)."""
    try:
        return host.read(path, limit=limit)
    except NotThere:
        return None


def list_optional(host: Host, path: str) -> list[str]:
    """The names in a directory, or [] if the directory does not exist (and only then)."""
    try:
        return host.list(path)
    except NotThere:
        return []
