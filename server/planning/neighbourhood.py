"""A solution made better part by part: some units are opened, all others stay, and the part is decided anew.

Opened are the units that lose most against the relaxation's prices, and others, drawn from a fixed seed, that give
them room.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from server.planning import highs
from server.planning.highs import Answer, Held
from server.planning.layout import Layout
from server.planning.program import Ids, Reals

ENOUGH = 0.001
"""Nearer to the bound than this part of the value a solution is left as it is."""
ROUNDS = 5
LOSERS = 16
OTHERS = 32


def improve(layout: Layout, weights: Ids, held: Sequence[Held], upper: Reals, x: Reals, relaxed: Answer) -> Reals:
    """A solution that is no worse than ``x``."""
    assert relaxed.reduced is not None
    program, owner, count = layout.program, layout.owner, len(layout.placed)
    draw = np.random.default_rng(highs.SEED)
    decided = program.integer & (owner >= 0)
    value = int(weights @ np.rint(x).astype(np.int64))
    tried = np.zeros(count, dtype=np.int64)
    for _ in range(ROUNDS):
        margin = value - relaxed.bound
        if margin <= ENOUGH * abs(value):
            break
        lost = np.bincount(owner[decided], np.minimum(relaxed.reduced, 1e15)[decided] * np.rint(x)[decided], count)
        open_ = np.zeros(count, dtype=bool)
        open_[np.argsort(-lost / (1 + tried), kind="stable")[:LOSERS]] = True
        tried += open_
        open_[draw.choice(count, min(OTHERS, count), replace=False)] = True
        kept = ~decided | (x > 0.5) | (open_[owner] & (relaxed.reduced <= margin))
        found = highs.best(program, weights, held, np.where(kept, upper, 0), nodes=1, near=2 * ENOUGH, start=x)
        if found.x is not None:
            better = int(weights @ np.rint(found.x).astype(np.int64))
            if better < value:
                x, value = found.x, better
    return x
