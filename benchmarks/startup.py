"""Starting up: what ``--help`` costs, and what the resident agent keeps."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.process import cost
from benchmarks.table import Row

HUSTINGS = str(Path(sys.executable).with_name("hustings"))


def measure(runs: int) -> list[Row]:
    """Rows for start-up."""
    bare = cost([sys.executable, "-c", "pass"], runs=runs)
    helped = cost([HUSTINGS, "--help"], runs=runs)
    return [Row("hustings --help", f"{helped.cpu:.3f} s, {helped.mib:.0f} MiB", f"python -c pass {bare.cpu:.3f} s",
                f"{helped.cpu / bare.cpu:.1f} ×", "0.15 s")]
