"""The worked example on the page on access models is run as it stands: from the draft to an empty difference."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result

from hustings.__main__ import hustings
from hustings.access.file import schema
from hustings.access.notation import PREFIXES
from hustings.access.rights import LETTERS
from tests.docs.documents import ROOT, blocks
from tests.postgres import PostgresServer, running

NAME = "docs/access-model.md"
PAGE = (ROOT / NAME).read_text(encoding="utf-8")
AUDITOR = "hustings_audit"


def shown(language: str) -> list[str]:
    return [text for document, text in blocks(language) if document == NAME]


def run_sql(server: PostgresServer, text: str) -> None:
    with psycopg.connect(server.dsn("roll"), autocommit=True) as connection:
        connection.execute(text)


def run(server: PostgresServer, line: str) -> Result:
    """A command as the page shows it."""
    words = line.removeprefix("$ hustings ").split()
    return CliRunner().invoke(hustings, words, env={"ROLL_DSN": server.dsn("roll", AUDITOR)}, catch_exceptions=False)


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with running(18) as one:
        one.execute("create database roll")
        run_sql(one, shown("sql")[0])
        yield one


def test_the_worked_example_goes_from_a_draft_to_an_empty_difference(server: PostgresServer, tmp_path: Path,
                                                                     monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lines = [line for block in shown("console") for line in block.splitlines() if line.startswith("$ hustings")]
    script, init, lint, diff = lines
    run_sql(server, run(server, script).stdout)

    path = Path("roll.access.yaml")
    assert run(server, init).exit_code == 0
    today = datetime.now(UTC).date().isoformat()
    assert path.read_text() == shown("yaml")[0].replace("2026-11-22", today)
    draft = run(server, diff)
    assert draft.exit_code == 1
    assert "1 in excess, 0 missing" in draft.stdout

    path.write_text(shown("yaml")[1].replace("2026-11-22", today))
    said = run(server, lint)
    assert (said.exit_code, said.stderr) == (0, "")
    assert said.stdout in next(block for block in shown("console") if lint in block)
    first = run(server, diff)
    assert first.exit_code == 1
    assert "2 in excess" in first.stdout
    run_sql(server, shown("sql")[1])
    last = run(server, diff)
    assert (last.exit_code, last.stderr) == (0, ""), last.stdout
    assert "0 in excess, 0 missing; 0 anomalies, 0 unknown" in last.stdout


def test_every_key_prefix_and_letter_is_explained() -> None:
    for one in schema()["$defs"].values():
        for key in one["properties"]:
            assert re.search(rf"`{key}[`:]", PAGE), key
    for prefix in PREFIXES:
        assert f"`{prefix}:" in PAGE, prefix
    for letter, right in LETTERS.items():
        assert f"\n| `{letter}` | {right}" in PAGE
