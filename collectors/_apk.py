"""The database of Alpine's apk: paragraphs of ``X:value`` lines, an empty line between (apk's ``installed`` file)."""

from __future__ import annotations

from typing import NamedTuple

from collectors._systemd import entry
from collectors.host.protocol import Host, Unreadable

DATABASES = ("/lib/apk/db/installed", "/usr/lib/apk/db/installed")
_LIMIT = 64 << 20


class Package(NamedTuple):
    """An installed package. ``origin`` is the name of the source it was built from."""

    name: str
    version: str
    origin: str


def database(host: Host) -> str | None:
    """Where the database is; None on a machine without apk."""
    return next((path for path in DATABASES if entry(host, path) is not None), None)


def read(host: Host, path: str) -> list[Package]:
    """The installed packages. Raises ``LookError``."""
    return parse(host.read(path, limit=_LIMIT))


def parse(text: str) -> list[Package]:
    """Raises ``Unreadable`` for a package without its name or version."""
    packages = []
    for paragraph in text.split("\n\n"):
        if not paragraph.strip():
            continue
        fields = dict(line.split(":", 1) for line in paragraph.splitlines() if line[1:2] == ":" and line[0] in "PVo")
        if not fields.get("P") or not fields.get("V"):
            raise Unreadable(f"apk: a package without a name or version: {paragraph[:80]!r}")
        packages.append(Package(fields["P"], fields["V"], fields.get("o") or fields["P"]))
    return packages
