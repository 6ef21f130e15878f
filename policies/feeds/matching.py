"""Joining what is installed with what the feeds know. Pure but for the store's look-ups by key.

The version of the *source* package is compared, as Debian, Ubuntu and Alpine publish their fixes; on RPM
systems the binary package's too. Of kernels only the images count, each with its own version, and whether
it is the running one is part of the answer: headers and tools built from the kernel's source are no kernel.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from hustings.facts import Missing, Reason
from policies.feeds.releases import Confidence, Place
from policies.feeds.store import Group, Store
from policies.feeds.versions import NotComparable, Scheme, compare

_SCHEMES = {"dpkg": Scheme.DEB, "rpm": Scheme.RPM, "apk": Scheme.APK}
_SIGNED = re.compile(r"linux-signed(?=-|\Z)")
_ARCHITECTURE = re.compile(r"-(?:amd64|arm64|i386|armhf|ppc64el|riscv64|s390x)\Z")
_DEB_IMAGE = re.compile(r"linux-image-(?:unsigned-)?([0-9].*)")
_RPM_IMAGES = frozenset({"kernel", "kernel-core", "kernel-rt", "kernel-rt-core", "kernel-uek", "kernel-uek-core",
                         "kernel-64k-core", "kernel-default", "kernel-default-base", "kernel-azure", "kernel-rt_debug"})
_APK_IMAGE = re.compile(r"linux-(?:lts|virt|edge|rpi[0-9]*|stable)\Z")
_ORDER = {Confidence.EXACT: 0, Confidence.LIKELY: 1, Confidence.REVIEW: 2}


class Installed(NamedTuple):
    """Something installed, under one of the names the feeds may know it by."""

    name: str
    version: str
    binary: str
    in_use: bool | Missing
    """False for a kernel that is not the running one."""
    foreign: bool = False
    """Whether its version shows that someone else than the distribution made it."""


class Match(NamedTuple):
    """A vulnerability of something installed."""

    cve: str
    package: str
    installed: str
    fixed: str
    binary: str
    in_use: bool | Missing
    confidence: Confidence
    urgency: str
    state: str
    space: str


def inventory(items: Iterable[Mapping[str, Any]], running: str | Missing | None, running_version: str = "",
              marks: Sequence[str] = ()) -> tuple[dict[Scheme, list[Installed]], int]:
    """What is installed, by version scheme, and how many things no feed speaks of (snaps, other people's packages).

    ``running`` is the running kernel's release, None if there is none to ask for (a container's is the
    host's); ``running_version`` its package's version as the kernel itself says, "" if it does not.
    """
    found: dict[Scheme, dict[Installed, None]] = {scheme: {} for scheme in Scheme}
    images: list[tuple[Scheme, Installed, bool]] = []
    others: list[tuple[Scheme, Mapping[str, Any], bool]] = []
    uncovered = 0
    for item in items:
        scheme = _SCHEMES.get(item["source"])
        if scheme is None:
            uncovered += 1
            continue
        name, version = item["name"], item["version"]
        foreign = any(mark in version for mark in marks)
        uncovered += foreign
        release = _image(scheme, name, version)
        if release is None:
            others.append((scheme, item, foreign))
        else:
            current = _is_running(scheme, release, running)
            mine = running_version if current and running_version else version
            images.append((scheme, Installed(_kernel_source(item["upstream"]), mine, name, True, foreign), current))
    kernels = {image.name for _, image, _ in images}
    for scheme, item, foreign in others:
        name, version, source = item["name"], item["version"], item["upstream"]
        if _kernel_source(source) in kernels or _kernel_built(scheme, source):
            continue
        found[scheme][Installed(source, item.get("upstream_version") or version, name, True, foreign)] = None
        if scheme is Scheme.RPM and name != source:
            found[scheme][Installed(name, version, name, True, foreign)] = None
    for scheme, image, current in images:
        found[scheme][image._replace(in_use=_in_use(current, images, running))] = None
    return {scheme: list(some) for scheme, some in found.items()}, uncovered


def match(store: Store, places: Iterable[Place], installed: Mapping[Scheme, Sequence[Installed]]) -> list[Match]:
    """Every vulnerability of what is installed by every place that speaks of it; of two that speak of the same
    the surer one."""
    best: dict[tuple[str, str, str], Match] = {}
    for place in places:
        mine: dict[str, list[Installed]] = {}
        for one in installed[place.scheme]:
            mine.setdefault(one.name, []).append(one)
        for package, groups in store.advice(place.space, mine):
            for one in mine[package]:
                for found in _of(one, groups, place):
                    key = (found.cve, one.binary if one.in_use is not True else package, one.version)
                    known = best.get(key)
                    if known is None or _ORDER[found.confidence] < _ORDER[known.confidence]:
                        best[key] = found
    return list(best.values())


def _of(one: Installed, groups: list[Group], place: Place) -> Iterable[Match]:
    for group in groups:
        try:
            if group.introduced and compare(place.scheme, one.version, group.introduced) < 0:
                continue
            if group.fixed and compare(place.scheme, one.version, group.fixed) >= 0:
                return  # groups come newest fix first
            sure = bool(group.fixed) and not one.foreign and not _modular(group.fixed)
        except NotComparable:
            sure = False
        confidence = place.confidence if sure else Confidence.REVIEW
        for cve in group.cves.split(" "):
            yield Match(cve, one.name, one.version, group.fixed, one.binary, one.in_use, confidence, group.urgency,
                        group.state, place.space)


def _modular(fixed: str) -> bool:
    """A fix in one stream of a module says nothing of the other streams (modularity on the Red Hat family)."""
    return ".module" in fixed


def _image(scheme: Scheme, name: str, version: str) -> str | None:
    """The release a kernel image answers to when it runs, or None for what is none."""
    if scheme is Scheme.DEB:
        found = _DEB_IMAGE.match(name)
        return found[1] if found else None
    if scheme is Scheme.RPM:
        return version.partition(":")[2] or version if name in _RPM_IMAGES else None
    return version.replace("-r", "-") if _APK_IMAGE.match(name) else None


def _is_running(scheme: Scheme, release: str, running: str | Missing | None) -> bool:
    if not isinstance(running, str):
        return False
    if scheme is Scheme.DEB:
        return release == running
    if scheme is Scheme.APK:
        return running.startswith(f"{release}-")
    trimmed = running.rpartition("-")[0] if running.endswith(("-default", "-azure", "-rt")) else ""
    return running.startswith(f"{release}.") or (trimmed != "" and f"{release}.".startswith(f"{trimmed}."))


def _in_use(current: bool, images: list[tuple[Scheme, Installed, bool]], running: str | Missing | None
            ) -> bool | Missing:
    """Which kernel of several runs is only known where one of them is the running one; a lone one will run."""
    if isinstance(running, str) and any(one for _, _, one in images):
        return current
    if len({image.version for _, image, _ in images}) == 1:
        return True
    if isinstance(running, Missing):
        return running
    return Missing(Reason.ERROR, "none of the installed kernels is the running one")


def _kernel_source(source: str) -> str:
    """Debian and Ubuntu sign kernels in a source package of its own: ``linux-signed-amd64`` is ``linux``."""
    plain = _SIGNED.sub("linux", source, count=1)
    return _ARCHITECTURE.sub("", plain) if plain != source else source


def _kernel_built(scheme: Scheme, source: str) -> bool:
    """Whether a package that is no kernel image comes from a kernel's source."""
    if scheme is Scheme.RPM:
        return source in _RPM_IMAGES
    return source == "linux" or _SIGNED.match(source) is not None
