"""The sweep of every file against ``find`` asking the same questions of the same directories, in one run.

``find`` is spared what it has no words for: whose packages the set-id files are, and capabilities. Ours is a
whole process, the interpreter's start included. "Again" is the look of the hours between two looks at everything.
"""

from __future__ import annotations

import shlex
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.process import cost
from benchmarks.table import Row


def measure(runs: int) -> list[Row]:
    """Rows for the sweep."""
    if shutil.which("find") is None:
        return [Row("sweep, against find", "", "find is not installed", "not measured", "2 ×")]
    runs = min(runs, 3)
    theirs = cost(_find(), runs=runs, ok=(0, 1))
    with tempfile.TemporaryDirectory() as scratch:
        memory, next_memory = Path(scratch, "memory"), Path(scratch, "next")
        first = cost(_ours("-", str(memory)), runs=runs)
        entries = int(Path(f"{memory}.entries").read_text())
        again = cost(_ours(str(memory), str(next_memory)), runs=runs)
        kept = memory.stat().st_size
    return [
        Row("sweep of every file: processor time", f"{first.cpu:.2f} s ({entries} entries)", f"find {theirs.cpu:.2f} s",
            f"{first.cpu / theirs.cpu:.2f} × find", "2 × find"),
        Row("sweep again, nothing changed", f"{again.cpu:.2f} s", f"find {theirs.cpu:.2f} s",
            f"{again.cpu / theirs.cpu:.2f} × find", "0.2 × find"),
        Row("sweep: peak memory", f"{max(first.mib, again.mib):.0f} MiB ({kept / 2**20:.1f} MiB kept)",
            f"find {theirs.mib:.0f} MiB", "", "60 MB"),
    ]


def _ours(before: str, after: str) -> list[str]:
    return [sys.executable, "-P", "-m", "benchmarks.sweeping", before, after]


def _find() -> list[str]:
    """The questions of the sweep in find's words, asked of the places that the sweep looks through, as quickly as
    find can: cheap tests first; known numbers in place of ``-nouser``, which asks for a name file by file; and
    people's homes, of which everything is wanted, by a second find."""
    from collectors._sweep_places import places
    from collectors._sweep_walk import LIBRARIES, PROGRAMS
    from collectors.homes import people
    from collectors.host.live import LiveHost

    host = LiveHost()
    chosen, everyone = places(host), people(host)
    homes = [one.home for one in everyone.homes if everyone.person(one) and Path(one.home).is_dir()]
    apart = _either([("-path", one) for one in [*(one.path for one in chosen if one.path != "/"), *homes]])
    system = _either([("-path", path) for one in (*PROGRAMS, *LIBRARIES) for path in (one, f"{one}/*")])
    strange = ["!", "-type", "l", *_either([("!", "-uid", "0"), ("!", "-gid", "0"), ("-perm", "/022")]), *system]
    nameless = [("!", *_either([(test, str(one)) for one in sorted(numbers)]))
                for test, numbers in (("-uid", everyone.uids), ("-gid", everyone.gids))]
    asked = _either([
        *nameless, ("-type", "f", "-perm", "/6000"),
        ("-perm", "-0002", "(", "-type", "f", "-o", "-type", "d", ")"), ("-type", "b"), ("-type", "c"), tuple(strange)])
    told = ["-printf", "%p %m %U %G\\n"]
    main = ["find", *(one.path for one in chosen if not one.why), "-mindepth", "1",
            "-type", "d", *apart, "-prune", "-o", *asked, *told]
    commands = [main, ["find", *homes, *told]] if homes else [main]
    return ["sh", "-c", "; ".join(shlex.join(one) for one in commands)]


def _either(tests: list[tuple[str, ...]]) -> list[str]:
    return ["(", *[word for one in tests for word in (*one, "-o")][:-1], ")"]


def main(before: str, after: str) -> None:
    """One sweep with this memory ("-": none), leaving that one."""
    from collectors import sweep
    from collectors.base import Memory
    from collectors.host.live import LiveHost
    from hustings.declared import Declared

    with open(after, "wb") as new:  # noqa: PTH123
        old = None if before == "-" else open(before, "rb")  # noqa: PTH123, SIM115
        collected = sweep.recall(LiveHost(), Declared(), Memory(old, new))
    Path(f"{after}.entries").write_text(str(collected["sweep.entries"].value))


if __name__ == "__main__":
    main(*sys.argv[1:])
