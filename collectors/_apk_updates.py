"""Patches on Alpine: its repositories hold the fixes of a release, and say not which of them are for security.

So what waits is unknown here; a feed of vulnerabilities says it (``vulnerabilities.*``).
"""

from __future__ import annotations

import re

from collectors import os_release
from collectors.base import ABSENT, Collected, Listing, Missing, Reason, gather
from collectors.host.protocol import Host, list_optional, read_optional

REPOSITORIES = "/etc/apk/repositories"
_WORLD = "/etc/apk/world"
_PERIODIC = ("/etc/periodic/daily", "/etc/periodic/hourly")
READS = (REPOSITORIES, _WORLD, *(f"{path}/" for path in _PERIODIC), *os_release.FILES)
_SILENT = Missing(Reason.UNSUPPORTED, "apk does not say which updates are for security: import a feed of "
                                      "vulnerabilities")


def collect(host: Host) -> Collected:
    """Every ``patches.*`` fact of a machine with apk."""
    unknown = ("patches.lists_updated", "patches.security_pending", "patches.unused_packages",
               "patches.unused_kernels")
    known = {"patches.sources": ABSENT, "patches.unauthenticated": Listing([])}
    return dict.fromkeys(unknown, _SILENT) | known | gather({
        ("patches.security_source",): lambda: {"patches.security_source": _source(host)},
        ("patches.held",): lambda: {"patches.held": Listing(list(pinned(read_optional(host, _WORLD) or "")))},
        ("patches.automatic",): lambda: {"patches.automatic": _automatic(host)},
    })


def pinned(world: str) -> list[str]:
    """The packages that are kept at a version: ``name=1.2-r0`` or ``name<2`` in the list of wanted ones."""
    return sorted(line for line in world.split() if re.search(r"[^!]+(?:=|<|~)", line))


def _source(host: Host) -> bool:
    """Whether the main repository of this release (or of the rolling ``edge``) is among those in use."""
    release = os_release.parse(os_release.text(host))["os.version"]
    branch = "v" + ".".join(release.split(".")[:2]) if isinstance(release, str) else "edge"
    lines = (read_optional(host, REPOSITORIES) or "").splitlines()
    uris = [line.split()[-1].rstrip("/") for line in lines if line.strip() and not line.lstrip().startswith("#")]
    return any(re.search(rf"/(?:{re.escape(branch)}|latest-stable|edge)/main\Z", uri) for uri in uris)


def _automatic(host: Host) -> bool:
    """A job in a periodic directory that upgrades."""
    return any("apk" in host.read(f"{path}/{name}") and "upgrade" in host.read(f"{path}/{name}")
               for path in _PERIODIC for name in list_optional(host, path))
