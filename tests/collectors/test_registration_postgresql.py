from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from agent.access.grant_script_postgresql import script
from collectors import registration_postgresql as subject
from collectors.base import observe
from collectors.host.protocol import LookError
from collectors.postgresql_rights import sign_in_rule
from collectors.postgresql_session import arguments, connect
from hustings.declared import Database, Declared
from hustings.facts import Missing, Reason
from tests.fakes import FakeHost
from tests.postgres import PostgresServer, running

ROLES = """
create role voters_owner nologin;
create role clerks nologin;
create role reports nologin;
create role maintenance nologin;
create role anna login password 'x' in role clerks;
create role former_admin superuser login password 'x';
create role hidden_admin login password 'x';
grant former_admin to hidden_admin;
create role mirror login replication bypassrls password 'x';
create role vendor login password 'x';
grant pg_execute_server_program to vendor;
grant maintenance to vendor with admin option;
create role hustings_audit login password 'x';
"""

SCHEMA = """
create schema roll authorization voters_owner;
set role voters_owner;
create table roll.voters (voter_id bigint primary key, last_name text, born date);
create table roll.addresses (voter_id bigint, line text);
create view roll.names as select voter_id, last_name from roll.voters;
grant select on roll.voters to public;
grant update (born) on roll.voters to public;
grant select on roll.voters to reports with grant option;
grant select, insert on roll.addresses to clerks;
create function roll.purge() returns int language sql security definer as 'delete from roll.voters; select 1';
create function roll.pinned() returns int language sql security definer set search_path = pg_catalog as 'select 1';
revoke execute on function roll.pinned() from public;
alter default privileges for role voters_owner in schema roll grant select on tables to public;
reset role;
alter table roll.addresses owner to anna;
create schema empty;
"""


@pytest.fixture(scope="module", params=[16, 18])
def server(request: pytest.FixtureRequest) -> Iterator[PostgresServer]:
    with running(request.param, password_encryption="md5") as one:
        one.execute(ROLES)
        one.execute("create database office")
        one.execute(SCHEMA, "office")
        yield one


def declare(server: PostgresServer, *schemas: str, **other: object) -> Declared:
    known = {"host": server.host, "port": server.port, "database": "office", **other}
    return Declared(databases=(Database(name="roll", engine="postgresql", schemas=schemas or ("roll",), **known),))


def look(server: PostgresServer, *schemas: str, **other: object) -> dict[str, object]:
    found = subject.collect(FakeHost(), declare(server, *schemas, **other))
    return {name.removesuffix("@roll"): value for name, value in found.items()}


def items(value: object) -> list[tuple[object, ...]]:
    return [tuple(one.values()) for one in value.items]


def test_every_planted_right_is_found_by_a_role_without_rights_on_the_data(server):
    seen = look(server)
    assert items(seen["registration.superusers"]) == [
        ("former_admin", False, True), ("hidden_admin", False, False), ("postgres", True, True)]
    assert items(seen["registration.public_grants"]) == [
        ("column", "roll.voters.born", "UPDATE"), ("future tables", "roll", "SELECT"),
        ("table", "roll.voters", "SELECT")]
    assert set(items(seen["registration.grantable"])) == {
        ("reports", "roll.voters", "SELECT"), ("vendor", "maintenance", "MEMBERSHIP")}
    assert items(seen["registration.owner_logins"]) == [("anna", "anna", 1)]
    assert items(seen["registration.definer_functions"]) == [("roll.pinned", True, False), ("roll.purge", False, True)]
    assert items(seen["registration.os_access"]) == [("vendor", "pg_execute_server_program")]
    assert items(seen["registration.special_rights"]) == [("mirror", "bypassrls"), ("mirror", "replication")]
    assert seen["registration.untrusted_languages"].items == []
    assert seen["registration.password_encryption"] == "md5"
    assert seen["registration.tls"] is False
    assert seen["registration.listens_on"].items == ["127.0.0.1"]
    assert seen["registration.logs_connections"] is False
    assert seen["registration.version"].split(".")[0] in ("16", "18")


def test_taking_the_rights_away_empties_the_lists(server):
    name = server.create_database()
    server.execute("create schema roll; create table roll.voters (id int); revoke create on schema public from public",
                   name)
    seen = look(server, database=name)
    for fact in ("registration.public_grants", "registration.owner_logins"):
        rest = [one for one in seen[fact].items if one.get("role") != "postgres"]
        assert rest == []
        assert seen[fact].complete


def test_a_schema_public_where_anyone_may_create_is_found_although_it_is_not_declared(server):
    name = server.create_database()
    server.execute("create schema roll; create table roll.voters (id int);"
                   "grant create on schema public to public", name)
    assert ("schema", "public", "CREATE") in items(look(server, database=name)["registration.public_grants"])


def test_an_owner_by_membership_counts(server):
    name = server.create_database()
    server.execute("create schema roll authorization voters_owner; create table roll.voters (id int);"
                   "alter table roll.voters owner to voters_owner; grant voters_owner to anna", name)
    assert items(look(server, database=name)["registration.owner_logins"]) == [("anna", "voters_owner", 1)]
    server.execute("revoke voters_owner from anna")


