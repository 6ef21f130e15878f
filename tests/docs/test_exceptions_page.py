from __future__ import annotations

import re
import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from hustings.verdicts import Severity
from server.cli import server
from server.exceptions import LONGEST, LONGEST_OF
from server.two_people.model import GOOD_FOR
from tests.docs.documents import ROOT

PAGE = (ROOT / "docs" / "exceptions.md").read_text("utf-8")


def test_every_command_of_the_page_works_in_its_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HUSTINGS_DATABASE_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    Path("password.txt").write_text("correct horse battery staple\n", "utf-8")
    data = ["--data", str(tmp_path / "server")]
    assert CliRunner().invoke(server, ["init", "--no-tls", "--no-password", *data]).exit_code == 0
    last = f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}"
    commands = [line for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
    assert len(commands) == 5
    for line in commands:
        words = shlex.split(line.removeprefix("$ ").replace("LAST-DAY", last))[2:]
        result = CliRunner().invoke(server, [*words, *data], catch_exceptions=False)
        assert result.exit_code == 0, (line, result.output)


def test_the_limits_are_those_of_the_code() -> None:
    for name, days in (("critical", LONGEST_OF[Severity.CRITICAL]), ("high", LONGEST_OF[Severity.HIGH]),
                       ("less", LONGEST)):
        assert f"| {name} | {days} days ahead |" in PAGE
    assert GOOD_FOR.days == 14
    assert "After fourteen days" in PAGE
