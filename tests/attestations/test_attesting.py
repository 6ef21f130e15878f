"""Attestations as people enter them: what is missing, one form each, and what becomes of it in the grade."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from hustings.verdicts import Verdict
from policies.attestations import forms
from server.store import attestations, audit
from server.store.people import Role
from server.store.schema.statements import attestations as table
from tests.attestations.offices import attest, card, clerk, declared, filled, multipart
from tests.server.setups import Office

ROLES = ("registration-db", "registration-app", "pollbook", "ems")
HOSTILE = ("\x1b[31mred", "name\u202egpj.exe", "a\x00b", "\u2066x\u2069", "x" * 5000)


def verdict(office: Office, row: str) -> Verdict:
    return next(one.verdict for one in card(office).together if one.catalogue == row)


def test_every_form_in_order_passes_and_its_item_says_that_it_is_attested(office: Office) -> None:
    declared(office, *ROLES)
    session = clerk(office)
    for name in forms():
        answer = attest(office, session, name)
        assert answer.status_code == 303, (name, answer.text[:3000])
    now = card(office)
    attested = {one.row: one for one in now.items if one.attested}
    asked = {one.catalogue: one.verdict for one in now.together if one.catalogue in forms()}
    assert {row for row, said in asked.items() if said is Verdict.PASS} == set(forms()) - {
        "EPB-11", "VTX-09", "ATT-12", "ATT-03"}
    assert {asked[row] for row in ("EPB-11", "VTX-09", "ATT-12")} == {Verdict.NOT_APPLICABLE}
    assert asked["ATT-03"] is Verdict.UNKNOWN, "nobody is on the contact list"
    assert attested["ATT-01"].proven == 1
    for path in ("/en/office/attestations", "/fr/office/attestations", "/en/office/attestations/ATT-01",
                 "/fr/office/attestations/VTX-06"):
        assert office.page("GET", path, session).status_code == 200


def test_what_nobody_attested_is_unknown_and_listed(office: Office) -> None:
    declared(office, *ROLES)
    assert verdict(office, "ATT-01") is Verdict.UNKNOWN
    text = office.page("GET", "/en/office/attestations", clerk(office)).text
    assert "Nobody attested it" in text
    assert "ATT-01" in text


def test_a_file_is_hashed_here_and_its_bytes_are_not_kept(office: Office) -> None:
    declared(office, *ROLES)
    body = b"%PDF- the very secret plan " * 100_000
    answer = attest(office, clerk(office), "ATT-11", ("plan b.pdf", body), sha256="", file_name="")
    assert answer.status_code == 303
    with office.database.read(office.tenant.id) as connection:
        [kept] = attestations.every(connection, office.tenant.id)
        rows = connection.execute(sa.select(table)).mappings().all()
    assert (kept.sha256, kept.size, kept.file) == (hashlib.sha256(body).hexdigest(), len(body), "plan b.pdf")
    assert "very secret" not in str(rows)


def test_a_form_that_needs_a_file_says_so(office: Office) -> None:
    declared(office, *ROLES)
    answer = attest(office, clerk(office), "ATT-11", sha256="", file_name="")
    assert answer.status_code == 400
    assert "needs a file" in answer.text
    assert office.stored(table) == 0


@pytest.mark.parametrize(("form", "changes", "said"), [
    ("ATT-10", {"person": ""}, "This is missing"),
    ("ATT-10", {"day": "yesterday"}, "That is no day"),
    ("ATT-10", {"day": "2999-01-01"}, "must lie from"),
    ("ATT-10", {"answer-accepted": "perhaps"}, "No answer was chosen"),
    ("EPB-07", {"answer-untested": "-1"}, "no whole number"),
    ("EPB-07", {"answer-untested": "٣"}, "no whole number"),
    ("EPB-07", {"answer-untested": "9" * 19}, "no whole number"),
    ("ATT-06", {"answer-share": "101"}, "from 0 to 100"),
    ("VTX-06", {"answer-record": "magic"}, "No answer was chosen"),
    ("ATT-01", {"answer-systems": ["asset-of-another"]}, "no such system"),
    ("ATT-10", {"sha256": "abc"}, "no SHA-256"),
    ("ATT-10", {"person": ["a", "b"]}, "This is missing"),
])
def test_a_bad_answer_is_said_and_what_was_typed_is_kept(
        office: Office, form: str, changes: dict[str, Any], said: str) -> None:
    declared(office, *ROLES)
    answer = attest(office, clerk(office), form, **{"note": "kept as typed", **changes})
    assert answer.status_code == 400
    assert said in answer.text
    assert "kept as typed" in answer.text
    assert office.stored(table) == 0


@pytest.mark.parametrize("payload", HOSTILE)
@pytest.mark.parametrize("field", ["person", "function", "note", "answer-deputy", "file_name"])
def test_what_steers_a_screen_or_is_too_long_is_refused(office: Office, field: str, payload: str) -> None:
    declared(office, *ROLES)
    answer = attest(office, clerk(office), "ATT-10", **{field: payload})
    assert answer.status_code == 400, field
    assert office.stored(table) == 0


def test_markup_and_formulas_are_inert_on_the_pages(office: Office) -> None:
    declared(office, *ROLES)
    session = clerk(office)
    for payload in ("<script>alert(1)</script>", '=HYPERLINK("http://x")', "'; DROP TABLE attestations; --"):
        assert attest(office, session, "ATT-10", person=payload, note=payload).status_code == 303
    for path in ("/en/office/attestations", "/en/office/attestations/ATT-10"):
        assert "<script>alert" not in office.page("GET", path, session).text


def test_a_hostile_file_name_is_shown_as_text(office: Office) -> None:
    declared(office, *ROLES)
    session = clerk(office)
    name = 'x"><img src=q>\u202egpj.exe'
    assert attest(office, session, "ATT-11", (name, b"1"), sha256="", file_name="").status_code == 303
    text = office.page("GET", "/en/office/attestations/ATT-11", session).text
    assert "<img src=q>" not in text
    assert "\u202e" not in text


def test_a_withdrawn_attestation_is_as_if_nobody_had_said_it(office: Office) -> None:
    declared(office, *ROLES)
    session = clerk(office)
    assert attest(office, session, "ATT-10").status_code == 303
    assert verdict(office, "ATT-10") is Verdict.PASS
    place = "/en/office/attestations/ATT-10/withdraw"
    assert office.page("POST", place, session, number="1", reason="").status_code == 400
    assert office.page("POST", place, session, number="999", reason="Wrong person").status_code == 400
    assert office.page("POST", place, session, number="1", reason="Wrong person").status_code == 303
    assert verdict(office, "ATT-10") is Verdict.UNKNOWN
    assert office.page("POST", place, session, number="1", reason="Again").status_code == 400
    text = office.page("GET", "/en/office/attestations/ATT-10", session).text
    assert "Wrong person" in text
    with office.database.read(office.tenant.id) as connection:
        acts = [one.action for one in audit.recent(connection, office.tenant.id)]
    assert acts[:2] == ["attestation.withdraw", "attestation.enter"]


def test_withdrawing_the_newest_does_not_bring_back_the_one_before(office: Office) -> None:
    declared(office, *ROLES)
    session = clerk(office)
    attest(office, session, "ATT-10")
    attest(office, session, "ATT-10")
    office.page("POST", "/en/office/attestations/ATT-10/withdraw", session, number="2", reason="Both are wrong")
    assert verdict(office, "ATT-10") is Verdict.UNKNOWN


def test_an_attestation_ends_and_is_no_pass_any_more(office: Office) -> None:
    declared(office, *ROLES, voting_in=5)
    session = clerk(office)
    attest(office, session, "ATT-10")
    attest(office, session, "ATT-04")
    office.now.forward(days=366)
    assert verdict(office, "ATT-10") is Verdict.UNKNOWN
    assert verdict(office, "ATT-04") is Verdict.FAIL, "the row itself asks for 12 months"


def test_what_holds_for_an_election_ends_with_its_day(office: Office) -> None:
    declared(office, *ROLES, voting_in=5)
    session = clerk(office)
    attest(office, session, "EPB-09")
    with office.database.read(office.tenant.id) as connection:
        [one] = attestations.every(connection, office.tenant.id)
    assert one.until == office.now().date() + timedelta(days=5)


def test_an_answer_that_is_not_in_order_fails(office: Office) -> None:
    declared(office, *ROLES)
    session = clerk(office)
    attest(office, session, "ATT-10", **{"answer-accepted": "no"})
    assert verdict(office, "ATT-10") is Verdict.FAIL
    attest(office, session, "ATT-01", **{"answer-systems": ["asset-ems"]})
    assert verdict(office, "ATT-01") is Verdict.FAIL


def test_a_new_system_on_the_inventory_breaks_the_plan_b_that_does_not_know_it(office: Office) -> None:
    declared(office, "ems")
    session = clerk(office)
    assert attest(office, session, "ATT-01", **{"answer-systems": ["asset-ems"]}).status_code == 303
    assert verdict(office, "ATT-01") is Verdict.PASS
    declared(office, "ems", "pollbook", voting_in=None)
    assert verdict(office, "ATT-01") is Verdict.FAIL


def test_who_may_not_attest_a_form_is_refused(office: Office) -> None:
    declared(office, *ROLES)
    staff, official = clerk(office, Role.STAFF), clerk(office, Role.OFFICIAL)
    assert attest(office, staff, "ATT-10").status_code == 400
    assert attest(office, official, "ATT-10").status_code == 303
    assert attest(office, staff, "EPB-07").status_code == 303


def test_another_office_sees_and_withdraws_nothing_of_it(office: Office) -> None:
    declared(office, *ROLES)
    attest(office, clerk(office), "ATT-10", person="Confidential Name")
    stranger = clerk(office, tenant=office.other().id)
    for path in ("/en/office/attestations", "/en/office/attestations/ATT-10"):
        answer = office.page("GET", path, stranger)
        assert answer.status_code == 200
        assert "Confidential Name" not in answer.text
    assert office.page("POST", "/en/office/attestations/ATT-10/withdraw", stranger, number="1",
                       reason="Not mine").status_code == 400
    assert verdict(office, "ATT-10") is Verdict.PASS


def test_a_form_that_does_not_exist_is_not_there(office: Office) -> None:
    session = clerk(office)
    assert office.page("GET", "/en/office/attestations/PAT-01", session).status_code == 404
    assert multipart(office, "/en/office/attestations/PAT-01", session,
                     filled(forms()["ATT-10"], office)).status_code == 404


def test_the_database_itself_keeps_attestations_as_they_are(office: Office) -> None:
    declared(office, *ROLES)
    attest(office, clerk(office), "ATT-10")
    for statement in ("UPDATE attestations SET person = 'nobody'", "DELETE FROM attestations"):
        with pytest.raises(DBAPIError, match="append-only"), office.database.write(office.tenant.id) as connection:
            connection.execute(sa.text(statement))
