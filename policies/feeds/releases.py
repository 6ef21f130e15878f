"""Which parts of the feeds speak of an operating system's release.

A distribution's own data decide. Those of the distribution it is built from are nearly right: most of its
packages are the same, and which are not is not known, so such a match is only likely.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from policies.feeds.advice import scheme_of
from policies.feeds.versions import Scheme


class Confidence(StrEnum):
    """How sure it is that what is installed has a vulnerability."""

    EXACT = "exact"
    """By the distribution's own fixed version for this release."""
    LIKELY = "likely"
    """By the fixed version of the distribution this one is built from."""
    REVIEW = "review"
    """No fixed version to compare with, or none that can be compared: for a person to look at."""


class System(NamedTuple):
    """How an operating system calls itself, and the code name of the release it is built from."""

    id: str
    version: str
    codename: str
    base_codename: str = ""


class Place(NamedTuple):
    """A part of the feeds that speaks of a system."""

    space: str
    scheme: Scheme
    confidence: Confidence


def places(system: System, known: Iterable[str], codenames: dict[str, str]) -> list[Place]:
    """The spaces among ``known`` that speak of ``system``. ``codenames`` leads from a code name of Debian or
    Ubuntu in lower case (``jammy``) to its version (``22.04``)."""
    own, base = _own(system), _base(system, codenames)
    found = []
    for space in known:
        scheme = scheme_of(space)
        confidence = (Confidence.EXACT if _one_of(space, own) else
                      Confidence.LIKELY if _one_of(space, base) else None)
        if scheme is not None and confidence is not None:
            found.append(Place(space, scheme, confidence))
    return found


def _one_of(space: str, names: list[str]) -> bool:
    """``names`` are whole or, with a final ``*``, beginnings."""
    return any(space.startswith(name[:-1]) if name.endswith("*") else space == name for name in names)


def _own(system: System) -> list[str]:
    major, minor = (*system.version.split("."), "", "")[:2]
    match system.id:
        case "debian":
            return [f"debian/{system.codename}", f"Debian:{major}"] if major else [f"debian/{system.codename}"]
        case "ubuntu":
            return _ubuntu(system.version)
        case "alpine":
            return [f"Alpine:v{major}.{minor}"]
        case "rocky":
            return [f"Rocky Linux:{major}"]
        case "almalinux":
            return [f"AlmaLinux:{major}"]
        case "rhel":
            return [f"Red Hat:enterprise_linux:{major}::*"]
        case "sles" | "sles_sap" | "sled":
            pack = f"{major} SP{minor}" if minor and minor != "0" else major
            return [f"SUSE:Linux Enterprise Server {pack}*", f"SUSE:Linux Enterprise Module for Basesystem {pack}",
                    f"SUSE:Linux Enterprise Module for Server Applications {pack}",
                    f"SUSE:Linux Enterprise Module for Web and Scripting {pack}"]
        case "opensuse-leap":
            return [f"openSUSE:Leap {system.version}"]
        case "opensuse-tumbleweed":
            return ["openSUSE:Tumbleweed"]
    return []


def _base(system: System, codenames: dict[str, str]) -> list[str]:
    """What the release a derivative is built from is called."""
    if system.id in ("debian", "ubuntu"):
        return []
    major = system.version.partition(".")[0]
    if system.id in ("centos", "ol", "oracle"):
        return [f"Red Hat:enterprise_linux:{major}::*", f"Rocky Linux:{major}", f"AlmaLinux:{major}"]
    codename = system.base_codename or (system.codename if system.id == "raspbian" else "")
    version = codenames.get(codename, "")
    if not codename:
        return []
    if "." in version:
        return _ubuntu(version)
    return [f"debian/{codename}", f"Debian:{version}"] if version else [f"debian/{codename}"]


def _ubuntu(version: str) -> list[str]:
    """Ubuntu's own pocket, and what a Pro contract adds: fixes that exist, whether or not it is in force here."""
    return [f"Ubuntu:{version}:LTS", f"Ubuntu:{version}", f"Ubuntu:Pro:{version}:LTS"]
