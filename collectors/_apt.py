"""Patches on a machine with apt: what its own index files say, without running apt.

Security updates are those of the enabled security pockets of this release alone (those of another one
never offer anything for it): a pocket without a list on disk makes them unknown. Their list's time is
the oldest of the pockets' (``_apt_release.speaks_for``).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from collectors import _apt_conf, _apt_index, _apt_release, _apt_sources, _dpkg, os_release
from collectors._apt_index import LISTS
from collectors._apt_sources import Source
from collectors._systemd import entry, timer_on
from collectors.base import ABSENT, Collected, Dated, Listing, gather
from collectors.host.protocol import Host, LookError, NotThere, Unreadable, Unsupported, list_optional, read_optional
from hustings.times import utc_text

READS = (
    "/etc/apt/", f"{LISTS}/", _dpkg.STATUS, "/var/lib/dpkg/arch", "/etc/systemd/system/", "/etc/cron.daily/",
    *os_release.FILES,
)
RUNS = ("apt-helper cat-file /var/lib/apt/lists/*.lz4", "apt-helper cat-file /var/lib/apt/lists/*.zst")
_TIMERS = ("apt-daily.timer", "apt-daily-upgrade.timer")
_ALIASES = frozenset({"stable", "oldstable", "oldoldstable", "testing"})
_INSECURE = ("APT::Get::AllowUnauthenticated", "Acquire::AllowInsecureRepositories", "Acquire::AllowWeakRepositories",
             "Acquire::AllowDowngradeToInsecureRepositories")
_SECONDS = {"": 86400, "s": 1, "m": 60, "h": 3600, "d": 86400}


def collect(host: Host) -> Collected:
    """Every ``patches.*`` fact of a Debian or Ubuntu machine."""
    packages = _dpkg.read(host)
    return gather({
        ("patches.security_source",): lambda: {"patches.security_source": bool(_security(host))},
        ("patches.lists_updated", "patches.security_pending"): lambda: _updates(host, packages),
        ("patches.held",): lambda: {"patches.held": Listing(held(packages, _preferences(host)))},
        ("patches.automatic",): lambda: {"patches.automatic": _automatic(host, packages)},
        ("patches.unauthenticated",): lambda: {"patches.unauthenticated": Listing(_unauthenticated(host))},
        ("patches.unused_packages", "patches.unused_kernels"): lambda: unused(_apt_conf.read(host)),
        ("patches.sources",): lambda: {"patches.sources": Listing(_listed(host))},
    })


def pending(packages: list[_dpkg.Package], offered: list[tuple[str, str, str]]) -> list[dict[str, str]]:
    """The installed packages for which a newer version is offered: package, installed, fixed (the newest).

    ``offered`` is (package, architecture, version). A package may be installed for several
    architectures; an offer counts for its own, and one for ``all`` for every one (and the other way
    round: a package may change from one to the other).
    """
    by_name: dict[str, list[_dpkg.Package]] = {}
    for one in packages:
        by_name.setdefault(one.name, []).append(one)
    newest: dict[_dpkg.Package, str] = {}
    for name, architecture, version in offered:
        for mine in by_name.get(name, ()):
            if "all" in (architecture, mine.architecture) or architecture == mine.architecture:
                known = newest.get(mine, mine.version)
                if version != known and _newer(version, known):
                    newest[mine] = version
    return [{"package": one.name, "installed": one.version, "fixed": newest[one]} for one in sorted(newest)]


def held(packages: list[_dpkg.Package], preferences: str) -> list[str]:
    """Packages kept from being updated: on hold, or pinned by name to a priority that forbids
    (below 0) or forces (1000 and more) a version (apt_preferences(5))."""
    found = {one.name for one in packages if one.held}
    for paragraph in preferences.split("\n\n"):
        lines = "\n".join(line for line in paragraph.splitlines() if not line.startswith(("#", "Explanation:")))
        priority = _dpkg.field(lines, "Pin-Priority")
        if priority and not priority.lstrip("-").isdigit():
            raise Unreadable(f"not a pin priority: {priority!r}")
        names = _dpkg.field(lines, "Package").split()
        if priority and names != ["*"] and (int(priority) < 0 or int(priority) >= 1000):
            found.update(f"{name} (pinned {priority})" for name in names)
    return sorted(found)


def _newer(version: str, than: str) -> bool:
    from univers.debian import Version

    try:
        read: Callable[[str], Any] = Version.from_string
        return bool(read(version) > read(than))
    except ValueError as error:
        raise Unreadable(f"not Debian versions: {version!r}, {than!r}") from error


def _sources(host: Host) -> list[Source]:
    found = _apt_sources.parse_list(read_optional(host, "/etc/apt/sources.list") or "")
    for name in filter(_apt_conf.NAME.match, list_optional(host, "/etc/apt/sources.list.d")):
        path = f"/etc/apt/sources.list.d/{name}"
        if name.endswith(".list"):
            found += _apt_sources.parse_list(host.read(path))
        elif name.endswith(".sources"):
            found += _apt_sources.parse_sources(host.read(path))
    return found


def _security(host: Host) -> list[Source]:
    """The security pockets of this release. Raises ``Unsupported`` if all there are belong to another one: then
    either they or the system's own account of itself are wrong."""
    codename = _codename(host)
    pockets = [one for one in _sources(host) if one.security]
    own = [one for one in pockets if of_release(one.suite, codename)]
    if pockets and not own:
        raise Unsupported(f"this is {codename}, and its only security source is for another release: "
                          f"{pockets[0].suite}")
    return own


