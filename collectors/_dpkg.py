"""The dpkg database, ``/var/lib/dpkg/status``: read once, fast, by everything that asks about packages.

Format: paragraphs of ``Field: value`` with continuation lines, an empty line between
(dpkg's manual, and deb-control(5)).
"""

from __future__ import annotations

from typing import NamedTuple

from collectors.host.protocol import Host, Unreadable

STATUS = "/var/lib/dpkg/status"
_LIMIT = 128 << 20


class Package(NamedTuple):
    """An installed binary package."""

    name: str
    version: str
    architecture: str
    source: str
    """Name of the source package it was built from."""
    held: bool
    source_version: str = ""
    """Version of that source package; "" if it is the package's own."""


def read(host: Host) -> list[Package]:
    """The installed packages. Raises ``LookError``; ``NotThere`` on a machine without dpkg."""
    return parse(host.read(STATUS, limit=_LIMIT))


def parse(text: str) -> list[Package]:
    """The packages whose state is installed (fully or half-way), in the order of the file.

    Raises ``Unreadable`` if a paragraph lacks its name, status or version.
    """
    packages = []
    for paragraph in text.split("\n\n"):
        if not paragraph.strip():
            continue
        status = field(paragraph, "Status").split()
        if len(status) != 3:
            raise Unreadable(f"{STATUS}: a package without a status: {paragraph[:80]!r}")
        if status[2] in ("not-installed", "config-files"):
            continue
        name, version = field(paragraph, "Package"), field(paragraph, "Version")
        if not name or not version:
            raise Unreadable(f"{STATUS}: a package without a name or version: {paragraph[:80]!r}")
        source, _, source_version = field(paragraph, "Source").partition(" ")
        packages.append(Package(name, version, field(paragraph, "Architecture"), source or name, status[0] == "hold",
                                source_version.strip("() ")))
    return packages


def field(paragraph: str, name: str) -> str:
    """The first line of a field's value, "" if the paragraph does not have it."""
    mark = f"{name}: "
    if paragraph.startswith(mark):
        start = len(mark)
    else:
        start = paragraph.find(f"\n{mark}")
        if start < 0:
            return ""
        start += len(mark) + 1
    end = paragraph.find("\n", start)
    return (paragraph[start:] if end < 0 else paragraph[start:end]).strip()
