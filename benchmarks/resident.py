"""What ``agent run`` keeps: memory while idle, and how often it wakes, over a stated time."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.table import Row

SETTLE = 6.0
WATCH = 60.0


def measure(runs: int) -> list[Row]:
    """One row: the supervisor that ``hustings agent run`` becomes, with a command that ends at once."""
    process = subprocess.Popen([sys.executable, "-I", "-m", "agent.resident", "59", "59", "true"]
                               if _installed() else [sys.executable, "-m", "agent.resident", "59", "59", "true"],
                               stdin=subprocess.DEVNULL)
    try:
        time.sleep(SETTLE)
        before = _switches(process.pid)
        cpu = _cpu(process.pid)
        time.sleep(WATCH)
        woke = _switches(process.pid) - before
        spent = _cpu(process.pid) - cpu
        memory = _memory(process.pid)
    finally:
        process.terminate()
        process.wait()
    return [Row("agent run, idle", f"{memory / 1024:.1f} MiB, woke {woke} times in {WATCH:.0f} s",
                f"{spent:.2f} s of processor time in that minute", "–", "30 MB, once a minute")]


def _installed() -> bool:
    """Whether the package is importable without the current directory."""
    done = subprocess.run([sys.executable, "-I", "-c", "import agent.resident"], capture_output=True, check=False)
    return done.returncode == 0


def _status(pid: int, name: str) -> int:
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        for line in (task / "status").read_text(encoding="utf-8").splitlines():
            if line.startswith(name + ":"):
                total += int(line.split()[1])
    return total


def _switches(pid: int) -> int:
    """Voluntary context switches of all threads: each is one going to sleep, so one waking."""
    return _status(pid, "voluntary_ctxt_switches")


def _memory(pid: int) -> int:
    """Resident set in KiB."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise RuntimeError("no VmRSS")


def _cpu(pid: int) -> float:
    """Processor seconds so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
