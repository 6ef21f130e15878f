"""The auditing account of the grant script in MariaDB: it sees who may do what, and not one voter."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pymysql
import pytest

from agent.access.grant_script_mariadb import script
from collectors.access_reader import read
from hustings.access.model import Counting
from hustings.errors import ConfigError, UsageError
from hustings.facts import Reason
from tests.mariadb import MariadbServer, running

PASSWORD = "for looking"
SECRET = "Secret-Surname"
REFUSED = {1044, 1095, 1105, 1142, 1143, 1227, 1290, 1305, 1345, 1370, 1410, 1419, 1698, 1792, 1959, 4166}
TRIES = (
    "select * from vr.voters", "select last_name from vr.voters", "select count(*) from vr.voters",
    "select 1 from vr.voters",
    "select * from vr.names_v", "select vr.first_name()", "call vr.list_all()", "table vr.voters",
    "explain select * from vr.voters", "analyze select last_name from vr.voters", "handler vr.voters open",
    "checksum table vr.voters", "repair table vr.voters", "optimize table vr.voters",
    "analyze table vr.voters persistent for all",
    "lock tables vr.voters read", "insert into vr.voters values (2, 'x')", "update vr.voters set last_name = 'x'",
    "delete from vr.voters", "truncate vr.voters", "drop table vr.voters", "rename table vr.voters to vr.gone",
    "alter table vr.voters add x int", "create table vr.copy as select * from vr.voters",
    "create table hustings.copy as select * from vr.voters", "create view hustings.w as select * from vr.voters",
    "create table vr.child (id int, foreign key (id) references vr.voters (id))",
    "create table hustings.child (id int, foreign key (id) references vr.voters (id))",
    "create trigger vr.t before insert on vr.voters for each row set @x = new.last_name",
    "create trigger hustings.t before insert on vr.voters for each row set @x = new.last_name",
    "create temporary table vr.mine like vr.voters", "create temporary table hustings.mine (id int)",
    "select * from vr.voters into outfile '/tmp/none'", "select load_file('/etc/passwd') is not null and 1 / 0",
    "load data local infile '/dev/null' into table vr.voters", "select * from mysql.global_priv",
    "select * from mysql.user", "select authentication_string from mysql.user", "select * from mysql.column_stats",
    "select * from mysql.general_log", "select * from mysql.slow_log", "select * from mysql.innodb_index_stats",
    "select * from information_schema.innodb_buffer_page limit 1", "set role clerks", "set global general_log = 1",
    "select body_utf8 from mysql.proc", "grant select on vr.voters to auditor@'127.0.0.1'",
    "alter user auditor@'127.0.0.1' account lock", "create user more@'%'",
    "show create procedure vr.list_all", "show create function vr.first_name", "purge binary logs to 'x'",
    "show binlog events", "execute immediate 'select * from vr.voters'",
)


@pytest.fixture(scope="module")
def server() -> Iterator[MariadbServer]:
    with running(log_bin="bin") as one:
        one.script(f"""
            create database vr; create database other; create role clerks;
            create table vr.voters (id int primary key, last_name varchar(40));
            insert into vr.voters values (1, '{SECRET}');
            create table vr.log (id int); create sequence vr.numbers; create table other.t (a int) engine = Aria;
            create view vr.names_v as select last_name from vr.voters;
            create function vr.first_name() returns text reads sql data return (select max(last_name) from vr.voters);
            create procedure vr.list_all() reads sql data select * from vr.voters;
            create trigger vr.logged after update on vr.voters for each row insert into vr.log values (new.id);
            grant select on vr.* to clerks; grant select (id), update (last_name) on vr.voters to clerks;
            create user clerk@'%' identified by 'x' require ssl with max_user_connections 3;
            grant clerks to clerk@'%'; set default role clerks for clerk@'%';
            create user old@localhost identified via mysql_old_password; create user empty@'%';
            create user two@'%' identified via unix_socket or mysql_native_password using password('x') account lock;
            alter user two@'%' password expire interval 30 day;
            create user auditor@'127.0.0.1' identified by '{PASSWORD}';
        """)
        for _ in range(2):
            one.script(script("mariadb", "auditor", {"short": Counting(sql="select count(*) from voters where id > 0")},
                              "vr"))
        yield one


def test_it_cannot_read_change_or_take_one_row_whatever_it_tries(server: MariadbServer) -> None:
    connection = server.connect("auditor", PASSWORD)
    try:
        for sql in TRIES:
            with connection.cursor() as cursor:
                try:
                    cursor.execute(sql)
                    rows = cursor.fetchall()
                except pymysql.MySQLError as error:
                    if error.args[0] not in REFUSED | {1064, 1690, 1365, 1372, 1396, 3948}:
                        raise
                else:
                    assert SECRET not in repr(rows), sql
                    assert rows in (((None,),), ((0,),)) or "denied" in repr(rows), (sql, rows)
        with connection.cursor() as cursor:
            cursor.execute("check table vr.voters")  # any right at all is enough for it: it tells of damage, of no row
            assert cursor.fetchall() == (("vr.voters", "check", "status", "OK"),)
        assert server.query("select * from vr.voters") == [(1, SECRET)]
    finally:
        connection.close()


def test_it_is_told_the_same_as_the_superuser(server: MariadbServer) -> None:
    auditor = read("mariadb", server.dsn(user="auditor", password=PASSWORD), counts=("short",))
    root = read("mariadb", server.dsn(), counts=("short",))
    assert auditor.missing == root.missing == {}
    assert auditor.user == "auditor@127.0.0.1"
    assert auditor.answers == {"short": 1}
    assert msgspec.structs.replace(auditor, as_of="", user="") == msgspec.structs.replace(root, as_of="", user="")


def test_what_is_there_is_told_as_it_is(server: MariadbServer) -> None:
    state = read("mariadb", server.dsn(user="auditor", password=PASSWORD), schemas=("vr",))
    known = {one.name: one for one in state.principals}
    assert (known["clerk@%"].tls, known["clerk@%"].connection_limit, known["clerk@%"].password) == (
        "ANY", 3, "mysql_native_password")
    assert known["empty@%"].password == "none"
    assert known["old@localhost"].password == "none"
    assert (known["two@%"].login, known["two@%"].password) == (False, "unix_socket,mysql_native_password")
    assert known["two@%"].valid_until is not None
    assert not known["clerks"].login
    assert [name for name, one in known.items() if one.superuser and not one.bootstrap] == []
    objects = {one.label: one for one in state.objects}
    assert {name: one.kind for name, one in objects.items()} == {
        "vr": "schema", "vr.voters": "table", "vr.log": "table", "vr.numbers": "sequence", "vr.names_v": "view",
        "vr.first_name": "routine", "vr.list_all": "routine"}
    assert objects["vr.voters"].columns == ("id", "last_name")
    assert (objects["vr.voters"].triggers, objects["vr.voters"].trigger_events) == (1, ("UPDATE",))
    assert (objects["vr.names_v"].definer, objects["vr.names_v"].owner) == (True, "root@localhost")
    assert len(objects["vr.list_all"].body) == 64


@pytest.mark.parametrize(("revoke", "give_back", "part"), [
    ("revoke references on *.* from {}", "grant references on *.* to {}", "objects"),
    ("revoke select on mysql.db from {}", "grant select on mysql.db to {}", "patterns"),
    ("revoke select on mysql.tables_priv from {}", "grant select on mysql.tables_priv to {}", "acls"),
    ("revoke select on mysql.columns_priv from {}", "grant select on mysql.columns_priv to {}", "acls"),
    ("revoke select on mysql.procs_priv from {}", "grant select on mysql.procs_priv to {}", "acls"),
    ("revoke select on mysql.roles_mapping from {}", "grant select on mysql.roles_mapping to {}", "memberships"),
    ("revoke select (body) on mysql.proc from {}", "grant select (body) on mysql.proc to {}", "objects"),
    ("revoke slave monitor on *.* from {}", "grant slave monitor on *.* to {}", "receiver"),
    ("revoke select, execute on hustings.* from {}", "grant select, execute on hustings.* to {}", "principals"),
])
def test_a_right_that_is_lacking_is_said_and_nothing_is_taken_for_empty(
        server: MariadbServer, revoke: str, give_back: str, part: str) -> None:
    who = "auditor@'127.0.0.1'"
    server.execute(revoke.format(who))
    try:
        state = read("mariadb", server.dsn(user="auditor", password=PASSWORD))
        assert state.missing[part].reason is Reason.DENIED
        if part == "principals":
            assert "objects.triggers" in state.missing
    finally:
        server.execute(give_back.format(who))


def test_a_schema_that_is_not_there_is_refused(server: MariadbServer) -> None:
    with pytest.raises(UsageError, match="nowhere"):
        read("mariadb", server.dsn(user="auditor", password=PASSWORD), schemas=("nowhere",))
    with pytest.raises(UsageError, match="is mariadb"):
        read("mysql", server.dsn(user="auditor", password=PASSWORD))


def test_a_counting_question_is_one_select_over_named_tables() -> None:
    question = Counting(sql="with x as (select 1 as c) select count(*) from x, users")
    text = script("mariadb", "a@b", {"n": question}, "vr")
    assert "GRANT SELECT ON `vr`.`users` TO 'hustings_counter'@'localhost';" in text
    for bad in ("delete from users", "select 1; select 2", "select count(*) from users"):
        with pytest.raises(ConfigError, match=r"counts\.n\.sql"):
            script("mariadb", "a@b", {"n": Counting(sql=bad)}, "vr" if "count" not in bad else "")


@pytest.mark.parametrize("engine", ["mariadb", "mysql"])
def test_every_semicolon_of_the_script_ends_a_statement(server: MariadbServer, engine: str) -> None:
    text = script(engine, "split", {"n": Counting(sql="select count(*) from voters")}, "vr")
    assert not any(";" in line for line in text.splitlines() if line.startswith("--"))
    assert text.count(";") == sum(line.endswith(";") for line in text.splitlines())
    if engine == "mariadb":
        try:
            server.execute(*(part for part in text.split(";") if part.strip()))
        finally:
            server.execute("drop user split@'%'")


@pytest.mark.parametrize("role", ["fresh", "fresh@10.1.1.1", "we'ird\\one", "fresh@%"])
def test_the_script_makes_an_account_that_nobody_from_elsewhere_signs_in_as_before_it_gets_a_password(
        server: MariadbServer, role: str) -> None:
    user, _, host = role.partition("@")
    try:
        for _ in range(2):
            server.script(script("mariadb", role))
        state = read("mariadb", server.dsn())
        made = {one.name: one for one in state.principals}[f"{user}@{host or '%'}"]
        assert made.password == "unix_socket"
        assert {one.grantee for pattern, entries in state.patterns if pattern == "hustings" for one in entries} == {
            "auditor@127.0.0.1", made.name}
    finally:
        with_quotes = user.replace("\\", "\\\\").replace("'", "''")
        server.execute(f"drop user '{with_quotes}'@'{host or '%'}'")


def test_the_script_runs_where_passwords_are_checked() -> None:
    with running(plugin_load="simple_password_check") as strict:
        strict.execute("create database vr", "create table vr.users (id int)")
        for _ in range(2):
            strict.script(script("mariadb", "auditor", {"n": Counting(sql="select count(*) from users")}, "vr"))
        strict.execute("alter user auditor@'%' identified by 'Long-1-enough'")
        state = read("mariadb", strict.dsn(user="auditor", password="Long-1-enough"), counts=("n",))
        assert (state.missing, state.answers) == ({}, {"n": 0})
