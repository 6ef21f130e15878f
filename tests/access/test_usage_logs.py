"""Logs that real servers wrote of a known workload: what is read from them is exactly what was done."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from agent.access.usage import usage as command
from collectors import access_reader
from collectors.statement_log.names import of_state
from collectors.statement_log.reader import read_logs
from collectors.statement_log.store import load
from hustings.access.rights import POSTGRESQL
from hustings.access.usage import Usage
from tests.access.logs import LoggingServer, logging_server

SETUP = """
create schema vr;
create table vr.voters (id bigserial primary key, name text, dob date, status text);
create table vr.audit_log (id bigserial primary key, op text);
create view vr.lookup_v as select id, name from vr.voters;
create function vr.approve(voter bigint) returns void language plpgsql security definer set search_path = pg_catalog as
  $$ begin update vr.voters set status = 'ok' where id = voter; end $$;
create function vr.oldest(since date) returns date language plpgsql as
  $$ declare found date; begin found := (select min(dob) from vr.voters where dob > since); return found; end $$;
create procedure vr.close_day() language sql as $$ select 1 $$;
create role clerk; create role reader;
create role jdoe login; create role app login; create role idle login;
grant clerk to jdoe;
grant usage on schema vr to clerk, reader, jdoe, app, idle;
grant select on all tables in schema vr to app, idle;
grant insert, update, delete, truncate on vr.voters to app, idle;
grant usage on all sequences in schema vr to app;
grant select (id, name), update (status) on vr.voters to jdoe;
grant insert (op) on vr.audit_log to clerk;
grant usage on sequence vr.audit_log_id_seq to clerk;
"""


def run_workload(server: LoggingServer) -> None:
    with server.connect("jdoe") as clerk:
        clerk.execute("select name from vr.voters where id = 12345678 and name = 'Zoë O''Brien\nof two lines'")
        for text in ("select dob from vr.voters", "select nothing from vr.voters", "selct 1", "select * from vr.gone"):
            with pytest.raises(psycopg.Error):
                clerk.execute(text.encode())
        clerk.execute("set role clerk")
        clerk.execute("insert into vr.audit_log (op) values ('first'), ('second')")
        clerk.execute("reset role")
        clerk.execute("set search_path = vr, public")
        clerk.execute("update voters set status = 'x' where id in (1, 2, 3)")
        clerk.execute("update voters set status = 'x' where id in (4, 5)")
        clerk.execute("prepare by_id (bigint) as select id from vr.voters where id = $1")
        clerk.execute("execute by_id (7)")
        clerk.execute("begin; declare c cursor for select id, name from vr.voters; fetch 1 from c; commit")
    with server.connect("app") as app:
        for number in range(7):
            app.execute("select status from vr.voters where id = %s and name = %s", (number, "secret-name"))
        app.execute("insert into vr.voters (name) values (%s)", ("secret-name",))
        with pytest.raises(psycopg.errors.UniqueViolation):
            app.execute("insert into vr.voters (id, name) values (1, 'again'), (1, 'again')")
        app.execute("select vr.approve(1)")
        app.execute("select vr.oldest('1900-01-01')")
        app.execute("call vr.close_day()")
        app.execute("select * from vr.lookup_v")
        app.execute("truncate vr.voters")
        with app.cursor().copy("copy vr.audit_log (id, op) to stdout") as copy:
            assert list(copy)


EXPECTED = {
    ("jdoe", "vr.voters", "name", "SELECT", ""),
    ("jdoe", "vr.voters", "id", "SELECT", ""),
    ("jdoe", "vr.voters", "status", "UPDATE", ""),
    ("jdoe", "vr.audit_log", "op", "INSERT", "clerk"),
    ("jdoe", "vr.audit_log_id_seq", None, "USAGE", "clerk"),
    ("jdoe", "vr", None, "USAGE", ""),
    ("jdoe", "vr", None, "USAGE", "clerk"),
    ("app", "vr.voters", "status", "SELECT", ""),
    ("app", "vr.voters", "id", "SELECT", ""),
    ("app", "vr.voters", "name", "SELECT", ""),
    ("app", "vr.voters", "name", "INSERT", ""),
    ("app", "vr.voters", "id", "INSERT", ""),
    ("app", "vr.voters_id_seq", None, "USAGE", ""),
    ("app", "vr.approve", None, "EXECUTE", ""),
    ("app", "vr.oldest", None, "EXECUTE", ""),
    ("app", "vr.close_day", None, "EXECUTE", ""),
    ("app", "vr.lookup_v", "id", "SELECT", ""),
    ("app", "vr.lookup_v", "name", "SELECT", ""),
    ("app", "vr.voters", None, "TRUNCATE", ""),
    ("app", "vr.audit_log", "id", "SELECT", ""),
    ("app", "vr.audit_log", "op", "SELECT", ""),
    ("app", "vr", None, "USAGE", ""),
}
"""Who used what, and through which role."""
NESTED = {("app", "vr.voters", "dob", "SELECT", "")}
"""What pgaudit also says of the inside of routines."""


def used(told: Usage) -> set[tuple[str, str, str | None, str, str]]:
    return {
        (one.account, one.object, one.column, one.right, one.role)
        for one in told.uses
        if one.account in ("jdoe", "app")
    }


@pytest.fixture(scope="module")
def server() -> Iterator[LoggingServer]:
    with logging_server(log_statement="all", shared_preload_libraries="pgaudit,pg_stat_statements") as one:
        with one.connect() as connection:
            connection.execute("create extension pg_stat_statements")
            connection.execute(SETUP.encode())
        run_workload(one)
        with one.connect() as connection:
            connection.execute("alter system set pgaudit.log = 'all'")
            connection.execute("alter system set pgaudit.log_relation = 'on'")
            connection.execute("alter system set log_statement = 'none'")
            connection.execute("select pg_reload_conf()")
            connection.execute("select pg_rotate_logfile()")
        yield one


def whole(server: LoggingServer, name: str, folder: Path, accounts: int) -> Path:
    """A copy of the log as it is once every session's end is in it."""
    for _ in range(100):
        data = (server.logs / name).read_bytes()
        if data.count(b"disconnection: ") >= accounts:
            break
        time.sleep(0.1)
    copy = folder / name
    copy.write_bytes(data)
    return copy


