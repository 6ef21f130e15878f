"""The page on people does what it says, command by command, and says what the code says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from server.access import membership, passwords, recovery, routes
from server.access.authenticator import DIGITS, STEP
from server.access.enrolment import FRESH
from server.cli import server
from server.store import links, sessions
from server.store.people import Role
from tests.docs.documents import ROOT

PAGE = (ROOT / "docs" / "people.md").read_text("utf-8")


def test_every_command_of_the_page_works_in_its_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HUSTINGS_DATABASE_URL", raising=False)
    data = ["--data", str(tmp_path / "server")]

    def run(*words: str) -> str:
        done = CliRunner().invoke(server, [*words, *data], catch_exceptions=False)
        assert done.exit_code == 0, (words, done.output)
        return done.stdout

    run("init", "--no-tls", "--no-password")
    commands = [shlex.split(line) for line in re.findall(r"^# hustings server (.+)$", PAGE, re.MULTILINE)]
    assert len(commands) == 7
    for words in commands:
        said = run(*words)
        if words[1] in ("invite", "recover"):
            assert re.fullmatch(r"http://127\.0\.0\.1:8443/invitation/[\w-]{43}\n", said)
    assert "invited" in run("user", "list")
    assert run("login-link").startswith("http://")


def test_the_page_says_the_numbers_of_the_code() -> None:
    def minutes(length: object) -> int:
        return int(length.total_seconds() // 60)  # type: ignore[attr-defined]

    assert f"{minutes(sessions.IDLE)} minutes without use" in PAGE
    assert f"after {minutes(sessions.ABSOLUTE) // 60} hours at the latest" in PAGE
    assert f"no older than {minutes(FRESH)} minutes" in PAGE
    assert f"at least {passwords.SHORTEST} characters" in PAGE
    assert (DIGITS, STEP, recovery.COUNT, routes.HOLD) == (6, 30, 10, 0.5)
    assert f"every {STEP} seconds" in PAGE
    assert links.INVITATION_LIFE.days == 3


def test_every_role_is_explained() -> None:
    assert set(re.findall(r"^\| (\w+) \| (?!it)", PAGE, re.MULTILINE)) - {"Role", "Way"} >= {one.value for one in Role}
    assert {role for roles in membership.ROLES.values() for role in roles} == set(Role)


def test_the_last_administrator_stays_at_the_console_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HUSTINGS_DATABASE_URL", raising=False)
    data = ["--data", str(tmp_path / "server")]
    CliRunner().invoke(server, ["init", "--no-tls", "--no-password", *data], catch_exceptions=False)
    for words in (["user", "disable", "admin"], ["user", "role", "admin", "staff"]):
        refused = CliRunner().invoke(server, [*words, *data])
        assert "last administrator" in str(refused.exception)
