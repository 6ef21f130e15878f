"""``hustings access usage`` as a person meets it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from collectors.statement_log.store import load
from hustings.__main__ import hustings
from hustings.errors import CannotFinish, UsageError
from tests.collectors.statement_log.written import csv_line

MODEL = """model: 1
system: roll
database: {engine: postgresql, dsn_env: ROLL_DSN, schema: vr}
owner: {office: County, person: J. Roy, reviewed: 2026-11-15}
objects: {voters: {class: restricted}, users: {class: internal}}
roles: {clerk: {who: job, allow: {voters: "r"}, max_connections: 2}}
accounts: [{login: jdoe, roles: [clerk]}]
"""


def run(*words: str) -> Result:
    return CliRunner().invoke(hustings, ["access", "usage", *words])


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "pg.csv"
    path.write_text(
        csv_line("statement: select name from voters where id = 5", number=2)
        + csv_line("statement: do $$begin null; end$$", number=3, at="2026-11-24 09:00:00.000 UTC")
    )
    return path


def test_the_summary_says_what_the_logs_cover(log: Path, tmp_path: Path) -> None:
    store = str(tmp_path / "s.db")
    answer = run(str(log), "--store", store)
    assert answer.exit_code == 0, answer.output
    assert answer.stdout.splitlines()[:8] == [
        "Read 1 log, 0.0 MiB new.",
        "Window: 2026-11-22T09:00:00Z to 2026-11-24T09:00:00Z, 0.0 days of logs.",
        "  no line for more than 26 h: 2026-11-22T09:00:00Z to 2026-11-24T09:00:00Z",
        "Recorded: every kind of statement.",
        "Accounts: 1",
        "Statements: 2",
        "Distinct shapes: 2",
        "Rights used: 3",
    ]
    assert "jdoe: do $1 (code of its own)" in answer.stdout
    again = run(str(log), "--store", store)
    assert again.stdout.startswith("Read 1 log, 0.0 MiB new, 1 with nothing new.")
    shown = run("--store", store, "--gap", "72")
    assert "2.0 days of logs." in shown.stdout
    assert "no line for more" not in shown.stdout


def test_the_model_says_which_table_a_bare_name_means(log: Path, tmp_path: Path) -> None:
    model = tmp_path / "roll.access.yaml"
    model.write_text(MODEL)
    store = str(tmp_path / "s.db")
    without = json.loads(run(str(log), "--store", store, "--format", "json").stdout)
    assert {one["object"] for one in without["uses"]} == {"public", "public.voters"}
    known = json.loads(run(str(log), "--store", store, "--model", str(model), "--format", "json").stdout)
    assert {(one["object"], one["column"], one["right"]) for one in known["uses"]} == {
        ("vr", None, "USAGE"),
        ("vr.voters", "id", "SELECT"),
        ("vr.voters", "name", "SELECT"),
    }
    assert known["read"]["bytes"] == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("gone.csv",), "no such log"),
        ((), "no such store"),
        (("--statistics",), "which environment variable"),
        (("pg.csv", "--log-format", "xml"), "no log format"),
        (("pg.csv", "--time-zone", "Mars/North"), "no time zone"),
        (("pg.csv", "--dsn-env", "postgresql://x"), "takes the name of a variable"),
        (("pg.csv", "--dsn-env", "UNSET"), "is not set"),
        (("pg.csv", "--log-format", "stderr", "--prefix", "%m "), "no account"),
        (("empty.log",), "nothing in these logs"),
        (("folder",), "no log in this folder"),
    ],
)
def test_wrong_words_get_a_way_on_and_leave_no_store(
    log: Path, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    (tmp_path / "empty.log").write_text("")
    (tmp_path / "folder").mkdir()
    placed = [str(tmp_path / one) if one in ("gone.csv", "pg.csv", "empty.log", "folder") else one for one in words]
    answer = run(*placed, "--store", str(tmp_path / "s.db"))
    assert log.exists()
    assert isinstance(answer.exception, UsageError)
    assert said in answer.exception.what
    assert answer.exception.remedy
    assert answer.stdout == ""
    assert not (tmp_path / "s.db").exists()


def test_a_compressed_log_that_ends_too_early_is_said_and_what_was_read_kept(log: Path, tmp_path: Path) -> None:
    import gzip

    whole = b"".join(
        csv_line(f"statement: select name from voters where id = {n}", number=n).encode() for n in range(2, 9000)
    )
    packed = tmp_path / "pg.csv.gz"
    packed.write_bytes(gzip.compress(whole)[:-2000])
    answer = run(str(packed), "--store", str(tmp_path / "s.db"))
    assert isinstance(answer.exception, CannotFinish)
    assert "cannot be read to its end" in answer.exception.what
    assert load(tmp_path / "s.db").statements > 1000