def test_what_the_audit_role_may_not_see_is_denied_and_not_empty(server):
    seen = look(server)
    assert seen["registration.sign_in_rules"].reason is Reason.DENIED
    assert seen["registration.password_kinds"].reason is Reason.UNSUPPORTED


def test_the_audit_role_of_the_grant_script_sees_what_the_plain_one_may_not(server):
    name = server.create_database()
    server.execute("create schema roll; create table roll.voters (id int)", name)
    server.execute(script("hustings_audit"), name)
    seen = look(server, database=name)
    rules = seen["registration.sign_in_rules"].items
    assert {one["method"] for one in rules} == {"trust"}
    assert {one["remote"] for one in rules} == {False}
    assert ("anna", "md5") in items(seen["registration.password_kinds"])
    definers = items(seen["registration.definer_functions"])
    assert ("hustings.password_kinds", True, False) in definers
    assert {(pinned, public) for _, pinned, public in definers} == {(True, False)}


def test_a_schema_that_does_not_exist_or_is_empty_is_no_clean_bill(server):
    for schema in ("nowhere", "empty"):
        seen = look(server, schema)
        for fact in ("registration.public_grants", "registration.grantable", "registration.owner_logins"):
            assert seen[fact].reason is Reason.ERROR
            assert schema in seen[fact].detail
        assert not isinstance(seen["registration.superusers"], Missing)


def test_the_session_cannot_change_anything_and_cannot_hang(server):
    with connect(FakeHost(), declare(server).databases[0]) as session:
        with pytest.raises(LookError, match="read-only"):
            session.rows("create temporary table x (y int)")
        assert session.rows("show statement_timeout") == [("5s",)]
        assert session.rows("show application_name") == [("hustings",)]


@pytest.mark.parametrize(("other", "reason"), [
    ({"user": "nobody_here"}, Reason.ERROR),
    ({"database": "nowhere"}, Reason.ERROR),
    ({"port": 1}, Reason.ERROR),
    ({"password_file": "/etc/hustings/secret"}, Reason.ERROR),
])
def test_a_database_that_cannot_be_asked_gives_its_reason_to_every_fact(server, other, reason):
    seen = look(server, **other)
    assert {value.reason for value in seen.values()} == {reason}


def test_every_declared_fact_is_answered_with_its_type(server):
    declared = declare(server)
    facts = observe(subject.COLLECTOR, subject.collect(FakeHost(), declared), datetime.now(UTC), declared)
    known = [name for name, seen in facts.items() if seen.known]
    assert len(known) == len(facts) - 2


def test_another_engine_and_an_image_are_unsupported():
    other = Declared(databases=(Database(name="roll", engine="oracle"),))
    answers = subject.collect(FakeHost(), other)
    assert answers.pop("registration.engine@roll") == "oracle"
    assert {one.reason for one in answers.values()} == {Reason.UNSUPPORTED}
    image = Declared(databases=(Database(name="roll", engine="postgresql"),))
    assert {one.reason for one in subject.collect(FakeHost(kind="image"), image).values()} == {Reason.UNSUPPORTED}


@pytest.mark.parametrize(("host", "mode"), [
    ("127.0.0.1", "prefer"), ("::1", "prefer"), ("localhost", "prefer"), ("/run/postgresql", "prefer"),
    ("db.example.org", "verify-full"), ("192.0.2.7", "verify-full"),
])
def test_another_machine_is_spoken_to_under_verified_tls_alone(host, mode):
    assert arguments(Database(name="roll", engine="postgresql", host=host), "")["sslmode"] == mode


@pytest.mark.parametrize(("row", "remote", "anywhere"), [
    ((1, "local", "all", None, None, "peer", None), False, False),
    ((2, "host", "all", "127.0.0.1", "255.255.255.255", "md5", None), False, False),
    ((3, "host", "all", "::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "md5", None), False, False),
    ((4, "hostssl", "app", "192.0.2.7", "255.255.255.255", "scram-sha-256", None), True, False),
    ((5, "host", "all", "0.0.0.0", "0.0.0.0", "md5", None), True, True),
    ((6, "host", "all", "::", "::", "md5", None), True, True),
    ((7, "host", "all", "samenet", None, "trust", None), True, True),
    ((8, "host", "all", ".example.org", None, "md5", None), True, False),
])
def test_a_sign_in_rule_says_whether_it_is_for_other_machines(row, remote, anywhere):
    rule = sign_in_rule(*row)
    assert (rule["remote"], rule["anywhere"]) == (remote, anywhere)


def test_a_line_for_tls_is_understood_while_tls_is_off_and_one_that_is_not_is_an_error():
    why = "hostssl record cannot match because SSL is disabled"
    rule = sign_in_rule(1, "hostssl", "app", "192.0.2.7", "255.255.255.255", "scram-sha-256", why)
    assert (rule["type"], rule["method"], rule["remote"]) == ("hostssl", "scram-sha-256", True)
    assert sign_in_rule(2, None, None, None, None, None, "invalid IP mask")["method"] == "error"
