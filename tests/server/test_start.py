"""The first steps of an office, and adding a machine from a page."""

from __future__ import annotations

import html
import re
from datetime import date

import pytest

from server.store import audit, elections
from server.store.database import WHOLE_SERVER
from server.store.people import Role
from tests.sender import Sender
from tests.server.setups import Office


def ticked(office: Office, session: dict[str, str]) -> list[bool]:
    text = office.page("GET", "/en/office/start", session).text
    return [found == "done" for found in re.findall(r'<li class="(done|open)">', text)]


def test_each_step_is_read_from_what_is_there(office: Office) -> None:
    session = office.signed_in(office.person("ada", Role.STAFF))
    assert ticked(office, session) == [False, False, False, False]
    office.person("ann", Role.OFFICIAL)
    assert ticked(office, session) == [False, True, False, False]
    with office.database.write(office.tenant.id) as connection:
        today = office.now().date()
        elections.declare(connection, office.tenant.id, [date(today.year + 1, 6, 1)], now=office.now(), today=today,
                          by="test")
    machine = office.machine()
    assert ticked(office, session) == [False, True, True, False], "enrolled is not heard"
    assert office.post("/v1/reports", machine.report()).status_code == 201
    assert ticked(office, session) == [True, True, True, False]


def test_another_offices_steps_are_its_own(office: Office) -> None:
    other = office.other()
    office.person("ann", Role.OFFICIAL, tenant=other.id)
    machine = office.machine(other.id)
    assert office.post("/v1/reports", machine.report()).status_code == 201
    assert ticked(office, office.signed_in(office.person("ada", Role.STAFF))) == [False] * 4


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_line_of_a_page_enrols_one_machine(office: Office, language: str) -> None:
    session = office.signed_in(office.person("sam", Role.STAFF))
    answer = office.page("POST", f"/{language}/machines/add", session, roles="office-workstation",
                         site="Hôtel de ville", hours="24")
    assert answer.status_code == 200, answer.text
    found = re.search(r"hustings agent enroll (\S+) --token (\S+)</code>", html.unescape(answer.text))
    assert found is not None
    machine = Sender()
    body = machine.enrollment(found.group(2))
    assert office.post("/v1/enrollments", body).status_code == 201
    other = Sender()
    assert office.post("/v1/enrollments", other.enrollment(found.group(2))).status_code == 401
    with office.database.read(WHOLE_SERVER) as connection:
        acts = {act.action: act for act in audit.recent(connection, office.tenant.id)}
    assert acts["token.create"].actor == "person:sam"
    assert acts["token.create"].subject == "Hôtel de ville"
    assert found.group(2) not in str(acts["token.create"].detail)


@pytest.mark.parametrize(("typed", "field"), [
    ({"roles": "king", "site": "", "hours": "24"}, "roles"), ({"site": "a\x07b", "hours": "24"}, "site"),
    ({"site": "x" * 81, "hours": "24"}, "site"), ({"site": "Annex", "hours": "9000"}, "hours"), ({}, "hours")])
def test_a_wrong_form_is_shown_again_with_what_was_typed(office: Office, typed: dict[str, str], field: str) -> None:
    session = office.signed_in(office.person("sam", Role.STAFF))
    answer = office.page("POST", "/en/machines/add", session, **typed)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert "--token" not in answer.text
    assert "Annex" in answer.text or field != "hours" or not typed


def test_officials_make_no_lines(office: Office) -> None:
    session = office.signed_in(office.person("ann", Role.OFFICIAL))
    assert office.page("GET", "/en/machines/add", session).status_code == 403
    assert office.page("POST", "/en/machines/add", session, hours="24").status_code == 403
