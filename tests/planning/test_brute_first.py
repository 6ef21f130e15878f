"""The optimiser against trying everything: one half of the small problems."""

from __future__ import annotations

import pytest

from tests.planning import brute, instances
from tests.planning.agreement import agrees

LIGHTER = {124: 5_124}
"""A problem with so many ties that trying everything takes 20 s, and what stands in for it."""


@pytest.mark.parametrize("tens", range(0, 25))
def test_no_plan_is_better_than_the_one_found(tens: int) -> None:
    for number in range(10 * tens, 10 * tens + 10):
        number = LIGHTER.get(number, number)
        problem = instances.small(number)
        agrees(problem, brute.best(problem))