@pytest.mark.parametrize("name", ["pg.csv", "pg.json", "pg.log"])
def test_log_statement_in_every_format_tells_exactly_what_was_used(
    server: LoggingServer, name: str, tmp_path: Path
) -> None:
    log, store = whole(server, name, tmp_path, 3), tmp_path / "store.db"
    names = of_state(access_reader.read(POSTGRESQL, server.dsn()))
    reading = read_logs((log,), store, names=names)
    told = load(store)
    assert used(told) == EXPECTED
    assert (reading.damaged, reading.unfinished, told.covers) == (0, (), ("all",))
    assert told.window is not None
    assert not [one for one in told.shapes if not one.understood and "postgres" not in one.accounts]
    assert "idle" not in {one.account for one in told.uses}
    in_lists = [one for one in told.shapes if " in (" in one.text and "jdoe" in one.accounts]
    assert [one.text for one in in_lists] == ["update voters set status = $1 where id in ($2)"]
    assert in_lists[0].search_path == "vr,public"
    assert {(one.account, one.host, one.times) for one in told.sign_ins} >= {
        ("jdoe", "127.0.0.1", 1), ("app", "127.0.0.1", 1)}
    kept = store.read_bytes()
    for secret in (b"secret-name", b"12345678", b"Brien", b"again"):
        assert secret in log.read_bytes()
        assert secret not in kept
    assert store.stat().st_mode & 0o777 == 0o600
    assert read_logs((log,), store, names=names).bytes == 0
    assert load(store) == told


def test_what_a_bare_name_meant_is_known_once_the_database_is(server: LoggingServer, tmp_path: Path) -> None:
    log, store = whole(server, "pg.csv", tmp_path, 3), tmp_path / "store.db"
    text = log.read_text().replace("set search_path = vr, public", "set x.search_path = 1")
    log.write_text(text)
    read_logs((log,), store)
    meant = ("jdoe", "vr.voters", "status", "UPDATE", "")
    assert meant not in used(load(store))
    names = of_state(access_reader.read(POSTGRESQL, server.dsn(), schemas=("vr",)))
    told = load(store, names=names)
    assert used(told) == EXPECTED
    assert {one.search_path for one in told.shapes if one.text.startswith("update voters")} == {"vr"}


def test_a_compressed_copy_of_a_log_that_was_read_is_known_again(server: LoggingServer, tmp_path: Path) -> None:
    log, store = whole(server, "pg.csv", tmp_path, 3), tmp_path / "store.db"
    data = log.read_bytes()
    half = data.index(b"\n", len(data) // 2) + 1
    log.write_bytes(data[:half])
    first = read_logs((log,), store).bytes
    packed = tmp_path / "pg.csv.1.gz"
    packed.write_bytes(gzip.compress(data))
    log.unlink()
    assert read_logs((packed,), store).bytes == len(data) - first
    once = tmp_path / "once.db"
    log.write_bytes(data)
    read_logs((log,), once)
    assert load(store).uses == load(once).uses
    assert load(store).sign_ins == load(once).sign_ins
    assert load(store).statements == load(once).statements


def test_pgaudit_tells_the_same_and_what_ran_inside_routines(server: LoggingServer, tmp_path: Path) -> None:
    before = (server.logs / "pg.csv").stat().st_size
    run_workload(server)
    log, store = whole(server, "pg.csv", tmp_path, 6), tmp_path / "store.db"
    data = log.read_bytes()
    log.write_bytes(data[data.rindex(b"\n", 0, data.index(b',"jdoe",', before)) + 1 :])
    names = of_state(access_reader.read(POSTGRESQL, server.dsn()))
    read_logs((log,), store, names=names)
    told = load(store)
    assert used(told) == EXPECTED | NESTED
    assert set(told.covers) == {"function", "read", "write"}
    assert all(word != "since" for one in told.shapes for word in one.text.split()), (
        "what ran inside a routine is not planned"
    )


def test_statistics_tell_what_was_used_without_a_time(
    server: LoggingServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("USAGE_DSN", server.dsn())
    store = tmp_path / "statistics.db"
    for _ in range(2):
        answer = CliRunner().invoke(
            command, ["--statistics", "--dsn-env", "USAGE_DSN", "--store", str(store), "--format", "json"]
        )
        assert answer.exit_code == 0, answer.output
    told = json.loads(answer.stdout)
    found = {(one["account"], one["object"], one["column"], one["right"]) for one in told["uses"]}
    assert {
        ("app", "vr.voters", "status", "SELECT"),
        ("app", "vr.voters", None, "TRUNCATE"),
        ("app", "vr.voters", "name", "INSERT"),
    } <= found
    assert {one["last"] for one in told["uses"]} == {told["window"]["last"]}
    assert told["covers"] == ["all"]
