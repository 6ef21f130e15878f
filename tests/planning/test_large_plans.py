"""Plans too large to be proven whole: every condition holds, the gap is stated, and they repeat exactly."""

from __future__ import annotations

from random import Random

from msgspec.structs import replace

from benchmarks.planning_inventory import problem
from server.planning.model import Status
from server.planning.solve import solve
from tests.planning import checker


def test_a_large_plan_keeps_every_condition_and_is_near_its_bound() -> None:
    given = problem(2_000)
    solved = solve(given)
    total = checker.check(given, solved.lines)
    assert (solved.exposure, solved.peak_local, solved.cost) == (total.exposure, total.peak, total.cost)
    assert solved.status is Status.FEASIBLE
    assert 0 < solved.gap <= 0.01


def test_alike_assets_are_planned_as_one_and_each_gets_its_line() -> None:
    given = problem(40, seed=3)
    one = replace(given.assets[0], group="", site="", model="", must_by=None)
    alike = replace(given, assets=tuple(replace(one, id=f"same{n:04}") for n in range(3_000)))
    solved = solve(alike)
    checker.check(alike, solved.lines)
    assert solved.gap == 0
    assert {line.asset for line in solved.lines} == {asset.id for asset in alike.assets}
    assert solve(replace(alike, assets=tuple(Random(1).sample(alike.assets, 3_000)))) == solved
