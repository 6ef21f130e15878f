"""Each fault of the comparison with other auditors is caught, and no look-alike is taken for one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.comparison.faults import FAULTS
from tests.scenarios.base import base_root, impossible


@pytest.fixture(scope="module")
def tally(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, list[str]]]:
    if why := impossible():
        pytest.skip(why)
    base_root()
    found = tmp_path_factory.mktemp("comparison") / "found.json"
    subprocess.run([sys.executable, "-m", "benchmarks.comparison", "--tool", "hustings", "--json", str(found)],
                   check=True, capture_output=True, cwd=Path(__file__).parents[2])
    return json.loads(found.read_text())["hustings"]  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", [fault.name for fault in FAULTS])
def test_the_fault_is_caught_and_its_look_alike_is_not(name: str, tally: dict[str, dict[str, list[str]]]) -> None:
    assert tally["caught"][name], "missed"
    assert tally["alarmed"][name] == [], "a false alarm"
