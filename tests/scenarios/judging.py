"""Laying scenarios over a root one after the other, and what ``--root`` says of each.

``judged`` runs this module in a mount namespace of its own, so that nothing is left behind.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterable
from pathlib import Path

from tests.scenarios import states
from tests.scenarios.rules import Rule, rules


def judged(file: Path, base: Path, names: Iterable[str] = ()) -> dict[str, dict[str, str]]:
    """Our verdict and its explanation for every scenario of ``file`` whose rule is mapped (and starts with
    one of ``names``), by ``rule/name``. Raises ``RuntimeError`` with what was said when it fails."""
    command = ["unshare", "--mount", "--propagation", "private", sys.executable, "-m", "tests.scenarios.judging",
               str(file), str(base), *names]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
    if done.returncode:
        raise RuntimeError(done.stderr[-4000:])
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def _main(file: Path, base: Path, names: list[str]) -> dict[str, dict[str, str]]:
    mapped = rules()
    said = {}
    for scenario in states.read(file):
        rule = mapped.get(scenario.rule)
        if rule is not None and (not names or scenario.rule.startswith(tuple(names))):
            said[scenario.id] = _one(scenario, rule, base)
    return said


def _one(scenario: states.Scenario, rule: Rule, base: Path) -> dict[str, str]:
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run(["mount", "-t", "tmpfs", "scenario", scratch], check=True)
        place = Path(scratch)
        for name in ("upper", "work", "root"):
            (place / name).mkdir()
        layers = f"lowerdir={base},upperdir={place / 'upper'},workdir={place / 'work'}"
        subprocess.run(["mount", "-t", "overlay", "scenario", "-o", layers, place / "root"], check=True)
        try:
            states.lay(place / "root", scenario.entries)
            return verdict_of(place / "root", rule, scenario.variables)
        finally:
            subprocess.run(["umount", place / "root"], check=True)
            subprocess.run(["umount", scratch], check=True)


def verdict_of(root: Path, rule: Rule, variables: dict[str, str]) -> dict[str, str]:
    """What `hustings check --root ROOT --only CHECK --set …` says."""
    from agent import audit as audits
    from agent import config
    from policies import pack as packs

    host, pack = audits.open_host(root), packs.shipped()
    if pack.check(rule.check) is None:
        return {"verdict": "error", "said": f"there is no check {rule.check}"}
    try:
        overrides = audits.parse_overrides(rule.settings(variables), pack)
        found = audits.audit(host, config.of_host(host, None), pack, only=[rule.check], overrides=overrides)
    except Exception:  # noqa: BLE001 - one scenario's failure is told, and the others go on
        return {"verdict": "error", "said": traceback.format_exc()[-1500:]}
    [result] = [one for one in found.results if one.check == rule.check]
    return {"verdict": result.verdict.value, "said": str(result.actual or result.reason or "")}


if __name__ == "__main__":
    print(json.dumps(_main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])))
