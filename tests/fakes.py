"""Test doubles at the real seams: a whole machine in memory."""

from __future__ import annotations

import os
import posixpath
import stat as modes
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from collectors.host.answers import checked
from collectors.host.protocol import (
    OUTPUT_LIMIT,
    READ_LIMIT,
    Denied,
    FileKind,
    LookError,
    NotThere,
    Output,
    Platform,
    Socket,
    Stat,
    Truncated,
    Unreadable,
)

NOW = datetime(2026, 11, 22, tzinfo=UTC)
"""The moment a fake machine lives in, unless it is told otherwise."""


class FakeHost:
    """A ``Host`` held in memory.

    ``files`` maps absolute paths to text or bytes; the directories above them exist by themselves,
    ``dirs`` adds empty ones and ``links`` symbolic links (relative or absolute targets). ``stats``
    overrides fields of ``Stat`` by path (``mode``, ``uid``, ``gid``, ``mtime``, ``kind`` …); without
    it a file is 0644, a directory 0755, both root's, last changed at ``now``. ``denied`` names files
    that cannot be read and directories that cannot be entered. ``commands`` maps an argv such as
    ``("sshd", "-T")`` to an ``Output`` or to the ``LookError`` it raises. ``sockets`` may be an
    error too, ``attributes`` extended attributes by path and name. What was not given is ``NotThere``.
    """

    def __init__(
        self,
        files: Mapping[str, str | bytes] | None = None,
        *,
        dirs: Iterable[str] = (),
        links: Mapping[str, str] | None = None,
        stats: Mapping[str, Mapping[str, Any]] | None = None,
        commands: Mapping[tuple[str, ...], Output | LookError] | None = None,
        sockets: Sequence[Socket] | LookError = (),
        registry: Mapping[str, dict[str, Any]] | None = None,
        denied: Iterable[str] = (),
        attributes: Mapping[tuple[str, str], bytes] | None = None,
        now: datetime = NOW,
        kind: str = "live",
        platform: Platform = Platform.LINUX,
    ) -> None:
        self.kind = kind
        self.platform = platform
        self._now = now
        self._files = {path: data.encode() if isinstance(data, str) else data for path, data in (files or {}).items()}
        self._links = dict(links or {})
        self._stats = dict(stats or {})
        self._commands = dict(commands or {})
        self._sockets = sockets
        self._registry = dict(registry or {})
        self._denied = set(denied)
        self._attributes = dict(attributes or {})
        self._dirs = {"/"}
        for path in [*self._files, *self._links, *dirs, *self._stats]:
            above = path if path in set(dirs) else posixpath.dirname(path)
            while above not in self._dirs:
                self._dirs.add(above)
                above = posixpath.dirname(above)

    def now(self) -> datetime:
        return self._now

    def read(self, path: str, *, limit: int = READ_LIMIT) -> str:
        return self.read_bytes(path, limit=limit).decode("utf-8", "replace")

    def read_bytes(self, path: str, *, limit: int = READ_LIMIT) -> bytes:
        real = self.resolve(path)
        if self.stat(real).kind is not FileKind.FILE:
            raise Unreadable(f"{path} is not a regular file")
        if real in self._denied:
            raise Denied(f"{path}: permission denied")
        data = self._files.get(real, b"")
        if len(data) > limit:
            raise Truncated(f"{path} is larger than {limit} bytes")
        return data

    def head(self, path: str, size: int) -> bytes:
        return self.read_bytes(path)[:size]

    def list(self, path: str) -> list[str]:
        real = self.resolve(path)
        if real not in self._dirs:
            raise Unreadable(f"{path} is not a directory")
        if real in self._denied:
            raise Denied(f"{path}: permission denied")
        every = [*self._files, *self._links, *self._dirs, *self._stats]
        return sorted({posixpath.basename(one) for one in every if one != "/" and posixpath.dirname(one) == real})

    def stat(self, path: str) -> Stat:
        real = posixpath.join(self.resolve(posixpath.dirname(path)), posixpath.basename(path))
        return self._entry(real, path)

    def resolve(self, path: str) -> str:
        return self._follow(path, 0)

    def walk(self, path: str, *, limit: int = 200_000) -> Iterator[tuple[str, Stat]]:
        pending, seen = [path], 0
        while pending:
            above = pending.pop()
            for name in self.list(above):
                seen += 1
                if seen > limit:
                    raise Truncated(f"more than {limit} entries below {path}")
                below = posixpath.join(above, name)
                stat = self.stat(below)
                yield below, stat
                if stat.kind is FileKind.DIRECTORY:
                    pending.append(below)

    def scan(self, path: str, apart: frozenset[str] = frozenset()) -> Iterator[tuple[str, os.stat_result]]:
        yield "", self.status(path)
        for name in sorted(set(self.list(path)) - apart):
            yield name, self.status(posixpath.join(path, name))

    def status(self, path: str) -> os.stat_result:
        seen = self._entry(path, path)
        kinds = {FileKind.FILE: modes.S_IFREG, FileKind.DIRECTORY: modes.S_IFDIR, FileKind.LINK: modes.S_IFLNK,
                 FileKind.OTHER: modes.S_IFCHR}
        nanoseconds = int(seen.mtime.timestamp()) * 10**9
        times = {"st_mtime_ns": nanoseconds, "st_ctime_ns": nanoseconds}
        return os.stat_result((kinds[seen.kind] | seen.mode, hash(path) & 0xFFFF, 1, 1, seen.uid, seen.gid, seen.size,
                               0, 0, 0), times)

    def attribute(self, path: str, name: str) -> bytes | None:
        return self._attributes.get((path, name))

    def run(self, program: str, *args: str, timeout: float = 10.0, limit: int = OUTPUT_LIMIT,
            ok: tuple[int, ...] = (0,), stdin: bytes = b"", env: dict[str, str] | None = None,
            home: bool = False) -> Output:
        answer = self._commands.get((program, *args))
        if answer is None:
            raise NotThere(program)
        if isinstance(answer, LookError):
            raise answer
        if len(answer.stdout.encode()) > limit:
            raise Truncated(f"{program} said more than {limit} bytes")
        return checked(program, answer, ok)

    def sockets(self) -> Sequence[Socket]:
        if isinstance(self._sockets, LookError):
            raise self._sockets
        return self._sockets

    def registry(self, key: str) -> dict[str, Any]:
        if key not in self._registry:
            raise NotThere(key)
        return self._registry[key]

    def _entry(self, real: str, path: str) -> Stat:
        if posixpath.dirname(real) in self._denied:
            raise Denied(f"{path}: permission denied")
        if real in self._files:
            seen = Stat(FileKind.FILE, 0o644, 0, 0, len(self._files[real]), self._now)
        elif real in self._links:
            seen = Stat(FileKind.LINK, 0o777, 0, 0, len(self._links[real]), self._now, self._links[real])
        elif real in self._dirs:
            seen = Stat(FileKind.DIRECTORY, 0o755, 0, 0, 4096, self._now)
        elif real in self._stats:
            seen = Stat(FileKind.FILE, 0o644, 0, 0, 0, self._now)
        else:
            raise NotThere(path)
        return replace(seen, **self._stats.get(real, {}))

    def _follow(self, path: str, links: int) -> str:
        real = "/"
        parts = [part for part in path.split("/") if part not in ("", ".")]
        for index, part in enumerate(parts):
            if real in self._denied:
                raise Denied(f"{real}: permission denied")
            if part == "..":
                real = posixpath.dirname(real)
                continue
            real = posixpath.join(real, part)
            if real in self._links:
                if links > 40:
                    raise Unreadable(f"{path}: too many links")
                target = posixpath.join(posixpath.dirname(real), self._links[real], *parts[index + 1:])
                return self._follow(target, links + 1)
            self._entry(real, path)
        return real
