"""The difference beside what real logs tell: last uses, superusers' sessions, and what logs do not speak of."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result

from hustings.__main__ import hustings
from tests.access.logs import logging_server
from tests.access.registration import AUDITOR, MODEL, TEMPLATE, VARIABLE, Registration, build
from tests.postgres import PostgresServer

PLANTED = "grant delete on vr.voters to r_clerk; grant select on vr.counties to r_report"


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    """What ``diff --usage`` says after a short day's work on a server that logs every statement."""
    directory = tmp_path_factory.mktemp("usage")
    with logging_server(log_statement="all") as server:
        made = build(PostgresServer("127.0.0.1", server.port, server.logs))
        made.run(PLANTED)
        with psycopg.connect(made.dsn(user="jdoe"), autocommit=True) as clerk:
            clerk.execute("delete from vr.voters where voter_id = 17")
            clerk.execute("update vr.voters set status = 'moved' where last_name = 'Roy'")
        env = {VARIABLE: made.dsn(TEMPLATE, AUDITOR)}
        store = str(directory / "usage.db")

        def run(*args: str) -> Result:
            return CliRunner(env=env).invoke(hustings, ["access", *args])

        read = run("usage", str(server.logs / "pg.csv"), "--store", store, "--dsn-env", VARIABLE)
        assert read.exit_code == 0, read.output
        return {form: run("diff", "--model", str(MODEL), "--usage", store, "--format", form)
                for form in ("json", "text")}


def test_each_row_says_when_its_right_was_last_used(said: dict[str, Result]) -> None:
    rows = json.loads(said["json"].stdout)["rows"]
    used = {(row["account"], row["object"], row["column"], row["right"]): row["last_used"] for row in rows}
    assert used["jdoe", "vr.voters", None, "DELETE"]
    assert used["jdoe", "vr.voters", "status", "UPDATE"]
    assert used["jdoe", "vr.voters", "party", "UPDATE"] is None
    assert used["asmith", "vr.voters", None, "DELETE"] is None
    assert used["nkhan", "vr.counties", None, "SELECT"] is None


def test_a_superusers_sessions_without_a_window_are_found(said: dict[str, Result]) -> None:
    found = [one for one in json.loads(said["json"].stdout)["anomalies"] if one["catalogue"] == "LPR-03"]
    assert [(one["object"], one["account"]) for one in found] == [(None, "postgres")]


def test_the_window_of_the_logs_is_part_of_every_statement_about_use(said: dict[str, Result]) -> None:
    lines = said["text"].stdout.splitlines()
    assert lines[1].startswith("The logs speak for 0 days, ")
    assert any(line.strip().startswith("through r_clerk; last used 2") for line in lines)
    assert any(line.strip() == "through r_report; not used in 0 days of logs" for line in lines)


def test_a_store_that_is_not_there_is_named(registration: Registration, tmp_path: Path) -> None:
    done = CliRunner(env={VARIABLE: registration.dsn()}).invoke(
        hustings, ["access", "diff", "--model", str(MODEL), "--usage", str(tmp_path / "none.db")])
    assert done.stdout == ""
    assert "none.db" in str(done.exception)
