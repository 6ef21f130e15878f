"""Comparing the versions of packages by the rules of their package manager, through the library.

The library accepts a little less than the package managers do (Alpine's ``_git`` suffixes, say). What it
cannot compare raises ``NotComparable``: never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from enum import StrEnum
from functools import cmp_to_key
from typing import Any

_DEB = re.compile(r"(?:[0-9]+:)?[0-9][A-Za-z0-9.+~-]*(?<!-)\Z")
_RPM = re.compile(r"(?:[0-9]+:)?[^\s:-]+(?:-[^\s:-]+)?\Z")
_APK = re.compile(r"[0-9]+(?:\.[0-9]+)*[a-z]?(?:_(?:alpha|beta|pre|rc|p)[0-9]*)*(?:-r[0-9]+)?\Z")

LONGEST = 256
"""Characters of a version. Real ones have at most about a hundred; comparing takes the square of their length."""


class Scheme(StrEnum):
    """Whose rules order two versions."""

    DEB = "deb"
    RPM = "rpm"
    APK = "apk"


class NotComparable(ValueError):
    """A version that is none by the rules of its scheme, or that the library does not order."""


def compare(scheme: Scheme, one: str, other: str) -> int:
    """-1, 0 or 1 as ``one`` is older than, the same as, or newer than ``other``. Raises ``NotComparable``."""
    for version in (one, other):
        if not _is_one(scheme, version):
            raise NotComparable(f"not a {scheme} version: {version[:LONGEST]!r}")
    if one == other:
        return 0
    return _COMPARE[scheme](one, other)


def _is_one(scheme: Scheme, version: str) -> bool:
    return len(version) <= LONGEST and _FORMS[scheme].match(version) is not None


def newest_first(scheme: Scheme, versions: Iterable[str]) -> tuple[list[str], list[str]]:
    """Those that can be compared, newest first, and those that cannot."""
    fine: list[str] = []
    odd: list[str] = []
    for version in versions:
        (fine if _is_one(scheme, version) else odd).append(version)
    if scheme is Scheme.DEB:
        read, ordered = _debian()
        parsed = {version: read(version) for version in fine}  # reading takes longer than comparing

        def by_parsed(one: str, other: str) -> int:
            return ordered(parsed[one], parsed[other])

        fine.sort(key=cmp_to_key(by_parsed), reverse=True)
    else:
        fine.sort(key=cmp_to_key(_COMPARE[scheme]), reverse=True)
    return fine, odd


def _deb(one: str, other: str) -> int:
    read, ordered = _debian()
    return ordered(read(one), read(other))


def _debian() -> tuple[Callable[[str], Any], Callable[[Any, Any], int]]:
    from univers.debian import Version, compare_version_objects

    return Version.from_string, compare_version_objects


def _rpm(one: str, other: str) -> int:
    """A version without a release stands for every release of it (rpm's own rule for dependencies)."""
    from univers.rpm import compare_rpm_versions

    ordered: Callable[[str, str], int] = compare_rpm_versions
    if ("-" in one) != ("-" in other):
        one, other = one.partition("-")[0], other.partition("-")[0]
    return ordered(one, other)


def _apk(one: str, other: str) -> int:
    from univers.gentoo import vercmp

    ordered: Callable[[str, str], int] = vercmp
    return ordered(one, other)


_FORMS = {Scheme.DEB: _DEB, Scheme.RPM: _RPM, Scheme.APK: _APK}
_COMPARE: dict[Scheme, Callable[[str, str], int]] = {Scheme.DEB: _deb, Scheme.RPM: _rpm, Scheme.APK: _apk}
