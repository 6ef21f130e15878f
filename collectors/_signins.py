"""When each account last signed in: lastlog(8), wtmp(5) and the databases of lastlog2 and wtmpdb(8).

Pure parsers of bytes. The binary layouts are glibc's (``bits/utmp.h``): with 32-bit times (x86 and
most others) a lastlog record has 292 bytes and a wtmp record 384; with 64-bit times (arm64) 296 and 400.
"""

from __future__ import annotations

import struct

LASTLOG_SIZES = {292: "<i", 296: "<q"}
WTMP_SIZES = {384: ("<i", 340), 400: ("<q", 344)}
USER_PROCESS = 7
_USER = slice(44, 76)


def lastlog(data: bytes) -> dict[int, int]:
    """Seconds since 1970 of the last sign-in by uid. Raises ``ValueError`` if the layout is not clear."""
    size = _record_size(data, tuple(LASTLOG_SIZES), "lastlog")
    pack = struct.Struct(LASTLOG_SIZES[size])
    found = {}
    for offset in range(0, len(data), size):
        seconds = pack.unpack_from(data, offset)[0]
        if seconds > 0:
            found[offset // size] = seconds
    return found


def wtmp(data: bytes) -> dict[str, int]:
    """Seconds since 1970 of the last session by name. Raises ``ValueError`` if the layout is not clear."""
    size = _record_size(data, tuple(WTMP_SIZES), "wtmp")
    form, at = WTMP_SIZES[size]
    pack = struct.Struct(form)
    found: dict[str, int] = {}
    for offset in range(0, len(data), size):
        if data[offset] != USER_PROCESS:
            continue
        name = data[offset:offset + size][_USER].partition(b"\0")[0].decode("utf-8", "replace")
        found[name] = max(found.get(name, 0), pack.unpack_from(data, offset + at)[0])
    return found


def lastlog2(data: bytes) -> dict[str, int]:
    """The same from ``lastlog2.db``, an SQLite database. Raises ``ValueError`` if it is not one."""
    rows = _rows(data, "SELECT Name, Time FROM Lastlog2", "lastlog2.db")
    return {str(name): int(seconds) for name, seconds in rows if seconds}


def wtmpdb(data: bytes) -> dict[str, int]:
    """The same from wtmpdb's ``wtmp.db``, which counts microseconds and marks
    people's sessions with 3. Raises ``ValueError`` if it is not one."""
    rows = _rows(data, "SELECT User, max(Login) FROM wtmp WHERE Type = 3 GROUP BY User", "wtmp.db")
    return {str(name): int(moment) // 1_000_000 for name, moment in rows if name and moment}


def _rows(data: bytes, query: str, what: str) -> list[tuple[str, int]]:
    import sqlite3

    database = sqlite3.connect(":memory:")
    try:
        database.deserialize(data)
        return database.execute(query).fetchall()
    except sqlite3.Error as error:
        raise ValueError(f"{what}: {error}") from error
    finally:
        database.close()


def _record_size(data: bytes, sizes: tuple[int, ...], what: str) -> int:
    fitting = [size for size in sizes if len(data) % size == 0]
    if len(fitting) > 1 and data:
        fitting = [size for size in fitting if _plausible(data, size, what)]
    if not fitting or (len(fitting) > 1 and data):
        raise ValueError(f"{len(data)} bytes of {what} fit {len(fitting)} known record layouts, not one")
    return fitting[0]


def _plausible(data: bytes, size: int, what: str) -> bool:
    """Whether records of this size have printable text where text belongs."""
    start = {292: 4, 296: 8}.get(size, 44)
    for offset in range(0, len(data), size):
        text = data[offset + start:offset + start + 32].partition(b"\0")
        if text[2].strip(b"\0") or (text[0] and not text[0].decode("latin-1").isprintable()):
            return False
    return True
