"""``hustings access rehearse``: where it runs, what it refuses, and what it says."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result

from agent.access.rehearsal_catalogue import rights
from hustings.__main__ import hustings
from hustings.errors import HustingsError
from tests.access.registration import MODEL, VARIABLE, Registration

WORK = """
-- account: jdoe, asmith
select last_name from vr.voters where voter_id = $1;
update vr.voters set party = $1 where voter_id = $2;
-- account: nkhan
select * from vr.report_v;
"""
Call = Callable[..., Result]


@pytest.fixture(scope="module")
def database(registration: Registration) -> Iterator[str]:
    with registration.copy() as name:
        yield name


@pytest.fixture
def call(registration: Registration, database: str, tmp_path: Path) -> Call:
    """Rehearse a script as the superuser; its text is written to a file first."""
    def run(script: str, *args: str, work: str = WORK, dsn: str = "", user: str = "postgres") -> Result:
        (tmp_path / "change.sql").write_text(script)
        (tmp_path / "work.sql").write_text(work)
        environment = {VARIABLE: dsn or registration.dsn(database, user)}
        return CliRunner(env=environment).invoke(hustings, [
            "access", "rehearse", str(tmp_path / "change.sql"), "--dsn-env", VARIABLE, "--statements",
            str(tmp_path / "work.sql"), *args])
    return run


def error(result: Result) -> HustingsError:
    assert isinstance(result.exception, HustingsError), result.exception
    assert result.stdout == ""
    return result.exception


def test_what_breaks_is_the_answer_no(call: Call) -> None:
    result = call("revoke update (party) on vr.voters from r_clerk", "--target", "copy")
    assert result.exit_code == 1
    assert "1 of 3 statements of 3 accounts would be denied:" in result.stdout
    assert "  jdoe: update vr.voters set party = $1 where voter_id = $2\n    UPDATE(party) on vr.voters: " \
        in result.stdout
    assert "The catalogue is what it was: " in result.stdout


def test_json_holds_everything(call: Call) -> None:
    result = call("revoke select on vr.report_v from r_report", "--target", "copy", "--format", "json")
    said = json.loads(result.stdout)
    assert said["schema"] == "hustings.rehearsal/1"
    assert [(one["account"], one["object"], one["right"]) for one in said["denied"]] == [("nkhan", "vr.report_v",
                                                                                        "SELECT")]
    assert said["summary"] == {"statements": 3, "accounts": 3, "rehearsed": 5, "fine": 4, "fine_by": {"plan": 4},
                               "denied": 1, "other_rows": 0, "denied_before": 0, "unknown": 0}
    assert said["catalogue"]["equal"] is True
    assert said["locks"]["longest_held_ms"] < said["locks"]["timeout_ms"] == 2000


def test_nothing_broken_is_yes(call: Call) -> None:
    result = call("revoke select on vr.signatures from r_clerk", "--target", "copy")
    assert result.exit_code == 0
    assert "Nothing of 3 statements of 3 accounts would be denied." in result.stdout


def test_a_database_that_nothing_calls_a_copy_is_taken_for_production(registration: Registration, database: str,
                                                                      call: Call) -> None:
    change = "revoke select on vr.signatures from r_clerk"
    assert "nothing says that this database is a copy" in error(call(change)).what
    assert call(change, "--allow-production").exit_code == 0
    for mark, allowed in (("copy", True), ("production", False)):
        registration.run(f"alter database {database} set hustings.environment = '{mark}'", database)
        try:
            assert (call(change).exit_code == 0) == allowed
            if not allowed:
                refused = error(call(change, "--target", "copy"))
                assert (refused.what, refused.exit_code) == ("this database is marked production", 2)
                assert call(change, "--allow-production").exit_code == 0
        finally:
            registration.run(f"alter database {database} reset hustings.environment", database)


def test_a_model_may_mark_its_database_too(registration: Registration, database: str, tmp_path: Path) -> None:
    text = MODEL.read_text()
    assert "schemas: [vr, staging]}" in text
    model = tmp_path / "model.yaml"
    model.write_text(text.replace("schemas: [vr, staging]}", "schemas: [vr, staging], production: true}"))
    (tmp_path / "work.sql").write_text(WORK)
    (tmp_path / "change.sql").write_text("revoke select on vr.signatures from r_clerk")
    result = CliRunner(env={VARIABLE: registration.dsn(database, "postgres")}).invoke(hustings, [
        "access", "rehearse", str(tmp_path / "change.sql"), "--model", str(model), "--statements",
        str(tmp_path / "work.sql"), "--target", "copy"])
    assert error(result).what == "this database is marked production"


@pytest.mark.parametrize("script", ["drop table vr.voters", "begin; revoke select on vr.voters from r_clerk; commit",
                                    "\\i other.sql", "delete from vr.voters",
                                    "revoke select on vr.voters from r_clerk; do $$ begin end $$"])
def test_a_script_with_anything_else_never_reaches_the_database(call: Call, script: str) -> None:
    refused = error(call(script, "--target", "copy", dsn="postgresql://nobody@127.0.0.1:1/none"))
    assert "a change script may not hold this" in refused.what
    assert refused.exit_code == 2


@pytest.mark.parametrize(("args", "what"), [
    (("--lock-timeout", "0"), "between 100ms and 10min"), (("--lock-timeout", "soon"), "between 100ms and 10min"),
    (("--usage", "store.db"), "there are two sources of statements"), (("--recover",), "takes back an unfinished"),
    (("--engine", "mysql"), "MySQL is not to be had yet"), (("--engine", "mariadb"), "")])
def test_wrong_usage_is_told(call: Call, args: tuple[str, ...], what: str) -> None:
    refused = error(call("revoke select on vr.voters from r_clerk", *args))
    assert what in refused.what
    assert refused.exit_code == 2


def test_a_store_that_is_not_there_is_told(registration: Registration, database: str, tmp_path: Path) -> None:
    (tmp_path / "change.sql").write_text("revoke select on vr.signatures from r_clerk")
    result = CliRunner(env={VARIABLE: registration.dsn(database, "postgres")}).invoke(hustings, [
        "access", "rehearse", str(tmp_path / "change.sql"), "--dsn-env", VARIABLE, "--usage", str(tmp_path / "none.db"),
        "--target", "copy"])
    assert (error(result).exit_code, error(result).where) == (2, str(tmp_path / "none.db"))
    assert not (tmp_path / "none.db").exists()


def test_no_statements_prove_nothing(call: Call) -> None:
    refused = error(call("revoke select on vr.voters from r_clerk", "--target", "copy", work="-- account: jdoe\n"))
    assert "nothing would be proven" in refused.what


@pytest.mark.parametrize(("dsn", "code"), [("postgresql://postgres:secret@127.0.0.1:1/x", 3), ("postgres", 2),
                                           ("host=db.example.org user=x password=secret sslmode=disable", 2)])
def test_a_database_that_cannot_be_had_is_told_without_its_password(call: Call, dsn: str, code: int) -> None:
    refused = error(call("revoke select on vr.voters from r_clerk", "--target", "copy", dsn=dsn))
    assert refused.exit_code == code
    assert "secret" not in str(refused)


def test_an_account_without_the_right_to_become_others_is_told(registration: Registration, database: str,
                                                               call: Call) -> None:
    registration.run("create role changer login createrole; grant all on schema vr to changer", database)
    try:
        with psycopg.connect(registration.server.dsn(database), autocommit=True) as connection:
            before = rights(connection)
            refused = error(call("alter default privileges for role changer in schema vr grant select on tables to "
                                 "r_audit", "--target", "copy", user="changer"))
            assert "may not become asmith" in refused.what
            assert refused.exit_code == 3
            assert rights(connection) == before
    finally:
        registration.run("drop owned by changer; drop role changer", database)
