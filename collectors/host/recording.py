"""Where a recording is kept, a directory or the tar file it was packed into, and the proof that it is as it was made.

A tar file is read where it lies: nothing of it is ever written to this machine's disk. ``manifest`` holds a
line for every other file of the recording, as ``sha256sum`` writes them.
"""

from __future__ import annotations

import hashlib
import os
import posixpath
import re
from collections.abc import Iterator
from typing import Protocol

from collectors.host.files import read_regular, reasons
from collectors.host.protocol import LookError, NotThere, Truncated
from hustings.errors import Untrusted, UsageError

MANIFEST = "manifest"
LIMIT = 64 << 20
"""Bytes of one file of a recording."""
_MEMBERS = 1_000_000
_LINE = re.compile(r"(\\?)([0-9a-f]{64}) [ *](?:\./)?(.+)")
_AGAIN = "use the recording as it was made, or record the machine again"


class Recording(Protocol):
    """The files of a recording, by their names below its top."""

    place: str

    def read(self, name: str, path: str, limit: int = LIMIT) -> bytes:
        """A file's bytes. Raises ``LookError`` that speaks of ``path``; ``NotThere`` if there is none."""
        ...

    def holds(self, name: str) -> bool: ...

    def names(self, folder: str) -> list[str]:
        """What stands right below a folder, sorted; [] if there is no such folder."""
        ...

    def files(self) -> Iterator[str]:
        """The name of every file."""
        ...


class Directory:
    """A recording in a directory."""

    def __init__(self, place: str) -> None:
        self.place = place

    def read(self, name: str, path: str, limit: int = LIMIT) -> bytes:
        return read_regular(f"{self.place}/{name}", path, limit)

    def holds(self, name: str) -> bool:
        return os.path.isfile(f"{self.place}/{name}")

    def names(self, folder: str) -> list[str]:
        try:
            return sorted(os.listdir(f"{self.place}/{folder}"))
        except (FileNotFoundError, NotADirectoryError):
            return []

    def files(self) -> Iterator[str]:
        for above, _, names in os.walk(self.place):
            for name in names:
                yield os.path.relpath(os.path.join(above, name), self.place)


class Tar:
    """A recording in a tar file. Raises ``UsageError`` for one that holds more than plain files."""

    def __init__(self, place: str) -> None:
        import tarfile

        self.place = place
        self._at: dict[str, tuple[int, int]] = {}
        self._below: dict[str, set[str]] = {}
        try:
            with tarfile.open(place, "r:") as packed:
                for number, member in enumerate(packed):
                    if number > _MEMBERS or not (member.isreg() or member.isdir()) or member.issparse():
                        raise UsageError(f"{member.name}: a packed recording holds files and directories alone",
                                         where=place, remedy=_AGAIN)
                    if member.isreg():
                        self._add(member.name, member.offset_data, member.size)
        except (tarfile.TarError, OSError, EOFError) as error:
            raise UsageError(f"not a recording packed by tar: {error}", where=place,
                             remedy="name a recording's directory or its .tar (gunzip a .tar.gz first)") from error

    def _add(self, member: str, offset: int, size: int) -> None:
        name = posixpath.normpath(member).partition("/")[2]
        if name in self._at:
            raise UsageError(f"{member} is in it twice", where=self.place, remedy=_AGAIN)
        self._at[name] = (offset, size)
        while name:
            above, name = posixpath.dirname(name), posixpath.basename(name)
            self._below.setdefault(above, set()).add(name)
            name = above

    def read(self, name: str, path: str, limit: int = LIMIT) -> bytes:
        if name not in self._at:
            raise NotThere(path)
        offset, size = self._at[name]
        if size > limit:
            raise Truncated(f"{path} is larger than {limit} bytes")
        with reasons(path), open(self.place, "rb") as packed:
            packed.seek(offset)
            return packed.read(size)

    def holds(self, name: str) -> bool:
        return name in self._at

    def names(self, folder: str) -> list[str]:
        return sorted(self._below.get(folder, ()))

    def files(self) -> Iterator[str]:
        yield from self._at


def open_recording(place: str) -> Recording:
    """The recording at ``place``, an absolute path without links. Raises ``UsageError``."""
    return Directory(place) if os.path.isdir(place) else Tar(place)


def verify(recording: Recording) -> str:
    """Hold a recording against its manifest, and return the manifest's SHA-256.

    Raises ``Untrusted`` with the name of the first file that was altered, added or taken away.
    """
    try:
        text = recording.read(MANIFEST, MANIFEST)
    except NotThere as error:
        raise _altered(f"{MANIFEST} is missing", recording) from error
    listed = dict(_lines(text, recording.place))
    there = {name for name in recording.files() if name != MANIFEST}
    for what, names in (("is missing", set(listed) - there), ("was added", there - set(listed))):
        if names:
            raise _altered(f"{min(names)} {what}", recording)
    for name, digest in sorted(listed.items()):
        try:
            found = hashlib.sha256(recording.read(name, name, limit=1 << 31)).hexdigest()
        except LookError as error:
            raise _altered(f"{name} cannot be read ({error})", recording) from error
        if found != digest:
            raise _altered(f"{name} was altered", recording)
    return "sha256:" + hashlib.sha256(text).hexdigest()


def _altered(what: str, recording: Recording) -> Untrusted:
    return Untrusted(f"{what} since the recording was made", where=recording.place, remedy=_AGAIN)


def _lines(text: bytes, place: str) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(os.fsdecode(text).split("\n")[:-1], 1):
        match = _LINE.fullmatch(line)
        if match is None:
            raise Untrusted("not a line of checksums", where=f"{place}/{MANIFEST}:{number}", remedy=_AGAIN)
        escaped, digest, name = match.groups()
        yield re.sub(r"\\(.)", lambda one: "\n" if one[1] == "n" else one[1], name) if escaped else name, digest
