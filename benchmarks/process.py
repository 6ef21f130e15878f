"""Whole processes, measured by the operating system's own accounting."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Cost:
    """Medians over several runs: processor seconds (children included) and peak memory of the largest
    single process in MiB."""

    cpu: float
    mib: float
    runs: int


def cost(command: Sequence[str], *, runs: int = 5, ok: tuple[int, ...] = (0,),
         env: dict[str, str] | None = None) -> Cost:
    """Run ``command`` once to warm up and then ``runs`` times. Raises ``RuntimeError`` if it fails."""
    _once(command, ok, env)
    seen = [_once(command, ok, env) for _ in range(runs)]
    return Cost(statistics.median(cpu for cpu, _ in seen), statistics.median(mib for _, mib in seen), runs)


def _once(command: Sequence[str], ok: tuple[int, ...], env: dict[str, str] | None) -> tuple[float, float]:
    """One run in a process that does nothing else, so that its children's usage is this run's alone."""
    program = (
        "import os, resource, subprocess, sys\n"
        "code = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,\n"
        "                      stderr=subprocess.DEVNULL).returncode\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(code, used.ru_utime + used.ru_stime, used.ru_maxrss)\n"
    )
    done = subprocess.run([sys.executable, "-S", "-c", program, *command], capture_output=True, text=True,
                          env={**os.environ, **(env or {})}, check=True)
    code, cpu, peak = done.stdout.split()
    if int(code) not in ok:
        raise RuntimeError(f"{' '.join(command)} exited with {code}")
    return float(cpu), int(peak) / 1024


def cpu_of(work: Callable[[], object]) -> float:
    """Processor seconds of this process (all threads) for one call."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    work()
    after = resource.getrusage(resource.RUSAGE_SELF)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
