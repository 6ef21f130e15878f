"""A change script is rehearsed on a copy of MariaDB: what it breaks is named, and the grant tables are put back."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from agent.access.rehearsal_grant_tables import SCRATCH, GrantTables
from collectors.database_dsn import mariadb_address
from collectors.mariadb_session import connect
from hustings.__main__ import hustings
from hustings.errors import CannotFinish, HustingsError
from tests.access.test_planted_faults_mariadb import Office, office

__all__ = ["office"]

CLERKS = "10.20.1.%"
WORK = [
    ("jdoe@10.20.1.7", "select last_name from voters where voter_id = ?"),
    ("jdoe@10.20.1.7", "update vr.voters set party = ? where voter_id = ?"),
    ("jdoe@10.20.1.7", "insert into absentee (voter_id) values (?)"),
    ("jdoe@10.20.1.7", "select full_years(?)"),
    ("jdoe@10.20.1.7", "insert into voters (voter_id) values (?) on duplicate key update status = ?"),
    ("jdoe@10.20.1.7", "select * from signatures for update"),
    ("bleblanc@10.20.1.%", "select county from voters"),
    ("web_lookup@10.20.4.20", "select * from lookup_v where voter_id = ?"),
    ("nkhan@10.20.1.%", "select * from report_v"),
    ("mtremblay@10.20.1.8", "call approve_status(?)"),
    ("dba_ann@10.20.1.8", "alter table elections add place varchar(9)"),
    ("svc_backup@localhost", "lock tables voters read"),
    ("svc_backup@localhost", "select setval(numbers, ?)"),
    ("jdoe@10.20.1.7", "set names utf8mb4"),
    ("jdoe@10.20.1.7", "truncate voters"),
    ("nkhan@10.20.1.%", "select * from voters"),
    ("gone@10.20.1.1", "select 1"),
]
NEEDED = {
    f"revoke update (party) on vr.voters from r_clerk; revoke insert on vr.absentee from r_clerk; revoke execute on "
    f"function vr.full_years from r_clerk; revoke execute on procedure vr.approve_status from mtremblay@'{CLERKS}'": {
        "update vr.voters set party = ? where voter_id = ?", "insert into absentee (voter_id) values (?)",
        "select full_years(?)", "call approve_status(?)"},
    f"revoke r_clerk from jdoe@'{CLERKS}'; revoke select on vr.lookup_v from web_lookup@'10.20.4.20'; "
    f"revoke all privileges, grant option from nkhan@'{CLERKS}'": {
        "select * from lookup_v where voter_id = ?", "select * from report_v", *(
            text for who, text in WORK
            if who.startswith("jdoe") and not any(word in text for word in ("set names", "truncate", "duplicate")))},
    f"revoke alter on vr.* from dba_ann@'{CLERKS}'; revoke lock tables on vr.* from r_backup; "
    "revoke select (county) on vr.voters from r_entry": {
        "alter table elections add place varchar(9)", "lock tables voters read", "select county from voters"},
}
"""Scripts, and the statements that each breaks."""
_WHOLE = "select 1 from information_schema.tables where table_schema = 'hustings_rehearsal' and table_name = 'whole'"


@pytest.fixture
def digests(office: Office) -> Iterator[Any]:
    """What the grant tables are now, by a call."""
    with connect(mariadb_address(office.server.dsn(), "DSN"), read_only=False) as session:
        yield GrantTables(session).digests


def files(tmp_path: Path, script: str) -> tuple[str, str]:
    (tmp_path / "change.sql").write_text(script)
    (tmp_path / "work.json").write_text(json.dumps([{"account": who, "statement": text} for who, text in WORK]))
    return str(tmp_path / "change.sql"), str(tmp_path / "work.json")


def call(office: Office, tmp_path: Path, script: str, *args: str, copy: bool = True) -> Result:
    change, work = files(tmp_path, script)
    return CliRunner(env={"DSN": office.server.dsn("vr")}).invoke(hustings, [
        "access", "rehearse", change, "--dsn-env", "DSN", "--statements", work, "--format", "json",
        *(("--target", "copy") if copy else ()), *args])


def test_what_a_needed_right_breaks_is_named_exactly(office: Office, tmp_path: Path, digests: Any) -> None:
    before = digests()
    for script, expected in NEEDED.items():
        result = call(office, tmp_path, script)
        said = json.loads(result.stdout)
        assert (script, {one["statement"] for one in said["denied"]}) == (script, expected)
        assert result.exit_code == 1
        assert said["catalogue"]["equal"] is True
        assert digests() == before


def test_what_is_denied_today_or_unknown_is_told_apart(office: Office, tmp_path: Path) -> None:
    result = call(office, tmp_path, "revoke insert on staging.inbox_dmv from r_dmv")
    said = json.loads(result.stdout)
    assert said["denied"] == []
    assert {one["statement"] for one in said["denied_before"]} == {
        "truncate voters", "select * from voters", "select setval(numbers, ?)",
        # The server asks for UPDATE of the inserted columns too, also when it is run.
        "insert into voters (voter_id) values (?) on duplicate key update status = ?"}
    assert [(one["account"], one["reason"]) for one in said["unknown"]] == [
        ("gone@10.20.1.1", "the server has no such account")]
    assert result.exit_code == 3


def test_what_the_server_logs_from_within_routines_and_triggers_is_told(office: Office, tmp_path: Path) -> None:
    """As its audit plugin has them: variables of a routine as NAME_CONST, a trigger's row as ``new``."""
    inside = tmp_path / "inside.json"
    inside.write_text(json.dumps([
        {"account": "jdoe@10.20.1.7", "statement": "update voters set party = ? where voter_id = NAME_CONST(?,?)"},
        {"account": "jdoe@10.20.1.7", "statement": "insert into absentee values ( name_const(?, ? collate ?), null)"},
        {"account": "jdoe@10.20.1.7", "statement": "insert into audit_log (voter_id) values (new.voter_id)"}]))
    said = json.loads(call(office, tmp_path, "revoke update (party) on vr.voters from r_clerk",
                           "--statements", str(inside)).stdout)
    assert said["unknown"] == []
    assert [one["statement"] for one in said["denied"]] == [
        "update voters set party = ? where voter_id = NAME_CONST(?,?)"]


