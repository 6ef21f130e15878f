"""Contacts: whom the office calls, test calls, and that their own data stays where it is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hustings.verdicts import Verdict
from policies.pack import shipped
from server.contacts.keeping import SECTORS
from server.notices.deadlines import word
from server.store import audit, contacts
from server.store.people import Role
from tests.attestations.offices import attest, card, clerk, declared
from tests.server.setups import Office

WHO = {"name": "Ada Lovelace", "function": "Duty officer", "organisation": "State team", "phone": "+1 555 0100",
       "email": "ada@example.org", "purpose": "Intrusions"}


def add(office: Office, session: dict[str, str], sector: str = "csirt", **changes: str) -> None:
    answer = office.page("POST", "/en/office/contacts", session, **{**WHO, "sector": sector, **changes})
    assert answer.status_code == 303, answer.text


def call(office: Office, session: dict[str, str], number: int, reached: str = "yes", days_ago: int = 0) -> None:
    day = office.now().date() - timedelta(days=days_ago)
    answer = office.page("POST", f"/en/office/contacts/{number}/tested", session, day=day.isoformat(), reached=reached)
    assert answer.status_code == 303, answer.text


def verdict(office: Office, row: str) -> Verdict:
    return next(one.verdict for one in card(office).together if one.catalogue == row)


def test_five_contacts_who_answered_are_the_row_of_incident_contacts(office: Office) -> None:
    declared(office, "office-workstation")
    session = clerk(office)
    assert verdict(office, "LOG-07") is Verdict.UNKNOWN
    for number, sector in enumerate(("csirt", "cyber_centre", "police", "vendor", "party"), 1):
        add(office, session, sector)
        assert verdict(office, "LOG-07") is Verdict.FAIL
        call(office, session, number)
    assert verdict(office, "LOG-07") is Verdict.PASS
    office.now.forward(days=91)
    assert verdict(office, "LOG-07") is Verdict.FAIL


def test_a_call_that_reached_nobody_counts_for_nothing(office: Office) -> None:
    declared(office, "office-workstation")
    session = clerk(office)
    for number, sector in enumerate(("csirt", "cyber_centre", "police", "vendor", "party"), 1):
        add(office, session, sector)
        call(office, session, number, "no" if sector == "police" else "yes")
    assert verdict(office, "LOG-07") is Verdict.FAIL


def test_the_exchanged_sheet_needs_its_sectors_reached_too(office: Office) -> None:
    declared(office, "office-workstation")
    session = clerk(office)
    for number, sector in enumerate(("government", "party", "media", "platform", "vendor", "security"), 1):
        add(office, session, sector)
        call(office, session, number)
    assert verdict(office, "ATT-03") is Verdict.UNKNOWN, "nobody attested that it was exchanged"
    assert attest(office, session, "ATT-03").status_code == 303
    assert verdict(office, "ATT-03") is Verdict.PASS


def test_a_removed_contact_is_blanked_and_no_longer_counts(office: Office) -> None:
    session = clerk(office)
    add(office, session)
    assert office.page("POST", "/en/office/contacts/1/remove", session).status_code == 303
    for path in ("/en/office/contacts", "/en/office/contacts/sheet"):
        assert "Lovelace" not in office.page("GET", path, session).text
    assert office.page("GET", "/en/office/contacts/1", session).status_code == 404
    with office.database.read(office.tenant.id) as connection:
        [one] = contacts.every(connection, office.tenant.id, removed=True)
        trail = str([act.detail for act in audit.recent(connection, office.tenant.id)])
    assert (one.name, one.phone, one.email, one.organisation) == ("", "", "", "")
    assert "Lovelace" not in trail
    assert "555" not in trail


@pytest.mark.parametrize(("changes", "said"), [
    ({"name": ""}, "This is missing"), ({"phone": "", "email": ""}, "no way to reach them"),
    ({"email": "nobody"}, "no e-mail address"), ({"sector": "friends"}, "No answer was chosen"),
    ({"name": "Ada\u202etxt.exe"}, "cannot be printed"), ({"purpose": "\x1b]0;x\x07"}, "cannot be printed"),
    ({"organisation": "x" * 161}, "there is room for 160"),
])
def test_a_bad_contact_is_said_and_what_was_typed_is_kept(office: Office, changes: dict[str, str], said: str) -> None:
    session = clerk(office)
    answer = office.page("POST", "/en/office/contacts", session, **{**WHO, "sector": "csirt", "function": "As typed",
                                                                     **changes})
    assert answer.status_code == 400
    assert said in answer.text
    assert "As typed" in answer.text
    with office.database.read(office.tenant.id) as connection:
        assert contacts.every(connection, office.tenant.id) == []


def test_a_call_in_the_future_is_refused(office: Office) -> None:
    session = clerk(office)
    add(office, session)
    answer = office.page("POST", "/en/office/contacts/1/tested", session, day="2999-01-01", reached="yes")
    assert answer.status_code == 400
    assert "must lie from" in answer.text


def test_markup_in_a_contact_is_text_on_every_page(office: Office) -> None:
    session = clerk(office)
    add(office, session, name="<script>alert(1)</script>", purpose='"><img src=q>')
    for path in ("/en/office/contacts", "/fr/office/contacts/sheet", "/en/office/contacts/1"):
        text = office.page("GET", path, session).text
        assert "<script>alert" not in text
        assert "<img src=q>" not in text


def test_another_office_knows_nothing_of_a_contact(office: Office) -> None:
    add(office, clerk(office))
    stranger = clerk(office, tenant=office.other().id)
    assert "Lovelace" not in office.page("GET", "/en/office/contacts", stranger).text
    for path in ("", "/tested", "/remove"):
        answer = office.page("POST", f"/en/office/contacts/1{path}", stranger, **WHO, day="2026-01-01", reached="yes")
        assert answer.status_code == 404, path
    assert office.page("GET", "/en/office/contacts/1", stranger).status_code == 404


def test_a_contact_is_changed_and_keeps_its_calls(office: Office) -> None:
    session = clerk(office)
    add(office, session)
    call(office, session, 1)
    assert office.page("POST", "/en/office/contacts/1", session, **{**WHO, "name": "Grace Hopper"}).status_code == 303
    text = office.page("GET", "/en/office/contacts/1", session).text
    assert "Grace Hopper" in text
    assert "reached" in text


def test_people_are_reminded_before_a_call_or_an_attestation_ends(office: Office) -> None:
    declared(office, "office-workstation")
    session = clerk(office)
    add(office, session)
    attest(office, session, "ATT-10")
    with office.database.read(office.tenant.id) as connection:
        found = {one.kind: one for one in word.upcoming(connection, office.tenant.id, office.now(), shipped())}
    assert (found["contact-test-ending"].ends - office.now()).days == 14
    assert 360 < (found["attestation-ending"].ends - office.now()).days < 366


def test_every_sector_of_the_checks_is_offered() -> None:
    asked = {str(check.require) for check in shipped().checks if check.catalogue in ("LOG-07", "ATT-03")}
    named = {sector for sector in SECTORS if any(f"'{sector}'" in one for one in asked)}
    assert named == set(SECTORS) - {"other"}


def test_officials_keep_contacts_too(office: Office) -> None:
    add(office, clerk(office, Role.OFFICIAL))
