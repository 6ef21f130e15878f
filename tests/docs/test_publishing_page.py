"""The page on printing and publishing does what it says, command by command, and says what the code says."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pypdf import PdfReader

from hustings.errors import HustingsError
from server import publishing
from server.cli import server
from tests.docs.documents import ROOT

PAGE = (ROOT / "docs" / "publishing.md").read_text("utf-8")
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """``hustings server …`` on a new office with the officials ann and bob."""
    monkeypatch.delenv("HUSTINGS_DATABASE_URL", raising=False)
    data = ["--data", str(tmp_path / "server")]
    password = tmp_path / "password"
    password.write_text("a long enough phrase\n")
    here = Path.cwd()
    os.chdir(tmp_path)

    def command(*words: str) -> Result:
        return CliRunner().invoke(server, [*words, *data])

    assert command("init", "--no-tls", "--no-password").exit_code == 0
    for name, role in (("ann", "official"), ("bob", "administrator"), ("sam", "staff")):
        assert command("user", "add", name, "--role", role, "--password-file", str(password)).exit_code == 0
    yield command
    os.chdir(here)


def digest(run: Run) -> str:
    return str(json.loads(run("publish", "list", "--format", "json").stdout)[0]["digest"])


def test_every_command_of_the_page_works_in_its_order(run: Run, tmp_path: Path) -> None:
    lines = [line for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
    assert len(lines) == 10
    for line in lines:
        words = shlex.split(line)[2:]
        if "sha256:…" in words:
            words[words.index("sha256:…")] = digest(run)
        result = run(*words)
        assert result.exit_code == 0, (line, result.output, result.exception)
    pages = {name: len(PdfReader(BytesIO((tmp_path / name).read_bytes())).pages)
             for name in ("scorecard.pdf", "rapport.pdf", "annex.pdf", "version-1.pdf")}
    assert pages == {"scorecard.pdf": 1, "rapport.pdf": 2, "annex.pdf": 1, "version-1.pdf": 2}
    assert run("handling", "show").output == "TLP:AMBER+STRICT\n"


def test_the_console_counts_for_one_of_the_two(run: Run) -> None:
    assert run("publish", "prepare").exit_code == 0
    assert "one" in run("publish", "approve", "1", "--digest", digest(run), "--person", "ann").output
    again = run("publish", "approve", "1", "--digest", digest(run), "--person", "bob")
    assert isinstance(again.exception, HustingsError)
    assert "two different people" in str(again.exception)
    assert json.loads(run("publish", "list", "--format", "json").stdout)[0]["state"] == "one"


@pytest.mark.parametrize("words", [
    ("publish", "approve", "1", "--digest", "sha256:0", "--person", "ann"),
    ("publish", "approve", "1", "--digest", "sha256:0", "--person", "nobody"),
    ("publish", "approve", "1", "--digest", "sha256:0", "--person", "sam"),
    ("publish", "approve", "9", "--digest", "sha256:0", "--person", "ann"),
    ("publish", "withdraw", "1", "--person", "ann", "--reason", "no"),
    ("publish", "withdraw", "1", "--person", "sam", "--reason", "a reason that is long enough"),
    ("publish", "file", "9", "--output", "x.pdf"),
    ("publish", "file", "1", "--output", "nowhere/x.pdf"),
    ("print", "annex", "--output", "nowhere/x.pdf"),
    ("handling", "set", "   ")])
def test_what_cannot_be_done_says_what_to_do(run: Run, words: tuple[str, ...]) -> None:
    assert run("publish", "prepare").exit_code == 0
    refused = run(*words)
    assert isinstance(refused.exception, HustingsError)
    assert refused.exception.remedy


def test_the_numbers_of_the_page_are_those_of_the_code() -> None:
    assert publishing.GOOD_FOR.days == 30
    assert "within thirty days" in PAGE
    assert f"`{publishing.HANDLING}` until" in PAGE
