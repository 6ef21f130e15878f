"""Which of a check's fixes is meant for a machine."""

from __future__ import annotations

from collections.abc import Mapping

from hustings.facts import Observation
from policies.model import Check, Fix

RELATIVES = {
    "rocky": "rhel", "almalinux": "rhel", "centos": "rhel", "fedora": "rhel", "ol": "rhel",
    "sles": "suse", "opensuse-leap": "suse", "ubuntu": "debian", "linuxmint": "debian", "raspbian": "debian",
}
"""Distributions whose machines take another's commands."""


def platforms(family: str, distribution: str, directory: str = "") -> tuple[str, ...]:
    """The platforms a fix may be written for on such a machine, closest first: the directory it reads before its own
    system, for what is mended in a directory is mended from anywhere."""
    names = (directory, distribution, RELATIVES.get(distribution, ""), family, "any")
    return tuple(dict.fromkeys(name for name in names if name))


def directory_of(facts: Mapping[str, Observation]) -> str:
    """The kind of the directories that a machine reads; "" where there is none, or there are several kinds."""
    kinds = {str(seen.value) for name, seen in facts.items() if name.startswith("directory.kind@") and seen.known}
    return kinds.pop() if len(kinds) == 1 else ""


def best_fix(check: Check, wanted: tuple[str, ...]) -> Fix | None:
    """The fix written for the closest of ``wanted`` platforms, or None."""
    return next((fix for platform in wanted for fix in check.fix if fix.platform == platform), None)