def test_the_object_and_the_right_are_named(office: Office, tmp_path: Path) -> None:
    said = json.loads(call(office, tmp_path, "revoke update (party) on vr.voters from r_clerk").stdout)
    assert [(one["object"], one["right"], one["role"]) for one in said["denied"]] == [
        ("vr.voters", "UPDATE(party)", "r_clerk")]


def test_an_undo_is_shown_to_be_exact_or_not(office: Office, tmp_path: Path) -> None:
    undo = tmp_path / "undo.sql"
    for text, expected in (("grant insert on vr.absentee to r_clerk", "exact"),
                           ("grant insert on vr.elections to r_clerk", "different: mysql.tables_priv")):
        undo.write_text(text)
        result = call(office, tmp_path, "revoke insert on vr.absentee from r_clerk", "--undo", str(undo))
        assert json.loads(result.stdout)["undo"] == expected


def test_a_statement_that_the_server_refuses_puts_everything_back(office: Office, tmp_path: Path, digests: Any) -> None:
    before = digests()
    result = call(office, tmp_path, "revoke insert on vr.absentee from r_clerk; grant r_nobody to r_clerk")
    assert isinstance(result.exception, HustingsError)
    assert "the server refuses this statement" in result.exception.what
    assert result.stdout == ""
    assert digests() == before


def test_an_account_that_may_not_rehearse_is_told_so(office: Office, tmp_path: Path) -> None:
    change, work = files(tmp_path, "revoke insert on vr.absentee from r_clerk")
    result = CliRunner(env={"DSN": office.dsn}).invoke(hustings, [
        "access", "rehearse", change, "--engine", "mariadb", "--dsn-env", "DSN", "--statements", work, "--target",
        "copy"])
    assert isinstance(result.exception, CannotFinish)
    assert "may not do what a rehearsal needs" in result.exception.what
    assert result.exception.remedy == "rehearse as the superuser of a copy"
    assert result.stdout == ""


def test_only_a_copy_will_do(office: Office, tmp_path: Path) -> None:
    result = call(office, tmp_path, "revoke insert on vr.absentee from r_clerk", "--allow-production", copy=False)
    assert isinstance(result.exception, HustingsError)
    assert "on a restored copy only" in result.exception.what


def test_what_a_killed_rehearsal_left_is_put_back(office: Office, tmp_path: Path, digests: Any) -> None:
    """Killed at several moments after the rights were changed; nothing else runs until they are put back."""
    before = digests()
    change, work = files(tmp_path, f"revoke r_clerk from jdoe@'{CLERKS}'; revoke insert on vr.absentee from r_clerk")
    argv = [sys.executable, "-m", "hustings", "access", "rehearse", change, "--dsn-env", "DSN", "--statements", work,
            "--target", "copy"]
    environment = {**os.environ, "DSN": office.server.dsn("vr")}
    killed = 0
    for pause in (0.0, 0.02, 0.05):
        process = subprocess.Popen(argv, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while process.poll() is None and not office.server.query(_WHOLE):
            time.sleep(0.002)
        time.sleep(pause)
        process.send_signal(signal.SIGKILL)
        process.wait()
        if office.server.query(f"show databases like '{SCRATCH}'"):
            killed += 1
            refused = call(office, tmp_path, "revoke insert on vr.absentee from r_clerk")
            assert isinstance(refused.exception, HustingsError)
            assert "--recover" in refused.exception.remedy
        recovered = CliRunner(env={"DSN": office.server.dsn("vr")}).invoke(
            hustings, ["access", "rehearse", "--recover", "--dsn-env", "DSN"])
        assert recovered.exit_code == 0, recovered.exception
        assert digests() == before
    assert killed
