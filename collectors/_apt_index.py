"""apt's package indexes (``…_Packages``), read however apt keeps them compressed."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable

from collectors._dpkg import field
from collectors.host.protocol import Host, Unreadable

LISTS = "/var/lib/apt/lists"
LIMIT = 128 << 20
SUFFIXES = ("", ".lz4", ".gz", ".xz", ".zst", ".bz2", ".lzma")
_UNPACKED: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.decompress, ".bz2": bz2.decompress, ".xz": lzma.decompress, ".lzma": lzma.decompress,
}


def text(host: Host, path: str) -> str:
    """The text of an index. What the standard library unpacks is unpacked here, so that it works for
    images too; lz4 and zstandard need ``apt-helper``."""
    suffix = next((one for one in SUFFIXES[1:] if path.endswith(one)), "")
    if not suffix:
        return host.read(path, limit=LIMIT)
    if suffix not in _UNPACKED:
        return host.run("apt-helper", "cat-file", path, limit=LIMIT).stdout
    try:
        return _UNPACKED[suffix](host.read_bytes(path, limit=LIMIT)).decode("utf-8", "replace")
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise Unreadable(f"{path}: {error}") from error


def versions(index: str, installed: set[str]) -> list[tuple[str, str, str]]:
    """(package, architecture, version) of every paragraph of ``index`` about one of ``installed``.
    Raises ``Unreadable`` if one lacks its version."""
    found = []
    for paragraph in index.split("\n\n"):
        name = field(paragraph, "Package")
        if name in installed:
            version = field(paragraph, "Version")
            if not version:
                raise Unreadable(f"an index without a version of {name}")
            found.append((name, field(paragraph, "Architecture"), version))
    return found
