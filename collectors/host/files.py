"""Reading a tree of files without being led astray: what live machines and images have in common.

Only regular files are read: a FIFO or a device in place of a file is an error, not a wait. Sizes
are not believed (``/proc`` says 0): reading goes on to the end or to the limit.
"""

from __future__ import annotations

import errno
import os
import posixpath
import stat as modes
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from collectors.host import scanning
from collectors.host.protocol import (
    READ_LIMIT,
    Denied,
    FileKind,
    LookError,
    NotThere,
    Stat,
    Truncated,
    Unreadable,
)
from hustings.facts import Reason

_OPEN = os.O_RDONLY | sum(
    int(getattr(os, flag, 0)) for flag in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_NOCTTY", "O_BINARY")
)
_GONE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ESRCH})
_KINDS = {modes.S_IFREG: FileKind.FILE, modes.S_IFDIR: FileKind.DIRECTORY, modes.S_IFLNK: FileKind.LINK}


@contextmanager
def reasons(path: str) -> Iterator[None]:
    """Turn what the operating system says about ``path`` into a reason."""
    try:
        yield
    except PermissionError as error:
        raise Denied(f"{path}: {error.strerror}") from error
    except OSError as error:
        if error.errno in _GONE:
            raise NotThere(path) from error
        raise LookError(Reason.ERROR, f"{path}: {error.strerror}") from error


def read_regular(local: str, path: str, limit: int, *, whole: bool = True) -> bytes:
    """The bytes of the regular file at ``local``, which the host knows as ``path``; without ``whole``
    the first ``limit`` of them."""
    with reasons(path):
        handle = os.open(local, _OPEN)
        try:
            if not modes.S_ISREG(os.fstat(handle).st_mode):
                raise Unreadable(f"{path} is not a regular file")
            if not _is_at(handle, local):
                raise Unreadable(f"{path} was moved while it was being opened")
            data = bytearray()
            while len(data) <= limit:
                part = os.read(handle, min(1 << 20, limit + 1 - len(data)))
                if not part:
                    return bytes(data)
                data += part
            if not whole:
                return bytes(data[:limit])
        finally:
            os.close(handle)
    raise Truncated(f"{path} is larger than {limit} bytes")


def _is_at(handle: int, local: str) -> bool:
    """Whether an open file is still where its links were resolved to; True where there is no ``/proc``."""
    try:
        return os.readlink(f"/proc/self/fd/{handle}").removesuffix(" (deleted)") == local.removesuffix(" (deleted)")
    except OSError:
        return True


def stat_of(status: os.stat_result, local: str) -> Stat:
    """A ``Stat`` from what ``lstat`` said about ``local``."""
    kind = _KINDS.get(modes.S_IFMT(status.st_mode), FileKind.OTHER)
    return Stat(
        kind, modes.S_IMODE(status.st_mode), status.st_uid, status.st_gid, status.st_size,
        datetime.fromtimestamp(status.st_mtime, UTC), os.readlink(local) if kind is FileKind.LINK else "",
        datetime.fromtimestamp(status.st_ctime, UTC) if os.name == "posix" else None,
    )


class FileTree:
    """The file half of a ``Host``, for the files below the local directory ``prefix`` ("" for all)."""

    prefix = ""

    def resolve(self, path: str) -> str:
        raise NotImplementedError

    def permit(self, path: str, real: str) -> None:
        """Raise ``LookError`` if ``path``, which led to ``real``, is not to be opened."""

    def enters(self, path: str) -> bool:
        """Whether ``walk`` goes into this directory."""
        return True

    def _open_at(self, path: str) -> str:
        real = self.resolve(path)
        self.permit(path, real)
        return self.prefix + real

    def read(self, path: str, *, limit: int = READ_LIMIT) -> str:
        return self.read_bytes(path, limit=limit).decode("utf-8", "replace")

    def read_bytes(self, path: str, *, limit: int = READ_LIMIT) -> bytes:
        return read_regular(self._open_at(path), path, limit)

    def head(self, path: str, size: int) -> bytes:
        return read_regular(self._open_at(path), path, size, whole=False)

    def stat(self, path: str) -> Stat:
        parent, name = posixpath.split(path.rstrip("/"))
        real = posixpath.join(self.resolve(parent or "/"), name)
        self.permit(path, real)
        with reasons(path):
            return stat_of(os.lstat(self.prefix + real), self.prefix + real)

    def walk(self, path: str, *, limit: int = 200_000) -> Iterator[tuple[str, Stat]]:
        top = self._open_at(path)
        with reasons(path):
            device = os.lstat(top).st_dev
        pending, seen = [(path, top)], 0
        while pending:
            above, local = pending.pop()
            for name, status in _entries(above, local):
                seen += 1
                if seen > limit:
                    raise Truncated(f"more than {limit} entries below {path}")
                below, where = posixpath.join(above, name), posixpath.join(local, name)
                with reasons(below):
                    seen_as = stat_of(status, where)
                yield below, seen_as
                if seen_as.kind is FileKind.DIRECTORY and status.st_dev == device and self.enters(below):
                    pending.append((below, where))

    def scan(self, path: str, apart: frozenset[str] = frozenset()) -> Iterator[scanning.Entry]:
        self.permit(path, path)
        return scanning.scan(self.prefix + path, path, apart)

    def status(self, path: str) -> os.stat_result:
        self.permit(path, path)
        return scanning.status(self.prefix + path, path)

    def attribute(self, path: str, name: str) -> bytes | None:
        self.permit(path, path)
        return scanning.attribute(self.prefix + path, path, name)

    def list(self, path: str) -> list[str]:
        local = self._open_at(path)
        with reasons(path):
            if not modes.S_ISDIR(os.lstat(local).st_mode):
                raise Unreadable(f"{path} is not a directory")
            return sorted(os.listdir(local))


def _entries(path: str, local: str) -> Iterator[tuple[str, os.stat_result]]:
    try:
        with reasons(path):
            entries = sorted(os.scandir(local), key=lambda entry: entry.name)
    except NotThere:
        return  # removed since its parent was listed
    for entry in entries:
        try:
            status = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise LookError(Reason.ERROR, f"{entry.path}: {error.strerror}") from error
        yield entry.name, status
