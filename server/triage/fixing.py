"""What repairing a check takes, by its fixes on any platform. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policies.model import Check
from server.triage.model import FixKind

SUPPORT = ".support"
"""How the facts end that say until when something is supported: what fails by them is replaced, or extended for money,
and the plan says what it costs."""


def kinds(check: Check | None) -> frozenset[FixKind]:
    """Every kind of repair that a check may take; none for a check that this server's pack does not know."""
    if check is None:
        return frozenset()
    kept = _kept.get(check.id)
    if kept is None or kept[0] is not check:
        kept = _kept[check.id] = (check, _kinds(check))
    return kept[1]


_kept: dict[str, tuple[Check, frozenset[FixKind]]] = {}


def _kinds(check: Check) -> frozenset[FixKind]:
    found = {FixKind(one.effort) for one in check.fix}
    if any(one.reboot for one in check.fix):
        found.add(FixKind.REBOOT)
    if any(fact.endswith(SUPPORT) for fact in _facts(check.require)):
        found.add(FixKind.MONEY)
    return frozenset(found)


def _facts(condition: Any) -> Iterator[str]:
    if isinstance(condition, dict):
        if isinstance(condition.get("fact"), str):
            yield condition["fact"]
        for part in condition.values():
            yield from _facts(part)
    elif isinstance(condition, list):
        for part in condition:
            yield from _facts(part)
