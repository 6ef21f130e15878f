"""MariaDB's server_audit: a real log of a known workload, and rights held to what the server demands."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pymysql
import pytest

from collectors.statement_log.derive import Derived, derive
from collectors.statement_log.names import Names
from collectors.statement_log.reader import read_logs
from collectors.statement_log.scan import shapes
from collectors.statement_log.store import load
from hustings.access.rights import MARIADB
from tests.mariadb import MariadbServer, running

TABLES = (
    "create table {0}.voters (id int primary key, name varchar(100), dob date, status char(8), county varchar(40))",
    "create table {0}.addresses (id int auto_increment primary key, voter_id int, line1 varchar(99), precinct char(8))",
    "create view {0}.lookup_v as select id, name from {0}.voters",
    "create procedure {0}.close_day(in day date) select 1",
    "create function {0}.full_years(since date) returns int deterministic return 1",
)
COLUMNS = {
    "voters": ("id", "name", "dob", "status", "county"),
    "addresses": ("id", "voter_id", "line1", "precinct"),
    "lookup_v": ("id", "name"),
}
STATEMENTS = (
    "select * from voters",
    "select `id`, v.`name` from `voters` v where v.county = \"Essex\" and dob < date '1990-01-01'",
    "select count(*) from voters where status <> 'x'",
    "select name, line1 from voters join addresses a on a.voter_id = voters.id "
    "where precinct = 'p' order by name limit 5, 10",
    "select name from lookup_v where id in (1, 2, 3)",
    "select full_years(dob) from voters",
    "select name from voters where dob > now() - interval 3 day",
    "select concat(name, 'x'), if(status = 'a', 1, 0), ifnull(county, 'none') from voters group by 1, 2, 3",
    "select name from voters where exists (select 1 from addresses a where a.voter_id = voters.id)",
    "select (select max(line1) from addresses a where a.voter_id = v.id) from voters v",
    "with q as (select voter_id from addresses where line1 = 'x') select name from q join voters on id = voter_id",
    "select name from voters union select line1 from addresses order by 1",
    "insert into voters (id, name) values (1, 'a'), (2, 'b')",
    "insert into voters set id = 3, name = 'c'",
    "insert into addresses (voter_id, line1) select id, name from voters where county = 'x'",
    "insert into voters (id, name) values (1, 'a') on duplicate key update name = values(name)",
    "insert ignore into voters (id) values (1)",
    "replace into voters (id, name) values (1, 'z')",
    "update voters set status = 'x' where id = 1",
    "update voters set name = concat(name, 'y')",
    "update voters v join addresses a on a.voter_id = v.id set v.status = a.precinct where a.id = 4",
    "delete from addresses where line1 = 'x' limit 5",
    "delete a from addresses a join voters v on v.id = a.voter_id where v.status = 'x'",
    "delete from addresses",
    "call close_day('2026-01-01')",
    "select name from voters for update",
    "select name from voters where name like '%a' and county regexp '^x' or dob between '1900-01-01' and '1950-01-01'",
)


@pytest.fixture(scope="module")
def server() -> Iterator[MariadbServer]:
    with running(
        plugin_load_add="server_audit", server_audit_logging="ON", server_audit_events="CONNECT,QUERY,TABLE"
    ) as one:
        one.execute(
            "create database vr",
            *(text.format("vr") for text in TABLES),
            "create user app identified by 'pw'",
            "create user jdoe identified by 'pw'",
            "create role clerk",
            "create user counted identified by 'pw'",
            "grant all on vr.* to app",
            "grant select (id, name), update (status) on vr.voters to jdoe",
            "grant insert on vr.voters to clerk",
            "grant clerk to jdoe",
        )
        yield one


@pytest.fixture
def names() -> Names:
    known = Names(MARIADB)
    known.relations = {"vr": dict(COLUMNS)}
    known.routines = {"close_day": [("vr", "vr.close_day")], "full_years": [("vr", "vr.full_years")]}
    known.complete = True
    return known


def run_workload(server: MariadbServer) -> None:
    connection = server.connect("jdoe", "pw", "vr")
    cursor = connection.cursor()
    cursor.execute(
        "select name from voters where id = %s and name = %s", (12345678, 'O\'Brien \\ "secret-name"\n tab\t é')
    )
    for text in ("select status from voters", "select gone from voters", "selct 1", "select * from gone"):
        with pytest.raises(pymysql.MySQLError):
            cursor.execute(text)
    for text in (
        "set role clerk",
        "insert into voters (id, name, status) values (1, 'a', 'b')",
        "set role none",
        "update vr.voters set status = 'x' where id in (1, 2)",
        "prepare s from 'select id from voters where id = ?'",
        "set @a = 5",
        "execute s using @a",
        "begin",
        "commit",
        f"select id, '{'x' * 1500}' from voters",
    ):
        cursor.execute(text)
    connection.close()


def test_a_real_audit_log_tells_exactly_what_was_used(server: MariadbServer, tmp_path: Path) -> None:
    run_workload(server)
    source, store = server.directory / "server_audit.log", tmp_path / "store.db"
    for _ in range(100):
        if b"jdoe,localhost" in source.read_bytes() and b",DISCONNECT,vr," in source.read_bytes():
            break
        time.sleep(0.1)
    log = tmp_path / "server_audit.log"
    log.write_bytes(source.read_bytes())
    reading = read_logs((log,), store)
    told = load(store)
    (account,) = {one.account for one in told.uses if one.account.startswith("jdoe@")}
    assert {(one.object, one.column, one.right, one.role) for one in told.uses if one.account == account} == {
        ("vr.voters", "name", "SELECT", ""),
        ("vr.voters", "id", "SELECT", ""),
        ("vr.voters", "status", "UPDATE", ""),
        ("vr.voters", "id", "INSERT", "clerk"),
        ("vr.voters", "name", "INSERT", "clerk"),
        ("vr.voters", "status", "INSERT", "clerk"),
    }
    assert (reading.damaged, told.engine, told.covers) == (0, MARIADB, ("all",))
    (cut,) = (one for one in told.shapes if not one.understood)
    assert "only the beginning" in cut.why
    assert {one.database for one in told.shapes if account in one.accounts} == {"vr"}
    assert [one.times for one in told.sign_ins if one.account == account] == [1]
    for secret in (b"secret-name", b"12345678", b"Brien", b"xxxxxxxx"):
        assert secret in log.read_bytes()
        assert secret not in store.read_bytes()


def test_the_rights_of_a_statement_are_all_that_mariadb_demands_and_no_more(
    server: MariadbServer, names: Names
) -> None:
    wrong = []
    counted = server.connect("counted", "pw")
    admin = server.connect("root")
    try:
        for text in STATEMENTS:
            (shaped,) = shapes(text, MARIADB)
            derived = derive(shaped.text, names, ("vr",))
            assert derived.understood, text
            if not _allowed(admin, counted, text, derived.needs):
                wrong.append((text, f"too few: {sorted(derived.needs, key=repr)}"))
                continue
            for one in derived.needs:
                whole = one[1] is not None and (one[0], None, one[2]) in derived.needs
                if not whole and _allowed(admin, counted, text, derived.needs - {one}):
                    wrong.append((text, f"too many: {one}"))
    finally:
        counted.close()
        admin.close()
    assert wrong == [], "\n".join(map(str, wrong))


def _allowed(
    admin: pymysql.Connection[pymysql.cursors.Cursor],
    counted: pymysql.Connection[pymysql.cursors.Cursor],
    text: str,
    needs: frozenset[tuple[str, str | None, str]],
) -> bool:
    with admin.cursor() as cursor:
        cursor.execute("revoke all privileges, grant option from counted")
        # Without a right somewhere in the database, nobody may make it the default one.
        cursor.execute("grant create temporary tables on vr.* to counted")
        for label, column, right in needs:
            kind = ("procedure " if label == "vr.close_day" else "function ") if right == "EXECUTE" else ""
            cursor.execute(f"grant {right} {f'({column})' if column else ''} on {kind}{label} to counted")
    with counted.cursor() as cursor:
        cursor.execute("use vr")
        cursor.execute("begin")
        try:
            cursor.execute(text)
            cursor.fetchall()
        except (pymysql.err.OperationalError, pymysql.err.ProgrammingError) as error:
            if error.args[0] not in (1142, 1143, 1370):
                raise
            return False
        except pymysql.err.IntegrityError:
            return True
        finally:
            cursor.execute("rollback")
    return True


def test_every_shape_can_be_prepared_as_it_stands(server: MariadbServer, names: Names) -> None:
    wrong: list[tuple[str, str]] = []
    connection = server.connect("app", "pw", "vr")
    with connection.cursor() as cursor:
        for text in STATEMENTS:
            (shaped,) = shapes(text, MARIADB)
            derived: Derived = derive(shaped.text, names, ("vr",))
            assert derived.understood
            try:
                cursor.execute("prepare one from %s", (shaped.text,))
            except pymysql.MySQLError as error:
                wrong.append((shaped.text, str(error)))
    connection.close()
    assert wrong == [], "\n".join(map(str, wrong))
