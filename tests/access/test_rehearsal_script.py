"""A change script may take and give rights and nothing else: what is not understood is refused before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.access.rehearsal_needs import need
from agent.access.rehearsal_routines import Routine, Routines
from agent.access.rehearsal_script import parse_script, read_script
from agent.access.rehearsal_words import statements
from agent.access.rehearsal_workload import from_file, from_shapes
from hustings.access.usage import Shape
from hustings.errors import UsageError

ALLOWED = (
    "grant select on vr.t to x", 'revoke update (a, b) on vr.t from "Odd; Name" cascade',
    "revoke r from x granted by y",
    "alter table vr.t owner to o", "alter table if exists only vr.t * owner to o", "alter schema vr owner to o",
    "alter function vr.f(int, numeric(3, 2)) set search_path = pg_catalog, vr, pg_temp",
    "alter routine vr.f reset search_path", "alter procedure vr.p() security invoker",
    "alter role x with nosuperuser nologin connection limit -1 valid until '2027-01-01'",
    "alter role x set statement_timeout = '2s'", "alter role x in database y reset search_path",
    "alter default privileges for role o in schema s revoke execute on functions from public",
    "alter table t no force row level security", "set role x; grant select on t to y; reset role",
    "/* a /* nested */ comment; */ grant select on t to x; -- drop table t;\n;;",
)
REFUSED = (
    "drop table x", "begin", "commit", "rollback", "\\connect other", "\\! rm -rf /", "delete from t", "select 1",
    "alter table t add column a int, owner to x", "alter table t owner to x, add column b int",
    "alter table t add column row level security", "alter role x password 'a'", "alter role x set work_mem = '1GB'",
    "alter function f() set search_path = a set work_mem = 1", "alter function f() owner to x cascade",
    "alter routine f(", "do $$ begin end $$", "set session authorization x", "set role x to y", "copy t to '/x'",
    "grant select on t to x; drop table y", "alter system set x = 1", "create role x", "alter group g add user x",
    "/* open", "grant select on t to 'x", "grant select on t to x $$ open", "truncate t", "security label on t is 'x'",
)


@pytest.mark.parametrize("text", ALLOWED)
def test_changes_of_rights_are_let_through(text: str) -> None:
    assert parse_script(text, "postgresql").statements


@pytest.mark.parametrize("text", REFUSED)
def test_everything_else_is_refused_with_its_line(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_script(f"grant select on a to b;\n{text}", "postgresql", "change.sql")
    assert refused.value.where == "change.sql:2"
    assert refused.value.remedy


@pytest.mark.parametrize("text", [
    "grant select on a.b to 'x'@'%'", "revoke all privileges, grant option from `x`@`10.%`",
    "alter user x@localhost account lock", "alter user 'x'@'%' require ssl with max_user_connections 3",
    "set default role none for 'a'@'b'", "grant select on a.b to x # a comment"])
def test_mariadbs_changes_of_rights_are_let_through(text: str) -> None:
    assert parse_script(text, "mariadb").statements


@pytest.mark.parametrize("text", [
    "grant select on a.b to x identified by 'y'", "alter user x identified by 'y'", "set password for x = 'y'",
    "drop user x", "set global a = 1", "use mysql", "delimiter //", "source x", "/*! drop table x */",
    "grant select on a.b to x /*M! , drop */", "update mysql.user set a = 1", "rename user x to y", "flush privileges"])
def test_mariadbs_other_statements_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_script(text, "mariadb")


def test_a_script_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"missing\.sql"):
        read_script(tmp_path / "missing.sql", "postgresql")


def test_semicolons_within_texts_split_nothing() -> None:
    text = "select ';', $a$ ; $$ ; $a$, \"a;b\", e'\\';' /* ; */;\nselect 2"
    assert [(one.line, one.text[:8]) for one in statements(text)] == [(1, "select '"), (2, "select 2")]
    assert [one.text for one in statements("select ';', \"a\\\";\", `b;` # ;\n; select 2", "mariadb")] == [
        "select ';', \"a\\\";\", `b;`", "select 2"]


def test_a_workload_is_read_from_json_lines_and_sql(tmp_path: Path) -> None:
    forms = {
        "list.json": '[{"account": "jdoe", "statement": "select 1"}, {"accounts": ["a", "b"], "sql": "select 2"}]',
        "object.json": '{"statements": [{"account": "jdoe", "text": "select 1"}, {"accounts": ["a", "b"], '
                       '"text": "select 2"}]}',
        "lines.json": '{"account": "jdoe", "sql": "select 1"}\n{"accounts": ["a", "b"], "sql": "select 2"}\n',
        "work.sql": "-- account: jdoe\nselect 1;\n-- accounts: a, b\nselect 2;\n",
    }
    for name, text in forms.items():
        (tmp_path / name).write_text(text)
        found = from_file(tmp_path / name, "postgresql")
        assert [(one.account, one.text) for one in found] == [
            ("jdoe", "select 1"), ("a", "select 2"), ("b", "select 2")]


@pytest.mark.parametrize(("text", "where"), [
    ("select 1;", ":1"), ('[{"statement": "select 1"}]', ""), ('[{"account": "x"}]', ""),
    ('{"account": "a", "sql": "b"}\n{', ":2"),
    ('[{"account": 5, "sql": "select 1"}]', "")])
def test_a_workload_that_says_not_who_runs_what_is_refused(tmp_path: Path, text: str, where: str) -> None:
    path = tmp_path / "work"
    path.write_text(text)
    with pytest.raises(UsageError) as refused:
        from_file(path, "postgresql")
    assert refused.value.where.startswith(f"{path}{where}")


def test_a_shape_counts_once_for_each_of_its_accounts() -> None:
    shape = Shape(id="1", text="select $1", accounts=("a", "b"), database="d", search_path="vr")
    assert [(one.account, one.search_path, one.database) for one in from_shapes([shape])] == [
        ("a", "vr", "d"), ("b", "vr", "d")]


@pytest.mark.parametrize(("text", "rights"), [
    ("truncate vr.voters, only audit_log restart identity", ["TRUNCATE", "TRUNCATE"]),
    ("copy vr.voters (a, b) from stdin", ["INSERT(a)", "INSERT(b)"]),
    ("copy t to '/tmp/x'", ["SELECT", "USAGE"]), ("copy t from program 'x'", ["INSERT", "USAGE"]),
    ("lock table t in share mode", ["UPDATE, DELETE, TRUNCATE"]), ("lock t in access share mode", [
        "SELECT, UPDATE, DELETE, TRUNCATE"]),
    ("call s.p(1)", ["EXECUTE"]), ("set role dba", ["SET ROLE"]), ("set local role none", []),
    ("set search_path = a", []),
    ("begin", []), ("fetch 5 from c", []), ("vacuum (analyze) t", ["MAINTAIN"]), ("alter table t add a int", ["owner"]),
    ("create table s.t (a int)", ["CREATE"]), ("drop index if exists s.i", ["owner"]), ("", [])])
def test_what_cannot_be_planned_is_asked_for_by_its_rights(text: str, rights: list[str]) -> None:
    found = need(text)
    assert ([one.right for one in found.asks], found.plan, found.why_not) == (rights, "", "")


@pytest.mark.parametrize(("text", "plan"), [
    ("select 1", "select 1"), ("(select 1) union (select 2)", "(select 1) union (select 2)"),
    ("prepare p (int) as select $1", "select $1"), ("declare c cursor with hold for select 1", "select 1"),
    ("explain (analyze, verbose) delete from t", "delete from t"), ("explain analyze select 1", "select 1"),
    ("copy (select 1) to stdout", "select 1"), ("with a as (select 1) select * from a", "with a as (select 1) select * "
                                                                                         "from a")])
def test_the_query_within_is_what_is_planned(text: str, plan: str) -> None:
    assert need(text).plan.strip() == plan


@pytest.mark.parametrize("text", ["do $$ begin end $$", "execute p", "create role x", "grant select on t to x"])
def test_what_can_only_be_run_is_not_judged(text: str) -> None:
    assert need(text).why_not


@pytest.mark.parametrize(("body", "lost", "sure"), [
    ("begin insert into vr.log (a) values (1); end", ("relation", "vr.log", "INSERT", ""), True),
    ("begin insert into log values (1); end", ("relation", "vr.log", "INSERT", ""), True),
    ("begin insert into other.log values (1); end", ("relation", "vr.log", "INSERT", ""), None),
    ("begin insert into vr.log values (1); end", ("relation", "vr.log", "DELETE", ""), None),
    ("begin delete from vr.log where a = 1; end", ("relation", "vr.log", "SELECT", ""), False),
    ("begin delete from vr.log; end", ("relation", "vr.log", "SELECT", ""), None),
    ("begin perform 1 from vr.log; end", ("relation", "vr.log", "SELECT", ""), True),
    ("begin select a into b from vr.log; end", ("relation", "vr.log", "SELECT", "c"), None),
    ("begin update vr.log set a = 1; end", ("relation", "vr.log", "UPDATE", "a"), False),
    ("begin -- insert into vr.log\n null; end", ("relation", "vr.log", "INSERT", ""), None),
    ("begin execute 'insert into ' || x; end", ("relation", "vr.log", "INSERT", ""), False),
    ("begin perform vr.f(1); end", ("routine", "vr.f", "EXECUTE", ""), True),
    ("begin perform nextval('vr.log_id_seq'); end", ("sequence", "vr.log_id_seq", "USAGE", ""), True),
])
def test_a_body_is_weighed_against_what_is_lost(body: str, lost: tuple[str, str, str, str], sure: bool | None) -> None:
    known = Routines(by_oid={1: Routine("vr.r", "plpgsql", definer=False, body=body)})
    found = list(known.weigh([1], frozenset({lost})))
    assert [one.sure for one in found] == ([] if sure is None else [sure])


def test_a_definers_body_and_what_it_calls_are_its_owners() -> None:
    body = "begin delete from vr.log; end"
    known = Routines(by_oid={1: Routine("vr.a", "plpgsql", definer=True, body="begin perform vr.b(); end"),
                             2: Routine("vr.b", "plpgsql", definer=False, body=body),
                             3: Routine("vr.c", "plpgsql", definer=False, body="begin perform vr.b(); end")},
                     by_name={"a": [1], "b": [2], "c": [3]})
    lost = frozenset({("relation", "vr.log", "DELETE", "")})
    assert list(known.weigh([1], lost)) == []
    assert [one.routine for one in known.weigh([3], lost)] == ["vr.b"]
