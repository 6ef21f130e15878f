"""The rights derived from statements, held to what real servers demand."""

from __future__ import annotations

import json
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql as quoting

from collectors import access_reader
from collectors.statement_log.derive import Derived, derive
from collectors.statement_log.names import Names, of_state
from collectors.statement_log.scan import shapes
from hustings.access.rights import POSTGRESQL
from tests.access import statements
from tests.postgres import PostgresServer


@pytest.fixture(scope="module")
def database(postgres_server: PostgresServer) -> Iterator[str]:
    name = postgres_server.create_database()
    postgres_server.execute(statements.TABLES, name)
    postgres_server.execute("create role usage_counted login")
    yield name
    postgres_server.execute("drop owned by usage_counted", name)
    postgres_server.execute("drop role usage_counted")


@pytest.fixture(scope="module")
def names(postgres_server: PostgresServer, database: str) -> Names:
    return of_state(access_reader.read(POSTGRESQL, postgres_server.dsn(database)))


def _derived(text: str, names: Names) -> tuple[str, Derived]:
    (shaped,) = shapes(text, POSTGRESQL)
    return shaped.text, derive(shaped.text, names, whole=shaped.whole, sequences=shaped.sequences)


def _grant(connection: psycopg.Connection[tuple[object, ...]], needs: frozenset[tuple[str, str | None, str]]) -> None:
    for label, column, right in needs:
        schema, _, name = label.partition(".")
        at = quoting.Identifier(schema, name) if name else quoting.Identifier(schema)
        what = {"USAGE": "schema" if not name else "sequence", "EXECUTE": "routine"}.get(right, "table")
        part = quoting.SQL("") if column is None else quoting.SQL("({})").format(quoting.Identifier(column))
        connection.execute(
            quoting.SQL("grant {}{} on {} {} to usage_counted").format(quoting.SQL(right), part, quoting.SQL(what), at)
        )


def _allowed(
    connection: psycopg.Connection[tuple[object, ...]], text: str, needs: frozenset[tuple[str, str | None, str]]
) -> bool:
    with connection.transaction(force_rollback=True):
        _grant(connection, needs)
        connection.execute("set local role usage_counted")
        try:
            with connection.transaction():
                connection.execute(f"explain {text}".encode())
        except psycopg.errors.InsufficientPrivilege:
            return False
    return True


def test_the_rights_of_a_statement_are_all_that_postgresql_demands_and_no_more(
    postgres_server: PostgresServer, database: str, names: Names
) -> None:
    wrong = []
    with psycopg.connect(postgres_server.dsn(database), autocommit=True) as connection:
        connection.execute("revoke execute on all routines in schema vr from public")
        for text in statements.postgresql():
            _, derived = _derived(text, names)
            if not derived.understood:
                wrong.append((text, f"not understood: {derived.why}"))
                continue
            if not _allowed(connection, text, derived.needs):
                wrong.append((text, f"too few: {sorted(derived.needs, key=repr)}"))
                continue
            for one in derived.needs:
                whole = one[1] is not None and (one[0], None, one[2]) in derived.needs
                if (
                    not whole
                    and one[2] in ("SELECT", "INSERT", "UPDATE", "DELETE", "EXECUTE")
                    and _allowed(connection, text, derived.needs - {one})
                ):
                    wrong.append((text, f"too many: {one}"))
    assert wrong == [], "\n".join(map(str, wrong))


def test_every_shape_can_be_planned_as_it_stands(postgres_server: PostgresServer, database: str, names: Names) -> None:
    seen, wrong = set(), []
    with psycopg.connect(postgres_server.dsn(database), autocommit=True) as connection:
        for text in statements.postgresql():
            shape, _ = _derived(text, names)
            seen.add(shape)
            try:
                plan = connection.execute(f"explain (generic_plan, format json) {shape}".encode()).fetchone()
                assert plan is not None
                assert json.loads(json.dumps(plan[0]))[0]["Plan"]
            except psycopg.Error as error:
                wrong.append((shape, str(error)))
    assert wrong == [], "\n".join(map(str, wrong))
    assert len(seen) >= 200


def test_what_a_row_policy_calls_and_reads_is_used_by_whoever_asks(
        postgres_server: PostgresServer, database: str) -> None:
    assert database, "whose account is asked for"
    other = postgres_server.create_database()
    postgres_server.execute(
        "create schema vr; create table vr.own (account text, county text);"
        "create table vr.notes (id int, county text);"
        "create function vr.known(county text) returns boolean language plpgsql as $$ begin return true; end $$;"
        "alter table vr.notes enable row level security;"
        "create policy p on vr.notes using (vr.known(county) and county in (select o.county from vr.own o));"
        "revoke execute on function vr.known(text) from public", other)
    names = of_state(access_reader.read(POSTGRESQL, postgres_server.dsn(other)))
    text = "select id from vr.notes"
    _, derived = _derived(text, names)
    assert derived.needs == {("vr", None, "USAGE"), ("vr.notes", "id", "SELECT"), ("vr.known", None, "EXECUTE"),
                             ("vr.own", "county", "SELECT")}
    with psycopg.connect(postgres_server.dsn(other), autocommit=True) as connection:
        assert _allowed(connection, text, derived.needs)
        for one in derived.needs:
            assert not _allowed(connection, text, derived.needs - {one})
