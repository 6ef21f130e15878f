from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from server.cli import server
from server.comparison import LEAST
from server.history import KEPT, SHOWN
from server.store.sharing import BANDS
from tests.docs.documents import ROOT

PAGE = (ROOT / "docs" / "trend.md").read_text("utf-8")


def test_every_command_of_the_page_works_in_its_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HUSTINGS_DATABASE_URL", raising=False)
    data = ["--data", str(tmp_path / "server")]
    assert CliRunner().invoke(server, ["init", "--no-tls", "--no-password", *data]).exit_code == 0
    commands = [line for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
    assert len(commands) == 6
    for line in commands:
        result = CliRunner().invoke(server, [*shlex.split(line.removeprefix("$ "))[2:], *data], catch_exceptions=False)
        assert result.exit_code == 0, (line, result.output)


def test_bands_and_bounds_are_those_of_the_code() -> None:
    assert all(f"`{band}`" in PAGE for band in BANDS)
    assert (LEAST, KEPT.days, SHOWN.days) == (10, 731, 365)
    assert "at least ten\noffices" in PAGE
