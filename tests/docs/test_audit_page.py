from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from server.cli import server
from tests.docs.documents import ROOT

PAGE = (ROOT / "docs" / "audit.md").read_text("utf-8")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.delenv("HUSTINGS_DATABASE_URL", raising=False)
    place = ["--data", str(tmp_path / "server")]
    assert CliRunner().invoke(server, ["init", "--no-tls", "--no-password", *place]).exit_code == 0
    assert CliRunner().invoke(server, ["login-link", *place]).exit_code == 0
    return place


def test_every_command_of_the_page_works(data: list[str]) -> None:
    commands = [line for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
    assert len(commands) == 6
    for line in commands:
        result = CliRunner().invoke(server, [*shlex.split(line.removeprefix("$ "))[2:], *data], catch_exceptions=False)
        assert result.exit_code == 0, (line, result.output)


def test_the_program_of_the_page_finds_what_verify_finds(data: list[str], tmp_path: Path) -> None:
    [program] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    file = tmp_path / "check.py"
    file.write_text(program, "utf-8")
    lines = CliRunner().invoke(server, ["audit", "export", *data]).stdout.splitlines()
    head = json.loads(CliRunner().invoke(server, ["audit", "verify", "--format", "json", *data]).stdout)["head"]

    def checked(text: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, str(file)], input="\n".join(text) + "\n", text=True, check=False,
                              capture_output=True)

    good = checked(lines)
    assert (good.returncode, good.stdout.strip()) == (0, f"holds: {head.partition(':')[2]}")
    assert "line 2" in checked([lines[0], lines[1].replace("console:", "person:", 1)]).stderr
    assert "line 2" in checked([lines[1], lines[0]]).stderr
