"""A change script is rehearsed on PostgreSQL: what it would break is named exactly, and nothing is left behind."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from agent.access.rehearsal_catalogue import fingerprint, rights
from agent.access.rehearsal_plans import DENIED as NOT_ALLOWED
from agent.access.rehearsal_postgresql import rehearse
from agent.access.rehearsal_report import BEFORE, DENIED, FINE, ROWS, UNKNOWN, Report
from agent.access.rehearsal_script import Script, parse_script
from agent.access.rehearsal_workload import Seen
from hustings.errors import CannotFinish, Exit, UsageError
from tests.access.registration import Registration
from tests.access.workload import CLERKS, workload
from tests.postgres import PostgresServer, running

UNUSED = """
grant delete, truncate on vr.voters to r_clerk;
grant select on vr.users to r_report;
grant update on vr.elections to public;
grant select (ssn4) on vr.voters to r_entry;
"""
REMOVED = """
revoke delete, truncate on vr.voters from r_clerk;
revoke select on vr.users from r_report;
revoke update on vr.elections from public;
revoke select (ssn4) on vr.voters from r_entry;
"""
NEEDED = (
    "revoke select on vr.voter_history from r_clerk; revoke usage on schema vr from r_report; "
    "revoke execute on function vr.approve_status(bigint) from r_approve",
    "revoke update (party) on vr.voters from r_clerk; revoke select on vr.lookup_v from r_lookup; "
    "revoke select (county) on vr.voters from r_entry",
    "revoke update on vr.addresses from r_clerk; grant update (line1) on vr.addresses to r_clerk; "
    "revoke usage on sequence vr.absentee_request_id_seq from r_clerk; revoke r_users from hgagnon",
    "revoke execute on function vr.full_years(date) from r_clerk; revoke insert on staging.inbox_dmv from r_dmv",
)


@pytest.fixture(scope="module")
def database(registration: Registration) -> Iterator[str]:
    with registration.copy() as name:
        registration.run(UNUSED, name)
        yield name


@pytest.fixture
def connection(registration: Registration, database: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(registration.server.dsn(database), autocommit=True) as one:
        yield one


def rehearsed(connection: psycopg.Connection[Any], sql: str, seen: tuple[Seen, ...], *, lock_timeout: float = 2,
              undo: str = "") -> Report:
    dsn = connection.info.dsn
    return rehearse(connection, script(sql), sql, seen, lock_timeout=lock_timeout, target="copy",
                    undo=script(undo) if undo else None,
                    again=lambda: psycopg.connect(dsn, autocommit=True))


def script(sql: str) -> Script:
    return parse_script(sql, "postgresql")


def seen(account: str, *texts: str) -> tuple[Seen, ...]:
    return tuple(Seen(text, text, account) for text in texts)


def broken(report: Report) -> set[tuple[str, str]]:
    return {(one.account, one.statement) for one in report.of(DENIED)}


def tried(registration: Registration, database: str, sql: str, work: tuple[Seen, ...]) -> set[tuple[str, str]]:
    """The statements that the server itself denies when they are run with the script applied, all taken back."""
    denied = set()
    with psycopg.connect(registration.server.dsn(database)) as connection:
        connection.execute(sql)
        for one in work:
            connection.execute("savepoint one")
            connection.execute(f"set local session authorization {one.account}")
            count = max((int(number) for number in re.findall(r"\$(\d+)", one.text)), default=0)
            result = connection.pgconn.exec_params(one.text.encode(), [None] * count)
            if (result.error_field(psycopg.pq.DiagnosticField.SQLSTATE) or b"").decode() == NOT_ALLOWED \
                    and b"row-level security" not in result.error_message:
                denied.add((one.account, one.text))
            connection.execute("rollback to savepoint one")
        connection.rollback()
    return denied


def test_the_workload_is_large() -> None:
    assert len({one.text for one in workload()}) >= 200


def test_removing_only_unused_rights_denies_nothing(connection: psycopg.Connection[Any]) -> None:
    before = fingerprint(connection, connection.info.server_version)
    report = rehearsed(connection, REMOVED, workload(), undo=UNUSED)
    assert [one for one in report.outcomes if one.outcome not in (FINE, BEFORE)] == []
    assert {(one.account, one.statement) for one in report.of(BEFORE)} == set()
    assert (report.exit, report.undo, report.changes) == (Exit.OK, "exact", 4)
    assert before == fingerprint(connection, connection.info.server_version)
    assert {part.name: (part.rows, part.before) for part in report.catalogue} == before
    assert all(part.before == part.after for part in report.catalogue)


@pytest.mark.parametrize("sql", NEEDED)
def test_what_a_needed_right_breaks_is_what_the_server_denies(registration: Registration, database: str,
                                                              connection: psycopg.Connection[Any], sql: str) -> None:
    work = tuple(one for one in workload() if not one.text.startswith(("copy", "begin", "commit"))
                 and one.account != "dba_ann")
    report = rehearsed(connection, sql, work)
    expected = tried(registration, database, sql, work)
    assert expected
    assert broken(report) == expected
    assert report.exit == Exit.NO
    assert report.equal


def test_a_denied_statement_names_the_object_and_the_right(connection: psycopg.Connection[Any]) -> None:
    report = rehearsed(connection, "revoke update (party) on vr.voters from r_clerk; revoke select on vr.report_v from "
                                   "r_report; revoke insert on staging.inbox_dmv from r_dmv", workload())
    named = {(one.account, one.object, one.right) for one in report.of(DENIED)}
    assert named == {*((clerk, "vr.voters", "UPDATE(party)") for clerk in CLERKS), ("nkhan", "vr.report_v", "SELECT"),
                     ("svc_dmv", "staging.inbox_dmv", "INSERT"),
                     ("svc_dmv", "staging.inbox_dmv", "INSERT(payload)")}
    assert {one.by for one in report.of(DENIED)} == {"plan", "privilege"}


def test_what_is_denied_today_is_not_the_scripts_doing(connection: psycopg.Connection[Any]) -> None:
    report = rehearsed(connection, "revoke select on vr.counties from r_clerk",
                       seen("jdoe", "select * from vr.users", "select * from vr.counties"))
    assert [one.statement for one in report.of(BEFORE)] == ["select * from vr.users"]
    assert broken(report) == {("jdoe", "select * from vr.counties")}


def test_what_nobody_can_tell_is_unknown_and_never_fine(connection: psycopg.Connection[Any]) -> None:
    report = rehearsed(connection, "revoke select on vr.counties from r_clerk", (
        *seen("jdoe", "do $$ begin perform 1 from vr.counties; end $$", "select * from vr.not_there", "selec 1"),
        *seen("gone_since", "select 1"), *seen("nkhan", "do $$ begin perform 1; end $$")))
    assert {(one.account, one.outcome) for one in report.outcomes} == {
        ("jdoe", UNKNOWN), ("gone_since", UNKNOWN), ("nkhan", FINE)}
    assert report.exit == Exit.CANNOT
    assert [one.by for one in report.of(FINE)] == ["untouched"]


def test_an_account_is_followed_into_the_role_it_takes_on(connection: psycopg.Connection[Any]) -> None:
    work = seen("dba_ann", "create table vr.scratch (a int)")
    assert [one.role for one in rehearsed(connection, REMOVED, work).of(FINE)] == ["r_dba"]
    assert broken(rehearsed(connection, "revoke r_dba from dba_ann", work)) == {("dba_ann", work[0].text)}
    assert broken(rehearsed(connection, "revoke create on schema vr from r_dba", work)) == {("dba_ann", work[0].text)}


def test_other_rows_are_no_denial_but_are_told(connection: psycopg.Connection[Any]) -> None:
    report = rehearsed(connection, "alter table vr.counties enable row level security", seen(
        "jdoe", "select * from vr.counties", "select * from vr.elections"))
    assert [(one.statement, one.object) for one in report.of(ROWS)] == [("select * from vr.counties", "vr.counties")]
    assert report.exit == Exit.NO


def test_an_undo_that_forgets_something_is_told(connection: psycopg.Connection[Any]) -> None:
    report = rehearsed(connection, REMOVED, workload()[:5], undo="grant delete on vr.voters to r_clerk")
    assert report.undo.startswith("4 different: ")
    assert report.exit == Exit.CANNOT


def test_a_change_by_somebody_else_meanwhile_is_seen(registration: Registration, database: str,
                                                     connection: psycopg.Connection[Any]) -> None:
    def meddle(_: int) -> None:
        registration.run("grant select on vr.counties to pcote", database)

    text = REMOVED
    report = rehearse(connection, script(text), text, workload()[:2], lock_timeout=2, target="copy", progress=meddle,
                      again=lambda: psycopg.connect(registration.server.dsn(database), autocommit=True))
    registration.run("revoke select on vr.counties from pcote", database)
    assert not report.equal
    assert [part.name for part in report.catalogue if part.before != part.after] == ["pg_class"]
    assert report.exit == Exit.CANNOT


def test_a_session_that_is_ended_is_opened_again(registration: Registration, database: str) -> None:
    ended: list[int] = []

    def end(_: int) -> None:
        if not ended:
            ended.append(1)
            registration.run("select pg_terminate_backend(pid) from pg_stat_activity where application_name = "
                             "'rehearsed'", database)

    def connect() -> psycopg.Connection[Any]:
        return psycopg.connect(registration.server.dsn(database), autocommit=True, application_name="rehearsed")

    sql = "revoke select on vr.counties from r_clerk"
    for again in (connect, None):
        ended.clear()
        with connect() as connection:
            if again is None:
                with pytest.raises(CannotFinish, match="it took everything back"):
                    rehearse(connection, script(sql), sql, workload(), lock_timeout=2, target="copy", progress=end)
                continue
            report = rehearse(connection, script(sql), sql, workload(), lock_timeout=2, target="copy", progress=end,
                              again=again)
        assert len(report.outcomes) == len(workload())
        assert {one.object for one in report.of(DENIED)} == {"vr.counties"}
        assert report.equal


def test_a_script_that_the_server_refuses_changes_nothing(connection: psycopg.Connection[Any]) -> None:
    before = rights(connection)
    with pytest.raises(UsageError, match="the server refuses this statement: role \"nobody\" does not exist"):
        rehearsed(connection, "revoke select on vr.counties from r_clerk; revoke select on vr.users from nobody",
                  workload())
    assert rights(connection) == before


def test_who_may_not_make_the_changes_is_told_so(registration: Registration, database: str) -> None:
    with psycopg.connect(registration.server.dsn(database, "jdoe"), autocommit=True) as connection, \
            pytest.raises(CannotFinish, match="refuses this statement"):
        rehearsed(connection, "alter role asmith nologin", seen("jdoe", "select 1"))


def test_nobody_waits_longer_than_the_lock_timeout(registration: Registration, database: str,
                                                   connection: psycopg.Connection[Any]) -> None:
    """The script takes the strongest locks there are (ALTER TABLE … OWNER) while somebody writes without pause."""
    waits: list[float] = []
    stop = threading.Event()

    def write() -> None:
        with psycopg.connect(registration.server.dsn(database), autocommit=True) as writer:
            while not stop.is_set():
                began = time.monotonic()
                writer.execute("insert into vr.elections (election_id) values (1) on conflict (election_id) do "
                               "update set title = 'x'")
                waits.append(time.monotonic() - began)

    timeout = 1.0
    thread = threading.Thread(target=write)
    thread.start()
    try:
        report = rehearsed(connection, "alter table vr.elections owner to postgres; " + REMOVED, workload() * 4,
                           lock_timeout=timeout)
    finally:
        stop.set()
        thread.join()
    assert broken(report) == set()
    assert report.transactions > 6
    assert 0.05 < max(waits) < timeout
    assert report.longest_held < timeout


def test_a_table_that_is_never_free_ends_the_rehearsal(registration: Registration, database: str,
                                                       connection: psycopg.Connection[Any]) -> None:
    with psycopg.connect(registration.server.dsn(database)) as holder:
        holder.execute("lock table vr.elections in share mode")
        with pytest.raises(CannotFinish, match="6 attempts: tables are busy"):
            rehearsed(connection, "alter table vr.elections owner to postgres", seen("jdoe", "select 1"),
                      lock_timeout=0.1)


# What EXPLAIN does and does not check, on each version.

SMALL = """
create schema s;
create table s.t (id serial primary key, a int, b text);
create table s.i (id int generated always as identity, a int);
create table s.log (at timestamptz default now(), what text);
create table s.k (a int);
create view s.v as select a from s.t;
create function s.strictly(int) returns int language sql strict immutable as 'select $1';
create function s.plainly(int) returns int language plpgsql as 'begin return $1; end';
create function s.lifted() returns int language sql security definer as 'select count(*)::int from s.log';
create function s.asking() returns bigint language plpgsql as 'begin return (select count(*) from s.log); end';
create function s.dynamic(text) returns void language plpgsql as 'begin execute ''delete from '' || $1; end';
create function s.note() returns trigger language plpgsql as
  'begin insert into s.log (what) values (tg_op); return new; end';
