"""Whether a plan says of itself what it is, and is as good as another says it can be."""

from __future__ import annotations

from server.planning.model import Problem, Solved, Status
from server.planning.solve import solve
from tests.planning import checker
from tests.planning.checker import Total


def sound(problem: Problem) -> tuple[Solved, Total]:
    """The plan and what it amounts to, every condition checked; what it says of itself is so."""
    solved = solve(problem)
    total = checker.check(problem, solved.lines)
    assert (solved.exposure, solved.peak_local, solved.cost) == (total.exposure, total.peak, total.cost)
    assert bool(solved.unmet) is bool(total.unmet) is (solved.status is Status.INFEASIBLE)
    return solved, total


def agrees(problem: Problem, best: Total) -> None:
    solved, total = sound(problem)
    assert total == best
    assert solved.gap == 0
