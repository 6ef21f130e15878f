"""Patches on a machine with dnf (4 or 5): what its cached metadata says.

``updateinfo`` works on the cache alone (``--cacheonly``), so nothing is fetched and the answer speaks for
the time of the oldest cached ``repomd.xml`` of an enabled repository. In an image the cached advisories are
compared with the database of packages instead.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import partial
from typing import Any

from collectors import _repos, _rpmdb, _updateinfo
from collectors._systemd import timer_on
from collectors.base import ABSENT, Collected, Dated, Listing, Missing, Reason, gather
from collectors.host.protocol import Host, NotThere, Unreadable, list_optional, read_optional
from hustings.times import utc_text

REPOSITORIES = "/etc/yum.repos.d"
_CACHES = ("/var/cache/dnf", "/var/cache/libdnf5")
READS = (f"{REPOSITORIES}/", "/etc/dnf/", *(f"{path}/" for path in _CACHES), "/etc/systemd/system/",
         *(f"{path}/" for path in _rpmdb.DIRECTORIES))
_UPDATES = ("-q", "--cacheonly", "updateinfo", "list", "--security", "--available")
_PACKAGES = ("-qa", "--qf", "%{NAME}\\t%{VERSION}-%{RELEASE}\\n")
RUNS = (" ".join(("dnf", *_UPDATES)), " ".join(("rpm", *_PACKAGES)))
_NEVRA = re.compile(r"(?P<name>.+)-(?P<version>(?:\d+:)?[^-]+-[^-]+)\.(?P<arch>[^.]+)\Z")
_HEADS = ("Last metadata expiration check", "Updating Subscription Management", "Name ")
_TIMERS = ("dnf-automatic.timer", "dnf-automatic-install.timer", "dnf5-automatic.timer")


def collect(host: Host) -> Collected:
    """Every ``patches.*`` fact of a machine of the Red Hat family."""
    return gather({
        ("patches.security_source",): lambda: {"patches.security_source": bool(_repos.enabled(host, REPOSITORIES))},
        ("patches.lists_updated", "patches.security_pending"): lambda: _updates(host),
        ("patches.held",): lambda: {"patches.held": Listing(_held(host))},
        ("patches.automatic",): lambda: {"patches.automatic": _automatic(host)},
        ("patches.unauthenticated",): lambda: {"patches.unauthenticated": Listing(_unauthenticated(host))},
        ("patches.unused_packages", "patches.unused_kernels"): lambda: _unused(host),
        ("patches.sources",): lambda: {"patches.sources": ABSENT},
    })


def parse_updateinfo(text: str) -> list[tuple[str, str]]:
    """(package, fixed version) of each line of ``dnf updateinfo list``: advisory, severity, package with dnf 4;
    name, type, severity, package, day and time with dnf 5.

    Raises ``Unreadable`` for a line of another form.
    """
    found: dict[tuple[str, str], None] = {}
    for line in text.splitlines():
        words = line.split()
        if not words or line.startswith(_HEADS):
            continue
        match = _NEVRA.match(words[3] if len(words) == 6 else words[-1])
        if len(words) not in (3, 6) or match is None:
            raise Unreadable(f"dnf updateinfo says {line.strip()[:120]!r}")
        found[match["name"], match["version"]] = None
    return list(found)


def _updates(host: Host) -> Collected:
    enabled = _repos.enabled(host, REPOSITORIES)
    if not enabled:
        return {"patches.lists_updated": ABSENT, "patches.security_pending": ABSENT}
    moments: list[datetime] = []
    advisories: list[str] = []
    cached = [f"{cache}/{name}" for cache in _CACHES for name in list_optional(host, cache)]
    for repository in enabled:
        name = re.compile(r".*/" + re.escape(repository) + r"-[0-9a-f]{16}")
        known = [(time, folder) for folder in cached if name.fullmatch(folder)
                 and (time := metadata_time(host, f"{folder}/repodata/repomd.xml")) is not None]
        if not known:
            missing = NotThere(f"the cached metadata of the repository {repository}").missing
            return {"patches.lists_updated": ABSENT, "patches.security_pending": missing}
        moment, folder = max(known)
        moments.append(moment)
        index = host.read(f"{folder}/repodata/repomd.xml")
        where = _updateinfo.location(index)
        if where is not None or 'type="updateinfo"' in index:
            advisories.append(f"{folder}/{where}")
    oldest = min(moments)
    if not advisories:
        silent = Missing(Reason.UNSUPPORTED, "no enabled repository says which of its updates are for security")
        return {"patches.lists_updated": utc_text(oldest), "patches.security_pending": silent}
    answer: Collected = {"patches.lists_updated": utc_text(oldest)}
    look = partial(_from_cache, host, advisories) if host.kind == "image" else partial(_asked, host)
    return answer | gather({("patches.security_pending",): lambda: {
        "patches.security_pending": Dated(look(), oldest)}})


def _asked(host: Host) -> Listing:
    offered = parse_updateinfo(host.run("dnf", *_UPDATES, timeout=20.0).stdout)
    installed = _installed(host) if offered else {}
    return Listing([{"package": name, "installed": installed.get(name, ""), "fixed": version}
                    for name, version in sorted(offered)])


def _from_cache(host: Host, advisories: list[str]) -> Listing:
    advised = [one for path in advisories for one in _updateinfo.read(host, path)]
    return _updateinfo.pending(advised, _rpmdb.read(host))


def metadata_time(host: Host, path: str) -> datetime | None:
    """When the archive was last heard, by its cached index: the package manager sets the file's time at each
    check; its content names when the metadata was made, and the file cannot be older than that."""
    try:
        text, seen = host.read(path), host.stat(path)
    except NotThere:
        return None
    revision = re.search(r"<revision>(\d{9,11})</revision>", text)
    made = datetime.fromtimestamp(int(revision[1]), UTC) if revision else seen.mtime
    return max(made, min(seen.mtime, seen.changed or seen.mtime)) if seen.mtime >= made else seen.mtime


def _installed(host: Host) -> dict[str, str]:
    said = host.run("rpm", *_PACKAGES).stdout
    return dict(line.split("\t", 1) for line in said.splitlines() if "\t" in line)


def _held(host: Host) -> list[str]:
    lines = (read_optional(host, "/etc/dnf/plugins/versionlock.list") or "").splitlines()
    locked = {line.strip() for line in lines if line.strip() and not line.startswith("#")}
    excluded = _main(host)
    names = f"{excluded.get('exclude', '')} {excluded.get('excludepkgs', '')}".replace(",", " ").split()
    return sorted(locked | set(names))


def _automatic(host: Host) -> bool:
    """A dnf-automatic timer that is on and applies updates: the ``-install`` one always does."""
    on = [timer for timer in _TIMERS if timer_on(host, timer)]
    commands = _repos.parse(read_optional(host, "/etc/dnf/automatic.conf") or "").get("commands", {})
    applies = _repos.true(commands.get("apply_updates", "no"))
    return "dnf-automatic-install.timer" in on or (bool(on) and applies)


def _unauthenticated(host: Host) -> list[Any]:
    """Enabled repositories whose packages are taken without a valid signature (dnf.conf(5), ``gpgcheck``: off
    unless it says otherwise; the vendors' dnf.conf does)."""
    general = _main(host).get("gpgcheck", "0")
    return sorted(name for name, settings in _repos.repositories(host, REPOSITORIES)
                  if _repos.true(settings.get("enabled", "1")) and not _repos.true(settings.get("gpgcheck", general)))


def _unused(host: Host) -> Collected:
    """Whether what nothing needs any more goes with what needed it, and how many kernels are kept (dnf.conf(5):
    ``clean_requirements_on_remove`` is on and ``installonly_limit`` 3 unless they say otherwise)."""
    main = _main(host)
    limit = main.get("installonly_limit", "3")
    return {
        "patches.unused_packages": "removed" if _repos.true(main.get("clean_requirements_on_remove", "1")) else "kept",
        "patches.unused_kernels": ("kept" if limit in ("0", "<off>") else
                                   "removed" if "installonly_limit" in main else "removed-by-default"),
    }


def _main(host: Host) -> dict[str, str]:
    return _repos.parse(read_optional(host, "/etc/dnf/dnf.conf") or "").get("main", {})
