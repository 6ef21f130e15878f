"""Patches on a machine with zypper: what its cached metadata says, and how it is set up.

``list-patches`` works on the cache alone (``--no-refresh``); in an image the cached advisories are compared with
the database of packages instead. libzypp sets the time of a repository's ``repomd.xml`` at each check that finds
nothing newer, so that the oldest of them is the time the answer speaks for.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import partial
from typing import Any

from collectors import _dnf, _repos, _rpmdb, _updateinfo
from collectors._systemd import timer_on
from collectors.base import ABSENT, Collected, Dated, Listing, Missing, Reason, gather
from collectors.host.protocol import Host, NotThere, Unreadable, list_optional, read_optional
from hustings.times import utc_text

CONFIG = "/etc/zypp"
REPOSITORIES = f"{CONFIG}/repos.d"
_CACHE = "/var/cache/zypp/raw"
_ONLINE_UPDATE = "/etc/sysconfig/automatic_online_update"
_CRON = "/etc/cron.daily/opensuse.org-online_update"
_PATCHES = ("--non-interactive", "--no-refresh", "--xmlout", "list-patches", "--category", "security")
READS = (f"{CONFIG}/", f"{_CACHE}/", _ONLINE_UPDATE, "/etc/cron.daily/", "/etc/systemd/system/",
         *(f"{path}/" for path in _rpmdb.DIRECTORIES))
RUNS = (" ".join(("zypper", *_PATCHES)),)
_SKIPPED = 106
"""zypper's exit code where some repository could not be used."""


def collect(host: Host) -> Collected:
    """Every ``patches.*`` fact of a machine of the SUSE family."""
    return gather({
        ("patches.security_source",): lambda: {"patches.security_source": bool(_repos.enabled(host, REPOSITORIES))},
        ("patches.lists_updated", "patches.security_pending"): lambda: _updates(host),
        ("patches.held",): lambda: {"patches.held": Listing(locked(read_optional(host, f"{CONFIG}/locks") or ""))},
        ("patches.automatic",): lambda: {"patches.automatic": _automatic(host)},
        ("patches.unauthenticated",): lambda: {"patches.unauthenticated": Listing(_unauthenticated(host))},
        ("patches.unused_packages", "patches.unused_kernels", "patches.sources"): lambda: {
            "patches.unused_packages": ABSENT, "patches.unused_kernels": ABSENT, "patches.sources": ABSENT},
    })


def parse_patches(text: str) -> list[str]:
    """The names of the security patches that are needed, from ``zypper --xmlout list-patches``.

    Raises ``Unreadable`` for another document: without its list nothing is known to be needed.
    """
    from xml.etree import ElementTree

    try:
        stream = ElementTree.fromstring(text.encode())  # noqa: S314 - expat bounds what entities grow to
    except ElementTree.ParseError as error:
        raise Unreadable(f"zypper says {text.strip()[:120]!r}") from error
    if stream.find("update-status/update-list") is None:
        raise Unreadable("zypper gives no list of patches")
    needed = [one for name in ("update-list", "blocked-update-list")
              for one in stream.findall(f"update-status/{name}/update")]
    names = [one.get("name", "") for one in needed
             if one.get("kind") == "patch" and one.get("category") == "security"
             and one.get("status", "needed") == "needed"]
    if not all(names):
        raise Unreadable("zypper lists a patch without a name")
    return sorted(set(names))


def locked(text: str) -> list[str]:
    """What ``/etc/zypp/locks`` keeps from being changed: paragraphs with a ``solvable_name``."""
    return sorted({name.strip() for name in re.findall(r"^solvable_name:(.*)$", text, re.MULTILINE)})


def _updates(host: Host) -> Collected:
    enabled = _repos.enabled(host, REPOSITORIES)
    if not enabled:
        return {"patches.lists_updated": ABSENT, "patches.security_pending": ABSENT}
    moments: list[datetime] = []
    advisories: list[str] = []
    for alias in enabled:
        directory = f"{_CACHE}/{alias.replace('/', '_')}"
        index = f"{directory}/repodata/repomd.xml"
        moment = _dnf.metadata_time(host, index)
        if moment is None:
            missing = NotThere(f"the cached metadata of the repository {alias}").missing
            return {"patches.lists_updated": ABSENT, "patches.security_pending": missing}
        moments.append(moment)
        where = _updateinfo.location(host.read(index))
        if where is not None:
            advisories.append(f"{directory}/{where}")
    oldest = min(moments)
    if not advisories:
        silent = Missing(Reason.UNSUPPORTED, "no enabled repository says which of its updates are for security")
        return {"patches.lists_updated": utc_text(oldest), "patches.security_pending": silent}
    answer: Collected = {"patches.lists_updated": utc_text(oldest)}
    look = partial(_from_cache, host, advisories) if host.kind == "image" else partial(_asked, host)
    return answer | gather({("patches.security_pending",): lambda: {
        "patches.security_pending": Dated(look(), oldest)}})


def _asked(host: Host) -> Listing:
    said = host.run("zypper", *_PATCHES, timeout=25.0, ok=(0, _SKIPPED))
    if said.code == _SKIPPED:
        raise Unreadable("zypper left out a repository that it could not use")
    return Listing([{"package": name} for name in parse_patches(said.stdout)])


def _from_cache(host: Host, advisories: list[str]) -> Listing:
    advised = [one for path in advisories for one in _updateinfo.read(host, path)]
    return _updateinfo.pending(advised, _rpmdb.read(host))


def _automatic(host: Host) -> bool:
    """``transactional-update``'s timer or ``os-update``'s, or YaST's online update by cron every day."""
    if any(timer_on(host, timer) for timer in ("transactional-update.timer", "os-update.timer")):
        return True
    settings = dict(re.findall(r'^\s*(AOU_\w+)="?([^"\n]*)"?', read_optional(host, _ONLINE_UPDATE) or "", re.MULTILINE))
    categories = settings.get("AOU_PATCH_CATEGORIES", "").split()
    daily = "opensuse.org-online_update" in list_optional(host, "/etc/cron.daily")
    return settings.get("AOU_ENABLE_CRONJOB") == "true" and daily and (not categories or "security" in categories)


def _unauthenticated(host: Host) -> list[Any]:
    """Repositories whose packages or metadata are taken without a valid signature (zypp.conf, ``gpgcheck``)."""
    main = _repos.parse(read_optional(host, f"{CONFIG}/zypp.conf") or "").get("main", {})
    found: list[Any] = []
    for alias, settings in _repos.repositories(host, REPOSITORIES):
        general = settings.get("gpgcheck", main.get("gpgcheck", "on"))
        own = [settings.get(name, main.get(name, general)) for name in ("repo_gpgcheck", "pkg_gpgcheck")]
        if _repos.true(settings.get("enabled", "1")) and not _repos.true(general) and not all(map(_repos.true, own)):
            found.append(alias)
    return sorted(found)
