"""Every planted fault is found, named exactly, and nothing else is; on the clean twin, nothing at all."""

from __future__ import annotations

from contextlib import nullcontext

import psycopg
import pytest

from hustings.access.state import State
from policies.access.difference import Difference, difference
from policies.access.engines import effective
from policies.access.rows import DECLARED, EXCESS, MISSING
from tests.access.faults import ALL, CLERKS, LINES, Fault, Found, Line, Right, each, rights
from tests.access.registration import AUDITOR, TEMPLATE, Registration, build, model
from tests.postgres import running


def compared(state: State) -> Difference:
    return difference(model(), effective(state), state)


def named(one: Difference) -> set[Found]:
    return {(fault.catalogue, fault.object, fault.account) for fault in one.anomalies}


def rows(one: Difference, state: str) -> set[Right]:
    return {(row.account, row.object, row.column, row.right) for row in one.rows() if row.state == state}


def test_on_the_clean_twin_nothing_is_found(registration: Registration) -> None:
    state = registration.read()
    clean = compared(state)
    assert (named(clean), clean.unread, state.missing) == (set(), (), {})
    assert (rows(clean, EXCESS), rows(clean, MISSING)) == (set(), set())
    assert len(rows(clean, DECLARED)) > 100


def test_at_least_sixty_faults_of_every_row_are_planted() -> None:
    planted = {row for fault in ALL for row, _, _ in fault.anomalies} | {row for line in LINES for row, _, _ in
                                                                         line.anomalies}
    assert len(ALL) + len(LINES) >= 60
    assert planted >= {f"LPR-{number:02}" for number in (1, 2, *range(4, 16), *range(17, 23))} - {"LPR-16"}
    assert planted >= {"IAM-09", "IAM-12", "IAM-13", "IAM-14"}


@pytest.mark.parametrize("fault", ALL, ids=str)
def test_a_planted_fault_is_found_and_nothing_else(registration: Registration, fault: Fault) -> None:
    with registration.copy() if fault.is_in_database else nullcontext(TEMPLATE) as database:
        try:
            registration.run(fault.sql, database)
            found = compared(registration.read(database))
            anomalies, excess, missing = named(found), rows(found, EXCESS), rows(found, MISSING)
        finally:
            if fault.undo:
                registration.run(f"drop owned by extra; {fault.undo}" if "role extra" in fault.undo else fault.undo,
                                 database)
    if fault.only:
        assert anomalies >= fault.anomalies
        assert {account for _, _, account in anomalies - fault.anomalies} <= {fault.only}
        assert excess >= fault.excess
        assert {account for account, *_ in excess - fault.excess} <= {fault.only}
    else:
        assert anomalies == fault.anomalies
        assert excess == fault.excess
    assert missing == fault.missing
    assert {one.catalogue for one in found.unread} == fault.unread


def test_what_an_extension_brings_is_the_engines_and_not_the_offices(registration: Registration) -> None:
    with registration.copy() as database:
        registration.run("create extension vector schema vr", database)
        state = registration.read(database)
        found = compared(state)
    assert sum(one.schema == "vr" and one.extension for one in state.objects) > 20
    assert (named(found), rows(found, EXCESS)) == (set(), set())


@pytest.mark.parametrize("line", LINES, ids=str)
def test_a_line_of_sign_in_rules_is_judged_by_what_it_lets_in(registration: Registration, line: Line) -> None:
    before = registration.hba.read_text()
    try:
        registration.hba.write_text(f"{line.text}\n{before}")
        found = compared(registration.read())
    finally:
        registration.hba.write_text(before)
    assert named(found) == line.anomalies
    assert rows(found, EXCESS) == set()


def test_after_every_fault_the_server_is_clean_again(registration: Registration) -> None:
    clean = compared(registration.read())
    assert (named(clean), rows(clean, EXCESS), rows(clean, MISSING)) == (set(), set(), set())


