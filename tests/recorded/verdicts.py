"""What each recording here is known to say: every check that is decided, by name; the rest is unknown.

``expected.json`` beside a recording holds the verdicts that somebody looked at. ``python -m tests.recorded.verdicts``
prints what differs; with ``--write`` it writes the files anew, to be read through before they are committed.
"""

from __future__ import annotations

import json
import sys
from functools import cache
from pathlib import Path

from agent import audit
from hustings.declared import Declared
from hustings.verdicts import Result, Verdict
from policies.pack import shipped

HERE = Path(__file__).parent
SETS = sorted(path.parent.name for path in HERE.glob("*/recording"))


@cache
def judged(name: str) -> tuple[Result, ...]:
    """Every verdict on a recording, as of the day it speaks for."""
    host = audit.open_host(recorded=HERE / name / "recording")
    return tuple(audit.audit(host, Declared(), shipped()).results)


def decided(name: str) -> dict[str, str]:
    return {one.check: str(one.verdict) for one in judged(name) if one.verdict is not Verdict.UNKNOWN}


def expected(name: str) -> dict[str, str]:
    found: dict[str, str] = json.loads((HERE / name / "expected.json").read_text("utf-8"))
    return found


def main() -> None:
    for name in SETS:
        found = decided(name)
        if "--write" in sys.argv[1:]:
            (HERE / name / "expected.json").write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", "utf-8")
            continue
        known = expected(name)
        for check in sorted(found.keys() | known.keys()):
            if found.get(check) != known.get(check):
                print(f"{name}: {check}: expected {known.get(check, 'unknown')}, is {found.get(check, 'unknown')}")


if __name__ == "__main__":
    main()
