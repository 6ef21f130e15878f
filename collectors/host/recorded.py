"""A machine as it was recorded: how machines that cannot run the agent are audited, and collectors tested.

A recording is a directory::

    host.json                 {"schema": "hustings.recording/1", "platform": "linux", "recorded_at": "…Z"}
    files/etc/os-release      contents of files (``C:/x`` is kept as ``files/C/x``)
    stats                     a line for every path that was looked at, fields separated by tabs
    commands/1/argv           the program as collectors name it and its arguments, one a line
    commands/1/stdout         what it said
    commands/1/stderr         (may be left out)
    commands/1/code           its exit code, or ``absent``, ``denied`` or ``timeout``
    sockets.json              [{"protocol": "tcp", "address": "::", "port": 22, "pid": 1, "program": "sshd"}]
    registry.json             {"HKLM\\\\…": {"Value": 1}}

The fields of ``stats``: path, kind, permissions in octal, uid, gid, size, last change in seconds since
1970, target of a link. Kinds: ``file``, ``directory``, ``link``, ``other``; ``listed`` for a directory of
which every entry has a line of its own; ``none`` for what was looked for and does not exist; ``denied``
for what could not be looked at. The last three fields of ``none`` and ``denied`` may be left out.

What was not recorded is ``unsupported``; only what was recorded as not existing is not there.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, TypeVar

import msgspec

from collectors.host.answers import checked
from collectors.host.files import read_regular
from collectors.host.protocol import (
    OUTPUT_LIMIT,
    READ_LIMIT,
    Denied,
    FileKind,
    NotThere,
    Output,
    Platform,
    Socket,
    Stat,
    TimedOut,
    Truncated,
    Unreadable,
    Unsupported,
)
from hustings.errors import UsageError
from hustings.times import parse_time

SCHEMA = "hustings.recording/1"
_LIMIT = 64 << 20
_MAX_LINKS = 40
_T = TypeVar("_T")


class _Head(msgspec.Struct):
    schema: str
    platform: Platform
    recorded_at: str


@dataclass(frozen=True)
class _Seen:
    kind: str
    stat: Stat | None


class RecordedHost:
    """``Host`` for the recording in ``directory``. Raises ``UsageError`` if it is not one."""

    kind = "recorded"

    def __init__(self, directory: str) -> None:
        self.place = os.path.realpath(directory)
        head = _part(self.place, "host.json", _Head)
        if head is None or head.schema != SCHEMA:
            raise UsageError(f"not a recording of schema {SCHEMA}", where=f"{directory}/host.json",
                             remedy="make one with the script that `hustings record` prints")
        self.platform = head.platform
        try:
            self._now = parse_time(head.recorded_at)
        except ValueError as error:
            raise UsageError(f"recorded_at: {error}", where=f"{directory}/host.json") from error
        self._seen = _stats(self.place)

    def now(self) -> datetime:
        return self._now

    def read(self, path: str, *, limit: int = READ_LIMIT) -> str:
        return self.read_bytes(path, limit=limit).decode("utf-8", "replace")

    def read_bytes(self, path: str, *, limit: int = READ_LIMIT) -> bytes:
        real = self.resolve(path)
        seen = self._known(real, path)
        if seen.kind not in ("file", "contents"):
            raise Unreadable(f"{path} is not a regular file")
        try:
            return read_regular(self._kept(real), path, limit)
        except NotThere as error:
            raise Unsupported(f"the contents of {path} were not recorded") from error

    def head(self, path: str, size: int) -> bytes:
        return self.read_bytes(path)[:size]

    def stat(self, path: str) -> Stat:
        seen = self._known(posixpath.join(self.resolve(posixpath.dirname(path)), posixpath.basename(path)), path)
        if seen.stat is None:
            raise Unsupported(f"{path}: its owner and permissions were not recorded")
        return seen.stat

    def resolve(self, path: str) -> str:
        return self._follow(path, 0)

    def walk(self, path: str, *, limit: int = 200_000) -> Iterator[tuple[str, Stat]]:
        pending, count = [path], 0
        while pending:
            above = pending.pop()
            for name in self.list(above):
                count += 1
                if count > limit:
                    raise Truncated(f"more than {limit} entries below {path}")
                below = posixpath.join(above, name)
                stat = self.stat(below)
                yield below, stat
                if stat.kind is FileKind.DIRECTORY:
                    pending.append(below)

    def run(self, program: str, *args: str, timeout: float = 10.0, limit: int = OUTPUT_LIMIT,
            ok: tuple[int, ...] = (0,), stdin: bytes = b"", env: dict[str, str] | None = None,
            home: bool = False) -> Output:
        output = self._commands.get((program, *args))
        if output is None:
            raise Unsupported(f"{' '.join((program, *args))} was not recorded")
        if output == "absent":
            raise NotThere(program)
        if output == "denied":
            raise Denied(f"{program}: refused when the recording was made")
        if output == "timeout":
            raise TimedOut(f"{program} did not end when the recording was made")
        assert isinstance(output, Output)
        if max(len(output.stdout), len(output.stderr)) > limit:
            raise Truncated(f"{program} said more than {limit} bytes")
        return checked(program, output, ok)

    def sockets(self) -> Sequence[Socket]:
        found = _part(self.place, "sockets.json", list[Socket])
        if found is None:
            raise Unsupported("sockets were not recorded")
        return found

    def registry(self, key: str) -> dict[str, Any]:
        keys = _part(self.place, "registry.json", dict[str, dict[str, Any] | None])
        if keys is None or key not in keys:
            raise Unsupported(f"{key} was not recorded")
        values = keys[key]
        if values is None:
            raise NotThere(key)
        return values

    def list(self, path: str) -> list[str]:
        real = self.resolve(path)
        seen = self._known(real, path)
        if seen.kind == "listed":
            return sorted(self._below.get(real, ()))
        if seen.kind != "directory":
            raise Unreadable(f"{path} is not a directory")
        raise Unsupported(f"the entries of {path} were not recorded")

    @cached_property
    def _below(self) -> dict[str, set[str]]:
        below: dict[str, set[str]] = {}
        for path, seen in self._seen.items():
            if seen.kind != "none" and path != "/":
                below.setdefault(posixpath.dirname(path), set()).add(posixpath.basename(path))
        return below

    @cached_property
    def _commands(self) -> dict[tuple[str, ...], Output | str]:
        return dict(_commands(self.place))

    def _known(self, real: str, path: str) -> _Seen:
        seen = self._seen.get(real)
        if seen is None:
            if os.path.isfile(self._kept(real)):
                return _Seen("contents", None)
            above = posixpath.dirname(real)
            while above != "/" and above not in self._seen:
                above = posixpath.dirname(above)
            if self._seen.get(above, _NOWHERE).kind == "listed":
                raise NotThere(path)
            raise Unsupported(f"{path} was not recorded")
        if seen.kind == "none":
            raise NotThere(path)
        if seen.kind == "denied":
            raise Denied(f"{path}: refused when the recording was made")
        return seen

    def _kept(self, real: str) -> str:
        below = re.sub(r"^/?([A-Za-z]):/", r"/\1/", real)
        return f"{self.place}/files{below if below.startswith('/') else '/' + below}"

    def _follow(self, path: str, links: int) -> str:
        real = "/"
        parts = [part for part in path.split("/") if part not in ("", ".")]
        for index, part in enumerate(parts):
            if part == "..":
                real = posixpath.dirname(real)
                continue
            real = posixpath.join(real, part)
            seen = self._seen.get(real, _NOWHERE)
            if seen.kind in ("none", "denied"):
                self._known(real, path)
            if seen.stat is not None and seen.kind == "link":
                if links > _MAX_LINKS:
                    raise Unreadable(f"{path}: more than {_MAX_LINKS} links")
                target = posixpath.join(posixpath.dirname(real), seen.stat.target, *parts[index + 1:])
                return self._follow(target, links + 1)
        return real


_NOWHERE = _Seen("", None)


def _part(place: str, name: str, type_: type[_T]) -> _T | None:
    """A JSON part of a recording, or None if it has none. Raises ``UsageError`` if it is malformed."""
    try:
        return msgspec.json.decode(read_regular(f"{place}/{name}", name, _LIMIT), type=type_)
    except NotThere:
        return None
    except msgspec.MsgspecError as error:
        raise UsageError(str(error), where=f"{place}/{name}", remedy="record the machine again") from error


def _text(path: str) -> str | None:
    try:
        return read_regular(path, path, _LIMIT).decode("utf-8", "replace")
    except NotThere:
        return None


def _stats(place: str) -> dict[str, _Seen]:
    seen: dict[str, _Seen] = {}
    for number, line in enumerate((_text(f"{place}/stats") or "").split("\n"), 1):
        if not line:
            continue
        try:
            path, one = _stat_line(line)
        except ValueError as error:
            raise UsageError(f"not a line of stats: {error}", where=f"{place}/stats:{number}",
                             remedy="path, kind, permissions, uid, gid, size, time and target, tabs between") from error
        seen[path] = one
    return seen


def _stat_line(line: str) -> tuple[str, _Seen]:
    path, kind, *rest = line.split("\t")
    if kind in ("none", "denied"):
        return path, _Seen(kind, None)
    file_kind = FileKind.DIRECTORY if kind == "listed" else FileKind(kind)
    mode, uid, gid, size, changed, *target = rest
    moment = datetime.fromtimestamp(float(changed), UTC)
    return path, _Seen(kind, Stat(file_kind, int(mode, 8), int(uid), int(gid), int(size), moment, "".join(target)))


def _commands(place: str) -> Iterator[tuple[tuple[str, ...], Output | str]]:
    try:
        numbers = sorted(os.listdir(f"{place}/commands"))
    except FileNotFoundError:
        return
    for number in numbers:
        folder = f"{place}/commands/{number}"
        argv, code = _text(f"{folder}/argv"), (_text(f"{folder}/code") or "").strip()
        if argv is None or not (code in ("absent", "denied", "timeout") or code.removeprefix("-").isdigit()):
            raise UsageError("a recorded command has an argv and a code", where=folder, remedy="record it again")
        key = tuple(argv.removesuffix("\n").split("\n"))
        if not code.removeprefix("-").isdigit():
            yield key, code
        else:
            yield key, Output(int(code), _text(f"{folder}/stdout") or "", _text(f"{folder}/stderr") or "")
