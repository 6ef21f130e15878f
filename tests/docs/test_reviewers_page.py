"""The page for security firms does what it says, command by command, and says what the code says."""

from __future__ import annotations

import re
import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from hustings.errors import HustingsError
from server.cli import server
from server.config import database_url
from server.config import load as load_config
from server.engagement import LONGEST
from server.reviewers import granting, profiles, shared_file
from server.store import tenants
from server.store.database import WHOLE_SERVER, Database
from tests.docs.documents import ROOT

PAGE = (ROOT / "docs" / "reviewers.md").read_text("utf-8")
COMMANDS = [line for block in re.findall(r"```console\n(.*?)```", PAGE, re.S) for line in block.splitlines()]


def test_every_command_of_the_page_works_in_its_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HUSTINGS_DATABASE_URL", raising=False)
    data = tmp_path / "server"
    password = tmp_path / "password"
    password.write_text("a long enough phrase\n")

    def run(*words: str) -> str:
        done = CliRunner().invoke(server, [*words, "--data", str(data)])
        if isinstance(done.exception, HustingsError):
            raise done.exception
        assert done.exit_code == 0, done.output
        return done.stdout

    run("init", "--no-tls", "--no-password")
    office = _office(data)
    for line in COMMANDS:
        words = shlex.split(line)
        assert words[:2] == ["hustings", "server"]
        if words[2] in ("tenant", "user"):
            run(*words[2:], "--password-file", str(password))
        elif words[3] == "list":
            assert "Nobody from outside" in run(*words[2:], "--tenant", office)
            _offered(data, office, int(words_of("revoke")[4]))
            assert "rita@acme" in run(*words[2:], "--tenant", office)
        else:
            assert "is ended" in run(*words[2:], "--tenant", office)
    assert "revoked" in run("engagement", "list", "--tenant", office)
    assert '"state": "revoked"' in run("engagement", "list", "--format", "json", "--tenant", office)
    for number in ("3", "99"):
        with pytest.raises(HustingsError):
            run("engagement", "revoke", number, "--reason", "Once more", "--tenant", office)


def words_of(word: str) -> list[str]:
    return next(words for line in COMMANDS if word in (words := shlex.split(line)))


def _office(data: Path) -> str:
    database = Database(database_url(data))
    with database.read(WHOLE_SERVER) as connection:
        found = tenants.only(connection).id
    database.close()
    return found


def _offered(data: Path, office: str, many: int) -> None:
    """So many engagements that two people agreed on."""
    assert load_config(data)
    database = Database(database_url(data))
    now = datetime.now(UTC)
    with database.write(office) as connection:
        for _ in range(many):
            granting.offer(connection, office, {
                "addressee": "rita@acme", "code": None, "machines": [], "areas": [], "names_shown": False,
                "until": (now + timedelta(days=3)).date().isoformat(), "basis": "A contract of 2026"},
                by="person:ann", approved_by="person:bob", now=now)
    database.close()


def test_the_page_says_the_numbers_of_the_code() -> None:
    assert f"at most {LONGEST} days ahead" in PAGE
    assert profiles.LONGEST == 366
    assert "at most a year ahead" in PAGE
    for form in shared_file.FORMATS:
        assert form.upper() in PAGE
