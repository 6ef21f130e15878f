"""The page on the replacement plan: its commands run on its example, and it names what there is."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from hustings.__main__ import hustings
from server.planning import calendar_file, columns, document, what_if
from server.planning.make_cli import FORMATS
from tests.docs.documents import ROOT, blocks
from tests.planning.made_plans import made

PAGE = (ROOT / "docs" / "plan.md").read_text(encoding="utf-8")
EXAMPLE = ROOT / "docs" / "examples" / "plan"


def shown(language: str) -> list[str]:
    return [text for name, text in blocks(language) if name == "docs/plan.md"]


def test_every_command_of_the_page_runs_on_its_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for one in EXAMPLE.iterdir():
        shutil.copy(one, tmp_path)
    monkeypatch.chdir(tmp_path)
    commands = [line.removeprefix("$ ") for text in shown("console") for line in text.splitlines() if line]
    assert len(commands) >= 10
    for one in commands:
        done = CliRunner().invoke(hustings, shlex.split(one)[1:])
        assert done.exit_code == 0, f"{one}: {done.output} {done.exception}"
    assert (tmp_path / "plan.pdf").read_bytes().startswith(b"%PDF")


def test_the_calendar_shown_is_accepted() -> None:
    assert len(calendar_file.read(shown("yaml")[0].encode(), "calendar.yaml").elections) == 2


def test_the_page_names_every_form_change_and_column() -> None:
    for form in FORMATS:
        assert f"- **{form}**" in PAGE
    for way in what_if.WAYS:
        assert f"`{way.partition('=')[0].partition(':')[0]}" in PAGE
    for one in columns.BASE:
        assert f"`{one.name}`" in PAGE


def test_the_page_names_the_main_fields_of_the_document() -> None:
    for field in ("status", "gap", "cost", "exposure", "unmatched", "shortfalls", "headlines", "decision", "warnings",
                  "spending", "elections", "freezes"):
        assert field in document.document(made())
        assert f"`{field}`" in PAGE
