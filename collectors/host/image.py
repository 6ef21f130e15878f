"""A mounted root file system, such as a disk image or a backup of a machine.

Every link is resolved inside it. What only a running system can say is ``unsupported``: programs,
sockets, and everything below ``/proc``, ``/sys``, ``/dev`` and ``/run``, whose emptiness in an image
means nothing.
"""

from __future__ import annotations

import os
import posixpath
import stat as modes
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from collectors.host.files import FileTree, reasons
from collectors.host.protocol import OUTPUT_LIMIT, Output, Platform, Socket, Unreadable, Unsupported
from hustings.errors import UsageError

_RUNNING = ("/proc", "/sys", "/dev", "/run")
_MAX_LINKS = 40
_MARKS = (
    ("Windows/System32", Platform.WINDOWS),
    ("System/Library/CoreServices", Platform.MACOS),
    ("etc", Platform.LINUX),
    ("usr", Platform.LINUX),
)


class ImageHost(FileTree):
    """``Host`` for the file system mounted at ``root``. Raises ``UsageError`` if there is none."""

    kind = "image"

    def __init__(self, root: str) -> None:
        self.place = os.path.realpath(root)
        self.prefix = self.place.rstrip("/")
        self.platform = _platform(self.place, root)

    def now(self) -> datetime:
        return datetime.now(UTC)

    def resolve(self, path: str) -> str:
        real, pending, links = "/", path.split("/")[::-1], 0
        while pending:
            part = pending.pop()
            if part in ("", "."):
                continue
            if part == "..":
                real = posixpath.dirname(real)
                continue
            below = posixpath.join(real, part)
            self.permit(path, below)
            with reasons(path):
                is_link = modes.S_ISLNK(os.lstat(self.prefix + below).st_mode)
                target = os.readlink(self.prefix + below) if is_link else ""
            if not is_link:
                real = below
                continue
            links += 1
            if links > _MAX_LINKS:
                raise Unreadable(f"{path}: more than {_MAX_LINKS} links")
            real = "/" if target.startswith("/") else real
            pending += target.split("/")[::-1]
        return real

    def permit(self, path: str, real: str) -> None:
        if any(real == place or real.startswith(f"{place}/") for place in _RUNNING):
            raise Unsupported(f"{path} belongs to a running system, and this is an image")

    def enters(self, path: str) -> bool:
        return path not in _RUNNING

    def run(self, program: str, *args: str, timeout: float = 10.0, limit: int = OUTPUT_LIMIT,
            ok: tuple[int, ...] = (0,), stdin: bytes = b"", env: dict[str, str] | None = None,
            home: bool = False) -> Output:
        raise Unsupported(f"{program} needs a running system, and this is an image")

    def sockets(self) -> Sequence[Socket]:
        raise Unsupported("sockets need a running system, and this is an image")

    def registry(self, key: str) -> dict[str, Any]:
        raise Unsupported("the registry of an image is not read")


def _platform(place: str, given: str) -> Platform:
    for mark, platform in _MARKS:
        if os.path.isdir(os.path.join(place, mark)):
            return platform
    raise UsageError(
        "no operating system is installed there (neither etc nor usr, Windows or System)", where=given,
        remedy="name the directory where the file system of the machine is mounted",
    )
