"""The page on the election calendar does what it says, command by command, and says what the code says."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from hustings.__main__ import hustings
from hustings.verdicts import Severity
from policies.grade import DEADLINE_DAYS
from server.elections import words
from server.elections.model import WindowKind
from server.elections.phase import Code
from server.elections.rules import LONGEST_VOTE
from tests.docs.documents import ROOT

PAGE = (ROOT / "docs" / "calendar.md").read_text(encoding="utf-8")


def shown() -> list[list[str]]:
    """Every command of the page, in its order."""
    found = []
    for block in re.findall(r"^```(?:console|sh)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL):
        found += [shlex.split(line)[1:] for line in block.splitlines() if line.startswith("hustings ")]
    return found


def test_every_command_of_the_page_works_in_its_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HUSTINGS_DATABASE_URL", raising=False)
    data = tmp_path / "data"
    runner = CliRunner()
    assert runner.invoke(hustings, ["server", "init", "--no-tls", "--no-password", "--data", str(data)],
                         catch_exceptions=False).exit_code == 0
    here = Path.cwd()
    os.chdir(tmp_path)
    try:
        assert len(shown()) > 8
        for words_ in shown():
            where = [] if "templates" in words_ else ["--data", str(data)]
            result = runner.invoke(hustings, [*words_, *where], catch_exceptions=False)
            assert result.exit_code == 0, (words_, result.output)
    finally:
        os.chdir(here)
    assert (tmp_path / "scrutins.ics").read_bytes().startswith(b"BEGIN:VCALENDAR")


def test_the_windows_are_those_of_the_code() -> None:
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) == {str(one) for one in WindowKind}


def test_the_phases_are_those_of_the_code() -> None:
    table = PAGE.split("| Phase | When |")[1].split("\n\n")[0].casefold()
    for code in set(Code) - {Code.NONE}:
        name = words.PHASES[code].casefold()
        assert name.removesuffix(" of results") in table, name


def test_the_deadlines_are_those_of_the_code() -> None:
    said = ", ".join(f"{DEADLINE_DAYS[one]} for {one}" for one in Severity)
    assert said in " ".join(PAGE.split())
    assert f"up to {LONGEST_VOTE} days in a row" in " ".join(PAGE.split())
