"""``hustings access diff --model``: its answer in every form, and a clear word where there is none."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from agent.access.diff import FORMS
from hustings.__main__ import hustings
from hustings.errors import HustingsError
from tests.access.registration import AUDITOR, MODEL, TEMPLATE, VARIABLE, Registration

FAULTS = """
grant delete, truncate on vr.voters to r_clerk;
grant select on vr.status_proposals to public;
revoke select on vr.lookup_v from r_lookup;
grant r_audit to nkhan with inherit false;
alter role asmith valid until '2095-01-01';
alter role rfortin login;
"""
UNDO = "revoke r_audit from nkhan; alter role asmith valid until '2090-01-01'; alter role rfortin nologin"


def diff(dsn: str, *args: str, model: Path = MODEL, variable: str = VARIABLE) -> Result:
    env = {variable: dsn, "COLUMNS": "100"}
    return CliRunner(env=env).invoke(hustings, ["access", "diff", "--model", str(model), *args])


KNOWN = ("never_together:", "exceptions:\n  - {check: LPR-05, reason: being rebuilt, owner: p-002, until: 2090-01-01, "
                            "account: jdoe}\nnever_together:")


@pytest.fixture(scope="module")
def planted(registration: Registration, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    """What is said in each form of a database with faults of several kinds; ``known``: with an exception for one."""
    known = _changed(tmp_path_factory.mktemp("model"), *KNOWN)
    with registration.copy() as database:
        registration.run(FAULTS, database)
        try:
            dsn = registration.dsn(database)
            return {form: diff(dsn, "--format", form) for form in FORMS} | {"known": diff(dsn, model=known)}
        finally:
            registration.run(UNDO)


@pytest.fixture
def changed(tmp_path: Path) -> Callable[[str, str], Path]:
    """Write the model with something replaced."""
    return partial(_changed, tmp_path)


def _changed(directory: Path, old: str, new: str) -> Path:
    text = MODEL.read_text()
    assert old in text
    path = directory / "roll.access.yaml"
    path.write_text(text.replace(old, new))
    return path


def test_a_clean_database_ends_in_zero_in_every_form(registration: Registration) -> None:
    for form in FORMS:
        done = diff(registration.dsn(), "--format", form)
        assert (done.exit_code, done.stderr) == (0, ""), done.output
    assert "Nobody holds more than the model says." in diff(registration.dsn()).stdout


def test_json_is_the_published_form(planted: dict[str, Result]) -> None:
    done = planted["json"]
    assert done.exit_code == 1
    said = json.loads(done.stdout)
    assert list(said) == ["schema", "engine", "rows", "assumable", "anomalies", "unknown"]
    assert (said["schema"], said["engine"], said["unknown"]) == ("hustings.access/1", "postgresql", [])
    assert {tuple(row) for row in said["rows"]} == {
        ("account", "object", "kind", "column", "right", "state", "via", "last_used")}
    assert {"account": "jdoe", "object": "vr.voters", "kind": "table", "column": None, "right": "DELETE",
            "state": "excess", "via": ["r_clerk"], "last_used": None} in said["rows"]
    assert {"account": "web_lookup", "object": "vr.lookup_v", "kind": "view", "column": None, "right": "SELECT",
            "state": "missing", "via": [], "last_used": None} in said["rows"]
    assert {"account": "jdoe", "object": "vr.status_proposals", "kind": "table", "column": None, "right": "SELECT",
            "state": "excess", "via": ["PUBLIC"], "last_used": None} in said["rows"]
    assert {"account": "jdoe", "object": "vr.voters", "kind": "table", "column": "party", "right": "UPDATE",
            "state": "declared", "via": ["r_clerk"], "last_used": None} in said["rows"]
    assert {"account": "nkhan", "role": "r_audit", "object": "vr.audit_log", "right": "SELECT"} in said["assumable"]
    assert {(one["catalogue"], one["object"], one["account"]) for one in said["anomalies"]} == {
        ("IAM-12", None, "rfortin"), ("LPR-01", None, "nkhan"), ("LPR-04", "vr.status_proposals", "PUBLIC"),
        ("LPR-05", "vr.voters", "asmith"), ("LPR-05", "vr.voters", "jdoe"), ("LPR-05", "vr.voters", "rfortin"),
        ("LPR-17", None, "rfortin"), ("LPR-18", None, "asmith")}
    order = [(row["account"], row["object"], row["kind"], row["column"] or "", row["right"]) for row in said["rows"]]
    assert order == sorted(order)


def test_text_begins_with_what_an_official_needs_to_know(planted: dict[str, Result]) -> None:
    lines = planted["text"].stdout.splitlines()
    assert lines[0].startswith("county-registration: ")
    assert lines[1] == "Which rights are used is unknown: no logs were read (--usage STORE)."
    assert lines[3] == "1 person who left in June 2026 can still change voter records: rfortin."
    assert "3 accounts can change or delete voter records in bulk and should not: asmith, jdoe, rfortin." in lines
    assert "Every account there is, and every one to come, holds rights on vr.status_proposals." in lines
    faults = [line for line in lines if line.startswith("  ✗")]
    assert [line.split("[")[1].split("]")[0] for line in faults] == ["critical"] * 5 + ["high"] * 2 + ["medium"]
    assert "  ▲ asmith, jdoe, rfortin: DELETE, TRUNCATE on vr.voters" in lines
    assert "      through r_clerk" in lines
    assert "  ○ counter_screen, web_lookup: SELECT on vr.lookup_v" in lines


def test_csv_has_every_part_and_runs_no_formula(planted: dict[str, Result]) -> None:
    table = list(csv.DictReader(io.StringIO(planted["csv"].stdout)))
    assert {line["record"] for line in table} == {"row", "assumable", "anomaly"}
    assert [line["account"] for line in table if line["state"] == "missing"] == ["counter_screen", "web_lookup"]


def test_the_matrix_tells_states_apart_without_colour(planted: dict[str, Result]) -> None:
    lines = planted["matrix"].stdout.splitlines()
    head = next(line for line in lines if "clerk" in line)
    voters = next(line for line in lines if line.startswith("vr.voters "))
    assert voters[head.index("clerk"):].startswith("●riu ▲dt")
    assert any(line.startswith("vr.lookup_v") and line.count("○r") == 2 for line in lines)
    assert "● declared and held   ▲ held in excess" in lines
    assert "○ declared, missing   · declared, nobody has the role" in lines


def test_an_exception_is_shown_beside_the_fault_and_hides_nothing(planted: dict[str, Result]) -> None:
    done = planted["known"]
    assert done.exit_code == 1
    lines = done.stdout.splitlines()
    at = next(place for place, line in enumerate(lines) if "LPR-05" in line and "jdoe" in line)
    assert lines[at + 1].strip() == "known to p-002 (until 2090-01-01): being rebuilt"
    assert sum("being rebuilt" in line for line in lines) == 1


def test_what_cannot_be_read_ends_in_three_when_nothing_else_is_wrong(registration: Registration) -> None:
    with registration.copy() as database:
        registration.run("drop function hustings.password_kinds()", database)
        done = diff(registration.dsn(database), "--format", "json")
    assert done.exit_code == 3
    assert [one["catalogue"] for one in json.loads(done.stdout)["unknown"]] == ["LPR-13"]


def test_excess_that_is_no_anomaly_ends_in_one_and_missing_alone_in_zero(registration: Registration) -> None:
    with registration.copy() as database:
        registration.run("revoke select on vr.lookup_v from r_lookup", database)
        assert diff(registration.dsn(database)).exit_code == 0
        registration.run("grant select on vr.elections to r_report", database)
        done = diff(registration.dsn(database), "--format", "json")
    assert (done.exit_code, json.loads(done.stdout)["anomalies"]) == (1, [])


def refused(done: Result, code: int, *words: str) -> None:
    """Nothing on standard output, and an error that says what, where and how to mend it."""
    assert done.stdout == ""
    assert isinstance(done.exception, HustingsError), done.output
    assert done.exception.exit_code == code
    for word in (*words, "fix: "):
        assert word in str(done.exception)


@pytest.mark.parametrize(("dsn", "code", "words"), [
    ("", 2, ("not set", VARIABLE)),
    ("postgresql://hustings_audit@127.0.0.1:1/registration", 3, (VARIABLE, "127.0.0.1")),
    ("postgresql://hustings_audit@[::1", 2, (VARIABLE,)),
    ("nonsense", 2, (VARIABLE,)),
    ("postgresql://hustings_audit:s3cret@db.example.org/registration?sslmode=disable", 2, (VARIABLE,)),
])
def test_a_wrong_address_is_named_by_its_variable_and_never_shown(dsn: str, code: int, words: tuple[str, ...]) -> None:
    done = diff(dsn, "--format", "json")
    refused(done, code, *words)
    assert "s3cret" not in str(done.exception)


def test_a_login_that_the_server_does_not_know_is_refused_with_its_reason(registration: Registration) -> None:
    done = diff(registration.dsn(user="nobody_of_that_name").replace("@", ":s3cret@"), "--format", "json")
    refused(done, 3, VARIABLE)
    assert "s3cret" not in str(done.exception)
    refused(diff(registration.dsn("no_such_database")), 3, VARIABLE)


@pytest.mark.parametrize(("old", "new", "words"), [
    ("login: jdoe", "login: jdo", ("'jdo'", "did you mean 'jdoe'?")),
    ("schemas: [vr, staging]", "schemas: [vr, stagin]", ("'stagin'", "'staging'")),
    ('voters: "r i u(last', 'voters: "r i d(status) u(last', ("DELETE", "column")),
    ("engine: postgresql", "engine: mariadb", ("rows",)),
    ("engine: postgresql", "engine: oracle", ("oracle", "postgresql")),
    ("roles: [clerk], until: 2090-06-30", "roles: [clerck], until: 2090-06-30", ("'clerck'", "'clerk'")),
])
def test_a_model_that_does_not_fit_is_refused_with_file_and_line(
        registration: Registration, changed: Callable[[str, str], Path], old: str, new: str,
        words: tuple[str, ...]) -> None:
    model = changed(old, new)
    refused(diff(registration.dsn(), "--format", "json", model=model), 2, str(model), *words)


def test_an_account_that_is_closed_need_not_exist(registration: Registration,
                                                  changed: Callable[[str, str], Path]) -> None:
    model = changed("login: vendor_acme", "login: vendor_gone")
    assert diff(registration.dsn(), model=model).exit_code == 0


def test_a_right_of_new_releases_is_compared_where_there_is_one(registration: Registration,
                                                                changed: Callable[[str, str], Path]) -> None:
    """MAINTAIN is of 17 and later; the server of these tests has it."""
    model = changed('counties: "r"', 'counties: "r m"')
    done = diff(registration.dsn(), "--format", "json", model=model)
    assert [(row["account"], row["right"]) for row in json.loads(done.stdout)["rows"] if row["state"] == "missing"] == [
        ("asmith", "MAINTAIN"), ("jdoe", "MAINTAIN")]


def test_model_and_all_are_two_questions(registration: Registration) -> None:
    refused(diff(registration.dsn(), "--all"), 2, "--all")
    refused(diff(registration.dsn(), "--engine", "mariadb"), 2, "mariadb")
    refused(diff(registration.dsn(), "--schema", "vr"), 2, "--schema")


def test_another_variable_may_hold_the_address(registration: Registration) -> None:
    assert diff(registration.dsn(), "--dsn-env", "ANOTHER", variable="ANOTHER").exit_code == 0


def test_the_superuser_may_audit_too_and_is_left_out(registration: Registration) -> None:
    done = diff(registration.dsn(TEMPLATE, "postgres"), "--format", "json")
    assert done.exit_code == 0
    assert "postgres" not in {row["account"] for row in json.loads(done.stdout)["rows"]}
    assert AUDITOR in {row["account"] for row in json.loads(done.stdout)["rows"]}
