"""Wrong documentation fails."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from agent import config
from hustings.__main__ import hustings
from tests.docs.documents import ROOT, Command, blocks, commands, links

ALL = commands()


def test_there_is_something_to_check() -> None:
    assert len(ALL) > 15
    assert any(one.run for one in ALL)


@pytest.mark.parametrize("command", [one for one in ALL if one.words[0] == "hustings"], ids=str)
def test_every_command_shown_exists_with_its_options(command: Command) -> None:
    current: click.Command = hustings
    context = click.Context(current)
    words = list(command.words[1:])
    while isinstance(current, click.Group) and words and not words[0].startswith(("-", "…")):
        found = current.get_command(context, words.pop(0))
        assert found is not None, f"no command {command}"
        current = found
    known = {option for parameter in current.params for option in (*parameter.opts, *parameter.secondary_opts)}
    for word in words:
        if word.startswith("-") and word != "-":
            assert word.partition("=")[0] in known | {"--help", "-h"}, f"{command}: no option {word}"


@pytest.mark.parametrize("command", [one for one in ALL if one.words[0] == "make"], ids=str)
def test_every_make_target_shown_exists(command: Command) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(command.words[1:]) <= targets


@pytest.mark.parametrize("command", [one for one in ALL if one.run and one.words[0] == "hustings"], ids=str)
def test_every_command_promised_to_run_runs(command: Command, tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "hustings", *command.words[1:]], capture_output=True, text=True,
                          cwd=tmp_path, stdin=subprocess.DEVNULL, check=False)
    assert done.returncode in (0, 1), done.stderr
    assert done.stdout.strip()
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("document", "target"), links(), ids=str)
def test_every_link_leads_somewhere(document: Path, target: str) -> None:
    assert (document.parent / target).exists()


def test_the_declaration_shown_is_accepted() -> None:
    shown = [text for document, text in blocks("yaml") if document == "docs/machine-yaml.md"]
    assert shown
    for text in shown:
        assert config.parse(text, "machine.yaml").databases[0].name == "voters"


def test_what_is_generated_is_current() -> None:
    done = subprocess.run([sys.executable, "docs/generate.py", "--check"], capture_output=True, text=True, cwd=ROOT,
                          check=False)
    assert done.returncode == 0, done.stderr
