"""The auditing role of the grant script in PostgreSQL: it sees who may do what, and not one voter."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from agent.access.grant_script_postgresql import script
from collectors.access_reader import read
from hustings.access.model import Counting
from hustings.errors import ConfigError
from tests.postgres import DEBIAN, PostgresServer, running

AUDITOR = "hustings audit"
SECRET = "Secret-Surname"
DATABASE = "roll"

SCHEMA = f"""
create role vr_owner; create role clerks; create role ann login password 'x' in role clerks;
create schema vr authorization vr_owner; set role vr_owner;
create table vr.voters (id int primary key, last_name text, picture oid);
create table vr.users (name text, active boolean, mfa boolean);
create table vr."Odd Table" (id int);
create view vr.names_v as select last_name from vr.voters;
create materialized view vr.kept as select last_name from vr.voters;
create function vr.first_name() returns text language sql stable as 'select max(last_name) from vr.voters';
create procedure vr.act() language sql as 'delete from vr.voters';
revoke execute on all routines in schema vr from public;
insert into vr.voters select n, '{SECRET}' from generate_series(1, 200) n;
insert into vr.users values ('a', true, true), ('b', true, false), ('c', true, false), ('d', false, false);
alter table vr.users enable row level security; alter table vr.users force row level security;
create policy none on vr.users using (false);
grant select on vr.voters to clerks;
reset role;
refresh materialized view vr.kept; analyze;
alter system set primary_conninfo = 'host=nowhere password={SECRET}';
select pg_reload_conf();
"""
COUNTS = {
    "no_second_factor": Counting(sql='SELECT count(*) FROM users u WHERE active AND NOT mfa;'),
    "odd": Counting(sql='with found as (select id from vr."Odd Table") select count(*) from found'),
}
TRIES = (
    "select * from vr.voters", "select last_name from vr.voters", "select count(*) from vr.voters",
    "select 1 from vr.voters", "table vr.voters", "select ctid from vr.voters", "explain select * from vr.voters",
    "explain analyze select last_name from vr.voters", "copy vr.voters to stdout",
    "copy (select last_name from vr.voters) to stdout", "copy vr.voters (last_name) to stdout",
    "copy vr.voters to '/tmp/none'", "copy vr.voters to program 'cat'", "select * from vr.names_v",
    "select * from vr.kept", "select vr.first_name()", "call vr.act()", "lock table vr.voters",
    "select * from vr.voters tablesample system (100)", "declare c cursor for select * from vr.voters",
    "create temp table mine as select * from vr.voters",
    "create table hustings.copy (like vr.voters)", "create table public.copy as select * from vr.voters",
    "select table_to_xml('vr.voters', true, false, '')",
    "select query_to_xml('select * from vr.voters', true, false, '')",
    "insert into vr.voters values (0)", "update vr.voters set last_name = ''",
    "delete from vr.voters", "truncate vr.voters", "merge into vr.voters v using (select 1) x on true when matched "
    "then delete", "drop table vr.voters", "alter table vr.voters add x int",
    "create trigger t before insert on vr.voters for each row execute function vr.first_name()",
    "create rule r as on select to vr.voters do instead select 1", "refresh materialized view vr.kept",
    "set role clerks", "set role vr_owner", "set role hustings_reader", "set role hustings_counter",
    "set role postgres", "set session authorization ann", "grant clerks to session_user",
    "grant select on vr.voters to public", "alter role ann password 'x'", "create role more",
    "select pg_read_file('PG_VERSION')", "select pg_read_binary_file('PG_VERSION')", "select pg_ls_dir('base')",
    "select pg_ls_waldir()", "select lo_import('/etc/passwd')", "select lo_export(1, '/tmp/none')",
    "select * from pg_authid", "select rolpassword from pg_authid", "select * from pg_statistic",
    "select * from pg_largeobject", "select * from pg_file_settings", "select * from pg_user_mapping",
    "select pg_current_logfile()",
    "create function hustings.mine() returns int language sql as 'select 1'",
    "alter function hustings.settings() owner to session_user", "drop function hustings.settings()",
    "do $$ begin perform last_name from vr.voters; end $$", "checkpoint",
    "create subscription s connection '' publication p with "
    "(connect = false)",
)


@pytest.fixture(scope="module", params=[15, 18])
def server(request: pytest.FixtureRequest) -> Iterator[PostgresServer]:
    if not DEBIAN.is_dir():
        pytest.skip("psql is not installed")
    loaded = {"shared_preload_libraries": "pgaudit"} if request.param == 15 else {}
    with running(request.param, **loaded) as one:
        one.execute(f"create database {DATABASE}")
        with psycopg.connect(one.dsn(DATABASE), autocommit=True) as connection:
            for statement in SCHEMA.split(";\n"):
                if statement.strip():
                    connection.execute(statement)
        for _ in range(2):
            run(one, script(AUDITOR, COUNTS, ("vr",)))
        yield one


def run(server: PostgresServer, text: str) -> None:
    """As a person would: psql, stopping at the first error."""
    done = subprocess.run([str(DEBIAN / "psql"), "--no-psqlrc", f"--dbname={server.dsn(DATABASE)}", "--quiet",
                           "--set=ON_ERROR_STOP=1", "--file=-"], input=text, text=True, capture_output=True,
                          check=False)
    assert done.returncode == 0, done.stderr


def auditor(server: PostgresServer) -> str:
    return server.dsn(DATABASE, AUDITOR.replace(" ", "%20"))


def test_not_one_voter_can_be_read_or_touched(server: PostgresServer) -> None:
    with psycopg.connect(auditor(server), autocommit=True) as connection:
        connection.execute("set default_transaction_read_only = off")
        for text in TRIES:
            with connection.transaction(force_rollback=True):
                try:
                    answer = connection.execute(text)
                except psycopg.errors.InsufficientPrivilege:
                    continue
                pytest.fail(f"{text}: {answer.statusmessage}")


def test_nothing_that_the_role_can_read_holds_a_voters_name(server: PostgresServer) -> None:
    readable = 0
    with psycopg.connect(server.dsn(DATABASE)) as busy, psycopg.connect(auditor(server), autocommit=True) as connection:
        busy.execute(f"select '{SECRET}', * from vr.voters limit 1")
        relations = connection.execute("""select n.nspname, c.relname, array_agg(a.attname) from pg_class c
            join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
            where c.relkind in ('r', 'v', 'm', 'p', 'S', 't') and not a.attisdropped group by 1, 2""").fetchall()
        assert len(relations) > 200
        for schema, name, columns in relations:
            for one in [None, *columns]:
                what = sql.Identifier(one) if one else sql.SQL("*")
                query = sql.SQL("select {} from {}").format(what, sql.Identifier(schema, name))
                try:
                    rows = connection.execute(query).fetchall()
                except (psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectNotInPrerequisiteState,
                        psycopg.errors.FeatureNotSupported):
                    continue
                readable += 1
                assert SECRET not in repr(rows), f"{schema}.{name}.{one}"
                assert not name.startswith(("voters", "users", "kept", "names_v"))
                if one is None:
                    break
    assert readable > 100


def test_the_role_sees_everything_that_is_audited(server: PostgresServer) -> None:
    state = read("postgresql", auditor(server), schemas=("vr",), counts=("no_second_factor", "odd"))
    assert state.missing == {}
    assert state.answers == {"no_second_factor": 2, "odd": 0}
    assert "shared_preload_libraries" in state.settings
    assert state.sign_in_rules
    assert {one.name: one.password for one in state.principals if one.login} == {
        "postgres": "none", "ann": "scram", AUDITOR: "none"}
    assert {one.label for one in state.objects if one.schema == "vr"} >= {"vr.voters", "vr.Odd Table", "vr.names_v"}
    if state.version.startswith("15"):
        assert "pgaudit" in state.settings["shared_preload_libraries"]
        assert "pgaudit.log" in state.settings


def test_the_role_holds_nothing_but_its_own_functions_and_nobody_else_holds_those(server: PostgresServer) -> None:
    done = subprocess.run([sys.executable, "-m", "hustings", "access", "diff", "--all", "--engine", "postgresql",
                           "--dsn-env", "ROLL", "--format", "json"], capture_output=True, text=True, check=False,
                          env=os.environ | {"ROLL": auditor(server)})
    assert (done.returncode, done.stderr) == (0, "")
    document = json.loads(done.stdout)
    assert document["unknown"] == []
    assert [one for one in document["assumable"] if one["account"] == AUDITOR] == []
    mine = {(row["object"], row["right"]) for row in document["rows"] if row["account"] == AUDITOR and not row["via"]}
    functions = {f"hustings.{name}" for name in ("password_kinds", "settings", "standbys", "receiver",
                                                 "count_no_second_factor", "count_odd")}
    assert mine == {("hustings", "USAGE"), ("roll", "CONNECT"), *((name, "EXECUTE") for name in functions)}
    assert not [row for row in document["rows"] if row["object"].startswith("hustings")
                and row["account"] not in (AUDITOR, "postgres")]


def test_without_the_functions_what_is_hidden_is_named_as_missing(server: PostgresServer) -> None:
    server.execute("create role stranger login")
    state = read("postgresql", server.dsn(DATABASE, "stranger"), counts=("odd",))
    assert set(state.missing) == {"principals.password", "sign_in_rules", "answers.odd",
                                  "settings.shared_preload_libraries", "settings.session_preload_libraries"}
    assert {one.reason for one in state.missing.values()} == {"denied"}
    assert state.sign_in_rules == ()
    assert {one.password for one in state.principals} == {None}


def test_running_it_again_changes_nothing(server: PostgresServer) -> None:
    def kept() -> list[tuple[object, ...]]:
        with psycopg.connect(server.dsn(DATABASE)) as connection:
            return connection.execute("""select 'f', p.oid::text, p.proacl::text, p.proowner::text, p.prosrc,
                p.proconfig::text from pg_proc p where p.pronamespace = 'hustings'::regnamespace
              union all select 'r', oid::text, relacl::text, relowner::text, '', '' from pg_class where relacl <> '{}'
              union all select 'm', roleid::text, member::text, '', '', '' from pg_auth_members
              union all select 'a', rolname, rolcanlogin::text, rolbypassrls::text, '', '' from pg_authid
              order by 1, 2, 3""").fetchall()
    before = kept()
    run(server, script(AUDITOR, COUNTS, ("vr",)))
    assert kept() == before


@pytest.mark.parametrize("question", ["delete from vr.users", "select 1; select 2", "select count(*) from users",
                                      "so many"])
def test_a_question_that_is_not_one_select_over_known_tables_is_refused(question: str) -> None:
    with pytest.raises(ConfigError, match="not one SELECT"):
        script(AUDITOR, {"x": Counting(sql=question)}, ("vr", "staging"))


def test_every_grant_of_the_script_has_its_reason_before_it() -> None:
    lines = script(AUDITOR, COUNTS, ("vr",)).splitlines()
    paragraphs = "\n".join(lines).split("\n\n")
    for paragraph in paragraphs:
        if "GRANT " in paragraph:
            assert paragraph.lstrip().startswith("--") or "hustings." in paragraph


def test_the_command_prints_the_script_for_a_model_too(tmp_path: Path) -> None:
    model = tmp_path / "roll.access.yaml"
    model.write_text("model: 1\nsystem: roll\ndatabase: {engine: postgresql, dsn_env: ROLL, schema: vr}\nroles: {}\n"
                     "accounts: []\ncounts: {no_factor: {sql: 'select count(*) from users where not mfa'}}\n",
                     encoding="utf-8")
    done = subprocess.run([sys.executable, "-m", "hustings", "access", "grant-script", "--role", "auditor", "--model",
                           str(model)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "FUNCTION hustings.count_no_factor()" in done.stdout
    assert 'GRANT SELECT ON "vr"."users" TO hustings_counter;' in done.stdout
