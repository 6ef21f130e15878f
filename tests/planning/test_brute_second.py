"""The optimiser against trying everything: the other half, and single assets over all days of the plan."""

from __future__ import annotations

import pytest

from tests.planning import brute, instances
from tests.planning.agreement import agrees


@pytest.mark.parametrize("tens", range(25, 44))
def test_no_plan_is_better_than_the_one_found(tens: int) -> None:
    for number in range(10 * tens, 10 * tens + 10):
        problem = instances.small(number)
        agrees(problem, brute.best(problem))


@pytest.mark.parametrize("tens", range(6))
def test_no_day_of_four_years_is_better_for_a_single_asset(tens: int) -> None:
    for number in range(10 * tens, 10 * tens + 10):
        problem = instances.single(number)
        agrees(problem, brute.best(problem))
