"""For every planted fault: the change script closes it without taking what is declared, and its undo restores it."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import psycopg
import pytest

from agent.access.rehearsal_catalogue import rights
from agent.access.rehearsal_script import parse_script
from policies.access.difference import difference
from policies.access.engines import effective
from policies.access.rows import EXCESS, MISSING
from policies.access.tighten import tighten
from policies.access.tighten_plan import Step
from tests.access.faults import ALL, Fault
from tests.access.registration import TEMPLATE, Registration, model

CLOSING = ("excess", "anomalies")
CLOSED = {"LPR-02", "LPR-04", "LPR-05", "LPR-06", "LPR-07", "LPR-08", "LPR-11", "LPR-17", "LPR-18", "IAM-12"}
"""Rows of the catalogue whose faults a script closes, but for those in ``LEFT``."""
LEFT = {"LPR-06 a public view shows more"}
"""What a view shows is no right: a person decides what belongs into it."""


def run(connection: psycopg.Connection[Any], steps: list[Step]) -> None:
    """As psql would, in one transaction; only after the rehearsal's own rules let it through."""
    script = parse_script("\n".join(step.sql for step in steps), "postgresql")
    with connection.transaction():
        for one in script.statements:
            connection.execute(one.text.encode())


@pytest.mark.parametrize("fault", ALL, ids=str)
def test_a_fault_is_closed_and_can_be_restored(registration: Registration, fault: Fault) -> None:
    with registration.copy() if fault.is_in_database else nullcontext(TEMPLATE) as database, \
            psycopg.connect(registration.server.dsn(database), autocommit=True) as connection:
        try:
            registration.run(fault.sql, database)
            before, planted = registration.read(database), rights(connection)
            made = tighten(model(), before, only=CLOSING)
            run(connection, made.steps)
            try:
                state = registration.read(database)
                after = difference(model(), effective(state), state)
                left = [row for row in after.rows() if row.state == EXCESS]
                missing = {(row.account, row.object, row.column, row.right) for row in after.rows()
                           if row.state == MISSING}
                standing = {one.catalogue for one in after.anomalies}
            finally:
                run(connection, made.undo)
            assert rights(connection) == planted
        finally:
            if fault.undo:
                registration.run(f"drop owned by extra; {fault.undo}" if "role extra" in fault.undo else fault.undo,
                                 database)
    assert left == []
    assert missing <= fault.missing
    assert not standing & CLOSED or fault.name in LEFT
    said = " ".join(made.by_hand)
    assert all(row in said for row in standing)


def test_nothing_is_changed_on_the_clean_twin(registration: Registration) -> None:
    made = tighten(model(), registration.read(), only=CLOSING)
    assert (made.steps, made.undo, made.by_hand) == ([], [], {})
