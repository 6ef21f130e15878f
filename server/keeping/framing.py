"""The one logical format of backups and exports: frames in order, compressed, each counted, closed by a manifest.

::

    hustings-rows/1                              a line
    H  header                                    JSON: schema revision, time, whose rows, the tables in order
    T  table   R rows …  E tally                 for every table of the header, in its order
    F  file    D bytes … G digest                the files of a data directory
    M  manifest                                  JSON: every count and digest again, audit heads, what was left out
    Z  digest                                    SHA-256 over all frames before it

A frame is its letter, four bytes of length (big end first) and its body. The whole is one zstd frame. What reads it
trusts nothing before ``Z`` held.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator
from typing import Any, TypeAlias, TypeVar

import msgspec
import zstandard

from hustings.errors import BadDocument
from server.keeping.rows import Count, Shape, Tally, unblocked

T = TypeVar("T")
Walk: TypeAlias = Generator[bytes, tuple[bytes, bytes], T]
"""Says which frames may come, and is sent the one that came: its kind and body."""
MAGIC = b"hustings-rows/1\n"
LARGEST = 256 << 20
"""Bytes of a frame, at most."""
CHUNK = 256 << 10
_WINDOW = 1 << 27
_SIP = 512
_REMEDY = "use another backup; this file is damaged or was changed"


class File(msgspec.Struct, frozen=True):
    """A file of the data directory."""

    path: str
    size: int
    digest: str


class AuditHead(msgspec.Struct, frozen=True):
    """Where a tenant's audit trail stood."""

    rows: int
    last: int
    hash: str


class Header(msgspec.Struct, frozen=True):
    """What a file says of itself before its rows."""

    format: int
    product: str
    """The version of Hustings that wrote it."""
    schema: str
    """The revision of the database."""
    database: str
    made: str
    """When the snapshot was taken."""
    scope: str
    """``server``, or the id of one tenant."""
    tables: tuple[Shape, ...]


class Manifest(msgspec.Struct, frozen=True):
    """What a file holds, counted by whoever wrote it."""

    tables: dict[str, Tally]
    files: tuple[File, ...]
    audit: dict[str, AuditHead]
    left_out: tuple[str, ...] = ()
    """What was there and is not in it, each with why."""


