"""``python -m benchmarks.comparison``: plant each fault and its look-alike, let every tool look, print the table.

Needs root, debootstrap, lynis, openscap-scanner and ssg-debian; takes about half an hour for all three.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.comparison.faults import CLEAN, FAULTS, Fault
from benchmarks.comparison.roots import alone, root_with
from benchmarks.comparison.tools import TOOLS, Said
from tests.scenarios.base import base_root, impossible


@dataclass
class Tally:
    """What one tool did over all faults. ``caught`` and ``alarmed`` hold the new findings by fault."""

    caught: dict[str, list[str]] = field(default_factory=dict)
    alarmed: dict[str, list[str]] = field(default_factory=dict)
    cpu: list[float] = field(default_factory=list)
    mib: list[float] = field(default_factory=list)


SUMS: dict[str, Callable[[Tally], str]] = {
    "caught": lambda one: f"{sum(map(bool, one.caught.values()))} of {len(one.caught)}",
    "missed": lambda one: str(sum(not found for found in one.caught.values())),
    "false alarms on look-alikes": lambda one: str(sum(map(bool, one.alarmed.values()))),
    "processor seconds of one audit (median)": lambda one: f"{statistics.median(one.cpu):.2f}",
    "MiB of the largest process (median)": lambda one: f"{statistics.median(one.mib):.0f}",
}


def measure(tool: str, base: Path, faults: tuple[Fault, ...]) -> Tally:
    """Let one tool look at the clean root, and at each fault and look-alike planted alone in it."""
    look, tally = TOOLS[tool], Tally()

    def seen(*changes: object) -> Said:
        with root_with(base, changes) as root:  # type: ignore[arg-type]
            said = look(root)
        tally.cpu.append(said.cpu)
        tally.mib.append(said.mib)
        return said

    clean = seen(*CLEAN)
    for fault in faults:
        tally.caught[fault.name] = sorted(seen(*CLEAN, *fault.plant).findings - clean.findings)
        tally.alarmed[fault.name] = sorted(seen(*CLEAN, *fault.harmless).findings - clean.findings)
        print(f"{tool}: {fault.name}: {tally.caught[fault.name] or 'missed'}; "
              f"look-alike: {tally.alarmed[fault.name] or 'quiet'}", file=sys.stderr)
    return tally


def table(tallies: dict[str, Tally], faults: tuple[Fault, ...]) -> str:
    """The run as Markdown: every fault by tool, then the sums."""
    tools = list(tallies)
    lines = ["| fault | row | " + " | ".join(tools) + " |", "|---|---|" + "---|" * len(tools)]
    for fault in faults:
        cells = []
        for tally in tallies.values():
            cell = "caught" if tally.caught[fault.name] else "**missed**"
            cells.append(cell + (", false alarm" if tally.alarmed[fault.name] else ""))
        lines.append(f"| {fault.name} | {fault.row} | " + " | ".join(cells) + " |")
    for name, say in SUMS.items():
        lines.append(f"| **{name}** | | " + " | ".join(say(one) for one in tallies.values()) + " |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.comparison", description=__doc__)
    parser.add_argument("--tool", choices=TOOLS, action="append", help="only this tool")
    parser.add_argument("--fault", action="append", help="only faults whose name holds this")
    parser.add_argument("--json", type=Path, help="also write every new finding to this file")
    chosen = parser.parse_args()
    if why := impossible():
        print(why, file=sys.stderr)
        return 2
    base = base_root()
    alone()
    faults = tuple(one for one in FAULTS if not chosen.fault or any(part in one.name for part in chosen.fault))
    tools = chosen.tool or list(TOOLS)
    measured = {tool: measure(tool, base, faults) for tool in reversed(tools)}
    tallies = {tool: measured[tool] for tool in tools}
    if chosen.json:
        chosen.json.write_text(json.dumps({name: vars(one) for name, one in tallies.items()}, indent=1))
    print(table(tallies, faults))
    return 0


if __name__ == "__main__":
    sys.exit(main())
