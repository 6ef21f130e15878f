"""Feeds of vulnerabilities: compiling one as large as Debian's tracker, and what matching adds to an audit."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.process import cost
from benchmarks.table import Row
from collectors import _dpkg

HUSTINGS = str(Path(sys.executable).with_name("hustings"))
STATUS = Path("/var/lib/dpkg/status")
RELEASES = ("bullseye", "bookworm", "trixie", "forky", "sid")
SOURCES = 3500
SEED = 20261122


def measure(runs: int) -> list[Row]:
    """Rows for the import and for the matching."""
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        tracker, store = place / "tracker.json", place / "feeds.db"
        issues = write_tracker(tracker)
        megabytes = tracker.stat().st_size / 1e6
        ours = cost([HUSTINGS, "feeds", "import", str(tracker), "--store", str(store)], runs=max(1, runs // 2))
        plain = cost([sys.executable, "-c", "import json, sys; json.load(open(sys.argv[1]))", str(tracker)],
                     runs=max(1, runs // 2))
        subprocess.run([HUSTINGS, "feeds", "import", str(_catalogue(place)), "--store", str(store)], check=True,
                       stdout=subprocess.DEVNULL)
        without = cost([HUSTINGS, "check", "--format", "json", "--feeds", str(_empty(place))], runs=runs, ok=(0, 1))
        matched = cost([HUSTINGS, "check", "--format", "json", "--feeds", str(store)], runs=runs, ok=(0, 1))
        size = store.stat().st_size / 1e6
    return [
        Row(f"import of a tracker of {megabytes:.0f} MB ({issues} vulnerabilities): memory", f"{ours.mib:.0f} MiB",
            f"json.load {plain.mib:.0f} MiB", f"{ours.mib / plain.mib:.2f} ×", "200 MB"),
        Row("the same: processor time", f"{ours.cpu:.1f} s, {size:.0f} MB on disk", f"json.load {plain.cpu:.1f} s",
            f"{ours.cpu / plain.cpu:.1f} ×", "–"),
        Row("audit that matches every package: processor time", f"{matched.cpu:.3f} s",
            f"without a feed {without.cpu:.3f} s", f"{matched.cpu / without.cpu:.2f} ×", "1.5 s"),
        Row("the same: peak memory", f"{matched.mib:.0f} MiB", f"without a feed {without.mib:.0f} MiB",
            f"{matched.mib / without.mib:.2f} ×", "60 MB"),
    ]


def write_tracker(path: Path, sources: int = SOURCES) -> int:
    """A document of the tracker's form, as large as it: names from this machine, versions drawn by lot; answers how
    many vulnerabilities it has."""
    draw = random.Random(SEED)
    mine = {one.source: one.source_version or one.version for one in _installed()}
    names = [*mine, *(f"source-{number}" for number in range(sources - len(mine)))]
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for place, name in enumerate(names):
            several = 10_000 if name == "linux" else min(2000, int(draw.paretovariate(0.75)))
            issues = {f"CVE-{draw.randint(2005, 2026)}-{count + number:05d}": {
                "description": "x" * draw.randint(100, 900), "scope": "local",
                "releases": {release: _state(draw, mine.get(name, "1.2.3-4")) for release in RELEASES}}
                for number in range(several)}
            count += several
            file.write(("," if place else "{") + f"{json.dumps(name)}:{json.dumps(issues)}")
        file.write("}")
    return count


def _state(draw: random.Random, installed: str) -> dict[str, object]:
    kind = draw.random()
    at = {"repositories": {"x": installed}, "urgency": "not yet assigned"}
    if kind < 0.6:
        return at | {"status": "resolved", "fixed_version": f"{draw.randint(0, 3)}.{draw.randint(0, 9)}-1+deb12u"
                                                            f"{draw.randint(1, 9)}"}
    if kind < 0.8:
        return at | {"status": "resolved", "fixed_version": "0"}
    return at | {"status": "open", "nodsa": "Minor issue", "nodsa_reason": draw.choice(["", "postponed", "ignored"])}


def _installed() -> list[_dpkg.Package]:
    return _dpkg.parse(STATUS.read_text(encoding="utf-8")) if STATUS.exists() else []


def _catalogue(place: Path) -> Path:
    entries = [{"cveID": f"CVE-2024-{number:05d}", "dueDate": "2024-06-20", "knownRansomwareCampaignUse": "Unknown"}
               for number in range(1500)]
    path = place / "kev.json"
    path.write_text(json.dumps({"dateReleased": "2026-11-20T17:55:04Z", "count": len(entries),
                                "vulnerabilities": entries}), encoding="utf-8")
    return path


def _empty(place: Path) -> Path:
    """A store with the catalogue alone: nothing is matched."""
    store = place / "empty.db"
    subprocess.run([HUSTINGS, "feeds", "import", str(_catalogue(place)), "--store", str(store)], check=True,
                   stdout=subprocess.DEVNULL)
    return store
