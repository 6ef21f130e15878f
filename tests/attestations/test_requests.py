"""Requests for evidence: the letter, the scoped link, hostile files, the decision, and silence that is shown."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from pypdf import PdfReader
from sqlalchemy.exc import DBAPIError

from server.access import cookies
from server.evidence_requests import asking
from server.store import agents, evidence_requests
from server.store.people import Role
from server.store.schema.statements import evidence_uploads
from tests.attestations.offices import clerk, declared
from tests.server.setups import Office
from tests.server.test_attest import document


def text_of(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


SECRET = re.compile(r"/evidence/([A-Za-z0-9_-]{43})")


def ask(office: Office, session: dict[str, str], **changes: Any) -> str:
    due = (office.now().date() + timedelta(days=14)).isoformat()
    answer = office.page("POST", "/en/office/requests", session, **{
        "party": "vendor", "recipient": "Acme Voting", "language": "en", "due": due,
        "asked": "The patch level of every tabulator\nThe signed test report", **changes})
    assert answer.status_code in (200, 201), answer.text
    found = SECRET.search(answer.text)
    assert found is not None
    return found.group(1)


def send(office: Office, secret: str, content: bytes, name: str = "report.pdf",
         sender: str = "V. Endor") -> httpx.Response:
    cookie = cookies.form_name(tls=office.tls)
    token = office.request("GET", f"/evidence/{secret}", headers={"accept": "text/html"}).cookies.get(cookie, "none")
    return office.request("POST", f"/evidence/{secret}", cookies={cookie: token}, headers={"accept": "text/html"},
                          data={"_csrf_token": token, "sender": sender}, files={"file": (name, content)})


def test_what_was_asked_comes_back_byte_for_byte(office: Office) -> None:
    session = clerk(office)
    secret = ask(office, session)
    page = office.request("GET", f"/evidence/{secret}", headers={"accept": "text/html"}).text
    assert "The signed test report" in page
    body = bytes(range(256)) * 100
    assert send(office, secret, body).status_code in (200, 201)
    answer = office.page("GET", "/en/office/requests/1/uploads/1/file", session)
    assert answer.content == body
    assert answer.headers["content-type"].startswith("application/octet-stream")
    assert answer.headers["content-disposition"] == 'attachment; filename="evidence-1-1.bin"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert hashlib.sha256(body).hexdigest() in office.page("GET", "/en/office/requests/1", session).text


def bomb() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("zeros", b"0" * (8 << 20))
    return made.getvalue()


def test_a_hostile_file_is_bytes_and_its_name_is_text(office: Office) -> None:
    session = clerk(office)
    secret = ask(office, session)
    names = ("../../etc/passwd", "<img src=x>.html", "report\u202efdp.exe", "a\r\nSet-Cookie: x=1")
    contents = (b"<html><script>alert(1)</script>", b"MZ\x90\x00 an executable", b"#!/bin/sh\nrm -rf /\n",
                b"%PDF-1.7 /JavaScript", b"=cmd|' /C calc'!A0", b"\x00" * 1000, b"'; DROP TABLE x; --", bomb())
    for place, content in enumerate(contents):
        assert send(office, secret, content, names[place % len(names)]).status_code in (200, 201), content[:20]
    page = office.page("GET", "/en/office/requests/1", session)
    assert page.status_code == 200
    for never in ("<img src=x>", "\u202e", "<script>alert"):
        assert never not in page.text
    for number, content in enumerate(contents, 1):
        answer = office.page("GET", f"/en/office/requests/1/uploads/{number}/file", session)
        assert answer.content == content
        assert "x=1" not in str(answer.headers)


def test_limits_hold_and_what_is_too_much_is_said(office: Office) -> None:
    session = clerk(office)
    secret = ask(office, session)
    assert send(office, secret, b"").status_code == 400
    assert send(office, secret, b"x" * (asking.MAX_FILE + 1)).status_code == 400
    assert send(office, secret, b"x" * (asking.MAX_FILE + (1 << 20))).status_code == 413
    assert send(office, secret, b"same").status_code in (200, 201)
    again = send(office, secret, b"same")
    assert (again.status_code, "is here already" in again.text) == (400, True)
    for number in range(asking.MAX_FILES - 1):
        assert send(office, secret, b"%d" % number).status_code in (200, 201)
    assert send(office, secret, b"one too many").status_code == 400
    assert office.stored(evidence_uploads) == asking.MAX_FILES


def test_a_link_takes_nothing_once_it_ended_was_replaced_or_the_request_is_closed(office: Office) -> None:
    session = clerk(office)
    old = ask(office, session)
    answer = office.page("POST", "/en/office/requests/1/link", session)
    found = SECRET.search(answer.text)
    assert found is not None
    new = found.group(1)
    assert send(office, old, b"x").status_code in (403, 404)
    assert send(office, new, b"x").status_code in (200, 201)
    assert office.page("POST", "/en/office/requests/1/close", session, outcome="All is here").status_code == 303
    assert office.request("GET", f"/evidence/{new}", headers={"accept": "text/html"}).status_code == 404
    ended = ask(office, session)
    office.now.forward(days=60)
    assert office.request("GET", f"/evidence/{ended}", headers={"accept": "text/html"}).status_code == 404


def test_silence_is_shown_with_its_day_until_a_file_comes(office: Office) -> None:
    declared(office, "ems", party="vendor")
    session = clerk(office)
    secret = ask(office, session)
    office.now.forward(days=3)
    session = clerk(office, Role.STAFF)
    for path, said in (("/en/office/requests", "no answer since 3 days"), ("/en", "no answer since 3 days"),
                       ("/en/office/requests/1", "no answer since 3 days"),
                       ("/fr/office/requests/1", "sans réponse depuis 3 jours"),
                       ("/fr", "sans réponse depuis 3 jours")):
        assert said in office.page("GET", path, session).text, path
    annex = office.page("GET", "/en/annex.pdf", session)
    assert "no answer since 3 days" in " ".join(text_of(annex.content).split())
    assert send(office, secret, b"x").status_code in (200, 201)
    assert "no answer" not in office.page("GET", "/en", session).text


def test_the_letter_says_what_is_asked_by_when_in_its_own_language(office: Office) -> None:
    session = clerk(office)
    secret = ask(office, session, language="fr", recipient="Système <b>Acme</b>",
                 asked="Niveau de correctifs\n#eval(1)")
    plain = office.page("GET", "/fr/office/requests/1/letter.pdf", session)
    assert plain.content.startswith(b"%PDF")
    text = " ".join(text_of(plain.content).split())
    assert "Demande de preuves" in text
    assert "#eval(1)" in text
    assert secret not in text
    whole = office.page("POST", "/fr/office/requests/1/letter.pdf", session, secret=secret)
    assert secret in "".join(text_of(whole.content).split())
    assert office.page("POST", "/fr/office/requests/1/letter.pdf", session, secret="x" * 43).status_code == 404


def test_a_person_decides_once_and_it_is_written_down(office: Office) -> None:
    session = clerk(office)
    send(office, ask(office, session), b"x")
    place = "/en/office/requests/1/uploads/1"
    assert office.page("POST", place, session, how="accept", note="").status_code == 400
    assert office.page("POST", place, session, how="accept", note="The signed report").status_code == 303
    assert office.page("POST", place, session, how="refuse", note="No").status_code == 400
    assert "The signed report" in office.page("GET", "/en/office/requests/1", session).text
    for statement in ("UPDATE evidence_uploads SET file = 'x'", "DELETE FROM evidence_decisions"):
        with pytest.raises(DBAPIError, match="append-only"), office.database.write(office.tenant.id) as connection:
            connection.execute(sa.text(statement))


def test_a_judged_recording_is_entered_in_the_name_of_who_vouches(office: Office, tmp_path: Path) -> None:
    session = clerk(office)
    send(office, ask(office, session), document(office), "appliance.json")
    place = "/en/office/requests/1/uploads/1"
    refused = office.page("POST", place, session, how="import", note="Their appliance")
    assert (refused.status_code, "Nobody has vouched" in refused.text) == (400, True)
    assert office.page("POST", place, session, how="import", note="Their appliance", sure="yes").status_code == 303
    with office.database.read(office.tenant.id) as connection:
        [machine] = agents.every(connection, office.tenant.id)
        [request] = evidence_requests.every(connection, office.tenant.id)
    assert (machine.host, machine.recorded) == ("appliance-7", True)
    assert request.uploads[0].imported == machine.id


@pytest.mark.parametrize("content", [b"not json", b"{}", b'{"schema":' * 5000, b"[" * 100_000, b"\xff\xfe"])
def test_what_is_no_judged_recording_is_refused_and_nothing_is_entered(office: Office, content: bytes) -> None:
    session = clerk(office)
    send(office, ask(office, session), content)
    answer = office.page("POST", "/en/office/requests/1/uploads/1", session, how="import", note="x", sure="yes")
    assert answer.status_code == 400
    with office.database.read(office.tenant.id) as connection:
        assert agents.every(connection, office.tenant.id) == []
        [request] = evidence_requests.every(connection, office.tenant.id)
    assert request.uploads[0].decided is None


@pytest.mark.parametrize(("changes", "said"), [
    ({"recipient": ""}, "This is missing"), ({"due": "soon"}, "That is no day"),
    ({"due": "2020-01-01"}, "must lie from"),
    ({"asked": " \n "}, "This is missing"), ({"asked": "x\n" * 21}, "room for 20"), ({"party": "us"}, "No answer"),
    ({"assets": "somebody-else's"}, "no such system"), ({"recipient": "A\u202eB"}, "cannot be printed"),
])
def test_a_bad_request_is_said_and_what_was_typed_is_kept(office: Office, changes: dict[str, str], said: str) -> None:
    session = clerk(office)
    due = (office.now().date() + timedelta(days=14)).isoformat()
    answer = office.page("POST", "/en/office/requests", session, **{
        "party": "vendor", "recipient": "Acme", "language": "en", "due": due, "asked": "All of it",
        "address": "typed@example.org", **changes})
    assert answer.status_code == 400
    assert said in answer.text
    assert "typed@example.org" in answer.text


def test_another_office_and_an_official_reach_no_further_than_they_may(office: Office) -> None:
    session = clerk(office)
    send(office, ask(office, session), b"x")
    stranger = clerk(office, tenant=office.other().id)
    for path in ("", "/letter.pdf", "/uploads/1/file"):
        assert office.page("GET", f"/en/office/requests/1{path}", stranger).status_code == 404, path
    for path in ("/link", "/close", "/uploads/1", "/letter.pdf"):
        answer = office.page("POST", f"/en/office/requests/1{path}", stranger, how="accept", note="x", outcome="x")
        assert answer.status_code == 404, path
    assert "Acme" not in office.page("GET", "/en/office/requests", stranger).text
    official = clerk(office, Role.OFFICIAL)
    assert office.page("POST", "/en/office/requests/1/uploads/1", official, how="accept",
                       note="x").status_code == 403
