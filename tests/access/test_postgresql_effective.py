"""What is worked out from the catalogues, against what the server itself answers, on random grants."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise

import psycopg
import pytest

from collectors.access_reader import read
from hustings.access.rights import names
from hustings.access.state import State
from policies.access.engines import effective
from policies.access.everything import assumable, held
from tests.postgres import PostgresServer, running

ROLES = ['"plain"', '"Group One"', '"été"', '"a""b"', '"x=y/z"', '"g1"', '"g2"', '"g3"', '"g4"', '"{brace}"']
LOGINS = ['"ann"', '"bob, jr"', '"Carl\'s"', '"dora"', '"eve"', '"fay"']
SCHEMAS = ['"vr"', '"Two Words"', '"public"']
VIEWS = ['"a view"', "mat"]
TABLES = ['"voters"', '"Voter List"', '"log"', '"part"']
COLUMNS = ['"id"', '"First Name"', '"status"']
TABLE_RIGHTS = ["select", "insert", "update", "delete", "truncate", "references", "trigger"]
PREDEFINED = ["pg_read_all_data", "pg_write_all_data", "pg_monitor", "pg_maintain"]


@pytest.fixture(scope="module", params=[15, 16, 18])
def server(request: pytest.FixtureRequest) -> Iterator[tuple[int, PostgresServer]]:
    with running(request.param) as one:
        one.execute("create role hustings_audit login")
        for role in ROLES:
            one.execute(f"create role {role}")
        for login in LOGINS:
            one.execute(f"create role {login} login")
        yield request.param, one


class Chance:
    """A database made by chance. A statement that the server refuses (a circle, say) changes nothing."""

    def __init__(self, connection: psycopg.Connection[tuple[object, ...]], version: int, seed: int) -> None:
        self.connection, self.version, self.any = connection, version, random.Random(seed)

    def do(self, sql: str) -> None:
        with suppress(psycopg.errors.InvalidGrantOperation, psycopg.errors.InvalidParameterValue,
                      psycopg.errors.UndefinedObject, psycopg.errors.FeatureNotSupported):
            self.connection.execute(sql)

    def one(self, some: list[str]) -> str:
        return self.any.choice(some)

    def make(self, owner: str) -> None:
        for schema in SCHEMAS:
            self.do(f"create schema if not exists {schema}")
            for table in TABLES:
                kind = "partition by list (id)" if table == '"part"' else ""
                self.do(f'create table {schema}.{table} ("id" int, "First Name" text, "status" text) {kind}')
            self.do(f'create view {schema}."a view" as select "First Name", "status" from {schema}."voters"')
            self.do(f"create materialized view {schema}.mat as select 1 as id, 2 as status")
            self.do(f"create sequence {schema}.seq")
            self.do(f"create function {schema}.f(int) returns int language sql as 'select 1'")
            self.do(f"create function {schema}.f(text, numeric) returns int language sql as 'select 1'")
            self.do(f"create procedure {schema}.act() language sql as 'select 1'")
        for _ in range(self.any.randrange(3)):
            self.do(f"revoke execute on all functions in schema {self.one(SCHEMAS)} from public")
        for role, member in self.connection.execute(
                "select distinct roleid::regrole::text, member::regrole::text from pg_auth_members "
                "where member >= 16384").fetchall():
            self.do(f"revoke {role} from {member} cascade")
        for _ in range(12):
            self.join()
        for role in ROLES + LOGINS:
            self.do(f"alter role {role} {self.one(['inherit', 'inherit', 'noinherit'])} "
                    f"{self.one(['nosuperuser'] * 8 + ['superuser'])}")
        for _ in range(12):
            self.join()
        for _ in range(8):
            self.own()
        for _ in range(60):
            self.grant()
        self.do(f"alter database {self.connection.info.dbname} owner to {owner}")

    def join(self) -> None:
        options = ["", "", "with admin option"]
        if self.version >= 16:
            options += [f"with inherit {self.one(['true', 'false'])}, set {self.one(['true', 'false'])}"] * 3
        role = self.one([*ROLES, *ROLES, *LOGINS, *PREDEFINED])
        if role == "pg_maintain" and self.version < 17:
            return
        self.do(f"grant {role} to {self.one(ROLES + LOGINS)} {self.one(options)}")

    def own(self) -> None:
        to, schema = self.one(ROLES + LOGINS), self.one(SCHEMAS)
        self.do(self.one([f"alter table {schema}.{self.one(TABLES)} owner to {to}",
                          f'alter view {schema}."a view" owner to {to}', f"alter sequence {schema}.seq owner to {to}",
                          f"alter function {schema}.f(int) owner to {to}", f"alter schema {schema} owner to {to}"]))

    def grant(self) -> None:
        schema, to = self.one(SCHEMAS), self.one([*ROLES, *LOGINS, *LOGINS, "public"])
        rights = list(TABLE_RIGHTS) + (["maintain"] if self.version >= 17 else [])
        some = ", ".join(self.any.sample(rights, self.any.randrange(1, 4)))
        columns = ", ".join(self.any.sample(COLUMNS, self.any.randrange(1, 3)))
        table = f"{schema}.{self.one(TABLES + VIEWS)}"
        what = self.one([
            f"{some} on {table}", f"{some} on {table}", f"all on {table}",
            f"{self.one(['select', 'insert', 'update', 'references'])} ({columns}) on {schema}.{self.one(TABLES)}",
            f"{self.one(['select', 'insert', 'update', 'references'])} ({columns}) on {schema}.{self.one(TABLES)}",
            f"{self.one(['usage', 'select', 'update'])} on sequence {schema}.seq",
            f"execute on function {schema}.{self.one(['f(int)', 'f(text, numeric)'])}",
            f"execute on procedure {schema}.act()", f"{self.one(['usage', 'create'])} on schema {schema}",
            f"{self.one(['connect', 'temporary', 'create'])} on database {self.connection.info.dbname}",
            f'select (xmin) on {schema}."log"',
        ])
        owner = f"(select relowner from pg_class where oid = '{table}'::regclass)"
        if self.any.random() < 0.12:
            name = self.connection.execute(f"select pg_get_userbyid({owner})").fetchall()[0][0]
            quoted = '"' + str(name).replace('"', '""') + '"'
            self.do(f"revoke {some} on {table} from {quoted}")
            return
        option = " with grant option" if to != "public" and self.any.random() < 0.1 else ""
        self.do(f"grant {what} to {to}{option}")


OBJECTS = """
  select 'table' as asks, c.oid, n.nspname || '.' || c.relname as label, case when c.relkind in ('v', 'm') then 'view'
    else 'table' end as kind, p.priv from pg_class c join pg_namespace n on n.oid = c.relnamespace,
    unnest(%(rights)s::text[]) p(priv) where c.relkind in ('r', 'p', 'v', 'm') and n.nspname = any(%(schemas)s)
  union all select 'sequence', c.oid, n.nspname || '.' || c.relname, 'sequence', p.priv from pg_class c
    join pg_namespace n on n.oid = c.relnamespace, unnest(array['SELECT', 'UPDATE', 'USAGE']) p(priv)
    where c.relkind = 'S' and n.nspname = any(%(schemas)s)
  union all select 'schema', n.oid, n.nspname, 'schema', p.priv from pg_namespace n,
    unnest(array['USAGE', 'CREATE']) p(priv) where n.nspname = any(%(schemas)s)
  union all select 'database', d.oid, d.datname, 'database', p.priv from pg_database d,
    unnest(array['CONNECT', 'CREATE', 'TEMPORARY']) p(priv) where d.datname = current_database()
  union all select 'function', p.oid, n.nspname || '.' || p.proname || case when p.proname = 'f'
    then '(' || oidvectortypes(p.proargtypes) || ')' else '' end, 'routine', 'EXECUTE'
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = any(%(schemas)s)"""

ANSWER = """case asks when 'table' then has_table_privilege({role}, o.oid, priv)
    when 'sequence' then has_sequence_privilege({role}, o.oid, priv)
    when 'schema' then has_schema_privilege({role}, o.oid, priv)
    when 'database' then has_database_privilege({role}, o.oid, priv)
    else has_function_privilege({role}, o.oid, priv) end"""

WHOLE = f"""with o as ({OBJECTS}) select r.rolname::text, label, kind, priv from pg_roles r, o
    where {ANSWER.format(role='r.oid')}"""

COLUMN = """select r.rolname::text, n.nspname || '.' || c.relname, a.attname::text, p.priv from pg_roles r,
    pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace,
    unnest(array['SELECT', 'INSERT', 'UPDATE', 'REFERENCES']) p(priv)
    where n.nspname = any(%(schemas)s) and c.relkind in ('r', 'p', 'v', 'm')
      and (a.attnum > 0 or a.attname = 'xmin') and not has_table_privilege(r.oid, c.oid, p.priv)
      and has_column_privilege(r.oid, c.oid, a.attnum, p.priv)"""

MEMBERS = """select a.rolname::text, r.rolname::text from pg_roles a, pg_roles r
    where a.oid <> r.oid and a.rolcanlogin and not a.rolsuper and pg_has_role(a.oid, r.oid, %(how)s)"""

Right = tuple[str, str, str | None, str]


def answered(connection: psycopg.Connection[tuple[object, ...]], version: int) -> dict[str, set[Right]]:
    """By role: (object, kind, column, right), as the server says."""
    asked = {"schemas": [one.strip('"') for one in SCHEMAS],
             "rights": [one.upper() for one in TABLE_RIGHTS] + (["MAINTAIN"] if version >= 17 else [])}
    found: dict[str, set[Right]] = {}
    for role, label, kind, right in connection.execute(WHOLE, asked):
        found.setdefault(str(role), set()).add((str(label), str(kind), None, str(right)))
    for role, label, column, right in connection.execute(COLUMN, asked):
        kind = "view" if str(label).endswith((".a view", ".mat")) else "table"
        found.setdefault(str(role), set()).add((str(label), kind, str(column), str(right)))
    return found


def worked_out(state: State) -> dict[str, set[Right]]:
    rights, found = effective(state), {}
    for one in state.principals:
        some: set[Right] = set()
        for index, holding in rights.held(one.name):
            thing = state.objects[index]
            assert rights.holding(one.name, index) == holding
            some |= {(thing.label, thing.kind, None, right) for right in names(holding.rights)}
            some |= {(thing.label, thing.kind, column, right)
                     for column, held_ in holding.columns.items() for right in names(held_)}
        found[one.name] = some
    return found


@pytest.mark.parametrize("seed", range(4))
def test_every_right_is_what_the_server_answers(server: tuple[int, PostgresServer], seed: int) -> None:
    version, running_server = server
    name = running_server.create_database()
    with psycopg.connect(running_server.dsn(name), autocommit=True) as connection:
        chance = Chance(connection, version, seed)
        chance.make(chance.one(ROLES + LOGINS))
        truth = answered(connection, version)
        state = read("postgresql", running_server.dsn(name, "hustings_audit"))
        rights = worked_out(state)
        for role in truth.keys() | rights.keys():
            assert rights.get(role, set()) == truth.get(role, set()), f"seed {seed}: {role}"

        reachable: dict[str, set[str]] = {}
        for account, role in connection.execute(MEMBERS, {"how": "SET" if version >= 16 else "MEMBER"}):
            reachable.setdefault(str(account), set()).add(str(role))
        expected = {(account, role, label, right if column is None else f"{right}({column})")
                    for account, roles in reachable.items() for role in roles
                    for label, kind, column, right in truth.get(role, ())
                    if (label, kind, column, right) not in truth[account]
                    and (label, kind, None, right) not in truth[account]}
        found = {(one.account, one.role, one.object, one.right) for one in assumable(state, effective(state))}
        assert found == expected

        rows = list(held(state, effective(state)))
        order = [(row.account, row.object, row.kind, row.column or "", row.right) for row in rows]
        assert order == sorted(order)
        logins = {one.name for one in state.principals if one.login}
        assert {(row.account, row.object, row.kind, row.column, row.right) for row in rows} == {
            (account, *right) for account in logins for right in truth.get(account, ())}
        ways_are_real(connection, state)


def shortest(way: tuple[str, ...]) -> tuple[int, bool, tuple[str, ...]]:
    return len(way), way[-1:] == ("PUBLIC",), way


def ways_are_real(connection: psycopg.Connection[tuple[object, ...]], state: State) -> None:
    """Each way leads over memberships that exist to a right that its last role has without any other."""
    members = {(str(member), str(role)) for member, role in connection.execute(
        "select pg_get_userbyid(member), pg_get_userbyid(roleid) from pg_auth_members")}
    members.add((state.database_owner, "pg_database_owner"))
    owners = {one.label: one.owner for one in state.objects}
    supers = {one.name for one in state.principals if one.superuser}
    rights = effective(state)
    for row in held(state, rights):
        index = next(place for place, one in enumerate(state.objects)
                     if (one.label, one.kind) == (row.object, row.kind))
        assert row.via == rights.via(row.account, index, row.right, row.column)
        if row.account not in supers:
            assert row.via == min(rights.sources(row.account, index, row.right, row.column), key=shortest)
        roles = [row.account, *(one for one in row.via if one not in ("PUBLIC", "owner", "superuser"))]
        assert all(pair in members for pair in pairwise(roles))
        assert (row.via == ("superuser",)) == (row.account in supers)
        if row.via[-1:] == ("owner",):
            assert owners[row.object] == roles[-1]
