"""Advisories in a repository's own metadata (``updateinfo.xml``, createrepo): for images, where dnf and zypper
cannot be run, the same data they would use are read from their cache.

Only what is for security counts. An advisory for one stream of a module (``.module`` in the release) speaks of
packages of that stream alone. Which streams are enabled is not read: the same major and minor number is taken for
the same stream and another major number for another; between those it is not known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import Any, NamedTuple

from collectors import _apt_index
from collectors._rpmdb import Package
from collectors.base import Listing, Missing, Reason
from collectors.host.protocol import Host, Truncated, Unreadable

LIMIT = 256 << 20
_HREF = re.compile(r'<data type="updateinfo">.*?<location[^>]*? href="([^"]+)"', re.DOTALL)


class Advised(NamedTuple):
    """A package in the version that an advisory brings: epoch:version-release."""

    name: str
    version: str


def location(repomd: str) -> str | None:
    """Where the metadata index says that the advisories are, from the repository's root; None without any."""
    match = _HREF.search(repomd)
    return match[1] if match else None


def read(host: Host, path: str) -> list[Advised]:
    """The security advisories in the file at ``path``. Raises ``LookError``."""
    data = host.read_bytes(path, limit=LIMIT)
    if path.endswith(".zst"):
        data = _zstd(data, path)
    else:
        suffix = next((one for one in (".gz", ".xz", ".bz2") if path.endswith(one)), "")
        data = _apt_index.unpack(data, suffix, path) if suffix else data
    return list(parse(data))


def parse(data: bytes) -> Iterator[Advised]:
    """(package, version) of every security advisory. Raises ``Unreadable``."""
    from xml.etree import ElementTree

    try:
        for _, element in ElementTree.iterparse(BytesIO(data)):  # noqa: S314 - expat bounds what entities grow to
            if element.tag == "update":
                if element.get("type") == "security" and element.get("status") != "retracted":
                    yield from map(_advised, element.iter("package"))
                element.clear()
    except ElementTree.ParseError as error:
        raise Unreadable(f"advisories that cannot be read: {error}") from error


def pending(advised: Iterable[Advised], installed: Iterable[Package]) -> Listing:
    """The installed packages that an advisory brings in a newer version: package, installed, fixed (the newest).
    Of a package installed several times (kernels) the newest counts."""
    mine: dict[str, str] = {}
    for one in installed:
        if one.name not in mine or _newer(one.version, mine[one.name]):
            mine[one.name] = one.version
    newest: dict[str, str] = {}
    unsure: set[str] = set()
    for name, version in advised:
        have = newest.get(name) or mine.get(name)
        if have is None or not _newer(version, have):
            continue
        same = _same_stream(version, mine[name])
        if same:
            newest[name] = version
        elif same is None:
            unsure.add(name)
    items: list[Any] = [{"package": name, "installed": mine[name], "fixed": newest[name]} for name in sorted(newest)]
    if not unsure - set(newest):
        return Listing(items)
    return Listing(items, False, Missing(Reason.UNSUPPORTED, "which module stream is enabled is not known for "
                                         + ", ".join(sorted(unsure))))


def _advised(package: Any) -> Advised:
    name, version, release = (package.get(part) for part in ("name", "version", "release"))
    if not name or not version or not release:
        raise Unreadable("an advisory names a package without its version")
    epoch = package.get("epoch") or "0"
    return Advised(name, f"{epoch}:{version}-{release}" if epoch != "0" else f"{version}-{release}")


def _same_stream(version: str, mine: str) -> bool | None:
    if (".module" in version) != (".module" in mine):
        return False
    theirs, ours = (re.split("[.-]", one)[:2] for one in (version, mine))
    if ".module" not in version or theirs == ours:
        return True
    return False if theirs[0] != ours[0] else None


def _newer(version: str, than: str) -> bool:
    from univers.rpm import compare_rpm_versions

    try:
        return bool(version != than and compare_rpm_versions(version, than) > 0)
    except ValueError as error:
        raise Unreadable(f"not rpm versions: {version!r}, {than!r}") from error


def _zstd(data: bytes, path: str) -> bytes:
    import zstandard

    try:
        with zstandard.ZstdDecompressor().stream_reader(data) as stream:
            text: bytes = stream.read(LIMIT + 1)
    except zstandard.ZstdError as error:
        raise Unreadable(f"{path}: {error}") from error
    if len(text) > LIMIT:
        raise Truncated(f"{path} is larger than {LIMIT} bytes once unpacked")
    return text
