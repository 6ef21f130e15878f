"""apt's package indexes (``…_Packages``), read however apt keeps them compressed."""

from __future__ import annotations

from io import BytesIO

from collectors._dpkg import field
from collectors.host.protocol import Host, Truncated, Unreadable

LISTS = "/var/lib/apt/lists"
LIMIT = 128 << 20
SUFFIXES = ("", ".lz4", ".gz", ".xz", ".zst", ".bz2", ".lzma")
_UNPACKED = (".gz", ".xz", ".bz2", ".lzma")


def text(host: Host, path: str) -> str:
    """The text of an index. What the standard library unpacks is unpacked here, so that it works for
    images too; lz4 and zstandard need ``apt-helper``."""
    suffix = next((one for one in SUFFIXES[1:] if path.endswith(one)), "")
    if not suffix:
        return host.read(path, limit=LIMIT)
    if suffix not in _UNPACKED:
        return host.run("apt-helper", "cat-file", path, limit=LIMIT).stdout
    return unpack(host.read_bytes(path, limit=LIMIT), suffix, path).decode("utf-8", "replace")


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


def unpack(data: bytes, suffix: str, path: str) -> bytes:
    import bz2
    import gzip
    import lzma
    import zlib

    packed = BytesIO(data)
    stream: gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile
    try:
        if suffix == ".gz":
            stream = gzip.GzipFile(fileobj=packed)
        elif suffix == ".bz2":
            stream = bz2.BZ2File(packed)
        else:
            stream = lzma.LZMAFile(packed)  # noqa: SIM115 - closed below
        with stream:
            text = stream.read(LIMIT + 1)
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise Unreadable(f"{path}: {error}") from error
    if len(text) > LIMIT:
        raise Truncated(f"{path} is larger than {LIMIT} bytes once unpacked")
    return text