def of_release(suite: str, codename: str) -> bool:
    """Whether a suite is one of the release ``codename`` ("" for not known), by its own name or by an alias."""
    stem = re.split(r"[-/]", suite.strip("/"), maxsplit=1)[0]
    return not codename or stem == codename or stem in _ALIASES


def _codename(host: Host) -> str:
    """The release's code name on Debian and Ubuntu themselves, and of the one it is built from on derivatives that
    say which: their own archives are not known, but the security pocket is that of the base."""
    try:
        found = os_release.parse(os_release.text(host))
    except NotThere:
        return ""
    name = found["os.codename" if found["os.id"] in ("debian", "ubuntu") else "os.base_codename"]
    return name if isinstance(name, str) else ""


def _preferences(host: Host) -> str:
    texts = [read_optional(host, "/etc/apt/preferences") or ""]
    for name in list_optional(host, "/etc/apt/preferences.d"):
        if "." not in name or name.endswith(".pref"):
            texts.append(host.read(f"/etc/apt/preferences.d/{name}"))
    return "\n\n".join(texts)


def _updates(host: Host, packages: list[_dpkg.Package]) -> Collected:
    security = _security(host)
    if not security:
        return {"patches.lists_updated": ABSENT, "patches.security_pending": ABSENT}
    names = list_optional(host, LISTS)
    native = next((one.architecture for one in packages if one.name == "dpkg"), "")
    if not native:
        raise Unreadable("the package dpkg is not installed, so the architecture is not known")
    foreign = (read_optional(host, "/var/lib/dpkg/arch") or "").split()
    installed = {one.name for one in packages}
    moments: list[datetime] = []
    paths: list[str] = []
    try:
        for source in security:
            name, release = _release(host, source, names)
            file, partial = host.stat(f"{LISTS}/{name}"), entry(host, f"{LISTS}/partial")
            moments.append(_apt_release.speaks_for(release, file, partial))
            paths += _indexes(source, release, names, list(dict.fromkeys([native, *foreign])))
    except NotThere as error:  # never fetched, or removed: there is no list, so nothing is known to be pending
        return {"patches.lists_updated": ABSENT, "patches.security_pending": error.missing}
    oldest = min(moments)
    offered: list[tuple[str, str, str]] = []
    try:
        for path in paths:
            offered += _apt_index.versions(_apt_index.text(host, path), installed)
    except LookError as error:
        return {"patches.lists_updated": utc_text(oldest), "patches.security_pending": error.missing}
    return {
        "patches.lists_updated": utc_text(oldest),
        "patches.security_pending": Dated(Listing(list(pending(packages, offered))), oldest),
    }


