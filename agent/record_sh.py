"""The recorder for Linux: ``recorder.sh``, which needs nothing but the system's own basic tools, told where to look.

That comes from the collectors' declarations. Of a directory right below the root (``/etc/``) it keeps names and
permissions alone.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from importlib.resources import files

from collectors.host.live import MORE_DIRECTORIES, PROGRAM_DIRECTORIES
from hustings import __version__

DIRECTORIES = (*PROGRAM_DIRECTORIES, *MORE_DIRECTORIES)


def script(reads: Iterable[str], runs: Iterable[str], stats: Iterable[str] = ()) -> str:
    """The script that records these paths and command lines (as ``Collector`` declares them)."""
    lines = [_read(one) for one in sorted(set(reads))]
    lines += [f"bare {shlex.quote(one)}" for one in sorted(set(stats))]
    lines += [line for one in sorted(set(runs)) if (line := _run(one))]
    text = files("agent").joinpath("recorder.sh").read_text("utf-8")
    for mark, value in (("@PATH@", ":".join(DIRECTORIES)), ("@VERSION@", __version__), ("@LOOKS@", "\n".join(lines))):
        text = text.replace(mark, value)
    return text


def _read(declared: str) -> str:
    if "*" in declared:
        return f"pattern {shlex.quote(declared)}"
    if declared.startswith("/proc/self/"):
        return f"own {shlex.quote(declared)}"
    return f"tree {shlex.quote(declared)}" if declared.endswith("/") else f"path {shlex.quote(declared)}"


def _run(declared: str) -> str:
    words = declared.split(" ")
    if "*" in words:
        return f"# not recorded, since its arguments depend on the machine: {words[0]}"
    if "*" in words[-1] and words[-1].startswith("/"):
        return "run_each " + " ".join(shlex.quote(one) for one in (words[-1], *words[:-1]))
    return "run " + " ".join(shlex.quote(one) for one in words)