class Packed:
    """Turns frames into compressed bytes and counts what goes in."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._press = zstandard.ZstdCompressor(level=3).compressobj()
        self.plain = 0

    def start(self) -> bytes:
        return self._raw(MAGIC)

    def frame(self, kind: bytes, body: bytes) -> bytes:
        """One frame, compressed; may be empty while the compressor gathers."""
        return self._raw(kind + len(body).to_bytes(4)) + self._raw(body)

    def document(self, kind: bytes, body: Any) -> bytes:
        return self.frame(kind, msgspec.json.encode(body))

    def end(self) -> bytes:
        return self.frame(b"Z", self._hash.digest()) + self._press.flush()

    def _raw(self, data: bytes) -> bytes:
        self._hash.update(data)
        self.plain += len(data)
        return self._press.compress(data)


Rows = Callable[[Shape, list[list[Any]]], None]
Bytes = Callable[[str, bytes], None]


class Unpacked:
    """Takes compressed bytes as they come, and checks every frame, its order, counts and digests.

    ``rows`` and ``bytes_`` get what the file holds before the whole is proven: who uses them must undo it when
    ``close`` raises. Raises ``BadDocument``.
    """

    def __init__(self, rows: Rows | None = None, bytes_: Bytes | None = None,
                 head: Callable[[Header], None] | None = None) -> None:
        self._rows, self._bytes, self._head = rows, bytes_, head
        self._press = zstandard.ZstdDecompressor(max_window_size=_WINDOW).decompressobj()
        self._held = bytearray()
        self._hash = hashlib.sha256()
        self._steps = self._expected()
        self._wanted = next(self._steps)
        self._ended = False
        self.plain = 0
        self.header: Header | None = None
        self.manifest: Manifest | None = None

    def write(self, data: bytes) -> int:
        """Take some bytes of the file: few at a time, since a few can be much once they are inflated."""
        for at in range(0, len(data), _SIP):
            try:
                plain = self._press.decompress(data[at:at + _SIP])
            except zstandard.ZstdError as error:
                raise BadDocument("the compressed data cannot be read", remedy=_REMEDY) from error
            if self._press.unused_data or (self._ended and plain):
                raise BadDocument("there is more after the end", remedy=_REMEDY)
            self.plain += len(plain)
            self._held += plain
            self._take()
        return len(data)

    def flush(self) -> None:
        """Nothing waits."""

    def close(self) -> Manifest:
        """What was read, once it is whole."""
        if not self._ended or self._held or self.manifest is None:
            raise BadDocument("the file ends before its end", remedy=_REMEDY)
        return self.manifest

    def _take(self) -> None:
        at = 0
        while True:
            if self._wanted == b"magic":
                if len(self._held) - at < len(MAGIC):
                    break
                kind, body, size = b"magic", bytes(self._held[at:at + len(MAGIC)]), len(MAGIC)
                if body != MAGIC:
                    raise BadDocument("this is no backup or export of Hustings", remedy="name another file")
            else:
                if len(self._held) - at < 5:
                    break
                kind, length = bytes(self._held[at:at + 1]), int.from_bytes(self._held[at + 1:at + 5])
                if length > LARGEST:
                    raise BadDocument("a frame is larger than any that is written", remedy=_REMEDY)
                size = 5 + length
                if len(self._held) - at < size:
                    break
                body = bytes(self._held[at + 5:at + size])
            if self._ended or kind not in self._wanted.split(b"|"):
                raise BadDocument("the parts of the file are not in their order", remedy=_REMEDY)
            raw = bytes(self._held[at:at + size])
            at += size
            self._step(kind, body, raw)
        del self._held[:at]

    def _step(self, kind: bytes, body: bytes, raw: bytes) -> None:
        before = self._hash.digest() if kind == b"Z" else b""
        self._hash.update(raw)
        if kind == b"Z" and body != before:
            raise BadDocument("the digest over the whole file does not hold", remedy=_REMEDY)
        try:
            self._wanted = self._steps.send((kind, body))
        except StopIteration:
            self._ended = True

    def _expected(self) -> Walk[None]:
        """The order of frames, as a walk that is told each frame and answers which may follow."""
        yield b"magic"
        _, body = yield b"H"
        self.header = _read(body, Header)
        if self.header.format != 1:
            raise BadDocument(f"a backup of format {self.header.format}", remedy="use a newer version of Hustings")
        if self._head is not None:
            self._head(self.header)
        tallies: dict[str, Tally] = {}
        for table in self.header.tables:
            _, body = yield b"T"
            if _read(body, str) != table.name:
                raise BadDocument("the tables are not in their order", remedy=_REMEDY)
            count = Count()
            while True:
                kind, body = yield b"R|E"
                if kind == b"E":
                    break
                rows = unblocked(body, count)
                if any(len(one) != len(table.columns) for one in rows):
                    raise BadDocument("a row has other columns than its table", where=table.name, remedy=_REMEDY)
                if self._rows is not None:
                    self._rows(table, rows)
            tallies[table.name] = count.tally()
            if _read(body, Tally) != tallies[table.name]:
                raise BadDocument("the rows of a table are not those that were written", where=table.name,
                                  remedy=_REMEDY)
        found: list[File] = []
        while True:
            kind, body = yield b"F|M"
            if kind == b"M":
                break
            found.append((yield from self._file(_read(body, str))))
        self.manifest = _read(body, Manifest)
        if self.manifest.tables != tallies or list(self.manifest.files) != found:
            raise BadDocument("the file does not hold what its manifest says", remedy=_REMEDY)
        yield b"Z"

    def _file(self, path: str) -> Walk[File]:
        digest, size = hashlib.sha256(), 0
        while True:
            kind, body = yield b"D|G"
            if kind == b"G":
                break
            digest.update(body)
            size += len(body)
            if self._bytes is not None:
                self._bytes(path, body)
        found = File(path, size, digest.hexdigest())
        if _read(body, File) != found:
            raise BadDocument("a file is not the one that was written", where=path, remedy=_REMEDY)
        if self._bytes is not None:
            self._bytes(path, b"")
        return found


def _read(body: bytes, kind: Any) -> Any:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        raise BadDocument(f"a part of the file cannot be read: {error}", remedy=_REMEDY) from error
