"""Files that are either whole and on disk, or not there at all."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hustings.errors import CannotFinish

SCRATCH = ".tmp"
"""The ending of a file that is still being written. What carries it when nobody writes is rubbish."""


def write(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Put ``data`` at ``path`` in one step that survives a crash. Raises ``CannotFinish``."""
    scratch = path.with_name(f".{path.name}{SCRATCH}")
    try:
        handle = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | _NO_FOLLOW, mode)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(path)
        sync(path.parent)
    except OSError as error:
        with suppress(OSError):
            scratch.unlink()
        raise unwritable(path, error) from error


def remove(path: Path) -> None:
    """Take ``path`` away, if it is there. Raises ``CannotFinish``."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise unwritable(path, error) from error


def sync(directory: Path) -> None:
    """Make the names in ``directory`` survive a crash."""
    if os.name != "posix":
        return  # Windows opens no directories; its file systems journal names
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def unwritable(path: Path, error: OSError) -> CannotFinish:
    """What it means that ``path`` cannot be written."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    remedy = "free some space on its file system" if full else "check the owner and mode of its directory"
    return CannotFinish(f"cannot be written: {error.strerror}", where=str(path), remedy=remedy)


@contextmanager
def alone(path: Path, doing: str) -> Iterator[None]:
    """Hold the lock file at ``path``; the kernel lets go of it when we die. Raises ``CannotFinish`` if it is held."""
    import fcntl

    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | _NO_FOLLOW, 0o600)
    except OSError as error:
        raise unwritable(path, error) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CannotFinish(f"another process is at work here, so nothing was {doing}", where=str(path),
                               remedy="wait until it is done (a minute at most), then try again") from error
        yield
    finally:
        os.close(handle)


_NO_FOLLOW = int(getattr(os, "O_NOFOLLOW", 0))
