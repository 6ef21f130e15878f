"""The optimiser against trying everything: one half of the small problems."""

from __future__ import annotations

import pytest

from tests.planning import brute, instances
from tests.planning.agreement import agrees


@pytest.mark.parametrize("tens", range(0, 25))
def test_no_plan_is_better_than_the_one_found(tens: int) -> None:
    for number in range(10 * tens, 10 * tens + 10):
        problem = instances.small(number)
        agrees(problem, brute.best(problem))
