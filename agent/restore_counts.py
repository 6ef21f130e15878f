"""Counting what came back: files of a directory, rows of a table, each with a digest that knows no order."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterable
from pathlib import Path

from hustings.restore_record import Adder, Tally

_COPY = re.compile(rb'COPY ((?:"(?:[^"]|"")+"|[\w$]+)\.(?:"(?:[^"]|"")+"|[\w$]+)) (?:\([^)]*\) )?FROM stdin;\r?\n\Z')
_BLOCK = 1 << 20


def directory(top: Path) -> Tally:
    """Every regular file below ``top``. Raises ``OSError``, for a directory that cannot be read too."""
    adder = Adder()
    pending = [os.fsencode(top)]
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in entries:
                mode = entry.stat(follow_symlinks=False).st_mode
                if stat.S_ISDIR(mode):
                    pending.append(entry.path)
                elif stat.S_ISREG(mode):
                    name = os.path.relpath(entry.path, os.fsencode(top))
                    adder.add(_digest(entry.path) + b"  " + name + b"\n")
    return adder.tally()


def _digest(path: bytes) -> bytes:
    found = hashlib.sha256()
    with open(path, "rb") as file:  # noqa: PTH123 - a name of bytes
        while block := file.read(_BLOCK):
            found.update(block)
    return found.hexdigest().encode("ascii")


def rows(lines: Iterable[bytes]) -> Tally:
    """The rows that COPY wrote, one a line."""
    adder = Adder()
    for line in lines:
        adder.add(line)
    return adder.tally()


def dumped(lines: Iterable[bytes], tables: Iterable[str]) -> dict[str, Tally]:
    """The rows of each of ``tables`` in a dump as SQL text. A table that the dump lacks is not in the answer."""
    adders: dict[str, Adder] = {}
    wanted = set(tables)
    within: Adder | None = None
    copying = False
    for line in lines:
        if copying:
            if line.rstrip(b"\r\n") == b"\\.":
                copying, within = False, None
            elif within is not None:
                within.add(line)
        elif line.startswith(b"COPY ") and (found := _COPY.match(line)):
            copying, name = True, _plain(found[1].decode("utf-8", "replace"))
            within = adders.setdefault(name, Adder()) if name in wanted else None
    return {name: adder.tally() for name, adder in adders.items()}


def _plain(name: str) -> str:
    return ".".join(part[1:-1].replace('""', '"') if part.startswith('"') else part
                    for part in re.findall(r'"(?:[^"]|"")+"|[^."]+', name))
