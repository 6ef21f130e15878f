"""Which of a check's fixes is meant for a machine."""

from __future__ import annotations

from policies.model import Check, Fix

RELATIVES = {
    "rocky": "rhel", "almalinux": "rhel", "centos": "rhel", "fedora": "rhel", "ol": "rhel",
    "sles": "suse", "opensuse-leap": "suse", "ubuntu": "debian", "linuxmint": "debian", "raspbian": "debian",
}
"""Distributions whose machines take another's commands."""


def platforms(family: str, distribution: str) -> tuple[str, ...]:
    """The platforms a fix may be written for on such a machine, closest first."""
    names = (distribution, RELATIVES.get(distribution, ""), family, "any")
    return tuple(dict.fromkeys(name for name in names if name))


def best_fix(check: Check, wanted: tuple[str, ...]) -> Fix | None:
    """The fix written for the closest of ``wanted`` platforms, or None."""
    return next((fix for platform in wanted for fix in check.fix if fix.platform == platform), None)
