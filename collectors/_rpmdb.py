"""rpm's database of installed packages, read without rpm: for images, where nothing can be run.

Two of its forms are read: SQLite (``rpmdb.sqlite``, Red Hat family since 9) and ndb (``Packages.db``, SUSE). The
older Berkeley form (``Packages``) is not: that is said. Formats: rpm's ``lib/backend/ndb/rpmpkg.c`` and
the header structure of the package format (index entries of tag, type, offset and count, then the data).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from collectors._systemd import entry
from collectors.host.protocol import Host, Unreadable, Unsupported

DIRECTORIES = ("/usr/lib/sysimage/rpm", "/var/lib/rpm")
_LIMIT = 256 << 20
_NAME, _VERSION, _RELEASE, _EPOCH, _INSTALLED, _SOURCE = 1000, 1001, 1002, 1003, 1008, 1044
_WANTED = frozenset({_NAME, _VERSION, _RELEASE, _EPOCH, _INSTALLED, _SOURCE})
_INT32, _STRINGS = 4, (6, 8, 9)
_SLOT_PAGE = 4096
_SLOTS_A_PAGE = _SLOT_PAGE // 16
_BLOCK = 16


class Package(NamedTuple):
    """An installed package: ``version`` is epoch:version-release, the epoch left out if it is 0."""

    name: str
    version: str
    source: str
    """File name of the source package; "" for what was built from none."""
    installed: int
    """When it was installed, in seconds since 1970."""


def there(host: Host) -> bool:
    """Whether this machine keeps a database of rpm packages."""
    return any(entry(host, directory) is not None for directory in DIRECTORIES)


def read(host: Host) -> list[Package]:
    """The installed packages. Raises ``LookError``; ``Unsupported`` for a form that is not read."""
    for directory in DIRECTORIES:
        sqlite, ndb, old = (f"{directory}/{name}" for name in ("rpmdb.sqlite", "Packages.db", "Packages"))
        if entry(host, sqlite) is not None:
            log = entry(host, f"{sqlite}-wal")
            if log is not None and log.size:
                raise Unsupported(f"{sqlite} has changes that rpm has not written into it yet")
            return [package for blob in _sqlite(host.read_bytes(sqlite, limit=_LIMIT)) for package in parse(blob)]
        if entry(host, ndb) is not None:
            return [package for blob in ndb_blobs(host.read_bytes(ndb, limit=_LIMIT)) for package in parse(blob)]
        if entry(host, old) is not None:
            raise Unsupported(f"{old} is a Berkeley database, which only rpm itself reads")
    raise Unsupported("there is no database of rpm packages in a form that is read")


def parse(header: bytes) -> list[Package]:
    """The package of one header; none for a public key. Raises ``Unreadable``."""
    values = _values(header)
    name, version, release = (values.get(tag) for tag in (_NAME, _VERSION, _RELEASE))
    if not isinstance(name, str) or not isinstance(version, str) or not isinstance(release, str):
        raise Unreadable("rpm's database: a package without a name or version")
    if name == "gpg-pubkey":
        return []
    epoch, source, installed = values.get(_EPOCH, 0), values.get(_SOURCE, ""), values.get(_INSTALLED, 0)
    full = f"{version}-{release}"
    return [Package(name, f"{epoch}:{full}" if epoch else full, str(source), int(installed))]


def ndb_blobs(data: bytes) -> Iterator[bytes]:
    """The headers in an ndb database: a page of slots names where each blob lies, in blocks of 16 bytes."""
    if data[:4] != b"RpmP" or len(data) < _SLOT_PAGE:
        raise Unreadable("not an ndb database of packages")
    pages = struct.unpack_from("<I", data, 12)[0]
    if not 0 < pages <= len(data) // _SLOT_PAGE:
        raise Unreadable("an ndb database with more slots than it has room for")
    for number in range(2, pages * _SLOTS_A_PAGE):
        magic, package, offset, _ = struct.unpack_from("<4sIII", data, number * 16)
        if magic != b"Slot":
            raise Unreadable("an ndb database with a damaged slot")
        if package and offset:
            start = offset * _BLOCK
            if start + 16 > len(data):
                raise Unreadable("an ndb database that ends early")
            mark, same, _, length = struct.unpack_from("<4sIII", data, start)
            if mark != b"BlbS" or same != package or start + 16 + length > len(data):
                raise Unreadable("an ndb database with a damaged package")
            yield data[start + 16:start + 16 + length]


def _sqlite(data: bytes) -> list[bytes]:
    """The headers in an SQLite database, opened in memory: rpm leaves it in a mode that needs files beside it."""
    import sqlite3

    if data[:16] != b"SQLite format 3\0":
        raise Unreadable("rpmdb.sqlite is no SQLite database")
    data = data[:18] + b"\x01\x01" + data[20:]
    connection = sqlite3.connect(":memory:")
    try:
        connection.deserialize(data)
        return [blob for (blob,) in connection.execute("SELECT blob FROM Packages")]
    except sqlite3.Error as error:
        raise Unreadable(f"rpm's database: {error}") from error
    finally:
        connection.close()


def _values(header: bytes) -> dict[int, str | int]:
    """The wanted tags of a header: big-endian index entries, then the data they point into."""
    try:
        entries, size = struct.unpack_from(">II", header, 0)
        start = 8 + entries * 16
        if start + size > len(header):
            raise Unreadable("rpm's database: a header that ends early")
        values: dict[int, str | int] = {}
        for number in range(entries):
            tag, kind, offset, _ = struct.unpack_from(">iIiI", header, 8 + number * 16)
            if tag not in _WANTED:
                continue
            where = start + offset
            if kind == _INT32:
                values[tag] = struct.unpack_from(">I", header, where)[0]
            elif kind in _STRINGS:
                values[tag] = header[where:header.index(b"\0", where)].decode("utf-8", "replace")
        return values
    except (struct.error, ValueError) as error:
        raise Unreadable(f"rpm's database: a damaged header: {error}") from error
