"""On MariaDB: the change script closes each planted fault, keeps what is declared, and its undo restores it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agent.access.rehearsal_grant_tables import GrantTables
from agent.access.rehearsal_script import parse_script
from agent.access.tighten_beneath import Beneath
from collectors.database_dsn import mariadb_address
from collectors.mariadb_session import Session, connect
from hustings.access.usage import Usage, Use, Window
from policies.access.tighten import tighten
from policies.access.tighten_plan import Step
from tests.access.faults_mariadb import CLERKS, NKHAN, PCOTE
from tests.access.test_planted_faults_mariadb import FAULTS, Fault, Office, office

__all__ = ["office"]

LEFT = {"LPR-06", "LPR-08", "LPR-13", "LPR-14", "LPR-15", "LPR-20", "IAM-09", "IAM-13", "IAM-14"}
"""Faults of views, definers, sign-in and settings: for a person."""
BY_HAND = {"an analyst may act as the database's administrator", "a job from more than its host",
           "an auditor changes one of the grant tables", "an auditor changes a column of the grant tables",
           "an analyst reads the table of passwords"}
"""Faults of other rows that are: to act as another (PROXY), where an account may come from, and rights on single tables
of the engine's own schema."""


@pytest.fixture(scope="module")
def session(office: Office) -> Iterator[Session]:
    with connect(mariadb_address(office.server.dsn(), "DSN"), read_only=False) as one:
        yield one


def run(session: Session, steps: list[Step]) -> None:
    for one in parse_script("\n".join(step.sql for step in steps), "mariadb").statements:
        session.rows(one.text)


@pytest.mark.parametrize("planted", FAULTS, ids=lambda one: one.name)
def test_a_fault_is_closed_and_can_be_restored(office: Office, session: Session, planted: Fault) -> None:
    tables = GrantTables(session)
    office.run(planted.plant)
    try:
        found = office.look()
        lacking = [row for row in found.rows() if row.state == "missing"]
        before = tables.digests(exact=False)
        made = tighten(office.model, found.state, only=("excess", "anomalies"))
        run(session, made.steps)
        try:
            after = office.look()
            rows = [row for row in after.rows() if row.state != "declared" and row not in lacking]
            standing = {one.catalogue for one in after.anomalies}
        finally:
            run(session, made.undo)
        assert tables.digests(exact=False) == before
    finally:
        office.run(planted.undo)
    assert rows == []
    assert standing <= {row for row, _, _ in planted.found}
    assert standing <= LEFT or planted.name in BY_HAND
    assert all(row in " ".join(made.by_hand) for row in standing)


def test_what_a_view_takes_with_the_rights_of_its_reader_is_not_called_unused(office: Office) -> None:
    office.run(f"create definer = vr_owner@localhost sql security invoker view vr.days_v as select held from "
               f"vr.elections; grant select on vr.days_v to nkhan@'{CLERKS}'")
    try:
        usage = Usage(engine="mariadb", window=Window("2026-09-22T00:00:00Z", "2026-11-22T00:00:00Z", 61),
                      uses=(Use("nkhan@desk4.example.org", "vr.days_v", None, "SELECT", "2026-09-22T00:00:00Z",
                                "2026-11-22T00:00:00Z"),), covers=("all",))
        found = office.look(usage)
    finally:
        office.run(f"drop view vr.days_v; revoke select on vr.days_v from nkhan@'{CLERKS}'")
    beneath = Beneath(found, "DSN")
    place = next(place for place, one in enumerate(found.state.objects) if one.label == "vr.elections")
    assert [beneath.needs(account, place, None, "SELECT") for account in (NKHAN, PCOTE)] == [True, False]


def test_nothing_is_changed_on_the_clean_twin(office: Office) -> None:
    made = tighten(office.model, office.look().state, only=("excess", "anomalies"))
    assert (made.steps, made.undo, made.by_hand) == ([], [], {})
