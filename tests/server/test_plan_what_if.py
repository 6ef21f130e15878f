"""What if: other money, other days, other hours; nothing of it is stored."""

from __future__ import annotations

from datetime import UTC, date, datetime

import msgspec
import pytest

from server.store import elections
from server.store.database import WHOLE_SERVER
from server.store.elections import Act
from server.store.schema import planning as tables
from tests.server.planning_forms import budgeted, get, imported, post, session, voting
from tests.server.setups import Office

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def planned(office: Office) -> Office:
    office.now.at = datetime(2026, 11, 22, 12, tzinfo=UTC)
    voting(office, date(2027, 11, 2))
    signed = session(office)
    budgeted(office, signed)
    assert imported(office, signed).status_code == 303
    return office


def test_less_money_is_told_in_words_and_figures_and_nothing_is_stored(planned: Office) -> None:
    answer = post(planned, "/en/plan/what-if", session(planned), {"budget-1": "20000"})
    assert answer.status_code == 200
    assert "What would change" in answer.text
    assert 'value="20000"' in answer.text
    assert "$50,800" in answer.text
    assert (planned.stored(tables.plans), planned.stored(tables.budgets)) == (1, 1)


def test_an_election_takes_its_freeze_along(planned: Office) -> None:
    signed = session(planned)
    answer = post(planned, "/en/plan/what-if", signed, {"election-0": "2027-03-02"})
    assert "January 1, 2027 to April 1, 2027" in answer.text


def test_of_two_votes_on_one_day_the_one_that_stays_keeps_its_freeze(planned: Office) -> None:
    with planned.database.write(WHOLE_SERVER) as connection:
        [first] = elections.every(connection, planned.tenant.id)
        elections.write(connection, planned.tenant.id, msgspec.structs.replace(first, id="state", name="State"),
                        Act.ADD, now=planned.now(), by="test")
    signed = session(planned)
    assert post(planned, "/en/plan/make", signed).status_code == 303
    text = post(planned, "/en/plan/what-if", signed, {"election-1": "2028-03-07"}).text
    assert "September 3, 2027 to December 2, 2027" in text


def test_the_same_figures_change_nothing(planned: Office) -> None:
    assert "Nothing was changed" in post(planned, "/en/plan/what-if", session(planned), {}).text


@pytest.mark.parametrize(("field", "typed"), [
    ("budget-0", "lots"), ("budget-0", "-5"), ("election-0", "soon"), ("election-0", "0001-01-01"),
    ("election-0", "9999-12-31"), ("hours", "plenty"), ("hours", "1e9")])
def test_what_cannot_be_read_is_marked_and_kept(planned: Office, field: str, typed: str) -> None:
    answer = post(planned, "/en/plan/what-if", session(planned), {field: typed})
    assert answer.status_code == 400
    assert f'value="{typed}"' in answer.text
    assert 'aria-describedby="fault"' in answer.text


def test_before_there_is_a_plan_there_is_nothing_to_change(office: Office) -> None:
    answer = get(office, "/en/plan/what-if", session(office))
    assert (answer.status_code, answer.headers["location"]) == (303, "/en/plan")
