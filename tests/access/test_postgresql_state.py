"""What is read of PostgreSQL, and what is not known when something stands in the way."""

from __future__ import annotations

import hashlib

import msgspec
import psycopg
import pytest

from collectors.access_reader import read
from collectors.database_dsn import NotReached
from hustings.access.rights import names
from hustings.access.state import PUBLIC, Object, State
from hustings.facts import Missing, Reason
from policies.access.difference import difference
from policies.access.engines import effective
from tests.access.registration import Registration, model
from tests.postgres import PostgresServer

BODY = "select last_name from kept.voters"
SCHEMA = f"""
create schema kept; create table kept.voters (id bigserial, last_name text, born date, ssn4 text, county text);
create table kept.parts (id int, county text) partition by list (county);
create table kept.part_1 partition of kept.parts for values in ('a');
alter table kept.voters enable row level security;
create policy one on kept.voters to state_reader using (county = current_user);
create policy two on kept.voters as restrictive using (id > 0);
create function kept.note() returns trigger language plpgsql as 'begin return new; end';
create trigger note after insert or delete on kept.voters for each row execute function kept.note();
create trigger off after update on kept.voters for each row execute function kept.note();
alter table kept.voters disable trigger off;
create trigger parted after update on kept.parts for each row execute function kept.note();
create view kept.shown as with young as (select * from kept.voters where ssn4 <> '')
  select y.last_name, upper(y.ssn4) as u, p.county from young y join kept.parts p on p.id = y.id
  where y.born > '2000-01-01' order by y.born;
create view kept.invoked with (security_invoker) as select 1 as x;
create function kept.f(a int) returns text language sql security definer as '{BODY}';
create function kept.f(a text) returns text language sql security definer set search_path = pg_catalog
  return a || 'x';
alter default privileges in schema kept grant select on tables to public;
alter role state_reader set statement_timeout = '5s';
alter role state_reader valid until '2030-05-01 00:00:00+00' connection limit 3;
"""


@pytest.fixture(scope="module")
def state(postgres_server: PostgresServer) -> State:
    name = postgres_server.create_database()
    postgres_server.execute("create role state_reader login createdb; create role state_plain login")
    with psycopg.connect(postgres_server.dsn(name), autocommit=True) as connection:
        connection.execute(SCHEMA)
    return read("postgresql", postgres_server.dsn(name, "state_plain"), schemas=("kept",))


def one(state: State, label: str) -> Object:
    return next(thing for thing in state.objects if thing.label == label)


def test_tables_are_read_with_what_guards_their_rows(state: State) -> None:
    voters = one(state, "kept.voters")
    assert voters.columns == ("id", "last_name", "born", "ssn4", "county")
    assert (voters.row_security, voters.row_security_forced) == (True, False)
    assert [(policy.name, policy.roles, policy.command, policy.permissive) for policy in voters.row_policies] == [
        ("one", ("state_reader",), "ALL", True), ("two", (PUBLIC,), "ALL", False)]
    assert voters.policies == ("(county = CURRENT_USER) AND (id > 0)",)
    assert (voters.triggers, voters.trigger_events) == (1, ("INSERT", "DELETE"))
    assert one(state, "kept.parts").trigger_events == one(state, "kept.part_1").trigger_events == ("UPDATE",)
    assert one(state, "kept.voters_id_seq").of == "kept.voters"


def test_a_view_says_which_columns_it_shows_as_they_are(state: State) -> None:
    shown = one(state, "kept.shown")
    assert shown.shows == {"last_name": ("kept.voters", "last_name"), "county": ("kept.parts", "county")}
    assert (shown.kind, shown.definer, one(state, "kept.invoked").definer) == ("view", True, False)


def test_definer_routines_are_read_with_the_digest_of_their_body(state: State) -> None:
    plain, standard = one(state, "kept.f(integer)"), one(state, "kept.f(text)")
    assert (plain.definer, plain.pinned, plain.body) == (True, False, hashlib.sha256(BODY.encode()).hexdigest())
    assert (standard.definer, standard.pinned) == (True, True)
    assert standard.body not in ("", plain.body, hashlib.sha256(b"").hexdigest())
    assert one(state, "kept.note").trigger_function


def test_roles_are_read_with_what_ends_and_limits_them(state: State) -> None:
    reader = next(some for some in state.principals if some.name == "state_reader")
    assert (reader.attributes, reader.valid_until, reader.connection_limit) == (
        ("createdb",), "2030-05-01T00:00:00Z", 3)
    assert ("state_reader", "", "statement_timeout", "5s") in state.overrides
    first = next(some for some in state.principals if some.name == "postgres")
    assert (first.bootstrap, first.superuser, first.system) == (True, True, False)
    assert next(some for some in state.principals if some.name == "pg_monitor").system
    assert [(role, schema, kind, [(entry.grantee, names(entry.rights)) for entry in entries])
            for role, schema, kind, entries in state.defaults] == [
        ("postgres", "kept", "table", [(PUBLIC, ("SELECT",))])]


def test_a_state_comes_back_from_json_as_it_was(state: State) -> None:
    assert msgspec.json.decode(msgspec.json.encode(state), type=State) == state


def test_a_table_that_is_locked_leaves_its_policies_unknown(postgres_server: PostgresServer) -> None:
    name = postgres_server.create_database()
    postgres_server.execute("create table t (id int); create policy p on t using (id > 0)", name)
    with psycopg.connect(postgres_server.dsn(name)) as connection:
        connection.execute("lock table t")
        state = read("postgresql", postgres_server.dsn(name))
    assert state.missing["objects.policies"].reason == Reason.TIMEOUT


def test_policies_that_are_not_known_are_no_fault_and_no_pass(registration: Registration) -> None:
    whole = registration.read()
    state = msgspec.structs.replace(
        whole, objects=tuple(msgspec.structs.replace(thing, row_policies=(), policies=()) for thing in whole.objects),
        missing={**whole.missing, "objects.policies": Missing(Reason.TIMEOUT, "locked")})
    found = difference(model(), effective(state), state)
    assert "LPR-12" in {unread.catalogue for unread in found.unread}
    assert "LPR-12" not in {fault.catalogue for fault in found.anomalies}


def test_a_query_that_takes_too_long_ends_the_reading(postgres_server: PostgresServer) -> None:
    with pytest.raises(NotReached, match="statement timeout") as refused:
        read("postgresql", postgres_server.dsn(), variable="ROLL", within=0.001)
    assert refused.value.reason == Reason.TIMEOUT