def _release(host: Host, source: Source, names: list[str]) -> tuple[str, _apt_release.Release]:
    for name in (f"{source.base}_InRelease", f"{source.base}_Release"):
        if name in names:
            return name, _apt_release.parse(host.read(f"{LISTS}/{name}"))
    raise NotThere(f"the list of {source.uri} {source.suite}")


def _indexes(source: Source, release: _apt_release.Release, names: list[str], architectures: list[str]) -> list[str]:
    """The files of a source's package lists. Raises ``NotThere`` if one that is not empty is missing."""
    wanted = {f"{source.base}_Packages": True} if source.flat else {
        f"{source.base}_{component.replace('/', '_')}_binary-{architecture}_Packages":
            release.sizes.get(f"{component}/binary-{architecture}/Packages", 0) > 0
        for component in source.components for architecture in source.architectures or architectures
    }
    paths = []
    for name, needed in wanted.items():
        file = next((name + suffix for suffix in _apt_index.SUFFIXES if name + suffix in names), None)
        if file is not None:
            paths.append(f"{LISTS}/{file}")
        elif needed:
            raise NotThere(f"the list {name}")
    return paths


def daily(interval: str) -> bool:
    """Whether a value of ``APT::Periodic`` (days, or a number with ``s``, ``m``, ``h`` or ``d``) means every day."""
    match = re.fullmatch(r"(\d+)([smhd]?)", interval)
    return interval == "always" or (match is not None and 0 < int(match[1]) * _SECONDS[match[2]] <= 86400)


def unused(settings: _apt_conf.Settings) -> Collected:
    """What unattended-upgrades does with packages and kernels that nothing needs any more, by its own defaults:
    ``Remove-Unused-Dependencies`` off, ``Remove-New-Unused-Dependencies`` and ``Remove-Unused-Kernel-Packages`` on."""
    every, new, kernels = (_apt_conf.switch(settings, f"Unattended-Upgrade::Remove-{name}") for name in (
        "Unused-Dependencies", "New-Unused-Dependencies", "Unused-Kernel-Packages"))
    return {
        "patches.unused_packages": "removed" if every else "kept" if new is False else "new-removed",
        "patches.unused_kernels": {None: "removed-by-default", True: "removed", False: "kept"}[kernels],
    }


def _unauthenticated(host: Host) -> list[Any]:
    """Settings and sources by which packages are taken without a valid signature (apt-secure(8), sources.list(5))."""
    settings = _apt_conf.read(host)
    found = [name for name in _INSECURE if _apt_conf.switch(settings, name)]
    return found + sorted({f"{_without_password(one.uri)} {one.suite}" for one in _sources(host) if one.trusted})


def _listed(host: Host) -> list[Any]:
    codename = _codename(host)
    return [{"uri": _without_password(one.uri), "host": one.host, "suite": one.suite,
             "components": " ".join(one.components), "security": one.security,
             "own_release": of_release(one.suite, codename)} for one in _sources(host)]


def _without_password(uri: str) -> str:
    """An address without the name and password that may stand in it."""
    scheme, mark, rest = uri.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{mark}{host.rpartition('@')[2]}{slash}{path}" if mark else uri


def _automatic(host: Host, packages: list[_dpkg.Package]) -> bool:
    """Lists fetched, security updates installed, both daily, by a timer or cron that is on.

    ``APT::Periodic`` as in ``/usr/lib/apt/apt.systemd.daily``; security origins as in unattended-upgrades.
    """
    installed = {one.name for one in packages}
    settings = _apt_conf.read(host)
    if "unattended-upgrades" not in installed or (_apt_conf.last(settings, "APT::Periodic::Enable") or "1") == "0":
        return False
    for name in ("Update-Package-Lists", "Unattended-Upgrade"):
        if not daily(_apt_conf.last(settings, f"APT::Periodic::{name}") or "0"):
            return False
    origins = [one.lower() for name in ("allowed-origins", "origins-pattern")
               for one in settings.get(f"unattended-upgrade::{name}", [])]
    if not any("security" in one or one == "origin=*" for one in origins):
        return False
    if "systemd-sysv" in installed:
        return all(timer_on(host, timer) for timer in _TIMERS)
    return "apt-compat" in list_optional(host, "/etc/cron.daily") and bool(installed & {"cron", "anacron", "cronie"})
