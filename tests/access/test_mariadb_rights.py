"""What is worked out for MariaDB equals what the server lets each account do.

Random grants at every level; then each account signs in and tries every statement, as itself and in each role.
The privileges are flushed first: until then the server (10.11) at times forgets what PUBLIC has through roles.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import msgspec
import pymysql
import pytest

from collectors.access_reader import read
from hustings.access.rights import BIT
from hustings.access.state import Membership, State
from policies.access.engines import effective
from policies.access.rows import Effective
from tests.mariadb import MariadbServer, running

SCHEMAS = ("vr_main", "vrxmain")
TABLES = ("voters", "addresses", "log")
COLUMNS = ("a", "b", "c")
ROUTINES = {"work": ("procedure", "call {}()"), "count_all": ("function", "select {}()")}
PATTERNS = ("vr_main", "vr\\_main", "vr%", "v_\\_main", "v%", "vrxmain", "%main", "vr_m%", "%")
OF_TABLES = ("select", "insert", "update", "delete", "drop", "index", "create view")
OF_COLUMNS = ("select", "insert", "update")
ROLES = tuple(f"r{number}" for number in range(6))
# Those who come by TCP and those who come by the socket: each user's hosts are of one kind.
BY_TCP = {"u0": ("%",), "u1": ("127.0.0.1",), "u2": ("%", "127.%"), "u3": ("127.0.0.1", "%"), "u4": ("127.0.0._",)}
BY_SOCKET = {"s0": ("localhost",), "s1": ("local%", "%"), "s2": ("localhost", "%")}
USERS = BY_TCP | BY_SOCKET
PASSWORD = "of nobody"
INVALID_ROLE = 1959
DENIED = {1142, 1143, 1370, 1044, 1227}


@pytest.fixture(scope="module")
def server() -> Iterator[MariadbServer]:
    """Without looking names up: who comes by TCP comes from 127.0.0.1 and not from ``localhost``."""
    with running(skip_name_resolve="1") as one:
        for schema in SCHEMAS:
            one.execute(f"create database {schema}",
                        *(f"create table {schema}.{table} (a int, b int, c int)" for table in TABLES),
                        f"create procedure {schema}.work() sql security invoker set @x = 1",
                        f"create function {schema}.count_all() returns int deterministic sql security invoker return 1")
        yield one


def _quoted(user: str, host: str) -> str:
    return f"'{user}'@'{host}'"


def _grants(chance: random.Random) -> list[str]:
    """Statements that make accounts and roles, and give them rights."""
    accounts = [_quoted(user, host) for user, hosts in USERS.items() for host in hosts]
    made = [*(f"create role {role}" for role in ROLES),
            *(f"create user {account} identified by '{PASSWORD}'" for account in accounts)]
    everyone = [*accounts, *ROLES, "public"]
    for place, role in enumerate(ROLES[:-1]):  # a role only into earlier ones: no circles
        for inner in ROLES[place + 1:]:
            if chance.random() < 0.25:
                made.append(f"grant {inner} to {role}")
    for account in accounts:
        granted = chance.sample(ROLES, chance.randint(0, 3))
        made += [f"grant {role} to {account}" for role in granted]
        if granted and chance.random() < 0.6:
            made.append(f"set default role {granted[0]} for {account}")
    if chance.random() < 0.5:
        made.append(f"grant {chance.choice(ROLES)} to public")
    for who in everyone:
        often = 0.3 if who == "public" else 1.0
        if chance.random() < 0.15 * often:
            made.append(f"grant {_some(chance, (*OF_TABLES, 'execute'))} on *.* to {who}")
        for pattern in PATTERNS:
            if chance.random() < 0.12 * often:
                made.append(f"grant {_some(chance, (*OF_TABLES, 'execute'))} on `{pattern}`.* to {who}")
        for schema in SCHEMAS:
            for table in TABLES:
                if chance.random() < 0.12 * often:
                    made.append(f"grant {_some(chance, OF_TABLES)} on {schema}.{table} to {who}")
                if chance.random() < 0.15 * often:
                    rights = ", ".join(f"{right} ({', '.join(chance.sample(COLUMNS, chance.randint(1, 2)))})"
                                       for right in chance.sample(OF_COLUMNS, chance.randint(1, 3)))
                    made.append(f"grant {rights} on {schema}.{table} to {who}")
            for name, (kind, _) in ROUTINES.items():
                if chance.random() < 0.1 * often:
                    made.append(f"grant execute on {kind} {schema}.{name} to {who}")
    return [*made, "flush privileges"]


def _some(chance: random.Random, rights: tuple[str, ...]) -> str:
    return ", ".join(chance.sample(rights, chance.randint(1, min(3, len(rights)))))


def _expected(rights: Effective, state: State, account: str) -> set[tuple[str, str, str]]:
    """What the account should be let do: (right, object, column or "")."""
    found = set()
    for index, holding in rights.held(account):
        one = state.objects[index]
        if one.kind == "routine" and holding.rights & BIT["EXECUTE"]:
            found.add(("EXECUTE", one.label, ""))
        if one.kind != "table":
            continue
        for right in ("SELECT", "INSERT", "UPDATE"):
            found |= {(right, one.label, column) for column in one.columns
                      if (holding.rights | holding.columns.get(column, 0)) & BIT[right]}
        if holding.rights & BIT["DELETE"]:
            found.add(("DELETE", one.label, ""))
    return found


def _let_do(connection: Any) -> set[tuple[str, str, str]]:
    """What the server lets this session do, by trying and rolling back."""
    found = set()
    for schema in SCHEMAS:
        for table in TABLES:
            name = f"{schema}.{table}"
            for column in COLUMNS:
                tries = {"SELECT": f"select {column} from {name}",
                         "INSERT": f"insert into {name} ({column}) values (1)",
                         "UPDATE": f"update {name} set {column} = 1"}
                found |= {(right, name, column) for right, sql in tries.items() if _may(connection, sql)}
            if _may(connection, f"delete from {name}"):
                found.add(("DELETE", name, ""))
        found |= {("EXECUTE", f"{schema}.{routine}", "") for routine, (_, sql) in ROUTINES.items()
                  if _may(connection, sql.format(f"{schema}.{routine}"))}
    return found


def _may(connection: Any, sql: str) -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            cursor.fetchall()
        connection.rollback()
    except pymysql.MySQLError as error:
        if error.args[0] not in DENIED:
            raise
        return False
    return True


def _sign_in(server: MariadbServer, user: str) -> Any:
    if user in BY_SOCKET:
        return pymysql.connect(unix_socket=str(server.unix_socket), user=user, password=PASSWORD)
    return pymysql.connect(host=server.host, port=server.port, user=user, password=PASSWORD)


def _in_role(state: State, account: str, role: str | None) -> Effective:
    """As if this role, and no other, were the account's default."""
    own = [one for one in state.memberships if one.member != account]
    more = [Membership(role=role, member=account)] if role else []
    return effective(msgspec.structs.replace(state, memberships=(*own, *more)))


