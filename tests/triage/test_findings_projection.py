"""What intake writes of findings, on both databases: the same as a recomputation from the stored reports."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError

from server.store import findings, findings_rebuild
from server.store.database import WHOLE_SERVER, Database
from server.store.findings_rebuild import rebuild
from server.triage import acting
from server.triage.acts import Kind
from server.two_people import Actor
from tests.server import setups
from tests.server.setups import Office
from tests.triage.saying import GONE, OS, RECENT, number, rows, say

LETTERS = st.fixed_dictionaries({}, optional={name: st.sampled_from("pfun") for name in ("os", "recent", "root")})


def differences(office: Office) -> list[findings_rebuild.Difference]:
    with office.database.read(WHOLE_SERVER) as connection:
        return rebuild(connection, write=False)


def put_right(office: Office) -> int:
    with office.database.write(WHOLE_SERVER) as connection:
        return len(rebuild(connection, write=True))


@contextmanager
def _small() -> Iterator[Office]:
    with TemporaryDirectory() as folder, setups.office(
            Database(f"sqlite:///{Path(folder) / 'h.db'}"), Path(folder) / "data") as found:
        yield found


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, 1), LETTERS, st.integers(-30, 0), st.booleans()), max_size=8))
def test_the_projection_is_what_the_stored_reports_give(history: list[tuple[int, dict[str, str], int, bool]]) -> None:
    with _small() as office:
        machines = [office.machine(), office.machine()]
        for which, letters, late, acted in history:
            office.now.forward(hours=1)
            say(office, machines[which], made=office.now() + timedelta(hours=late), **letters)
            if acted and (there := rows(office)):
                _comment(office, there[0].number)
        assert differences(office) == []


def test_a_long_history_on_each_database_is_what_the_stored_reports_give(office: Office) -> None:
    chance = random.Random(7)
    machines = [office.machine(), office.machine(office.other().id)]
    for _ in range(40):
        office.now.forward(hours=1)
        say(office, chance.choice(machines), made=office.now() - timedelta(hours=chance.choice((0, 0, 5))),
            **{name: chance.choice("pfun") for name in ("os", "recent", "root") if chance.random() > 0.2})
    assert rows(office)
    assert differences(office) == []
    before = rows(office)
    with office.database.write(WHOLE_SERVER) as connection:
        for table in ("finding_episodes", "findings"):
            connection.execute(sa.text(f"DELETE FROM {table}"))
    assert put_right(office) > 0
    assert differences(office) == []
    renamed = {(one.agent, one.check): (one.episode, one.opened, one.resolved, one.unseen) for one in rows(office)}
    assert renamed == {(one.agent, one.check): (one.episode, one.opened, one.resolved, one.unseen) for one in before}


def test_what_was_changed_behind_the_servers_back_is_named_and_put_right(office: Office) -> None:
    machine = office.machine()
    for letter in "fpf":
        office.now.forward(hours=1)
        say(office, machine, os=letter, recent="f")
    _comment(office, number(office, OS))
    for statement in ("UPDATE findings SET resolved = opened", "UPDATE finding_episodes SET episode = 7",
                      "UPDATE finding_states SET acknowledged = 9", "UPDATE findings SET episode = 5"):
        with office.database.write(WHOLE_SERVER) as connection:
            connection.execute(sa.text(statement))
        assert differences(office), statement
        put_right(office)
        assert differences(office) == [], statement


def test_a_finding_that_no_report_opened_goes_unless_people_acted_on_it(office: Office) -> None:
    say(office, office.machine(), os="f")
    for check in (RECENT, GONE):
        with office.database.write(office.tenant.id) as connection:
            connection.execute(sa.text(
                'INSERT INTO findings SELECT tenant, number + 10, agent, :check, catalogue, severity, first_failed, '
                'episode, opened, opened_told, opened_epoch, opened_sequence, resolved, resolved_told, resolved_epoch, '
                'resolved_sequence, unseen FROM findings WHERE number = '
                + ("1" if check == RECENT else "11")), {"check": check})
    _comment(office, number(office, GONE))
    assert put_right(office) == 2
    assert sorted(one.check for one in rows(office)) == sorted([OS, GONE])
    assert len(differences(office)) == 1


def test_numbers_count_within_each_office(office: Office) -> None:
    other = office.other()
    say(office, office.machine(), os="f", recent="f")
    say(office, office.machine(other.id), os="f")
    say(office, office.machine(), os="f")
    assert [one.number for one in rows(office)] == [1, 2, 3]
    assert [one.number for one in rows(office, other.id)] == [1]


def test_a_failure_that_comes_back_is_the_same_finding_with_its_history(office: Office) -> None:
    machine = office.machine()
    for letter in "fpfp":
        office.now.forward(hours=1)
        say(office, machine, os=letter)
    [one] = rows(office)
    assert (one.episode, one.resolved) == (2, office.now())
    with office.database.read(office.tenant.id) as connection:
        [earlier] = findings.episodes(connection, office.tenant.id, one.number)
    assert (one.first_failed, earlier.opening.sequence, earlier.by and earlier.by.sequence) == (earlier.opened, 1, 2)


def test_a_spool_that_comes_late_is_told_when_it_comes(office: Office) -> None:
    machine = office.machine()
    made = office.now() - timedelta(days=3)
    say(office, machine, os="f", made=made)
    [one] = rows(office)
    assert (one.opened, one.opened_told) == (made, office.now())


def test_the_database_itself_keeps_what_people_did(office: Office) -> None:
    say(office, office.machine(), os="f")
    _comment(office, 1)
    for statement in ("UPDATE finding_acts SET text = 'x'", "DELETE FROM finding_acts"):
        with pytest.raises(DBAPIError, match="append-only"), office.database.write(WHOLE_SERVER) as connection:
            connection.execute(sa.text(statement))


def test_a_finding_of_another_office_is_not_there_whatever_the_query_says(office: Office) -> None:
    other = office.other()
    say(office, office.machine(), os="f")
    with office.database.read(other.id) as connection:
        assert findings.raw(connection, other.id) == []
        if not office.database.sqlite:
            assert connection.execute(sa.text("SELECT count(*) FROM findings")).scalar_one() == 0


def _comment(office: Office, finding: int) -> None:
    with office.database.write(office.tenant.id) as connection:
        acting.act(connection, office.tenant.id, finding, Kind.COMMENT, Actor.console("console:test"), "seen",
                   now=office.now())
