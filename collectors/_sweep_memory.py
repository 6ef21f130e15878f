"""What a sweep leaves for the next one: a stream of lines, a head and then one line a directory.

The next look copies the lines of directories that are as they were and looks into the others. A stream
that was cut short, that another version or machine wrote, or under whose head another question was asked, is
no memory at all: the whole is looked through afresh.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import BinaryIO

import msgspec

from collectors._package_files import Owned
from collectors._sweep_walk import Seen, Walk

SCHEMA = "hustings.sweep/1"
_END = b'"end"\n'
_ODD = b"!"
"""In front of a line whose names are written out byte by byte, since one is not UTF-8."""


def _spelled(seen: Seen, spell: Callable[[str], str]) -> Seen:
    """A directory with every name in another spelling."""
    return msgspec.structs.replace(
        seen, path=spell(seen.path), directories=[spell(one) for one in seen.directories],
        notes=[msgspec.structs.replace(one, name=spell(one.name)) for one in seen.notes])


def _written_out(name: str) -> str:
    """Names that are not UTF-8, byte by byte."""
    return name.encode("utf-8", "surrogateescape").decode("latin-1")


def _taken_back(name: str) -> str:
    return name.encode("latin-1").decode("utf-8", "surrogateescape")


class Head(msgspec.Struct, frozen=True):
    """When everything was last looked at, and what else has to be the same for that to hold."""

    schema: str
    key: str
    full: datetime


class Packages(msgspec.Struct, frozen=True):
    """What the package database said of the set-id files, and the state of both that it was asked in."""

    key: str
    said: dict[str, Owned]


def read_head(stream: BinaryIO | None, key: str) -> Head | None:
    """The head of a whole memory that answers to ``key``; None for any other. Leaves the stream behind the head."""
    if stream is None:
        return None
    size = stream.seek(0, 2)
    if size < len(_END):
        return None
    stream.seek(size - len(_END))
    if stream.read() != _END:
        return None
    stream.seek(0)
    try:
        head = msgspec.json.decode(stream.readline(), type=Head)
    except msgspec.MsgspecError:
        return None
    return head if (head.schema, head.key) == (SCHEMA, key) else None


class Writer:
    """Writes a memory; without a stream it writes nothing."""

    def __init__(self, stream: BinaryIO | None, head: Head) -> None:
        self._stream = stream
        self._encoder = msgspec.json.Encoder()
        self.whole = stream is not None
        """Whether this will be a memory of everything."""
        self.raw(self._encoder.encode(head) + b"\n")

    def add(self, seen: Seen) -> None:
        if self._stream is None or not self.whole:
            return
        try:
            line = self._encoder.encode(seen)
        except UnicodeEncodeError:
            line = _ODD + self._encoder.encode(_spelled(seen, _written_out))
        self.raw(line + b"\n")

    def raw(self, line: bytes) -> None:
        if self._stream is not None and self.whole:
            with self._writing():
                self._stream.write(line)

    def end(self, packages: Packages) -> None:
        """Mark the memory as whole, if it is."""
        self.raw(self._encoder.encode(packages) + b"\n" + _END)
        if self._stream is not None and self.whole:
            with self._writing():
                self._stream.flush()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError:
            self.whole = False  # a full disk costs the next look its memory, not this one its facts


def again(walk: Walk, stream: BinaryIO, writer: Writer) -> Generator[Seen, None, Packages | None]:
    """What is known from ``stream`` (behind its head) brought up to date: changed directories, and new ones
    with all below them, are looked into. Returns what was kept of the packages."""
    decode = msgspec.json.Decoder(Seen).decode
    for line in stream:
        if walk.bounded():
            return None
        if line.startswith(b"{"):
            return msgspec.json.decode(line, type=Packages)
        seen = _spelled(decode(line[1:]), _taken_back) if line.startswith(_ODD) else decode(line)
        same = walk.unchanged(seen)
        if same:
            walk.entries += seen.entries
            writer.raw(line)
            yield seen
        elif same is False:
            afresh = walk.look(seen.path)
            if afresh is None:
                continue
            writer.add(afresh)
            yield afresh
            before = set(seen.directories)
            above = "" if seen.path == "/" else seen.path
            more = [path for name in afresh.directories
                    if name not in before and (path := f"{above}/{name}") not in walk.known.stops]
            for one in walk.below(more):
                writer.add(one)
                yield one
    return None
