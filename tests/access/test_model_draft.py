"""A draft says what a database grants: it is a good model, and nothing that is granted by name is in excess of it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from collectors.access_reader import read
from hustings.__main__ import hustings
from hustings.access.model import AccessModel
from hustings.access.reading import inspect, load
from hustings.access.state import State
from hustings.errors import HustingsError
from policies.access.difference import difference
from policies.access.draft import draft
from policies.access.draft_text import text
from policies.access.engines import effective
from policies.access.fitting import check_against
from policies.access.rows import DECLARED, EXCESS, Row
from tests.access.registration import VARIABLE, Registration
from tests.access.test_mariadb_rights import ROLES as MARIADB_ROLES
from tests.access.test_mariadb_rights import USERS, _grants, _quoted
from tests.access.test_postgresql_effective import LOGINS, ROLES, Chance
from tests.mariadb import MariadbServer
from tests.postgres import PostgresServer, running

PLANTED = """
create role r_bulk; grant delete, truncate on vr.voters to r_bulk;
create role zoe login in role r_bulk; grant update (status) on vr.voters to zoe;
create role yan login; grant update (status) on vr.voters to yan;
create role over login superuser;
create role svc_feed login connection limit 3; create role r_feed; grant r_feed to svc_feed;
grant select on vr.precincts to r_feed with grant option;
grant select on vr.voters to public;
create table vr."Odd, name (x)" (id int, "secret" text, "a b" text); alter table vr."Odd, name (x)" owner to zoe;
grant select ("secret", "a b") on vr."Odd, name (x)" to yan;
grant pg_read_all_data to yan; alter role yan createrole;
create function vr.wipe() returns int language sql security definer as 'select 1';
"""
UNDO = """
drop owned by zoe, yan, svc_feed, r_feed, r_bulk; drop role zoe, yan, over, svc_feed, r_feed, r_bulk;
"""


def drafted(state: State) -> tuple[str, AccessModel]:
    """The draft and the model it reads back as: without a fault, and fitting."""
    written = text(draft(state, effective(state)), variable="ROLL_DSN")
    found = inspect(written, "draft.yaml")
    assert found.model is not None, "\n".join(map(str, found.faults))
    assert check_against(found.model, state) == ()
    return written, found.model


def excess(model: AccessModel, state: State) -> list[Row]:
    return [row for row in difference(model, effective(state), state).rows() if row.state == EXCESS]


def by_name(rows: list[Row]) -> list[Row]:
    """Rows that come from a grant to somebody, not from PUBLIC or from being superuser."""
    return [row for row in rows if row.via[-1:] not in (("PUBLIC",), ("superuser",))]


@pytest.fixture(scope="module")
def planted(registration: Registration) -> Iterator[tuple[Registration, str]]:
    with registration.copy() as name:
        registration.run(PLANTED, name)
        try:
            yield registration, name
        finally:
            registration.run(UNDO, name)


def test_the_draft_of_a_clean_database_has_nothing_in_excess(registration: Registration) -> None:
    state = registration.read()
    _, model = drafted(state)
    assert excess(model, state) == []
    assert {one.login for one in model.accounts} == {
        one.name for one in state.principals if one.login and not one.bootstrap and one.name != state.user}
    assert model.owner_role == "vr_owner"


def test_what_is_granted_by_name_is_drafted_and_what_public_and_superusers_hold_is_not(
        planted: tuple[Registration, str]) -> None:
    state = planted[0].read(planted[1])
    written, model = drafted(state)
    rows = excess(model, state)
    assert by_name(rows) == []
    assert {(row.account, row.object, row.right) for row in rows if row.via == ("PUBLIC",)} >= {
        ("zoe", "vr.voters", "SELECT"), ("zoe", "vr.wipe", "EXECUTE")}
    assert {row.account for row in rows if row.via == ("superuser",)} == {"over"}
    accounts = {one.login: one.roles for one in model.accounts}
    assert accounts["zoe"][0] == "r_bulk"
    assert "pg_read_all_data" in accounts["yan"]
    assert accounts["over"] == ()
    job = model.role("r_feed")
    assert job is not None
    assert (job.who, job.max_connections, job.database_roles) == ("job", 3, ("r_feed",))
    lines = {line.strip() for line in written.splitlines()}
    assert any(line.startswith("- {login: over, roles: []}   # decide: superuser") for line in lines)
    assert any(line.startswith("- {login: yan,") and "has createrole" in line and "in pg_read_all_data" in line
               for line in lines)
    assert 'voters: "d t"   # decide: DELETE, TRUNCATE of whole voter records' in lines
    assert "#   voters: SELECT" in lines
    assert any(line.startswith('#   "proc:wipe": ') and len(line.split(": ")[1]) == 64 for line in lines)


def test_accounts_that_hold_the_same_share_a_role(planted: tuple[Registration, str]) -> None:
    registration, name = planted
    registration.run("revoke pg_read_all_data from yan; revoke all on vr.\"Odd, name (x)\" from yan;"
                     "alter table vr.\"Odd, name (x)\" owner to vr_owner", name)
    _, model = drafted(registration.read(name))
    roles = {one.login: one.roles for one in model.accounts}
    assert roles["yan"] == ("direct_yan_and_1_more",)
    assert set(roles["zoe"]) == {"r_bulk", "direct_yan_and_1_more"}


@pytest.fixture(scope="module")
def random_server() -> Iterator[PostgresServer]:
    with running(18) as server:
        server.execute("create role hustings_audit login")
        for role in ROLES:
            server.execute(f"create role {role}")
        for login in LOGINS:
            server.execute(f"create role {login} login")
        yield server


@pytest.mark.parametrize("seed", range(4))
def test_no_grant_of_a_random_postgresql_is_in_excess_of_its_draft(random_server: PostgresServer, seed: int) -> None:
    name = random_server.create_database()
    with psycopg.connect(random_server.dsn(name), autocommit=True) as connection:
        chance = Chance(connection, 18, 100 + seed)
        chance.make(chance.one(ROLES + LOGINS))
    state = read("postgresql", random_server.dsn(name, "hustings_audit"))
    _, model = drafted(state)
    assert by_name(excess(model, state)) == []
    assert sum(row.state == DECLARED for row in difference(model, effective(state), state).rows()) > 50


@pytest.mark.parametrize("seed", range(4))
def test_no_grant_of_a_random_mariadb_is_in_excess_of_its_draft(mariadb_server: MariadbServer, seed: int) -> None:
    schemas = ("vr_main", "vrxmain")
    for schema in schemas:
        mariadb_server.execute(
            f"create or replace database {schema}",
            *(f"create table {schema}.{table} (a int, b int, c int)" for table in ("voters", "addresses", "log")),
            f"create procedure {schema}.work() sql security invoker set @x = 1",
            f"create function {schema}.count_all() returns int deterministic sql security invoker return 1")
    mariadb_server.execute(*_grants(random.Random(100 + seed)))
    try:
        state = read("mariadb", mariadb_server.dsn(), schemas=schemas)
        _, model = drafted(state)
        assert by_name(excess(model, state)) == []
        assert [row for row in difference(model, effective(state), state).rows() if row.state == "missing"] == []
    finally:
        accounts = [_quoted(user, host) for user, hosts in USERS.items() for host in hosts]
        mariadb_server.execute(f"drop user {', '.join(accounts)}", f"drop role {', '.join(MARIADB_ROLES)}",
                               "revoke all privileges, grant option from public",
                               *(f"drop database {schema}" for schema in schemas))


def run(registration: Registration, *args: str, database: str = "registration") -> tuple[int, str, str]:
    done = CliRunner().invoke(hustings, ["access", *args], env={VARIABLE: registration.dsn(database)})
    if isinstance(done.exception, HustingsError):
        return int(done.exception.exit_code), done.stdout, str(done.exception)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout, done.stderr


def test_the_command_writes_a_file_that_lints_and_fits(registration: Registration, tmp_path: Path) -> None:
    path = tmp_path / "roll.access.yaml"
    args = ("init", "--engine", "postgresql", "--dsn-env", VARIABLE, "--schema", "vr", "--output", str(path))
    code, out, err = run(registration, *args)
    assert (code, out) == (0, ""), err
    assert str(path) in err
    assert load(path)[0].database.scope == ("vr",)
    code, out, err = run(registration, "lint", str(path), "--live")
    assert code == 0, err
    assert "it fits the database" in out
    before = path.read_text()
    code, out, err = run(registration, *args)
    assert (code, out) == (2, "")
    assert "exists already" in err
    assert path.read_text() == before


def test_the_draft_goes_to_standard_output_without_a_file(registration: Registration) -> None:
    code, out, _ = run(registration, "init", "--engine", "postgresql", "--dsn-env", VARIABLE)
    assert code == 0
    assert inspect(out, "-").model is not None
    assert "postgresql://" not in out
