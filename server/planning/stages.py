"""One objective after the other: each is made as good as it can be without giving up anything of those before it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from hustings.errors import CannotFinish
from server.planning import highs
from server.planning.funds import Bill, Funds
from server.planning.highs import Held
from server.planning.layout import CHANGES, COST, EXPOSURE, PEAK, TASTE, Act, Layout
from server.planning.program import Ids, Reals

ORDER = (EXPOSURE, PEAK, COST, CHANGES, TASTE)
NODES = 10_000


class Impossible(Exception):
    """No plan meets every condition."""


class Reached(msgspec.Struct, frozen=True):
    """A solution: its columns, what it does, and of each objective the value and a proven bound."""

    x: Reals
    acts: list[Act]
    values: dict[str, int]
    bounds: dict[str, float]


def reach(layout: Layout, funds: Funds, objectives: Sequence[str] = ORDER) -> Reached:
    """The best solution in this order of objectives. Raises ``Impossible``."""
    if layout.impossible:
        raise Impossible
    program = layout.program
    held: list[Held] = []
    values: dict[str, int] = {}
    bounds: dict[str, float] = {}
    x: Reals | None = None
    for objective in objectives:
        weights = program.objectives.get(objective)
        if x is not None and (weights is None or not weights.any()):
            values[objective], bounds[objective] = 0, 0.0
            continue
        weights = np.zeros(program.columns, dtype=np.int64) if weights is None else weights
        answer = highs.best(program, weights, held, nodes=NODES)
        if answer.impossible and x is None:
            raise Impossible
        if answer.x is None:
            raise CannotFinish("no plan was found within the limits of the search",
                               remedy="plan fewer assets at once, or give more money or hours")
        found = _exact(layout, funds, answer.x, weights, objective)
        x, values[objective], bounds[objective] = answer.x, found, min(answer.bound, found)
        held.append(Held(weights, found))
    assert x is not None
    return Reached(x, layout.acts(x), values, bounds)


def _exact(layout: Layout, funds: Funds, x: Reals, weights: Ids, objective: str) -> int:
    """The value of an objective in whole numbers."""
    if objective != PEAK:
        return int(weights @ np.rint(x).astype(np.int64))
    settled = funds.settle([bill for act in layout.acts(x) for bill in bills(act)])
    return -(-settled.peak // layout.unit)


def bills(act: Act) -> list[Bill]:
    """What is bought for an asset."""
    return [bill for bill in (act.extension_bill, act.change_bill) if bill is not None]
