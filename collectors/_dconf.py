"""dconf databases: the compiled form (GVDB, as dconf's own reader takes it), and the key files it is made of.

A GVDB file is a hash table: a header, a Bloom filter, buckets, and 24-byte items that name their parent, so
that a key is the names along the way. Only little-endian files are read, as dconf writes them on every
machine of today. Values of a type that no setting we look at has are ``unsupported``.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import TypeAlias

from collectors.host.protocol import Unreadable
from hustings.facts import Missing, Reason

Value: TypeAlias = str | Missing
_SIGNATURE = b"GVariant"
_NO_PARENT = 0xFFFFFFFF
_LIMIT = 100_000


def parse_compiled(data: bytes) -> tuple[dict[str, Value], frozenset[str]]:
    """``({key: value}, locked keys)``; keys such as ``/org/gnome/desktop/session/idle-delay``.

    Raises ``Unreadable`` if it is no such file or points outside itself.
    """
    if data[:8] != _SIGNATURE:
        raise Unreadable("not a compiled dconf database")
    try:
        start, end = struct.unpack_from("<II", data, 16)
        values: dict[str, Value] = {}
        locks: set[str] = set()
        for key, kind, first, last in _items(data, start, end):
            if kind == "v":
                values[key] = _value(data[first:last])
            elif kind == "H" and key == ".locks":
                locks |= {name for name, inner, _, _ in _items(data, first, last) if inner == "v"}
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise Unreadable(f"a damaged dconf database: {error}") from error
    return values, frozenset(locks)


def _items(data: bytes, start: int, end: int) -> Iterator[tuple[str, str, int, int]]:
    """Each item of a table: its whole key, its type, and where its value begins and ends."""
    bloom, buckets = struct.unpack_from("<II", data, start)
    first = start + 8 + 4 * (bloom & 0x07FFFFFF) + 4 * buckets
    count = (end - first) // 24
    if not 0 <= count <= _LIMIT or end > len(data):
        raise Unreadable("a damaged dconf database: its table does not fit into the file")
    raw = [struct.unpack_from("<IIIHcxII", data, first + 24 * index) for index in range(count)]
    for item in raw:
        name, seen = "", 0
        at = item
        while True:
            name = data[at[2]:at[2] + at[3]].decode() + name
            if at[1] == _NO_PARENT or seen > count:
                break
            at, seen = raw[at[1]], seen + 1
        yield name, item[4].decode(), item[5], item[6]


def _value(data: bytes) -> Value:
    """A serialised variant: the value, a NUL, its type."""
    body, _, kind = data.rpartition(b"\0")
    match kind:
        case b"b" if len(body) == 1:
            return "true" if body[0] else "false"
        case b"u" if len(body) == 4:
            return str(struct.unpack("<I", body)[0])
        case b"i" if len(body) == 4:
            return str(struct.unpack("<i", body)[0])
        case b"s":
            return body.rstrip(b"\0").decode()
        case b"as":
            return _texts(body)
    return Missing(Reason.UNSUPPORTED, f"a value of type {kind.decode(errors='replace')!r}")


def _texts(body: bytes) -> str:
    """An array of texts, joined by commas: NUL-ended texts, then the offset of each end (one byte each in arrays
    this small)."""
    if not body:
        return ""
    if len(body) > 255:
        return ",".join(part.decode(errors="replace") for part in body.split(b"\0") if part.isascii())
    first = body[-1]
    return ",".join(part.decode() for part in body[:first].split(b"\0")[:-1])


def parse_keyfile(text: str) -> dict[str, str]:
    """``{key: value}`` of one file of a ``.d`` directory, values as the compiled form gives them."""
    found: dict[str, str] = {}
    group = ""
    for line in text.splitlines():
        line = line.strip()
        if line.startswith("[") and line.endswith("]"):
            group = line[1:-1].strip("/")
        elif group and "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found[f"/{group}/{key.strip()}"] = literal(value.strip())
    return found


def literal(value: str) -> str:
    """A value in GVariant's text form as plain text: ``uint32 300`` is ``300``, ``'a'`` is ``a``, ``['a', 'b']`` is
    ``a,b``."""
    head, _, rest = value.partition(" ")
    if head in ("uint32", "int32", "uint64", "int64", "byte", "double", "@as") and rest:
        value = rest.strip()
    if value.startswith("[") and value.endswith("]"):
        return ",".join(literal(part.strip()) for part in value[1:-1].split(",") if part.strip())
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        return value[1:-1]
    return value


def parse_locks(text: str) -> set[str]:
    """The keys named in a file of a ``locks`` directory."""
    return {line.strip() for line in text.splitlines() if line.strip().startswith("/")}
