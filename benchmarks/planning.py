"""Replacement plans of made inventories: time, and the proven gap in exposure; a large one against a small one.

The bound is for 2,000 assets over 48 months on two cores; 20,000 are measured against them in the same run.
"""

from __future__ import annotations

import time

from benchmarks.planning_inventory import problem
from benchmarks.table import Row
from server.planning.model import Solved
from server.planning.solve import solve


def measure(runs: int) -> list[Row]:
    """Rows for planning. Each size is planned once, however many ``runs`` are asked: a plan repeats exactly."""
    del runs
    small, small_time = _timed(60)
    large, large_time = _timed(2_000)
    huge, huge_time = _timed(20_000)
    return [
        Row("plan, 60 assets", f"{small_time:.1f} s", f"gap {small.gap:.2%}", "", ""),
        Row("plan, 2,000 assets × 48 months", f"{large_time:.1f} s", f"gap {large.gap:.2%}",
            f"{large_time / small_time:.1f} × the time of 60", "30 s, gap 1 %"),
        Row("plan, 20,000 assets × 48 months", f"{huge_time:.1f} s", f"gap {huge.gap:.2%}",
            f"{huge_time / large_time:.1f} × the time of 2,000", ""),
    ]


def _timed(count: int) -> tuple[Solved, float]:
    asked = problem(count)
    began = time.perf_counter()
    solved = solve(asked)
    return solved, time.perf_counter() - began
