"""What an office no longer keeps goes after it was announced, and never what something needs."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from hustings.errors import UsageError
from hustings.report import Times
from hustings.verdicts import Verdict
from policies.pack import shipped
from server.jobs import retention as job
from server.jobs.model import Context
from server.keeping import holds, retention
from server.keeping.retention import NOTICE, Kind, Outcome
from server.store import audit, audit_check, exceptions, publications, rebuild, reports
from server.store.database import WHOLE_SERVER
from server.store.reports import NotKept
from server.store.schema import audit as lines
from server.store.schema import reports as table
from tests.sender import RESULTS
from tests.server.setups import Office

DAYS = {Kind.REPORTS: 400}


def reported(office: Office, many: int = 6) -> list[int]:
    """A machine that reports every ten days from 500 days ago; numbers of its reports, oldest first. The third opens a
    finding that the fourth resolves."""
    machine = office.machine()
    for number in range(many):
        verdict = Verdict.FAIL if number == 2 else Verdict.PASS
        results = tuple(one.__class__(one.check, one.catalogue, one.severity, verdict, one.expected, one.actual)
                        for one in RESULTS[:1])
        sent = machine.report(results=results, times=Times(office.now(), 1.0, "boot-1"))
        answer = office.post("/v1/reports", sent)
        assert answer.status_code == 201, answer.text
        office.now.forward(days=10)
    with office.database.read(office.tenant.id) as connection:
        return list(connection.scalars(sa.select(table.c.id).order_by(table.c.id)))


def whole(office: Office) -> set[int]:
    """Reports whose body is there."""
    with office.database.read(office.tenant.id) as connection:
        return set(connection.scalars(sa.select(table.c.id).where(sa.func.length(table.c.envelope) > 0)))


def said(office: Office, days: dict[Kind, int] | None = None) -> None:
    with office.database.write(office.tenant.id) as connection:
        retention.set_policy(connection, office.tenant.id, DAYS if days is None else days, now=office.now(), by="x")


def run(office: Office) -> None:
    """The timed job."""
    job.run(Context(office.database, office.application._config, office.now, shipped()))


def test_nothing_goes_unless_the_office_says_so(office: Office) -> None:
    numbers = reported(office)
    office.now.forward(days=3000)
    run(office)
    assert whole(office) == set(numbers)


def test_it_is_announced_two_weeks_before_and_then_only_that_goes(office: Office) -> None:
    numbers = reported(office)
    office.now.forward(days=400)
    said(office)
    run(office)
    assert whole(office) == set(numbers)
    with office.database.read(office.tenant.id) as connection:
        announced = retention.announced(connection, office.tenant.id)
        assert connection.scalar(sa.text("SELECT count(*) FROM events WHERE kind = 'retention-announced'")) == 1
    assert announced is not None
    assert announced.due == office.now() + NOTICE
    assert announced.counts == {Kind.REPORTS: 4}
    office.now.forward(days=13)
    run(office)
    assert whole(office) == set(numbers)
    office.now.forward(days=1)
    run(office)
    kept = {numbers[2], numbers[-1]}  # it opened a finding; it is the machine's last
    assert whole(office) == kept
    with office.database.read(office.tenant.id) as connection:
        done = retention.runs(connection, office.tenant.id)[-1]
        assert (done.outcome, done.deleted) == (Outcome.DONE, {Kind.REPORTS: 4})
        assert {one.action for one in audit.recent(connection, office.tenant.id)} >= {
            "retention.set", "retention.announce", "retention.end"}


def test_lines_digests_and_what_is_worked_out_from_them_survive(office: Office) -> None:
    numbers = reported(office)
    with office.database.read(office.tenant.id) as connection:
        before = connection.execute(sa.select(table.c.id, table.c.digest, table.c.receipt, table.c.vector)).all()
    office.now.forward(days=400)
    said(office)
    run(office)
    office.now.forward(days=15)
    run(office)
    with office.database.read(office.tenant.id) as connection:
        assert connection.execute(sa.select(
            table.c.id, table.c.digest, table.c.receipt, table.c.vector)).all() == before
        with pytest.raises(NotKept, match="digest"):
            reports.get(connection, office.tenant.id, numbers[0])
        assert reports.get(connection, office.tenant.id, numbers[-1]) is not None
    with office.database.read(WHOLE_SERVER) as connection:
        assert rebuild.rebuild(connection, write=False) == []
    admin = office.signed_in(office.person("ada"))
    gone = office.page("GET", f"/en/reports/{numbers[0]}", admin)
    assert (gone.status_code, "no longer kept" in gone.text) == (410, True)
    assert office.page("GET", f"/en/reports/{numbers[-1]}", admin).status_code == 200


def test_public_versions_and_exceptions_keep_what_was_known_then(office: Office) -> None:
    numbers = reported(office)
    with office.database.read(office.tenant.id) as connection:
        received = {row.id: row.received for row in connection.execute(sa.select(table.c.id, table.c.received))}
    with office.database.write(office.tenant.id) as connection:
        publications.prepare(connection, office.tenant.id, digest="x", en=b"x", fr=b"x", record="{}",
                             now=received[numbers[0]] + timedelta(days=1), by="x")
        exceptions.add(connection, office.tenant.id, kind="exception", subject="a/b", asset="", reason="r", control="c",
                       owner="o", approved_by="p", at=received[numbers[3]] + timedelta(days=1), by="x",
                       until=date(2999, 1, 1))
    office.now.forward(days=600)
    said(office)
    run(office)
    office.now.forward(days=15)
    run(office)
    assert whole(office) == {numbers[0], numbers[2], numbers[3], numbers[-1]}


def test_a_hold_and_a_change_of_mind_keep_everything(office: Office) -> None:
    numbers = reported(office)
    office.now.forward(days=400)
    said(office)
    run(office)
    said(office, {Kind.REPORTS: 800})
    office.now.forward(days=15)
    run(office)
    assert whole(office) == set(numbers)
    said(office)
    run(office)
    with office.database.write(office.tenant.id) as connection:
        holds.set_hold(connection, office.tenant.id, "Recount", "The court asked.", now=office.now(), by="x")
    office.now.forward(days=15)
    run(office)
    run(office)
    assert whole(office) == set(numbers)
    with office.database.read(office.tenant.id) as connection:
        assert [one.outcome for one in retention.runs(connection, office.tenant.id)] == [
            Outcome.HELD, Outcome.WITHDRAWN]


def test_the_trail_loses_its_oldest_lines_and_what_is_left_still_proves_itself(office: Office) -> None:
    with office.database.write(office.tenant.id) as connection:
        for number in range(5):
            audit.record(connection, office.tenant.id, office.now(), "x", "test.old", str(number))
    office.now.forward(days=740)
    with office.database.write(office.tenant.id) as connection:
        audit.record(connection, office.tenant.id, office.now(), "x", "test.new", "")
    said(office, {Kind.AUDIT: 731})
    run(office)
    office.now.forward(days=14)
    run(office)
    with office.database.read(office.tenant.id) as connection:
        left = audit.recent(connection, office.tenant.id)
        assert "test.old" not in {one.action for one in left}
        assert "test.new" in {one.action for one in left}
        checked = audit_check.check(connection, office.tenant.id)
        assert checked.broken is None
        assert checked.lines == len(left)
    with office.database.owner() as connection:
        if not office.database.sqlite:
            office.database.narrow(connection, WHOLE_SERVER)
        with pytest.raises(Exception, match="append-only"), connection.begin_nested():
            connection.execute(sa.delete(lines))


@pytest.mark.parametrize("days", [{Kind.REPORTS: 399}, {Kind.AUDIT: 700}, {Kind.NOTICES: 1}, {Kind.REPORTS: 40_000}])
def test_less_than_is_safe_is_refused(office: Office, days: dict[Kind, int]) -> None:
    with pytest.raises(UsageError, match="number of days"):
        said(office, days)
