"""The solver HiGHS over arrays: one thread, one seed, limits in work and never in time, so that answers repeat."""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd, inf

import msgspec
import numpy as np

from server.planning.program import Ids, Program, Reals

SEED = 20
TIGHT = 1e-9
LARGE = 1e6
"""Coefficients beyond this are scaled down."""


class Held(msgspec.Struct, frozen=True):
    """An objective that may not get worse than ``value``."""

    weights: Ids
    value: int


class Answer(msgspec.Struct, frozen=True):
    """``x`` None: there is none (``impossible``), or none was found within the limits. ``bound``: no solution is
    better; ``reduced``: what one unit of each column costs beyond that, of a relaxation."""

    x: Reals | None
    bound: float
    impossible: bool = False
    reduced: Reals | None = None


def relaxed(program: Program, weights: Ids, held: Sequence[Held], upper: Reals) -> Answer:
    """The best without whole numbers: its value is a bound for what can be reached with them.

    ``upper``: limits in place of the program's own; columns of 0 are left out.
    """
    return _run(program, weights, held, upper, whole=False, nodes=0)


def best(program: Program, weights: Ids, held: Sequence[Held], upper: Reals, *, nodes: int, start: Reals | None = None,
         near: float = 0.0) -> Answer:
    """The best in whole numbers, within so many nodes of search, or a solution ``near`` it (a part of its value).

    ``start``: a solution that is known.
    """
    return _run(program, weights, held, upper, whole=True, nodes=nodes, known=start, near=near)


def _run(program: Program, weights: Ids, held: Sequence[Held], upper: Reals, *, whole: bool, nodes: int,
         known: Reals | None = None, near: float = 0.0) -> Answer:
    import highspy

    keep = np.flatnonzero(upper > 0)
    start, index, value, row_lower, row_upper = _with(program, held)
    if len(keep) < program.columns:
        place = np.full(program.columns, -1, dtype=np.int64)
        place[keep] = np.arange(len(keep))
        stays = place[index] >= 0
        counts = np.concatenate([[0], np.cumsum(stays)])
        start, index, value = counts[start], place[index[stays]], value[stays]
    divisor, scale = _scale(weights)
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    for option, setting in (
            ("output_flag", False), ("threads", 1), ("random_seed", SEED), ("parallel", "off"),
            ("mip_rel_gap", near), ("mip_abs_gap", 0.5 * divisor / scale), ("mip_max_nodes", nodes),
            ("primal_feasibility_tolerance", TIGHT), ("mip_feasibility_tolerance", TIGHT)):
        solver.setOptionValue(option, setting)
    integer = program.integer[keep] if whole else np.zeros(len(keep), dtype=bool)
    solver.passModel(
        len(keep), len(row_lower), len(index), int(highspy.MatrixFormat.kRowwise), int(highspy.ObjSense.kMinimize), 0.0,
        weights[keep] / scale, np.zeros(len(keep)), upper[keep], row_lower, row_upper, start[:-1].astype(np.int32),
        index.astype(np.int32), value, integer.astype(np.int32))
    if known is not None:
        solver.setSolution(len(keep), np.arange(len(keep), dtype=np.int32), known[keep])
    solver.run()
    status, found = solver.getModelStatus(), solver.getInfo()
    if status in (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible):
        return Answer(None, inf, impossible=True)
    bound = (found.mip_dual_bound if whole and integer.any() else found.objective_function_value) * scale
    if not np.isfinite(found.objective_function_value) or found.primal_solution_status != 2:
        return Answer(None, bound)
    solution = solver.getSolution()
    x = np.zeros(program.columns)
    x[keep] = np.array(solution.col_value)
    reduced = None
    if not whole:
        reduced = np.full(program.columns, inf)
        reduced[keep] = np.maximum(np.array(solution.col_dual) * scale, 0)
    return Answer(x, bound, reduced=reduced)


def _scale(weights: Ids) -> tuple[int, float]:
    """The weights' common divisor, and by what they are divided: by it, and by more where they would be too large."""
    divisor = gcd(*(int(each) for each in np.unique(np.abs(weights)))) or 1
    largest = float(np.abs(weights).max(initial=0)) / divisor
    return divisor, divisor * (2.0 ** int(np.ceil(np.log2(largest / LARGE))) if largest > LARGE else 1.0)


def _with(program: Program, held: Sequence[Held]) -> tuple[Ids, Ids, Reals, Reals, Reals]:
    """The program's rows and, after them, those of the objectives that are held."""
    start, index, value = [program.start], [program.index], [program.value]
    row_upper = [program.row_upper]
    end = int(program.start[-1])
    for one in held:
        used = np.flatnonzero(one.weights)
        divisor, scale = _scale(one.weights)
        end += len(used)
        start.append(np.array([end]))
        index.append(used)
        value.append(one.weights[used] / scale)
        row_upper.append(np.array([(one.value + 0.25 * divisor) / scale]))
    return (np.concatenate(start), np.concatenate(index), np.concatenate(value),
            np.concatenate([program.row_lower, np.full(len(held), -np.inf)]), np.concatenate(row_upper))
