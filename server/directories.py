"""The directories a machine reads: how many may sign in, and what could not be read with what would open it.

A report comes from a machine: every part of it is taken for what it is, never for what it should be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hustings.facts import Facts, Observation
from server.standing import Standing

KIND, UNREAD = "directory.kind", "directory.unread"
COUNTS = ("people", "guests", "administrators")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a directory that was not read. ``grant`` and ``licence`` are empty where nothing is known to help."""

    section: str
    reason: str
    grant: str
    licence: str


@dataclass(frozen=True, slots=True)
class Directory:
    """One declared directory, by name. ``lost`` is the reason where nothing at all could be read."""

    name: str
    kind: str
    counts: tuple[tuple[str, int], ...]
    """Of ``COUNTS``, those that are known."""
    unread: tuple[Part, ...]
    lost: str


def directories(machine: Standing) -> tuple[Directory, ...]:
    """Those in a machine's last report, by name."""
    facts: Facts = machine.report.facts if machine.report else {}
    names = sorted(name.partition("@")[2] for name in facts if name.startswith(f"{KIND}@"))
    return tuple(_directory(name, facts) for name in names)


def _directory(name: str, facts: Facts) -> Directory:
    kind, unread = facts[f"{KIND}@{name}"], facts.get(f"{UNREAD}@{name}", Observation())
    seen = ((count, facts.get(f"directory.{count}@{name}", Observation()).value) for count in COUNTS)
    return Directory(
        name, kind.value if isinstance(kind.value, str) else "",
        tuple((count, value) for count, value in seen if isinstance(value, int) and not isinstance(value, bool)),
        tuple(_part(one) for one in (unread.listing.items if unread.listing else ()) if isinstance(one, Mapping)),
        str(unread.missing.reason) if unread.missing else "")


def _part(one: Mapping[str, Any]) -> Part:
    said = {field: one.get(field) for field in ("section", "reason", "grant", "licence")}
    return Part(**{field: value if isinstance(value, str) else "" for field, value in said.items()})
