"""The page on rehearsals shows an example that comes out as it says, and options that there are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from agent.access.rehearsal_script import parse_script
from agent.access.rehearse import rehearse
from agent.access.tighten import tighten
from hustings.__main__ import hustings
from tests.docs.documents import ROOT, blocks
from tests.postgres import PostgresServer

PAGE = "docs/access-rehearsal.md"
TEXT = (ROOT / PAGE).read_text(encoding="utf-8")


@pytest.fixture
def roll(postgres_server: PostgresServer) -> Iterator[str]:
    """The database of the page on access models."""
    name = postgres_server.create_database()
    postgres_server.execute(next(text for page, text in blocks("sql") if page == "docs/access-model.md"), name)
    yield name
    postgres_server.execute(f"drop database {name} with (force)")
    with psycopg.connect(postgres_server.dsn(), autocommit=True) as connection:
        connection.execute("drop role ann; drop role svc_lookup; drop role r_clerk; drop role roll_owner")


def test_the_example_comes_out_as_the_page_says(roll: str, postgres_server: PostgresServer, tmp_path: Path) -> None:
    sql = [text for page, text in blocks("sql") if page == PAGE]
    (tmp_path / "change.sql").write_text(next(text for text in sql if text.startswith("-- change.sql")))
    (tmp_path / "work.sql").write_text(next(text for text in sql if text.startswith("-- account:")))
    result = CliRunner(env={"COPY_DSN": postgres_server.dsn(roll)}).invoke(hustings, [
        "access", "rehearse", str(tmp_path / "change.sql"), "--dsn-env", "COPY_DSN", "--target", "copy",
        "--statements", str(tmp_path / "work.sql")])
    assert result.exit_code == 1, result.exception
    expected = next(text for page, text in blocks("text") if page == PAGE)
    assert result.stdout.startswith(expected)


def test_every_shown_statement_of_a_script_would_be_let_through() -> None:
    shown = [text for page, text in blocks("sql") if page == PAGE and "REVOKE" in text]
    assert len(shown) == 2
    for text in shown:
        assert parse_script(text, "postgresql").statements


def test_every_option_is_told_of() -> None:
    named = {option for command in (rehearse, tighten) for one in command.params for option in one.opts
             if option.startswith("--")}
    shared = {"--engine", "--format", "--model", "--search-path"}
    assert {option for option in named if f"`{option}" not in TEXT and f" {option} " not in TEXT} <= shared
