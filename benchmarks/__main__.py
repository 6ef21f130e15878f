"""Run every benchmark and print one table, with the machine it was measured on."""

from __future__ import annotations

import argparse
import os
import platform
from importlib import import_module

PARTS = ("auditing", "sweeping", "feeds", "startup", "resident", "intake", "access", "access_logs", "directory",
         "directory_google", "scorecard", "planning", "findings")


def main() -> None:
    """Parse the few options and run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="runs of each process; medians are shown")
    parser.add_argument("--only", choices=PARTS, action="append", help="measure only this part")
    chosen = parser.parse_args()
    from benchmarks.table import markdown

    rows = []
    for part in chosen.only or PARTS:
        rows += import_module(f"benchmarks.{part}").measure(chosen.runs)
    print(f"{platform.system()} {platform.release()}, Python {platform.python_version()}, "
          f"{os.cpu_count()} processors\n")
    print(markdown(rows))


if __name__ == "__main__":
    main()
