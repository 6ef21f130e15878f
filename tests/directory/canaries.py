"""Looking for secrets in everything a run leaves: bytes, databases, compressed parts, running processes."""

from __future__ import annotations

import base64
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote_plus

import zstandard

_ZSTD = b"\x28\xb5\x2f\xfd"
_LARGEST = 256 << 20


class Canaries:
    """Secrets by name, in the forms in which they might be written down."""

    def __init__(self) -> None:
        self._forms: dict[str, set[bytes]] = {}

    def add(self, name: str, *secrets: str) -> None:
        """A secret, or several of one kind: each line of a key is one."""
        for secret in secrets:
            assert len(secret) >= 16, f"{name} is too short to be told from other text"
            raw = secret.encode()
            self._forms.setdefault(name, set()).update(
                {raw, quote_plus(secret).encode(), raw.hex().encode(), base64.b64encode(raw).rstrip(b"=")[:-1],
                 raw.decode().encode("utf-16-le")})

    def add_pem(self, name: str, text: str) -> None:
        """The private part of a key: lines of its middle, which certificates do not share."""
        lines = [one for one in text.replace("\\n", "\n").splitlines() if len(one) == 64]
        self.add(name, *lines[8:16])

    @property
    def names(self) -> set[str]:
        return set(self._forms)

    def within(self, data: bytes) -> set[str]:
        """Which of them these bytes hold, compressed parts included."""
        return {name for part in _opened(data) for name, forms in self._forms.items()
                if any(form in part for form in forms)}

    def within_files(self, *places: Path) -> dict[str, set[str]]:
        """Files below some directories that hold one, each with which; databases by what is in them."""
        found: dict[str, set[str]] = {}
        for place in places:
            for path in (one for one in place.rglob("*") if one.is_file() and not one.is_symlink()):
                data = path.read_bytes()
                names = self.within(data)
                if data.startswith(b"SQLite format 3"):
                    names |= self._within_database(path)
                if names:
                    found[str(path)] = names
        return found

    def _within_database(self, path: Path) -> set[str]:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            tables = [one for (one,) in connection.execute("select name from sqlite_master where type = 'table'")]
            values = (value for table in tables for row in connection.execute(f'select * from "{table}"')
                      for value in row)
            return {name for value in values
                    for name in self.within(value if isinstance(value, bytes) else str(value).encode())}


def _opened(data: bytes) -> Iterator[bytes]:
    yield data
    at = data.find(_ZSTD)
    while at >= 0:
        with suppress(zstandard.ZstdError):
            yield zstandard.ZstdDecompressor().decompressobj().decompress(data[at:])
        at = data.find(_ZSTD, at + 1)


class Watch:
    """Command line and environment of every process there is, looked at again and again until ``stop``."""

    def __init__(self) -> None:
        self._ended = threading.Event()
        self.seen: set[bytes] = set()
        """What was seen, of whichever process."""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        self._thread.join()

    def found(self, canaries: Canaries) -> set[str]:
        """The secrets in what was seen."""
        return canaries.within(b"\0".join(list(self.seen)))

    def _run(self) -> None:
        while not self._ended.wait(0.05):
            for process in (one for one in Path("/proc").iterdir() if one.name.isdigit()):
                for what in ("cmdline", "environ"):
                    with suppress(OSError):
                        self.seen.add((process / what).read_bytes())


def children(pid: int) -> list[int]:
    """Every process below one, its own children first."""
    import psutil

    with suppress(psutil.NoSuchProcess):
        return [one.pid for one in psutil.Process(pid).children(recursive=True)]
    return []


def until(true: Iterable[object] | object, seconds: float = 30.0) -> None:
    """Wait for a function to answer something true."""
    assert callable(true)
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.02)
