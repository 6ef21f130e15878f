"""A whole audit against the floor of reading the same things, and per check against lynis."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.process import cost
from benchmarks.table import Row

HUSTINGS = str(Path(sys.executable).with_name("hustings"))
FLOOR = str(Path(__file__).with_name("floor.py"))


def measure(runs: int) -> list[Row]:
    """Rows for the audit."""
    from benchmarks.trace import trace

    with tempfile.TemporaryDirectory() as scratch:
        steps = Path(scratch, "steps.json")
        count = trace(steps)
        floor = cost([sys.executable, "-I", "-S", FLOOR, str(steps)], runs=runs)
    audit = cost([HUSTINGS, "check", "--format", "json"], runs=runs, ok=(0, 1))
    checks = _checks()
    rows = [
        Row("audit: processor time", f"{audit.cpu:.3f} s", f"floor {floor.cpu:.3f} s ({count} reads and programs)",
            f"{audit.cpu / floor.cpu:.2f} × floor", "1.0 s"),
        Row("audit: peak memory", f"{audit.mib:.0f} MiB", f"floor {floor.mib:.0f} MiB",
            f"{audit.mib / floor.mib:.2f} × floor", "60 MB"),
    ]
    with tempfile.TemporaryDirectory() as scratch:
        once, tenfold = (cost([HUSTINGS, "check", "--format", "json", "--pack", str(_repeated(Path(scratch), times))],
                              runs=runs, ok=(0, 1)) for times in (1, 10))
    rows.append(Row("ten times the checks over the same facts", f"{tenfold.cpu:.3f} s ({10 * checks} checks)",
                    f"{once.cpu:.3f} s ({checks} checks)", f"{tenfold.cpu / once.cpu:.2f} ×", "1.6 ×"))
    if shutil.which("lynis") is None:
        return [*rows, Row("a check, against a lynis test", f"{1000 * audit.cpu / checks:.2f} ms",
                           "lynis is not installed", "not measured", "100 × less")]
    tests = _lynis_tests()
    lynis = cost(["lynis", "audit", "system", "--quick", "--no-colors", "--quiet"], runs=1, ok=tuple(range(256)))
    ours, theirs = audit.cpu / checks, lynis.cpu / tests
    rows.append(Row("a check, against a lynis test", f"{1000 * ours:.2f} ms ({checks} checks)",
                    f"{1000 * theirs:.0f} ms ({tests} tests)", f"{theirs / ours:.0f} × less", "100 × less"))
    return rows


def _repeated(directory: Path, times: int) -> Path:
    """The shipped library compiled, every check in it so many times under names of its own."""
    from msgspec.structs import replace

    from policies import pack as packs

    pack = packs.shipped()
    checks = tuple(replace(check, id=f"{check.id}-{turn}") for turn in range(times) for check in pack.checks)
    path = directory / f"pack-{times}.json"
    path.write_bytes(packs.encode(replace(pack, checks=checks)))
    return path


def _checks() -> int:
    done = subprocess.run([HUSTINGS, "check", "--format", "json"], capture_output=True, text=True, check=False)
    return len(json.loads(done.stdout)["results"])


def _lynis_tests() -> int:
    """How many tests one lynis run performs, by its own count."""
    done = subprocess.run(["lynis", "audit", "system", "--quick", "--no-colors"], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, check=False)
    found = re.search(r"Tests performed\s*:\s*(\d+)", done.stdout)
    if found is None:
        raise RuntimeError("lynis did not say how many tests it performed")
    return int(found[1])
