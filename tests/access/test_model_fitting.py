"""What a model names must be in the database; what would make a difference meaningless refuses it."""

from __future__ import annotations

from datetime import date

import msgspec

from hustings.access.reading import parse
from hustings.access.state import Object, Principal, State
from hustings.facts import Missing, Reason
from policies.access.fitting import Unfit, check_against

MODEL = """\
database: {engine: postgresql, schema: vr}
objects:
  voters: {class: restricted, columns: {identity: [dob]}}
  pollbook: {kind: view}
  gone: {}
roles:
  clerk: {allow: {voters: "r u(status)", "proc:approve": x, "seq:numbers": USAGE}, database_roles: [r_clerk]}
  keeper: {allow: {voters: "m", "other.inbox": "r(a)", "*": ddl}, member_of: [pg_monitor]}
owner_role: vr_owner
accounts:
  - {login: ann, roles: [clerk]}
  - {login: bob, roles: [clerk]}
  - {login: r_clerk, roles: [keeper]}
  - {login: old, roles: [keeper], state: closed}
reviewed_routines: {approve: %s}
""" % ("ab" * 32)
STATE = State(
    engine="postgresql", version="15.18", database="roll", as_of="2026-11-22T00:00:00Z", user="audit",
    principals=(Principal("anne", login=True), Principal("bob", login=True), Principal("r_clerk"),
                Principal("vr_owner"), Principal("pg_monitor", system=True)),
    objects=(Object("", "vr", "schema"), Object("vr", "voters", "table", columns=("id", "dob", "statut")),
             Object("vr", "pollbook", "table", columns=("id",)), Object("vr", "approve(integer)", "routine"),
             Object("vr", "approve(text)", "routine"), Object("vr", "numbers", "sequence")))


def unfit(state: State = STATE, model: str = MODEL) -> tuple[Unfit, ...]:
    return check_against(parse(model, "m.yaml", today=date(2026, 11, 22))[0], state)


def test_everything_that_is_not_there_is_named_with_its_line() -> None:
    assert [(one.line, one.what, one.refuses) for one in unfit()] == [
        (4, "vr.pollbook is a table, not a view", False),
        (5, "there is no table or view 'vr.gone'", False),
        (7, "vr.voters has no column 'status'", False),
        (8, "keeper: PostgreSQL 15 has no right MAINTAIN", True),
        (8, "there is no table or view 'other.inbox'", False),
        (11, "the database knows no account 'ann'", True),
        (13, "nobody can sign in as 'r_clerk': it is a role", False),
    ]
    remedies = {one.line: one.remedy for one in unfit()}
    assert remedies[7] == "did you mean 'statut'?"
    assert remedies[11] == "did you mean 'anne'?"


def test_a_model_that_fits_has_nothing_said_about_it() -> None:
    state = msgspec.structs.replace(
        STATE, version="18.1",
        principals=(Principal("ann", login=True), *STATE.principals[1:]),
        objects=(Object("", "vr", "schema"), Object("vr", "voters", "table", columns=("dob", "status")),
                 Object("vr", "pollbook", "view"), Object("vr", "gone", "table"), Object("vr", "approve", "routine"),
                 Object("vr", "numbers", "sequence"), Object("other", "inbox", "table", columns=("a",))))
    assert unfit(state, MODEL.replace("  - {login: r_clerk, roles: [keeper]}\n", "")) == ()


def test_a_schema_that_is_not_there_refuses() -> None:
    found = unfit(model="database: {engine: postgresql, schema: vrr}\n")
    assert [(one.what, one.refuses, one.remedy) for one in found] == [
        ("there is no schema 'vrr' in this database", True, found[0].remedy)]
    assert unfit(model="database: {engine: postgresql, schema: vr}\n") == ()


def test_objects_that_could_not_be_read_are_not_held_against_the_model() -> None:
    state = msgspec.structs.replace(STATE, missing={"objects": Missing(Reason.DENIED)})
    assert {one.line for one in unfit(state)} == {8, 11, 13}


def test_an_account_of_mariadb_is_found_without_its_host() -> None:
    state = msgspec.structs.replace(STATE, engine="mariadb", version="10.11.6",
                                    principals=(Principal("ann@%", login=True), Principal("bob@10.0.0.1", login=True)))
    text = "database: {engine: mariadb, schema: vr}\naccounts:\n- {login: ann}\n- {login: bob@10.0.0.2}\n"
    assert [(one.line, one.what) for one in unfit(state, text)] == [
        (4, "the database knows no account 'bob@10.0.0.2'")]