create procedure s.work() language plpgsql as 'begin null; end';
create trigger noted before insert on s.t for each row execute function s.note();
create view s.f as select s.plainly(1) as one;
alter table s.k add check (s.plainly(a) > 0);
revoke execute on all routines in schema s from public;
create role {role} login;
grant usage on schema s to {role};
grant all on all tables in schema s to {role};
grant all on all sequences in schema s to {role};
grant execute on all routines in schema s to {role};
"""
HIDDEN = (
    ("revoke execute on function s.strictly(int) from {role}", "select s.strictly($1)"),
    ("revoke execute on function s.strictly(int) from {role}", "select s.strictly(1)"),
    ("revoke execute on function s.plainly(int) from {role}", "select * from s.f"),
    ("revoke execute on function s.plainly(int) from {role}", "insert into s.k values ($1)"),
    ("revoke select on s.log from {role}", "select s.asking()"),
    ("revoke insert on s.log from {role}", "insert into s.t (a) values ($1)"),
    ("revoke all on sequence s.t_id_seq from {role}", "insert into s.t (a) values ($1)"),
    ("revoke all on sequence s.t_id_seq from {role}", "select nextval('s.t_id_seq')"),
    ("revoke update on sequence s.t_id_seq from {role}", "select setval('s.t_id_seq', 5)"),
    ("revoke insert on s.t from {role}; grant insert (a) on s.t to {role}", "insert into s.t (a, b) values ($1, $2)"),
    ("revoke truncate on s.t from {role}", "truncate table s.t, s.k"),
    ("revoke execute on procedure s.work() from {role}", "call s.work()"),
    ("revoke select on s.t from {role}", "copy s.t (a) to stdout"),
    ("revoke select on s.t from {role}", "copy (select b from s.t) to stdout"),
    ("revoke update, delete, truncate on s.k from {role}", "lock table s.k in exclusive mode"),
    ("revoke select on s.t from {role}", "declare c cursor for select a from s.t"),
    ("revoke select on s.t from {role}", "delete from s.t where a = $1"),
    ("revoke update on s.t from {role}", "select a from s.t for update"),
)
"""Scripts, and the statement that each breaks."""
ALLOWED = (
    ("revoke all on s.log from {role}", "select s.lifted()"),
    ("revoke all on s.t from {role}; grant select on s.v to {role}", "select a from s.v where a = $1"),
    ("revoke all on sequence s.i_id_seq from {role}", "insert into s.i (a) values ($1)"),
    ("revoke insert on s.t from {role}; grant insert (a) on s.t to {role}", "insert into s.t (a) values ($1)"),
    ("revoke usage on sequence s.t_id_seq from {role}", "insert into s.t (a) values ($1)"),
    ("revoke update on sequence s.t_id_seq from {role}", "insert into s.t (a) values ($1)"),
    ("revoke update on sequence s.t_id_seq from {role}", "select nextval('s.t_id_seq')"),
    ("revoke delete on s.log from {role}", "insert into s.t (a) values ($1)"),
    ("revoke truncate on s.t from {role}", "select $1 is null, a from s.t limit $2"),
)


@pytest.fixture(scope="module", params=(15, 18))
def small(request: pytest.FixtureRequest, registration: Registration) -> Iterator[tuple[PostgresServer, str]]:
    if request.param == 18:
        registration.server.execute("create database small")
        registration.server.execute(SMALL.format(role="small_18"), "small")
        yield registration.server, "small_18"
        registration.server.execute("drop database small")
        registration.server.execute("drop role small_18")
        return
    with running(request.param) as server:
        server.execute("create database small")
        server.execute(SMALL.format(role="small"), "small")
        yield server, "small"


def test_what_explain_hides_is_found_and_nothing_is_invented(small: tuple[PostgresServer, str]) -> None:
    server, role = small
    with psycopg.connect(server.dsn("small"), autocommit=True) as connection:
        for sql, text in HIDDEN:
            report = rehearsed(connection, sql.format(role=role), seen(role, text))
            assert (text, [one.outcome for one in report.outcomes]) == (text, [DENIED])
            assert report.of(DENIED)[0].object is not None
        for sql, text in ALLOWED:
            report = rehearsed(connection, sql.format(role=role), seen(role, text))
            assert (text, [(one.outcome, one.reason) for one in report.outcomes]) == (text, [(FINE, "")])
        report = rehearsed(connection, f"revoke delete on s.k from {role}", seen(role, "select s.dynamic($1)"))
        assert [one.outcome for one in report.outcomes] == [UNKNOWN]
        assert "puts statements together" in report.outcomes[0].reason
        nothing = rehearsed(connection, f"revoke select on s.k from {role}", seen(role, "select nextval($1)"))
        assert [one.outcome for one in nothing.outcomes] == [FINE]
        sql = f"revoke all on sequence s.t_id_seq from {role}"
        which = rehearsed(connection, sql, seen(role, "select nextval($1)"))
        assert [one.outcome for one in which.outcomes] == [UNKNOWN]
