"""The page on backups shows declarations that are accepted and units that systemd takes."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from agent import config
from hustings.declared import TOOLS
from tests.docs.documents import ROOT, blocks

PAGE = (ROOT / "docs" / "backups.md").read_text(encoding="utf-8")


def shown(language: str) -> list[str]:
    return [text for document, text in blocks(language) if document == "docs/backups.md"]


def test_the_declaration_shown_is_accepted_and_shows_every_tool() -> None:
    declared = config.parse(shown("yaml")[0], "machine.yaml")
    assert {one.tool for one in declared.repositories} == set(TOOLS)
    assert declared.restore_sets
    assert declared.printed_lists


@pytest.mark.parametrize("tool", TOOLS)
def test_every_tool_has_its_line_in_the_table(tool: str) -> None:
    assert f"\n| `{tool}` |" in PAGE


def test_the_units_shown_are_units(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        assert os.environ.get("CI") != "true", "systemd-analyze must be installed where CI=true"
        pytest.skip("systemd-analyze is not installed")
    units = []
    for text in shown("ini"):
        name = text.splitlines()[0].rpartition("/")[2].replace("@.", "@voters.")
        (tmp_path / name).write_text(text.replace("/opt/hustings/bin/hustings", "/bin/true"))
        units.append(str(tmp_path / name))
    assert len(units) == 2
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False,
                          env={"PATH": "/usr/bin:/bin", "SYSTEMD_LOG_LEVEL": "warning"})
    assert not [line for line in done.stderr.splitlines() if "hustings" in line], done.stderr
    assert done.returncode == 0, done.stderr
