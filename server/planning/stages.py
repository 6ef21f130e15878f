"""One objective after the other: each is made as good as it can be without giving up anything of those before it.

A small program is solved whole. A large one is first solved without whole numbers, which gives the bound; as little
comes together in rows, only few units are split there. These, and the columns that cost least beyond the bound, are
decided in whole numbers; then part after part of the solution is opened again (``server.planning.neighbourhood``). A
column whose reduced cost is more than what lies between bound and solution is in no better one and is left out of
what follows. The objectives after exposure are improved among what costs little.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, gcd, inf

import msgspec
import numpy as np

from hustings.errors import CannotFinish
from server.planning import highs, neighbourhood
from server.planning.funds import Bill, Funds
from server.planning.highs import Answer, Held
from server.planning.layout import CHANGES, COST, EXPOSURE, PEAK, TASTE, Act, Layout
from server.planning.program import Ids, Reals

ORDER = (EXPOSURE, PEAK, COST, CHANGES, TASTE)
SMALL = 3_000
"""Up to so many columns in whole numbers a program is solved whole and proven."""
NODES = 2_000
MEDIUM = 40_000
"""Up to so many exposure is solved whole to within ``ENOUGH`` of its value."""
ENOUGH = 0.01
FEW = 3
"""Of a large program so many columns a unit, the cheapest, are decided in whole numbers at a time."""
MANY = 700
"""From so many units on, one unit is little of the whole and a solution can be brought near the bound with ease."""
NEAR, LESS_NEAR = 0.003, 0.01
ROUGH = 0.02
"""How near the best the objectives after exposure are brought in a large program."""
WHOLE = 1e-6


class Impossible(Exception):
    """No plan meets every condition."""


class Reached(msgspec.Struct, frozen=True):
    """A solution: its columns, what it does, and of each objective the value and a proven bound."""

    x: Reals
    acts: list[Act]
    values: dict[str, int]
    bounds: dict[str, int]


def reach(layout: Layout, funds: Funds, objectives: Sequence[str] = ORDER) -> Reached:
    """The best solution in this order of objectives. Raises ``Impossible``; ``CannotFinish`` where none is found."""
    if layout.impossible:
        raise Impossible
    search = _Search(layout, funds)
    for objective in objectives:
        search.improve(objective)
    assert search.x is not None
    return Reached(search.x, search.acts, search.reached(), search.bounds)


def bills(act: Act) -> list[Bill]:
    """What is bought for an asset."""
    return [bill for bill in (act.extension_bill, act.change_bill) if bill is not None]


class _Search:
    """The best so far, and what it has to hold."""

    def __init__(self, layout: Layout, funds: Funds) -> None:
        self._layout, self._funds, self._program = layout, funds, layout.program
        self._upper = layout.program.upper.copy()
        self._held: list[Held] = []
        self._reduced: Reals | None = None
        self.x: Reals | None = None
        self.acts: list[Act] = []
        self.values: dict[str, int] = {}
        self.bounds: dict[str, int] = {}

    def improve(self, objective: str) -> None:
        """Make this objective as good as it can be."""
        weights = self._program.objectives.get(objective, np.zeros(self._program.columns, dtype=np.int64))
        if self.x is not None and not weights.any():
            self.values[objective] = self.bounds[objective] = 0
            return
        before = None if self.x is None else self._value(objective, weights, self.acts, self.x)
        answer, free = None, self._free()
        first = self.x is None or objective == EXPOSURE
        if free <= (MEDIUM if first else SMALL):
            nodes, near = (NODES, 0.0) if free <= SMALL else (1, ENOUGH)
            answer = highs.best(self._program, weights, self._held, self._upper, nodes=nodes, near=near, start=self.x)
        if answer is None or (answer.x is None and not answer.impossible):
            answer = self._large(weights) if first else self._near(weights)
        value = self._take(objective, weights, answer, before)
        divisor = gcd(*(int(each) for each in np.unique(np.abs(weights)))) or 1
        bound = 0 if answer.bound == -inf else ceil(answer.bound / divisor - 1e-6) * divisor
        self.values[objective], self.bounds[objective] = value, min(bound, value)
        self._held.append(Held(weights, value))
        if answer.reduced is not None:
            self._reduced = answer.reduced
            self._upper = self._worthwhile(answer.reduced, value - answer.bound + divisor)

    def reached(self) -> dict[str, int]:
        """The values at the end: a later objective may have made an earlier one better than it had to stay."""
        assert self.x is not None
        none = np.zeros(self._program.columns, dtype=np.int64)
        return {objective: self._value(objective, self._program.objectives.get(objective, none), self.acts, self.x)
                for objective in self.values}

    def _free(self) -> int:
        """How many columns are to be decided in whole numbers."""
        return int((self._program.integer & (self._upper > 0)).sum())

    def _worthwhile(self, reduced: Reals, margin: float) -> Reals:
        """Without the columns that cost more than ``margin`` beyond the bound: no solution that good has one."""
        return np.where(self._program.integer & (reduced > margin), 0, self._upper)

    def _take(self, objective: str, weights: Ids, answer: Answer, before: int | None) -> int:
        """Go over to a solution if it is sound and better; the value reached."""
        if answer.x is not None:
            acts = self._layout.acts(answer.x)
            if self._sound(answer.x, acts):
                value = self._value(objective, weights, acts, answer.x)
                if before is None or value <= before:
                    self.x, self.acts = answer.x, acts
                    return value
        if before is not None:
            return before
        if answer.impossible:
            raise Impossible
        raise CannotFinish("no plan was found within the limits of the search",
                           remedy="plan for fewer assets at once, or with fewer groups and dates that must be met")

    def _large(self, weights: Ids) -> Answer:
        """The relaxation's bound, and a solution near it."""
        relaxed = highs.relaxed(self._program, weights, self._held, self._upper)
        if relaxed.x is None or relaxed.reduced is None:
            return relaxed
        x = self.x
        near = NEAR if len(self._layout.placed) >= MANY else LESS_NEAR
        for count in (FEW * len(self._layout.placed), self._program.columns):
            upper = self._cheap(relaxed.x, relaxed.reduced, min(count, 4 * SMALL) if x is None else 0)
            found = highs.best(self._program, weights, self._held, upper, nodes=1, near=near, start=x)
            if found.x is not None:
                break
        if found.x is None:
            return Answer(None, relaxed.bound)
        x = neighbourhood.improve(self._layout, weights, self._held, self._upper, found.x, relaxed)
        return Answer(x, relaxed.bound, reduced=relaxed.reduced)

    def _near(self, weights: Ids) -> Answer:
        """A solution no worse than the one there is, among what costs little; no bound is found."""
        assert self.x is not None
        reduced = self._reduced if self._reduced is not None else weights.astype(np.float64)
        upper = self._cheap(self.x, reduced, FEW * len(self._layout.placed))
        found = highs.best(self._program, weights, self._held, upper, nodes=1, near=ROUGH, start=self.x)
        return Answer(found.x, -inf)

    def _cheap(self, x: Reals, reduced: Reals, count: int) -> Reals:
        """What a solution has, all of the units it splits, and so many of the cheapest columns beside."""
        program, owner = self._program, self._layout.owner
        free = ~program.integer | (owner < 0)
        units = np.zeros(len(self._layout.placed), dtype=bool)
        units[owner[~free & (np.abs(x - np.rint(x)) > WHOLE)]] = True
        kept = free | units[owner] | (x > WHOLE)
        others = np.flatnonzero(~kept & (self._upper > 0))
        kept[others[np.argsort(reduced[others], kind="stable")[:count]]] = True
        return np.where(kept, self._upper, 0)

    def _value(self, objective: str, weights: Ids, acts: list[Act], x: Reals) -> int:
        """The value of an objective in whole numbers."""
        if objective != PEAK:
            return int(weights @ np.rint(x).astype(np.int64))
        return -(-self._funds.settle([bill for act in acts for bill in bills(act)]).peak // self._layout.unit)

    def _sound(self, x: Reals, acts: list[Act]) -> bool:
        """Whether it holds in whole numbers too: every condition without money, and every bill paid to the cent."""
        program = self._program
        exact = np.where(program.integer, np.rint(x), x)
        sums = np.add.reduceat(np.append(program.value * exact[program.index], 0.0), program.start[:-1])
        sums[np.diff(program.start) == 0] = 0
        continuous = np.add.reduceat(np.append(~program.integer[program.index], False), program.start[:-1], dtype=int)
        continuous[np.diff(program.start) == 0] = 0
        slack = np.where(continuous > 0, 1.0, 0.0)
        if np.any(sums < program.row_lower - slack) or np.any(sums > program.row_upper + slack):
            return False
        if any(int(one.weights @ np.rint(x).astype(np.int64)) > one.value for one in self._held
               if not np.any(one.weights[~program.integer])):
            return False
        return bool(self._layout.more) or not self._funds.settle([bill for act in acts for bill in bills(act)]).missing

