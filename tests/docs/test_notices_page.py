"""The page on messages does what it says, command by command, and says what the code says."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterator
from contextlib import chdir
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from server.cli import server
from server.notices import sending, signed, when
from server.notices.attempts import TOLD_AT
from server.notices.feed import SHOWN
from server.notices.host import PORTS, Security
from tests.docs.documents import ROOT

PAGE = (ROOT / "docs" / "notices.md").read_text("utf-8")
COMMANDS = [line for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """``hustings server …`` on a new office."""
    monkeypatch.delenv("HUSTINGS_DATABASE_URL", raising=False)
    (tmp_path / "smtp-password").write_text("a secret of the mail server\n")

    def command(*words: str) -> Result:
        return CliRunner().invoke(server, [*words, "--data", str(tmp_path / "server")])

    with chdir(tmp_path):
        assert command("init", "--no-tls", "--no-password").exit_code == 0
        yield command


def test_every_command_of_the_page_runs_as_it_stands(run: Run, tmp_path: Path) -> None:
    for line in COMMANDS:
        done = run(*shlex.split(line)[2:])
        assert done.exit_code == 0, (line, done.output)
        assert "a secret" not in done.output
    kept = tmp_path / "server" / "notices.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert json.loads(kept.read_text())["mail"]["password"] == "a secret of the mail server"
    assert json.loads(kept.read_text())["reachable"] == []
    assert run("notices", "mail", "--off").exit_code == 0
    assert json.loads(kept.read_text())["mail"] is None


@pytest.mark.parametrize(("words", "said"), [
    (("mail", "--host", "smtp.example.org"), "--from"),
    (("mail", "--host", "smtp.example.org", "--from", "a@b\r\nBcc: c@d"), "not a mail address"),
    (("mail", "--host", "smtp.example.org", "--from", "a@b.test", "--security", "none"), "reads along"),
    (("mail", "--host", "smtp.example.org", "--from", "a@b.test", "--login", "x"), "password"),
    (("mail", "--host", "no such", "--from", "a@b.test"), "not the name"),
    (("reach", "10.0.0.1/8"), "not a network"), (("reach", "everywhere"), "not a network"),
    (("reach", "10.0.0.0/8", "--none"), "at once")])
def test_what_is_wrong_is_said_and_nothing_is_kept(run: Run, tmp_path: Path, words: tuple[str, ...],
                                                   said: str) -> None:
    done = run("notices", *words)
    assert done.exit_code != 0
    assert said in str(done.exception) + done.output
    assert not (tmp_path / "server" / "notices.json").exists()


def test_the_numbers_of_the_page_are_those_of_the_code() -> None:
    assert f"{when.DIGEST:%H:%M} of the office" in PAGE
    assert f"tried again after {sending.FIRST_WAIT:.0f} seconds" in PAGE
    assert f"up to {sending.LONGEST_WAIT / 3600:.0f} hours" in PAGE
    assert sending.GIVE_UP.days == 3
    assert f"the last {SHOWN.days} days" in PAGE
    assert TOLD_AT[:3] == (10, 100, 1000)
    assert (PORTS[Security.STARTTLS], PORTS[Security.TLS]) == (587, 465)
    assert {"webhook-id", "webhook-timestamp", "webhook-signature"} <= signed.headers(
        "1", b"{}", b"k" * 32, when.datetime(2026, 11, 22, tzinfo=when.zone_of("UTC"))).keys()
