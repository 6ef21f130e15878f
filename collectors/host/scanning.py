"""Looking through directories fast: what the sweep of a whole file system needs and nothing else may use.

``FileTree.walk`` takes its time over every entry; a sweep sees hundreds of thousands. Here a directory is
opened once, without following a link in its place, and its entries are looked at relative to it.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from typing import TypeAlias

from collectors.host.protocol import Denied, LookError, NotThere
from hustings.facts import Reason

Entry: TypeAlias = tuple[str, os.stat_result]
_FLAGS = os.O_RDONLY | sum(
    int(getattr(os, flag, 0)) for flag in ("O_DIRECTORY", "O_NOFOLLOW", "O_CLOEXEC", "O_NONBLOCK"))
_NO_ATTRIBUTES = frozenset({errno.ENOTSUP, errno.ENODATA, errno.ENOENT})


def scan(local: str, path: str, apart: frozenset[str] = frozenset()) -> Iterator[Entry]:
    """The directory ``local`` itself, named "", then every entry in it but those named ``apart``, which are not
    touched; names that are gone by then are left out. Raises ``Denied``, ``NotThere`` (also for what is no
    directory) or an ``error``, all told of ``path``."""
    try:
        fd = os.open(local, _FLAGS)
    except OSError as error:
        raise _reason(error, path) from error
    try:
        yield "", os.fstat(fd)
        with os.scandir(fd) as entries:
            for entry in entries:
                if entry.name in apart:
                    continue
                try:
                    status = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                yield entry.name, status
    except OSError as error:
        raise _reason(error, path) from error
    finally:
        os.close(fd)


def status(local: str, path: str) -> os.stat_result:
    """What ``lstat`` says. Raises as ``scan`` does."""
    try:
        return os.lstat(local)
    except OSError as error:
        raise _reason(error, path) from error


def attribute(local: str, path: str, name: str) -> bytes | None:
    """The value of an extended attribute, or None if the file has none of that name."""
    try:
        if name not in os.listxattr(local, follow_symlinks=False):
            return None
        return os.getxattr(local, name, follow_symlinks=False)
    except OSError as error:
        if error.errno in _NO_ATTRIBUTES:
            return None
        raise _reason(error, path) from error


def _reason(error: OSError, path: str) -> LookError:
    if isinstance(error, PermissionError):
        return Denied(f"{path}: {error.strerror}")
    if isinstance(error, (FileNotFoundError, NotADirectoryError)):
        return NotThere(path)
    return LookError(Reason.ERROR, f"{path}: {error.strerror}")
