"""Decoded reports that share what they have in common: one fleet's reports say mostly the same."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from hustings.report import Inventory, Report
from hustings.verdicts import Result

T = TypeVar("T")
LIMIT = 500_000
"""Different values that a pool knows at most before it starts anew."""


class Pool:
    """Gives back the equal value it saw before. Values already given stay shared when the pool starts anew."""

    def __init__(self) -> None:
        self._seen: dict[Any, Any] = {}

    def report(self, one: Report) -> Report:
        """An equal report that shares its texts, products and deciding facts with those before it."""
        inventory = one.inventory
        if isinstance(inventory, Inventory):
            inventory = msgspec.structs.replace(
                inventory, products=tuple(self._one(product) for product in inventory.products))
        return msgspec.structs.replace(
            one, inventory=inventory, pack=self._one(one.pack), roles=self._one(one.roles),
            results=tuple(self._result(result) for result in one.results))

    def _result(self, one: Result) -> Result:
        share = self._one
        return Result(share(one.check), share(one.catalogue), one.severity, one.verdict, share(one.expected),
                      share(one.actual), share(one.reason), one.valid_until, self._facts(one.facts),
                      share(one.instances), one.share, one.timed)

    def _facts(self, facts: dict[str, Any]) -> dict[str, Any]:
        found = self._seen.setdefault((dict, msgspec.json.encode(facts)), facts)
        return found if found == facts else facts

    def _one(self, value: T) -> T:
        seen = self._seen
        if len(seen) >= LIMIT:
            seen.clear()
        found: T = seen.setdefault((type(value), value), value)
        return found


def size(one: Report | None) -> int:
    """About how many bytes a report takes that shares what it can."""
    if one is None:
        return 1_000
    products = len(one.inventory.products) if isinstance(one.inventory, Inventory) else 0
    return 20_000 + 500 * len(one.results) + 16 * products + 400 * len(one.facts)