def test_new_passwords_stored_as_md5_are_the_servers_fault(registration: Registration) -> None:
    registration.run(f"alter role {AUDITOR} set password_encryption = 'md5'")
    try:
        found = compared(registration.read())
    finally:
        registration.run(f"alter role {AUDITOR} reset password_encryption")
    assert named(found) == {("LPR-13", None, None)}


@pytest.mark.parametrize(("taken", "given", "rows_of_the_catalogue"), [
    ("revoke select on pg_catalog.pg_hba_file_rules from hustings_audit",
     "grant select on pg_catalog.pg_hba_file_rules to hustings_audit", {"LPR-13", "LPR-14", "LPR-15", "LPR-19"}),
    ("revoke execute on function hustings.password_kinds() from hustings_audit",
     "grant execute on function hustings.password_kinds() to hustings_audit", {"LPR-13"}),
    ("revoke usage on schema hustings from hustings_audit", "grant usage on schema hustings to hustings_audit",
     {"LPR-13", "LPR-21", "IAM-09"}),
])
def test_what_the_auditor_may_not_see_is_unknown_and_no_pass(registration: Registration, taken: str, given: str,
                                                              rows_of_the_catalogue: set[str]) -> None:
    registration.run(taken)
    try:
        found = compared(registration.read())
    finally:
        registration.run(given)
    assert {one.catalogue for one in found.unread} == rows_of_the_catalogue
    assert named(found) == set()


def test_without_sight_of_pgaudit_a_table_without_triggers_is_unknown(registration: Registration) -> None:
    with registration.copy() as database:
        registration.run("revoke execute on function hustings.settings() from hustings_audit", database)
        registration.run("drop trigger recorded on vr.voters", database)
        found = compared(registration.read(database))
    assert named(found) == set()
    assert {one.catalogue for one in found.unread} == {"LPR-20"}


@pytest.mark.parametrize("version", [15, 16])
def test_the_clean_twin_is_clean_on_older_releases_and_a_fault_is_a_fault(version: int) -> None:
    with running(version) as server:
        older = build(server)
        clean = compared(older.read())
        assert (named(clean), clean.unread, rows(clean, EXCESS), rows(clean, MISSING)) == (set(), (), set(), set())
        older.run("grant delete on vr.voters to r_clerk; grant r_approve to lroy")
        found = compared(older.read())
    assert named(found) == each("LPR-05", "vr.voters", *CLERKS) | each("LPR-22", None, "lroy")
    assert rows(found, EXCESS) == (
        rights(CLERKS, "vr.voters", "DELETE") | rights("lroy", "vr.status_proposals", "SELECT")
        | rights("lroy", "vr.approve_status", "EXECUTE"))


def test_rows_are_what_the_server_itself_answers(registration: Registration) -> None:
    asked = """select r.rolname, n.nspname || '.' || c.relname, p from pg_roles r, pg_class c
        join pg_namespace n on n.oid = c.relnamespace, unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE',
        'REFERENCES', 'TRIGGER', 'MAINTAIN']) p where r.rolcanlogin and r.oid <> 10 and c.relkind in ('r', 'v')
        and n.nspname in ('vr', 'staging') and has_table_privilege(r.oid, c.oid, p)"""
    with registration.copy() as database:
        registration.run("grant pg_read_all_data to nkhan; grant r_clerk to r_audit; "
                         "grant delete on vr.users to public; alter table vr.elections owner to lroy", database)
        try:
            with psycopg.connect(registration.server.dsn(database)) as connection:
                answered = set(connection.execute(asked).fetchall())
            found = compared(registration.read(database))
            said = {(row.account, row.object, row.right) for row in found.rows()
                    if row.column is None and row.kind in ("table", "view") and row.state != MISSING}
        finally:
            registration.run("revoke pg_read_all_data from nkhan; revoke r_clerk from r_audit")
    assert said == answered
