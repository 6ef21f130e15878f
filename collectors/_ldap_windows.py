"""How Active Directory writes identifiers, times, intervals and access lists ([MS-DTYP], [MS-ADTS])."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

from collectors.host.protocol import Unreadable
from hustings.directory.ldap import Entry

_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
NEVER = 0x7FFF_FFFF_FFFF_FFFF
_DAY = 864_000_000_000
INHERIT_ONLY = 0x08
_ALLOW, _DENY = (0, 5, 9, 11), (1, 6)
"""Types of entries that allow and deny. Conditional denials (10, 12) are left out: they may not hold."""
_WITH_OBJECT = (5, 6, 11, 12)


def sid(data: bytes, at: int = 0) -> str:
    """A security identifier as text ([MS-DTYP] 2.4.2.2). Raises ``Unreadable``."""
    if len(data) < at + 8:
        raise Unreadable("a security identifier is cut short")
    count = data[at + 1]
    if data[at] != 1 or count > 15 or len(data) < at + 8 + 4 * count:
        raise Unreadable("not a security identifier")
    authority = int.from_bytes(data[at + 2:at + 8], "big")
    parts = struct.unpack_from(f"<{count}I", data, at + 8)
    return "-".join(["S-1", str(authority), *map(str, parts)])


def domain_of(identifier: str) -> str:
    """The identifier of the domain that an account or group belongs to; "" for well-known ones."""
    return identifier.rpartition("-")[0] if identifier.startswith("S-1-5-21-") and identifier.count("-") == 7 else ""


def moment(value: int | None) -> datetime | None:
    """A FILETIME: hundreds of nanoseconds since 1601. None for 0, never, and what no calendar holds."""
    if value is None or value <= 0 or value >= NEVER:
        return None
    try:
        return _EPOCH + timedelta(microseconds=value // 10)
    except OverflowError:
        return None


def days(interval: int | None) -> int:
    """A negative interval in whole days; 0 for none and for ever. Less than a day is one."""
    if interval is None or interval >= 0 or interval <= -NEVER:
        return 0
    return max(1, -interval // _DAY)


def generalized(text: str) -> datetime | None:
    """A GeneralizedTime (RFC 4517, 3.3.13): ``20261122130000Z``, ``20261122130000.0Z``, with an offset. None for
    an empty one. Raises ``Unreadable``."""
    if not text:
        return None
    body = text.strip().upper()
    zone, digits = UTC, body.removesuffix("Z")
    for sign in "+-":
        if sign in digits:
            digits, _, offset = digits.partition(sign)
            minutes = int(offset[:2] or 0) * 60 + int(offset[2:4] or 0) if offset.isdigit() else 0
            shift = timedelta(minutes=minutes if sign == "+" else -minutes)
            return _plain(digits, text) - shift
    return _plain(digits, text).replace(tzinfo=zone)


def _plain(digits: str, text: str) -> datetime:
    whole = digits.replace(",", ".").partition(".")[0]
    for pattern, length in (("%Y%m%d%H%M%S", 14), ("%Y%m%d%H%M", 12), ("%Y%m%d%H", 10)):
        if len(whole) == length and whole.isdigit():
            try:
                return datetime.strptime(whole, pattern).replace(tzinfo=UTC)
            except ValueError:
                break
    raise Unreadable(f"{text[:40]!r} is no time of LDAP")


def descriptor(data: bytes) -> tuple[str, tuple[Entry, ...]]:
    """The owner and the access list of a self-relative security descriptor ([MS-DTYP] 2.4.6).

    Entries that only children inherit are left out. A descriptor without an access list lets everybody in: that is
    one entry for Everyone. Raises ``Unreadable``.
    """
    try:
        revision, _, control, owner, _, _, acl = struct.unpack_from("<BBHIIII", data)
        if revision != 1:
            raise Unreadable("not a security descriptor")
        holder = sid(data, owner) if owner else ""
        if not control & 0x0004 or not acl:
            return holder, (Entry("S-1-1-0", 0x000F_01FF),)
        return holder, tuple(_entries(data, acl))
    except struct.error as error:
        raise Unreadable("a security descriptor is cut short") from error


def _entries(data: bytes, acl: int) -> Iterator[Entry]:
    _, _, size, count, _ = struct.unpack_from("<BBHHH", data, acl)
    at, end = acl + 8, acl + size
    for _ in range(count):
        kind, flags, length = struct.unpack_from("<BBH", data, at)
        if length < 8 or at + length > end or at + length > len(data):
            raise Unreadable("an access list is cut short")
        if not flags & INHERIT_ONLY and kind in _ALLOW + _DENY:
            (mask,) = struct.unpack_from("<I", data, at + 4)
            where, wanted = at + 8, ""
            if kind in _WITH_OBJECT:
                (present,) = struct.unpack_from("<I", data, where)
                where += 4
                if present & 1:
                    wanted = str(UUID(bytes_le=data[where:where + 16]))
                    where += 16
                if present & 2:
                    where += 16
            yield Entry(sid(data, where), mask, kind in _ALLOW, wanted)
        at += length
