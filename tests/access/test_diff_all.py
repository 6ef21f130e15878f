"""``hustings access diff --all``: what a person and a program get, and what goes wrong in words."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys

import pytest

from tests.postgres import PostgresServer

PASSWORD = "Hidden-Word"


@pytest.fixture(scope="module")
def database(postgres_server: PostgresServer) -> str:
    name = postgres_server.create_database()
    postgres_server.execute("create role all_auditor login; create role all_clerks; create role all_chief noinherit;"
                            "create role all_ann login in role all_clerks; create role \"all = bob\" login;"
                            "grant all_chief to all_ann with inherit false")
    postgres_server.execute("""create schema vr; create schema other; create table other.t (id int);
        create table vr.voters (id int, name text, status text);
        create function vr.f(int) returns int language sql as 'select 1';
        grant select, update (name, status) on vr.voters to all_clerks; grant select (name) on vr.voters to all_chief;
        grant delete, update (id) on vr.voters to all_chief; grant insert on vr.voters to "all = bob";""", name)
    return name


def run(server: PostgresServer, database: str, *words: str, user: str = "all_auditor",
        dsn: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"ROLL": server.dsn(database, user) if dsn is None else dsn}
    return subprocess.run([sys.executable, "-m", "hustings", "access", "diff", *words], capture_output=True, text=True,
                          env=environment, check=False)


ALL = ("--all", "--engine", "postgresql", "--dsn-env", "ROLL")


def test_json_says_every_right_and_what_set_role_reaches(postgres_server: PostgresServer, database: str) -> None:
    done = run(postgres_server, database, *ALL, "--schema", "vr", "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    document = json.loads(done.stdout)
    assert {key: document[key] for key in ("schema", "engine", "anomalies", "unknown")} == {
        "schema": "hustings.access/1", "engine": "postgresql", "anomalies": [], "unknown": []}
    row = {"object": "vr.voters", "kind": "table", "state": "held", "last_used": None}
    clerks = {"account": "all_ann", "via": ["all_clerks"]}
    assert [one for one in document["rows"] if one["account"] in ("all_ann", "all = bob")] == [
        {**row, "account": "all = bob", "column": None, "right": "INSERT", "via": []} if one == "bob" else
        {**row, **clerks, "column": one[0], "right": one[1]} if one[1] != "EXECUTE" else
        {"account": one[0], "object": "vr.f", "kind": "routine", "column": None, "right": "EXECUTE", "state": "held",
         "via": ["PUBLIC"], "last_used": None}
        for one in (("all = bob", "EXECUTE"), "bob", ("all_ann", "EXECUTE"), (None, "SELECT"), ("name", "UPDATE"),
                    ("status", "UPDATE"))]
    assert document["assumable"] == [
        {"account": "all_ann", "role": "all_chief", "object": "vr.voters", "right": right}
        for right in ("DELETE", "UPDATE(id)")]


def test_without_a_schema_everything_is_said_the_database_too(postgres_server: PostgresServer, database: str) -> None:
    rows = json.loads(run(postgres_server, database, *ALL, "--format", "json").stdout)["rows"]
    objects = {row["object"] for row in rows if row["account"] == "postgres"}
    assert {"vr", "other", "public", database, "vr.voters", "other.t"} <= objects
    assert not [one for one in objects if one.startswith(("pg_catalog", "information_schema", "pg_toast"))]


def test_csv_is_for_a_spreadsheet_and_runs_nothing_in_it(postgres_server: PostgresServer, database: str) -> None:
    postgres_server.execute('create role "=all_cmd()" login')
    done = run(postgres_server, database, *ALL, "--schema", "vr", "--format", "csv")
    postgres_server.execute('drop role "=all_cmd()"')
    lines = list(csv.DictReader(io.StringIO(done.stdout)))
    assert {line["record"] for line in lines} == {"row", "assumable"}
    assert "'=all_cmd()" in {line["account"] for line in lines}
    assert {(line["object"], line["column"], line["right"], line["via"]) for line in lines
            if line["account"] == "all_ann" and line["record"] == "row"} == {
        ("vr.f", "", "EXECUTE", "PUBLIC"), ("vr.voters", "", "SELECT", "all_clerks"),
        ("vr.voters", "name", "UPDATE", "all_clerks"), ("vr.voters", "status", "UPDATE", "all_clerks")}


def test_text_is_for_a_person(postgres_server: PostgresServer, database: str) -> None:
    text = run(postgres_server, database, *ALL, "--schema", "vr").stdout
    assert "\nall_ann\n  vr.f (routine): EXECUTE through PUBLIC\n" in text
    assert "  vr.voters (table): SELECT, UPDATE(name), UPDATE(status) through all_clerks\n" in text
    assert "Beyond that, by SET ROLE:\n  all_ann as all_chief: vr.voters: DELETE, UPDATE(id)\n" in text


@pytest.mark.parametrize(("words", "dsn", "code", "said"), [
    ((*ALL, "--schema", "nowhere"), None, 2, "no schema 'nowhere'"),
    (ALL, "", 2, "ROLL: this environment variable is not set"),
    (ALL, f"postgresql://ann:x@{PASSWORD}@127.0.0.1/roll", 2, "ROLL: the host or the port"),
    (ALL, f"host=db.example password={PASSWORD} sslmode=disable", 2, "sslmode=disable to another machine"),
    (ALL, f"postgresql://ann:{PASSWORD}@127.0.0.1:1/roll", 3, "ROLL: 127.0.0.1:1: the database cannot be reached"),
    (ALL, "no address", 2, "ROLL: this is no address"),
    (("--all", "--dsn-env", "ROLL"), None, 2, "the engine"),
    (("--all", "--engine", "postgresql", "--dsn-env", f"postgresql://a:{PASSWORD}@b/c"), None, 2, "not the address"),
    ((*ALL, "--format", "matrix"), None, 2, "the roles of a model"),
    ((), None, 2, "say what to compare"),
    ((*ALL, "--model", "m.yaml"), None, 2, "two questions"),
])
def test_what_goes_wrong_is_said_in_one_message_and_nothing_else(
        postgres_server: PostgresServer, database: str, words: tuple[str, ...], dsn: str | None, code: int,
        said: str) -> None:
    done = run(postgres_server, database, *words, dsn=dsn)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert "fix: " in done.stderr
    assert "Traceback" not in done.stderr
    assert PASSWORD not in done.stderr


def test_a_refused_login_is_said_and_nothing_is_half_reported(postgres_server: PostgresServer, database: str) -> None:
    done = run(postgres_server, database, *ALL, user="all_clerks")
    assert (done.returncode, done.stdout) == (3, "")
    assert "not permitted to log in" in done.stderr
