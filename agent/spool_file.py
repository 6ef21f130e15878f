"""One envelope on disk, in a form in which damage anywhere shows.

A file is a line with the SHA-256 (hex) of all that follows it, a line of JSON (``Head``), and the
signed envelope compressed with zstd, exactly as it goes over the wire. Its name is
``<epoch>.<first>-<last>.envelope``: the sequence numbers are taken by the same rename that makes the
envelope durable, so none is ever skipped or used twice.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import msgspec

from hustings.envelope import MAX_ENVELOPE
from hustings.errors import BadDocument

LIMIT = MAX_ENVELOPE + (1 << 16)
_NAME = re.compile(r"(?P<epoch>[0-9a-f]{32})\.(?P<first>[0-9]{12})-(?P<last>[0-9]{12})\.(?P<part>[a-z]+)\Z")
_DIGEST = 64


class Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What must be known of an envelope without opening it."""

    kind: str
    """``report`` or ``lost``."""
    digest: str
    """Of the signed payload."""
    previous: str | None
    made: str
    """When it was made, by this machine's clock."""
    inventory: str = ""
    """The digest of the inventory this report has or names."""
    essence: str = ""
    """A digest of what it says, times left out: equal for two reports that say the same."""
    was: str = ""
    """The name it had in an epoch that was given up."""


@dataclass(frozen=True, order=True)
class Name:
    """What a file name says."""

    epoch: str
    first: int
    last: int

    def file(self, part: str) -> str:
        return f"{self.epoch}.{self.first:012d}-{self.last:012d}.{part}"

    def covers(self, other: Name) -> bool:
        return self.first <= other.first and other.last <= self.last and self != other


@dataclass(frozen=True)
class Kept:
    """A readable envelope: its head, and the compressed bytes to send."""

    head: Head
    body: bytes

    def envelope(self) -> bytes:
        """The envelope's JSON. Raises ``BadDocument``."""
        return expand(self.body, MAX_ENVELOPE)


def parse_name(text: str) -> tuple[Name, str] | None:
    """The name and the part (``envelope``, ``tried``, ``receipt``, ``rejected``), or None for another file."""
    match = _NAME.match(text)
    if match is None:
        return None
    name = Name(match["epoch"], int(match["first"]), int(match["last"]))
    return (name, match["part"]) if 1 <= name.first <= name.last else None


def pack(head: Head, envelope: bytes) -> bytes:
    """The bytes of a file."""
    rest = msgspec.json.encode(head) + b"\n" + compress(envelope)
    return hashlib.sha256(rest).hexdigest().encode("ascii") + b"\n" + rest


def unpack(data: bytes) -> Kept:
    """The inverse of ``pack``. Raises ``BadDocument`` for anything torn, cut or changed."""
    if data[_DIGEST : _DIGEST + 1] != b"\n":
        raise BadDocument("cut short")
    rest = data[_DIGEST + 1 :]
    if hashlib.sha256(rest).hexdigest().encode("ascii") != data[:_DIGEST]:
        raise BadDocument("its bytes have changed")
    line, _, body = rest.partition(b"\n")
    try:
        return Kept(msgspec.json.decode(line, type=Head), body)
    except msgspec.MsgspecError as error:
        raise BadDocument(f"written by another version: {error}") from error


def read(path: Path) -> Kept:
    """The envelope at ``path``. Raises ``BadDocument``, also for a file that cannot be read."""
    try:
        with path.open("rb") as file:
            data = file.read(LIMIT + 1)
    except OSError as error:
        raise BadDocument(f"cannot be read: {error.strerror}") from error
    return unpack(data)


def named_inventory(path: Path) -> str:
    """The inventory digest in a file's head, unproven; "" if there is none or the file is gone."""
    try:
        with path.open("rb") as file:
            file.readline(_DIGEST + 1)
            return msgspec.json.decode(file.readline(1 << 16), type=Head).inventory
    except (OSError, msgspec.MsgspecError):
        return ""


def compress(data: bytes) -> bytes:
    """One zstd frame."""
    import zstandard

    return zstandard.ZstdCompressor(level=6).compress(data)


def expand(data: bytes, limit: int) -> bytes:
    """The content of a zstd frame of at most ``limit`` bytes. Raises ``BadDocument``."""
    import zstandard

    try:
        with zstandard.ZstdDecompressor().stream_reader(data) as reader:
            content = reader.read(limit + 1)
    except zstandard.ZstdError as error:
        raise BadDocument(f"not a zstd frame: {error}") from error
    if len(content) > limit:
        raise BadDocument(f"more than {limit} bytes")
    return content
