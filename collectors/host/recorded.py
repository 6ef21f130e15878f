"""A machine as it was recorded: how machines that cannot run the agent are audited, and collectors tested.

A recording is a directory, or the tar file it was packed into::

    host.json                 {"schema": "hustings.recording/1", "platform": "linux", "recorded_at": "…Z"},
                              and by whom and with what (``About``)
    manifest                  the SHA-256 of every other file; what does not match it is refused
    notes                     what was left out, for people
    files/etc/os-release      contents of files (``C:/x`` is kept as ``files/C/x``)
    stats                     a line for every path that was looked at, fields separated by tabs
    commands/1/argv           the program as collectors name it and its arguments, one a line
    commands/1/stdout         what it said
    commands/1/stderr         (may be left out)
    commands/1/code           its exit code, or ``absent``, ``denied``, ``timeout`` or ``truncated``
    sockets.json              [{"protocol": "tcp", "address": "::", "port": 22, "pid": 1, "program": "sshd"}]
    registry.json             {"HKLM\\\\…": {"Value": 1}}

The fields of ``stats``: path, kind, permissions in octal, uid, gid, size, last change in seconds since
1970, target of a link, last change of the entry itself (the last two may be left out). Kinds: ``file``,
``directory``, ``link``, ``other``; ``listed`` for a directory of which every entry has a line of its own;
``none`` for what was looked for and does not exist; ``denied`` for what could not be looked at; ``unread``
(besides a file's own line) for one that could not be read. These three have no more fields.

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
    TimedOut,
    Truncated,
    Unreadable,
    Unsupported,
)
from collectors.host.recording import MANIFEST, Recording, open_recording, verify
from hustings.errors import UsageError
from hustings.times import parse_time

SCHEMA = "hustings.recording/1"
_MAX_LINKS = 40
_NOT_SWEPT = "a recording does not hold the whole file system"
_T = TypeVar("_T")


class About(msgspec.Struct, frozen=True):
    """``host.json``: what was recorded, when, by whom and with what. Times are text (``hustings.times``)."""

    schema: str
    platform: Platform
    recorded_at: str
    finished_at: str = ""
    version: str = ""
    """Of the Hustings that printed the recorder."""
    host: str = ""
    kernel: str = ""
    user: str = ""
    """The account it ran as."""
    uid: int | None = None
    login: str = ""
    """The account of whoever became that user, where the machine knows."""
    by: str = ""
    """The name the recorder was given."""
    tools: tuple[str, ...] = ()
    manifest: bool = False
    """Whether the recorder wrote one: without it, nobody can say that the recording is as it was made."""

    @property
    def who(self) -> str:
        """Who recorded it, as far as the recording says: a claim, not a proof."""
        account = " as ".join(dict.fromkeys(one for one in (self.login, self.user) if one))
        return f"{self.by} ({account})" if self.by and account else self.by or account or "unknown"


@dataclass(frozen=True)
class _Seen:
    kind: str
    stat: Stat | None
    unread: bool = False


class RecordedHost:
    """``Host`` for the recording at ``place``, a directory or a tar file.

    Raises ``UsageError`` if it is not one, and ``Untrusted`` with a file's name if it was altered.
    """

    kind = "recorded"

    def __init__(self, place: str) -> None:
        self.place = os.path.realpath(place)
        self._recording = open_recording(self.place)
        about = _part(self._recording, "host.json", About)
        if about is None or about.schema != SCHEMA:
            raise UsageError(f"not a recording of schema {SCHEMA}", where=f"{place}/host.json",
                             remedy="make one with the script that `hustings record` prints")
        self.about = about
        self.platform = about.platform
        self.digest = verify(self._recording) if about.manifest or self._recording.holds(MANIFEST) else ""
        """Of its manifest, which covers every file; "" for a recording without one."""
        try:
            self._now = parse_time(about.recorded_at)
        except ValueError as error:
            raise UsageError(f"recorded_at: {error}", where=f"{place}/host.json",
                             remedy="write it as 2026-11-22T02:42:33Z") from error
        self._seen = _stats(self._recording)

    def now(self) -> datetime:
        return self._now

    def read(self, path: str, *, limit: int = READ_LIMIT) -> str:
        return self.read_bytes(path, limit=limit).decode("utf-8", "replace")

    def read_bytes(self, path: str, *, limit: int = READ_LIMIT) -> bytes:
        real = self.resolve(path)
        seen = self._known(real, path)
        if seen.kind not in ("file", "contents"):
            raise Unreadable(f"{path} is not a regular file")
        if seen.unread:
            raise Denied(f"{path}: refused when the recording was made")
        try:
            return self._recording.read(_kept(real), path, limit)
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

    def scan(self, path: str, apart: frozenset[str] = frozenset()) -> Iterator[tuple[str, os.stat_result]]:
        raise Unsupported(_NOT_SWEPT)

    def status(self, path: str) -> os.stat_result:
        raise Unsupported(_NOT_SWEPT)

    def attribute(self, path: str, name: str) -> bytes | None:
        raise Unsupported(_NOT_SWEPT)

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
        if output == "truncated":
            raise Truncated(f"{program} said more than was recorded")
        if output == "timeout":
            raise TimedOut(f"{program} did not end when the recording was made")
        assert isinstance(output, Output)
        if max(len(output.stdout), len(output.stderr)) > limit:
            raise Truncated(f"{program} said more than {limit} bytes")
        return checked(program, output, ok)

    def sockets(self) -> Sequence[Socket]:
        found = _part(self._recording, "sockets.json", list[Socket])
        if found is None:
            raise Unsupported("sockets were not recorded")
        return found

    def registry(self, key: str) -> dict[str, Any]:
        keys = _part(self._recording, "registry.json", dict[str, dict[str, Any] | None])
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
        return dict(_commands(self._recording))

    def _known(self, real: str, path: str) -> _Seen:
        seen = self._seen.get(real)
        if seen is None:
            if self._recording.holds(_kept(real)):
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
_ENDS = ("absent", "denied", "timeout", "truncated")


def _kept(real: str) -> str:
    """The name of the file that holds the contents of ``real``."""
    below = re.sub(r"^/?([A-Za-z]):/", r"/\1/", real)
    return f"files{below if below.startswith('/') else '/' + below}"


def _part(recording: Recording, name: str, type_: type[_T]) -> _T | None:
    """A JSON part of a recording, or None if it has none. Raises ``UsageError`` if it is malformed."""
    text = _text(recording, name)
    try:
        return None if text is None else msgspec.json.decode(text, type=type_)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise UsageError(str(error), where=f"{recording.place}/{name}", remedy="record the machine again") from error


def _text(recording: Recording, name: str) -> str | None:
    try:
        return recording.read(name, name).decode("utf-8", "replace")
    except NotThere:
        return None
    except LookError as error:
        raise UsageError(str(error), where=f"{recording.place}/{name}", remedy="record the machine again") from error


def _stats(recording: Recording) -> dict[str, _Seen]:
    seen: dict[str, _Seen] = {}
    for number, line in enumerate((_text(recording, "stats") or "").split("\n"), 1):
        if not line:
            continue
        try:
            path, one = _stat_line(line, seen)
        except ValueError as error:
            raise UsageError(f"not a line of stats: {error}", where=f"{recording.place}/stats:{number}",
                             remedy="path, kind, permissions, uid, gid, size, time and target, tabs between") from error
        seen[path] = one
    return seen


def _stat_line(line: str, seen: dict[str, _Seen]) -> tuple[str, _Seen]:
    path, kind, *rest = line.split("\t")
    if kind == "unread":
        known = seen.get(path, _NOWHERE).stat
        return path, _Seen("file" if known else "denied", known, unread=True)
    if kind in ("none", "denied"):
        return path, _Seen(kind, None)
    file_kind = FileKind.DIRECTORY if kind == "listed" else FileKind(kind)
    mode, uid, gid, size, changed, target, entry_changed = (*rest, "", "")[:7]
    return path, _Seen(kind, Stat(file_kind, int(mode, 8), int(uid), int(gid), int(size), _moment(changed), target,
                                  _moment(entry_changed) if entry_changed else None))


def _moment(seconds: str) -> datetime:
    try:
        return datetime.fromtimestamp(float(seconds), UTC)
    except (OverflowError, OSError) as error:
        raise ValueError(f"{seconds!r} is not a time") from error


def _commands(recording: Recording) -> Iterator[tuple[tuple[str, ...], Output | str]]:
    for number in recording.names("commands"):
        folder = f"commands/{number}"
        argv, code = _text(recording, f"{folder}/argv"), (_text(recording, f"{folder}/code") or "").strip()
        if argv is None or not (code in _ENDS or code.removeprefix("-").isdigit()):
            raise UsageError("a recorded command has an argv and a code", where=f"{recording.place}/{folder}",
                             remedy="record it again")
        key = tuple(argv.removesuffix("\n").split("\n"))
        if not code.removeprefix("-").isdigit():
            yield key, code
        else:
            yield key, Output(int(code), _text(recording, f"{folder}/stdout") or "",
                              _text(recording, f"{folder}/stderr") or "")
