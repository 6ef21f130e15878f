"""Every command of the pages on backups and on the end of an office, in its order, and their numbers."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from pypdf import PdfReader

from hustings.errors import HustingsError
from server.cli import server
from server.keeping import exporting, retention, winding
from server.store import people, tenants
from server.store.append_only import lifted
from server.store.database import WHOLE_SERVER, Database
from server.store.people import Role
from server.store.proposals import waiting
from server.store.schema.keeping import wind_downs
from server.two_people import Actor, decide
from tests.docs.documents import ROOT

BACKUP, ENDING = ((ROOT / "docs" / name).read_text("utf-8") for name in ("backup-restore.md", "winding-down.md"))
Run = Callable[..., Result]


def lines(page: str) -> list[list[str]]:
    """The words of every command shown."""
    return [shlex.split(line)[3:] for block in re.findall(r"```console\n(.*?)```", page, re.DOTALL)
            for line in block.splitlines()]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """``hustings server …`` beside a new server in ``data``."""
    monkeypatch.delenv("HUSTINGS_DATABASE_URL", raising=False)
    here = Path.cwd()
    os.chdir(tmp_path)
    (tmp_path / "passphrase").write_text("a long enough phrase\n")

    def command(*words: str) -> Result:
        bare = "--data" in words or words[0] == "backup-key" or words[:2] == ("tenant", "read-export")
        return CliRunner().invoke(server, [*words, *([] if bare else ["--data", "data"])])

    assert command("init", "--no-tls", "--no-password").exit_code == 0
    yield command
    os.chdir(here)


def test_backups_are_made_tried_and_restored_as_the_page_says(run: Run, tmp_path: Path) -> None:
    found = lines(BACKUP)
    assert len(found) == 6
    for words in found:
        if "age1…" in words:
            public = re.search("age1[a-z0-9]+", (tmp_path / "backup.key").read_text())
            assert public is not None
            words[words.index("age1…")] = public[0]
        done = run(*words)
        assert done.exit_code == 0, (words, done.output, done.exception)
    restored = run("user", "list", "--data", "restored", "--format", "json")
    assert [one["name"] for one in json.loads(restored.output)] == ["admin"]
    trail = Database(f"sqlite:///{tmp_path / 'restored' / 'hustings.db'}")
    with trail.read(WHOLE_SERVER) as connection:
        assert "server.restore" in set(connection.scalars(sa.text("SELECT action FROM audit")))
    trail.close()


def test_only_the_file_that_was_noted_down_is_taken(run: Run) -> None:
    assert run("backup", "--to", "b", "--passphrase-file", "passphrase").exit_code == 0
    refused = run("restore", "b", "--data", "other", "--passphrase-file", "passphrase", "--sha256", "00")
    assert isinstance(refused.exception, HustingsError)
    assert "digest" in str(refused.exception)
    assert not Path("other").exists()


@pytest.mark.parametrize("words", [
    ("backup", "--to", "b"), ("backup", "--to", "b", "--recipient", "age1x", "--passphrase-file", "passphrase"),
    ("backup", "--to", "data/b", "--passphrase-file", "passphrase"), ("restore", "nothing", "--identity", "nokey"),
    ("restore", "passphrase", "--data", "new", "--passphrase-file", "passphrase"),
    ("backup-key", "--to", "nowhere/key"), ("tenant", "certificate", "7", "--output", "x.pdf"),
    ("tenant", "export", "--to", "x"), ("tenant", "delete", "--yes"), ("tenant", "read-export", "passphrase"),
    ("tenant", "stop-wind-down", "--reason", "x"), ("tenant", "add", "Bad\u202eName", "--no-password"),
    ("tenant", "hold", "--matter", " ", "--reason", "x"), ("tenant", "lift-hold", "9", "--reason", "x")])
def test_what_cannot_be_done_says_what_to_do(run: Run, words: tuple[str, ...]) -> None:
    refused = run(*words)
    assert isinstance(refused.exception, HustingsError), (refused.output, refused.exception)
    assert refused.exception.remedy
    assert not Path("x").exists()


def _approve(data: Path) -> None:
    """Somebody of the campaign approves what waits."""
    opened = Database(f"sqlite:///{data / 'hustings.db'}")
    now = datetime.now(UTC)
    with opened.write(WHOLE_SERVER) as connection:
        of = tenants.only(connection, "north").id
        bob = people.by_name(connection, of, "bob") or people.add(connection, of, "bob", Role.OFFICIAL, None, now)
        for one in waiting(connection, of, now):
            decide(connection, of, one.number, True, Actor("person:bob", bob.id, Role.OFFICIAL), "", now)
    opened.close()


def _week_later(data: Path) -> None:
    opened = Database(f"sqlite:///{data / 'hustings.db'}")
    with lifted(opened, WHOLE_SERVER) as connection:
        connection.execute(sa.update(wind_downs).values(due=datetime.now(UTC) - timedelta(seconds=1)))
    opened.close()


def test_an_office_is_added_held_exported_and_deleted_as_the_page_says(run: Run, tmp_path: Path) -> None:
    found = lines(ENDING)
    assert len(found) == 16
    data = tmp_path / "data"
    for words in found:
        if words[1] == "delete":
            early = run(*words)
            assert "can still be stopped" in str(early.exception)
            _week_later(data)
        done = run(*words)
        assert done.exit_code == 0, (words, done.output, done.exception)
        if words[1] in ("lift-hold", "ask-export", "wind-down"):
            _approve(data)
    for name, title in (("certificate.pdf", "Campaign of the North"), ("certificat.pdf", "Certificat de suppression")):
        pages = PdfReader(BytesIO((tmp_path / name).read_bytes())).pages
        assert len(pages) == 1
        assert title in pages[0].extract_text().replace("\u200b", "")
    record = json.loads((tmp_path / "certificate.json").read_text())
    assert "North" not in json.dumps(record)
    assert record["total"] == sum(record["rows"].values()) > 10
    assert b"Campaign of the North" not in (data / "hustings.db").read_bytes()
    wrong = run("tenant", "certificate", "1", "--output", "y.pdf", "--name", "Campaign South")
    assert "is not the name" in str(wrong.exception)
    proven = run("tenant", "certificate", "1", "--output", "z.pdf", "--second", "bob")
    assert proven.exit_code == 0, proven.exception
    text = PdfReader(BytesIO((tmp_path / "z.pdf").read_bytes())).pages[0].extract_text().replace("\u200b", "")
    assert "Second person bob" in text, text


def test_the_numbers_of_the_pages_are_those_of_the_code() -> None:
    for kind, text in ((retention.Kind.REPORTS, "400 days"), (retention.Kind.AUDIT, "731 days"),
                       (retention.Kind.NOTICES, "90 days")):
        assert text in ENDING
        assert text.split()[0] == str(retention.LEAST[kind])
    assert (retention.NOTICE.days, winding.COOLING.days, exporting.GOOD_FOR.days) == (14, 7, 7)