@pytest.mark.parametrize("seed", range(12))
def test_each_account_may_do_what_is_worked_out_and_nothing_else(server: MariadbServer, seed: int) -> None:
    chance = random.Random(seed)
    server.execute(*_grants(chance))
    try:
        state = read("mariadb", server.dsn(), schemas=SCHEMAS)
        assert state.missing == {}
        rights = effective(state)
        for user in USERS:
            connection = _sign_in(server, user)
            try:
                with connection.cursor() as cursor:
                    cursor.execute("select current_user()")
                    account = str(cursor.fetchone()[0])
                assert _let_do(connection) == _expected(rights, state, account), (seed, account)
                may_become = rights.may_become(account)
                for role in ROLES:
                    if role not in may_become:
                        assert not _sets(connection, role), (seed, account, role)
                    elif chance.random() < 0.4:
                        assert _sets(connection, role), (seed, account, role)
                        if not any(one.role == role and one.member == account for one in state.memberships):
                            continue  # of an account of the same user: the server then adds that one's global rights
                        there = _in_role(state, account, role)
                        assert _let_do(connection) == _expected(there, state, account), (seed, account, role)
            finally:
                connection.close()
    finally:
        accounts = [_quoted(user, host) for user, hosts in USERS.items() for host in hosts]
        server.execute(f"drop user {', '.join(accounts)}", f"drop role {', '.join(ROLES)}",
                       "revoke all privileges, grant option from public")


def _sets(connection: Any, role: str) -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"set role {role}")
    except pymysql.MySQLError as error:
        if error.args[0] != INVALID_ROLE:
            raise
        return False
    return True


def test_every_right_has_a_way_to_it_and_a_place_it_comes_from(server: MariadbServer) -> None:
    chance = random.Random(99)
    server.execute(*_grants(chance))
    try:
        state = read("mariadb", server.dsn(), schemas=SCHEMAS)
        rights = effective(state)
        for account in rights.accounts():
            for index, holding in rights.held(account):
                for right, bit in BIT.items():
                    columns = [column for column, more in holding.columns.items() if more & bit]
                    for column in ([None] if holding.rights & bit else columns):
                        ways = rights.sources(account, index, right, column)
                        assert ways, (account, state.objects[index].label, right, column)
                        assert rights.via(account, index, right, column) == ways[0]
    finally:
        accounts = [_quoted(user, host) for user, hosts in USERS.items() for host in hosts]
        server.execute(f"drop user {', '.join(accounts)}", f"drop role {', '.join(ROLES)}",
                       "revoke all privileges, grant option from public")


def test_capital_letters_and_columns_that_are_gone_give_what_the_server_gives(server: MariadbServer) -> None:
    server.execute("create database cased", "create table cased.Voters (Id int, Last_Name text, gone int)",
                   "create procedure cased.ApproveIt() select 1", f"create user kim@'%' identified by '{PASSWORD}'",
                   "grant select (LAST_NAME, gone), update (id) on cased.Voters to kim@'%'",
                   "grant execute on procedure cased.APPROVEIT to kim@'%'", "alter table cased.Voters drop column gone")
    try:
        state = read("mariadb", server.dsn(), schemas=("cased",))
        rights = effective(state)
        held = {state.objects[index].label: holding for index, holding in rights.held("kim@%")}
        assert held["cased.Voters"].columns == {"Last_Name": BIT["SELECT"], "Id": BIT["UPDATE"]}
        assert held["cased.ApproveIt"].rights == BIT["EXECUTE"]
        connection = pymysql.connect(host=server.host, port=server.port, user="kim", password=PASSWORD)
        try:
            assert _may(connection, "select last_name from cased.Voters")
            assert _may(connection, "update cased.Voters set id = 1")
            assert _may(connection, "call cased.approveit()")
        finally:
            connection.close()
    finally:
        server.execute("drop user kim@'%'", "drop database cased")
