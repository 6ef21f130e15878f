"""What the first bytes of a file say about it: readable by anyone, or encrypted.

The name of a file promises nothing; its beginning is written by the program that made it. Compressed
files are looked into: what is compressed may be encrypted itself. What begins like nothing known is None:
neither readable nor encrypted, as far as anyone can tell.

Sources: the PostgreSQL sources (``PGDMP``), POSIX pax(1) for tar, RFC 1952 (gzip), RFC 8878 (Zstandard), RFC 4880
(OpenPGP, sections 4.2, 5.1 and 5.3), the age specification, OpenSSL's enc(1), rclone's crypt, cryptsetup's LUKS
on-disk format.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

SIZE = 4096
"""How many bytes of a file are looked at."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a file begins like. ``encrypted`` is whether its contents need a key."""

    kind: str
    encrypted: bool


_ENCRYPTED = (
    (b"age-encryption.org/v1\n", "age"),
    (b"-----BEGIN AGE ENCRYPTED FILE-----", "age"),
    (b"Salted__", "openssl"),
    (b"RCLONE\0\0", "rclone crypt"),
    (b"LUKS\xba\xbe", "LUKS"),
)
_READABLE = (
    (b"PGDMP", "a PostgreSQL dump"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"TAPE", "a Microsoft SQL Server backup"),
    (b"%PDF-", "a PDF"),
)
_COMPRESSED = (
    (b"\x1f\x8b\x08", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\0", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
)
_ARMOR = b"-----BEGIN PGP MESSAGE-----"


def header(data: bytes, depth: int = 0) -> Header | None:
    """What ``data``, the first ``SIZE`` bytes of a file, are the beginning of; None if of nothing known."""
    for magic, kind in _ENCRYPTED:
        if data.startswith(magic):
            return Header(kind, True)
    if data.startswith(_ARMOR):
        return _openpgp(_unarmored(data)) or Header("an OpenPGP message", False)
    for magic, kind in _COMPRESSED:
        if data.startswith(magic):
            inner = _inflated(data, kind)
            if inner is not None:
                return _within(inner, kind, depth)
    for magic, kind in _READABLE:
        if data.startswith(magic):
            return Header(kind, False)
    if data.startswith(b"PK\x03\x04") and len(data) > 8:
        return Header("a ZIP archive", bool(data[6] & 1))
    if data[257:262] == b"ustar":
        return Header("a tar archive", False)
    return _openpgp(data) or _text(data)


def _within(inner: bytes, kind: str, depth: int) -> Header | None:
    """The header of what is compressed. Something compressed that is neither text nor known may be either."""
    found = header(inner, depth + 1) if depth < 2 else None
    if found is None and not inner:
        return Header(f"{kind} of nothing", False)
    return Header(f"{kind} of {found.kind}", found.encrypted) if found else None


def _inflated(data: bytes, kind: str) -> bytes | None:
    """The beginning of the contents, or None if these are no such data after all."""
    import bz2
    import lzma
    import zlib

    try:
        if kind == "gzip":
            return zlib.decompressobj(wbits=31).decompress(data, SIZE)
        if kind == "bzip2":
            return bz2.BZ2Decompressor().decompress(data, SIZE) or None
        if kind == "xz":
            return lzma.LZMADecompressor(memlimit=64 << 20).decompress(data, SIZE)
        return _unpacked(data)
    except (zlib.error, OSError, EOFError, lzma.LZMAError):
        return None


def _unpacked(data: bytes) -> bytes | None:
    import zstandard

    try:
        return zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj().decompress(data)[:SIZE]
    except zstandard.ZstdError:
        return None


def _unarmored(data: bytes) -> bytes:
    """The first bytes of an ASCII-armoured message (RFC 4880, section 6.2), b"" if it is none."""
    body = data.replace(b"\r\n", b"\n").partition(b"\n\n")[2].split(b"\n", 1)[0]
    try:
        return binascii.a2b_base64(body[: len(body) // 4 * 4])
    except (binascii.Error, ValueError):
        return b""


def _openpgp(data: bytes) -> Header | None:
    """An encrypted OpenPGP message begins with a packet that holds its session key: tag 1 (version 3 or 6)
    for a public key, tag 3 (version 4, 5 or 6) for a passphrase."""
    if len(data) < 3 or not data[0] & 0x80:
        return None
    if data[0] & 0x40:
        tag, start = data[0] & 0x3F, 2 if data[1] < 192 else 3 if data[1] < 224 else 6
    else:
        tag, start = data[0] >> 2 & 0x0F, 1 + (1, 2, 4, 0)[data[0] & 3]
    version = data[start] if start < len(data) else 0
    if (tag, version) in ((1, 3), (1, 6), (3, 4), (3, 5), (3, 6)):
        return Header("OpenPGP", True)
    return None


def _text(data: bytes) -> Header | None:
    """Text is readable: UTF-8 without control characters. The end at ``SIZE`` may cut a character in two."""
    for cut in range(4 if len(data) >= SIZE else 1):
        try:
            text = data[: len(data) - cut].decode("utf-8")
        except UnicodeDecodeError:
            continue
        if not text or any(ord(one) < 32 and one not in "\t\n\r\f" for one in text) or _is_base64(data):
            return None
        return Header("SQL text" if text.startswith("--") or "PostgreSQL database dump" in text else "text", False)
    return None


def _is_base64(data: bytes) -> bool:
    """Whether the text is nothing but one block of base64, which may hold anything."""
    plain = data.translate(None, b"\r\n")
    try:
        return len(plain) >= 64 and bool(base64.b64decode(plain[: len(plain) // 4 * 4], validate=True))
    except ValueError:
        return False
