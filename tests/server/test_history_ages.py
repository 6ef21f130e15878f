"""What is carried beside a chain says the same as reading the whole chain."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from evidence import ages
from evidence.ages import Said
from hustings.errors import CannotFinish
from server import history
from server.store import agents, rebuild
from server.store.database import WHOLE_SERVER
from server.store.schema import heads, reports
from tests.sender import RESULTS, Sender
from tests.server.records import FAIL, NA, NOW, PACK, PASS, UNKNOWN
from tests.server.setups import Office

CHECKS = ("a/one", "a/two", "b/three")
said = st.builds(
    lambda minutes, letters: Said(NOW + timedelta(minutes=minutes),
                                  tuple(check for check, letter in zip(CHECKS, letters, strict=True) if letter != "-"),
                                  "".join(letters).replace("-", "")),
    st.integers(-9, 9), st.lists(st.sampled_from("pfun-"), min_size=3, max_size=3))
histories = st.lists(said, max_size=12)


def naive_failing(history: list[Said], check: str) -> datetime | None:
    """Newest first, no further than the last pass."""
    first: datetime | None = None
    for one in reversed(history):
        letter = dict(zip(one.checks, one.vector, strict=True)).get(check)
        if letter == "p":
            break
        if letter == "f":
            first = one.at if first is None else min(first, one.at)
    return first


def naive_applied(history: list[Said], check: str) -> datetime | None:
    """When the last report that judged it was true; None where that is the last of all, or none."""
    for place, one in enumerate(reversed(history)):
        if dict(zip(one.checks, one.vector, strict=True)).get(check, "n") != "n":
            return one.at if place else None
    return None


@given(histories)
def test_carrying_is_reading_everything(history: list[Said]) -> None:
    carried = ages.ages(history)
    for check in CHECKS:
        assert carried.failing.get(check) == naive_failing(history, check)
        assert carried.applied.get(check) == naive_applied(history, check)


@given(histories)
def test_what_is_stored_comes_back(history: list[Said]) -> None:
    carried = ages.ages(history)
    assert ages.read(ages.written(carried.failing)) == carried.failing
    assert ages.read(ages.written(carried.applied)) == carried.applied


def test_nothing_stored_is_nothing_carried() -> None:
    assert ages.read(None) == {}


def by_name(*verdicts: object) -> tuple[object, ...]:
    import msgspec

    return tuple(msgspec.structs.replace(one, verdict=verdict) for one, verdict in zip(RESULTS, verdicts, strict=False))


def send(office: Office, machine: Sender, *verdicts: object, **changes: object) -> None:
    answer = office.post("/v1/reports", machine.report(results=by_name(*verdicts), **changes))
    assert answer.status_code == 201, answer.text
    office.now.forward(days=1)


def test_intake_carries_what_a_rebuild_finds(office: Office) -> None:
    machine, other = office.machine(), office.machine()
    began = office.now()
    send(office, machine, FAIL, PASS, PASS, NA)
    send(office, machine, FAIL, FAIL, NA, NA)
    send(office, other, PASS, FAIL, parameters={"identity/root-login": {"days": 3}})
    answer = office.post("/v1/reports", machine.lost(4))
    assert answer.status_code == 201
    send(office, machine, UNKNOWN, FAIL, NA, PASS)
    send(office, machine, FAIL, FAIL)
    first, second, third, _ = (one.check for one in RESULTS)
    with office.database.read(WHOLE_SERVER) as connection:
        failing, applied = agents.carried(connection, office.tenant.id, machine.agent)
        assert rebuild.rebuild(connection, write=False) == []
    assert (failing[first] - began, failing[second] - began) < (timedelta(minutes=1), timedelta(days=1, minutes=1))
    assert set(applied) == {third, RESULTS[3].check}


def test_a_rebuild_names_what_differs_and_puts_it_right(office: Office) -> None:
    machine = office.machine()
    send(office, machine, FAIL, PASS, parameters={"identity/root-login": {"days": 3}})
    with office.database.write(WHOLE_SERVER) as connection:
        connection.execute(sa.update(heads).values(failing={"made/up": "2026-01-01T00:00:00+00:00"}))
        connection.execute(sa.update(reports).values(overridden=[]))
    with office.database.read(WHOLE_SERVER) as connection:
        found = rebuild.rebuild(connection, write=False)
    assert [one.column.partition(" ")[0] for one in found] == ["failing", "report"]
    assert {one.agent for one in found} == {machine.agent}
    with office.database.write(WHOLE_SERVER) as connection:
        assert rebuild.rebuild(connection, write=True) == found
        assert rebuild.rebuild(connection, write=True) == []


def test_heads_that_carry_nothing_are_filled_from_their_reports(office: Office) -> None:
    machine = office.machine()
    send(office, machine, FAIL, PASS)
    send(office, machine, FAIL, NA)
    with office.database.write(WHOLE_SERVER) as connection:
        before = agents.carried(connection, office.tenant.id, machine.agent)
        connection.execute(sa.update(heads).values(dict.fromkeys(rebuild.CARRIED)))
        rebuild.rebuild(connection, write=True)
        assert agents.carried(connection, office.tenant.id, machine.agent) == before
    assert before[0]
    assert before[1]


def test_what_was_changed_behind_the_servers_back_is_named(office: Office) -> None:
    """A row that no longer says what its report signs, and a report that its machine never signed."""
    machine, other = office.machine(), office.machine()
    for _ in range(3):
        send(office, machine, FAIL, PASS)
        send(office, other, PASS, PASS)
    with office.database.write(WHOLE_SERVER) as connection:
        rows = connection.execute(sa.select(reports.c.id, reports.c.agent, reports.c.envelope)
                                  .order_by(reports.c.id)).all()
        mine, foreign = [one for one in rows if one.agent == machine.agent], rows[1].envelope
        connection.execute(sa.update(reports).where(reports.c.id == mine[0].id).values(vector="pp"))
        connection.execute(sa.update(reports).where(reports.c.id == mine[2].id).values(vector="ppun"))
        connection.execute(sa.update(reports).where(reports.c.id == mine[1].id).values(envelope=foreign))
    with office.database.read(WHOLE_SERVER) as connection:
        found = rebuild.rebuild(connection, write=False)
    assert [one.column for one in found if one.column.startswith("report ")] == [
        f"report {one.id}" for one in mine]


def test_a_damaged_row_is_said_to_be_damaged(office: Office) -> None:
    machine = office.machine()
    send(office, machine, FAIL, PASS)
    with office.database.write(WHOLE_SERVER) as connection:
        connection.execute(sa.update(reports).values(vector="p"))
        assert [one.stored for one in rebuild.rebuild(connection, write=True) if one.column.startswith("report")] == [
            "p"]
    office.now.forward(days=2)
    with pytest.raises(CannotFinish, match="damaged"):
        history.close(office.database, office.tenant.id, PACK, office.now())
