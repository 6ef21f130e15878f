"""Verdicts on states whose verdict others decided: agreement, and never a false pass."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from policies import pack as packs
from tests.scenarios import states
from tests.scenarios.base import base_root, impossible
from tests.scenarios.judging import judged
from tests.scenarios.rules import disagreements, rules, unmapped

THERE = states.DEVELOPMENT.is_file()
SCENARIOS = {one.id: one for one in states.read(states.DEVELOPMENT)} if THERE else {}
OWN = {one.id: one for one in states.read(states.OWN / "debian-12.jsonl")}
MAPPED = rules()


@pytest.fixture(scope="session")
def base() -> Path:
    if why := impossible():
        pytest.skip(why)
    return base_root()


@pytest.fixture(scope="session")
def said(base: Path) -> dict[str, dict[str, str]]:
    if not THERE:
        pytest.skip("the scenarios are not beside this checkout (shared/data/scenarios)")
    return judged(states.DEVELOPMENT, base)


@pytest.fixture(scope="session")
def said_of_own(base: Path) -> dict[str, dict[str, str]]:
    return judged(states.OWN / "debian-12.jsonl", base)


@pytest.mark.parametrize("name", sorted(name for name, one in SCENARIOS.items() if one.rule in MAPPED))
def test_our_verdict_is_the_one_expected(name: str, said: dict[str, dict[str, str]]) -> None:
    expected, ours = SCENARIOS[name].expect, said[name]
    if name in disagreements():
        assert ours["verdict"] != expected, f"{name} agrees now: take it out of disagreements.json"
        assert (expected, ours["verdict"]) != ("fail", "pass"), ours["said"]
    else:
        assert ours["verdict"] == expected, f"{MAPPED[SCENARIOS[name].rule].check}: {ours['said']}"


@pytest.mark.parametrize("name", sorted(OWN))
def test_our_own_states_have_the_verdict_they_were_made_for(name: str, said_of_own: dict[str, dict[str, str]]) -> None:
    assert said_of_own[name]["verdict"] == OWN[name].expect, said_of_own[name]["said"]


@pytest.mark.skipif(not THERE, reason="the scenarios are not beside this checkout (shared/data/scenarios)")
def test_every_rule_of_the_scenarios_is_mapped_or_left_out_for_a_reason() -> None:
    theirs = {one.rule for one in SCENARIOS.values()}
    assert theirs - set(MAPPED) - set(unmapped()) == set()
    assert set(MAPPED) & set(unmapped()) == set()
    assert set(disagreements()) <= set(SCENARIOS)


def test_every_mapped_rule_names_a_check_and_its_parameters() -> None:
    pack = packs.shipped()
    for name, rule in MAPPED.items():
        check = pack.check(rule.check)
        assert check is not None, f"{name}: no check {rule.check}"
        assert set(rule.parameters) <= set(check.parameters), f"{name}: {rule.check} has no such parameter"


def test_the_command_says_what_was_judged_in_process(base: Path, tmp_path: Path) -> None:
    """One scenario by the command line itself, on a plain copy of a part of the base root."""
    root = tmp_path / "root"
    for part in ("etc", "usr/lib/os-release"):
        (root / part).parent.mkdir(parents=True, exist_ok=True)
        place = base / part
        shutil.copytree(place, root / part, symlinks=True) if place.is_dir() else shutil.copy(place, root / part)
    with (root / "etc/shadow").open("a") as file:
        file.write("clerk::20779:0:99999:7:::\n")
    with (root / "etc/passwd").open("a") as file:
        file.write("clerk:x:1000:1000::/home/clerk:/bin/sh\n")
    command = [sys.executable, "-m", "hustings", "check", "--root", str(root), "--format", "json",
               "--only", "identity/no-empty-passwords"]
    done = subprocess.run(command, capture_output=True, text=True, check=False,
                          env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])})
    [row] = json.loads(done.stdout)["results"]
    assert (row["check"], row["verdict"]) == ("identity/no-empty-passwords", "fail"), done.stderr
