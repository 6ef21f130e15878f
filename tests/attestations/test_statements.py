"""The right of reply: the office's own statement, and a vendor's through a link that works once and shows little."""

from __future__ import annotations

import re

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from server import statements
from server.access import cookies
from server.store import audit
from server.store import statements as kept
from server.store.people import Role
from server.store.schema.statements import finding_statements
from tests.attestations.offices import clerk
from tests.server.setups import Office
from tests.triage.saying import OS, number, say

SECRET = re.compile(r"/reply/([A-Za-z0-9_-]{43})")


def failing(office: Office) -> int:
    say(office, office.machine(), os="f")
    return number(office, OS)


def link(office: Office, session: dict[str, str], finding: int, **changes: str) -> str:
    answer = office.page("POST", f"/en/findings/{finding}/statements/links", session, **{
        "vendor": "Acme Voting", "days": "7", "message": "Please answer", **changes})
    assert answer.status_code in (200, 201), answer.text
    found = SECRET.search(answer.text)
    assert found is not None
    return found.group(1)


def reply(office: Office, secret: str, **form: str) -> httpx.Response:
    """What a stranger's browser posts: the page first, for the token of its form."""
    name = cookies.form_name(tls=office.tls)
    shown = office.request("GET", f"/reply/{secret}", headers={"accept": "text/html"})
    token = shown.cookies.get(name, "none")
    return office.request("POST", f"/reply/{secret}", cookies={name: token}, headers={"accept": "text/html"},
                          data={"_csrf_token": token, **form})


def test_the_office_attaches_a_statement_that_stays(office: Office) -> None:
    finding, session = failing(office), clerk(office)
    place = f"/en/findings/{finding}/statements"
    answer = office.page("POST", place, session, name="Ada Clerk", text="The machine is replaced\nin spring.")
    assert answer.status_code == 303
    text = office.page("GET", place, session).text
    assert "The machine is replaced" in text
    with office.database.read(office.tenant.id) as connection:
        [one] = statements.of(connection, office.tenant.id, finding)
        every = statements.every(connection, office.tenant.id)
    assert (one.party, one.name, one.organisation) == ("office", "Ada Clerk", "Office")
    assert every == {finding: (one,)}
    for statement in ("UPDATE finding_statements SET text = 'no'", "DELETE FROM finding_statements"):
        with pytest.raises(DBAPIError, match="append-only"), office.database.write(office.tenant.id) as connection:
            connection.execute(sa.text(statement))


def test_a_vendor_answers_once_and_sees_only_what_was_chosen(office: Office) -> None:
    finding, session = failing(office), clerk(office)
    secret = link(office, session, finding)
    page = office.request("GET", f"/reply/{secret}", headers={"accept": "text/html"})
    assert page.status_code == 200
    assert "security updates" in page.text
    assert "front-desk" not in page.text, "the machine's name was not chosen"
    assert "what is" not in page.text, "what was measured is never shown"
    assert reply(office, secret, name="V. Endor", text="A patch is due in May.").status_code in (200, 201)
    assert reply(office, secret, name="V. Endor", text="Once more").status_code == 404
    assert office.request("GET", f"/reply/{secret}", headers={"accept": "text/html"}).status_code == 404
    with office.database.read(office.tenant.id) as connection:
        [one] = statements.of(connection, office.tenant.id, finding)
        trail = [act.action for act in audit.recent(connection, office.tenant.id)]
    assert (one.party, one.organisation, one.by) == ("vendor", "Acme Voting", "link:1")
    assert trail[:2] == ["statement.vendor", "statement.invite"]


def test_a_vendor_sees_the_machine_where_the_office_shows_it(office: Office) -> None:
    finding, session = failing(office), clerk(office)
    secret = link(office, session, finding, show="machine")
    assert "front-desk" in office.request("GET", f"/reply/{secret}", headers={"accept": "text/html"}).text


def test_a_link_ends_and_can_be_revoked(office: Office) -> None:
    finding, session = failing(office), clerk(office)
    ended, revoked = link(office, session, finding), link(office, session, finding)
    answer = office.page("POST", f"/en/findings/{finding}/statements/links/2/revoke", session)
    assert answer.status_code == 303
    assert reply(office, revoked, name="V", text="x").status_code == 404
    office.now.forward(days=8)
    assert reply(office, ended, name="V", text="x").status_code == 404
    assert office.stored(finding_statements) == 0


def test_a_secret_is_not_kept_and_a_made_up_one_opens_nothing(office: Office) -> None:
    finding, session = failing(office), clerk(office)
    secret = link(office, session, finding)
    with office.database.read(office.tenant.id) as connection:
        rows = str(connection.execute(sa.text("SELECT * FROM statement_links")).all())
        assert secret not in rows
        assert kept.link(connection, "x" * 43, office.now()) is None
    for path in ("x" * 43, "x", "..%2f..%2fetc", secret[:-1], secret + "a"):
        assert office.request("GET", f"/reply/{path}", headers={"accept": "text/html"}).status_code in (302, 404)


def test_guessing_links_is_slowed_down(office: Office) -> None:
    answers = [office.request("GET", f"/reply/{'x' * 43}", headers={"accept": "text/html"}).status_code
               for _ in range(32)]
    assert answers[0] == 404
    assert answers[-1] == 429


@pytest.mark.parametrize(("form", "said"), [
    ({"name": "", "text": "x"}, "This is missing"), ({"name": "V", "text": ""}, "This is missing"),
    ({"name": "V\u202e", "text": "x"}, "cannot be printed"), ({"name": "V", "text": "\x1b[2J"}, "cannot be printed"),
    ({"name": "V", "text": "x" * 4001}, "there is room for 4000"),
])
def test_a_bad_statement_uses_up_no_link(office: Office, form: dict[str, str], said: str) -> None:
    finding, session = failing(office), clerk(office)
    secret = link(office, session, finding)
    answer = reply(office, secret, **form)
    assert answer.status_code == 400
    assert said in answer.text
    assert reply(office, secret, name="V", text="Now it is good").status_code in (200, 201)


def test_markup_from_a_vendor_is_text(office: Office) -> None:
    finding, session = failing(office), clerk(office)
    reply(office, link(office, session, finding), name="<img src=x>", text="<script>alert(1)</script>")
    text = office.page("GET", f"/en/findings/{finding}/statements", session).text
    assert "<script>alert" not in text
    assert "<img src=x>" not in text


def test_another_office_finds_nothing_there(office: Office) -> None:
    finding = failing(office)
    office.page("POST", f"/en/findings/{finding}/statements", clerk(office), name="Ada", text="Confidential")
    stranger = clerk(office, tenant=office.other().id)
    assert office.page("GET", f"/en/findings/{finding}/statements", stranger).status_code == 404
    assert office.page("POST", f"/en/findings/{finding}/statements", stranger, name="X",
                       text="Y").status_code == 404
    assert office.page("POST", f"/en/findings/{finding}/statements/links", stranger, vendor="X",
                       days="7").status_code == 404


def test_staff_state_and_only_those_who_answer_for_it_invite(office: Office) -> None:
    finding, staff = failing(office), clerk(office, Role.STAFF)
    assert office.page("POST", f"/en/findings/{finding}/statements/links", staff, vendor="X",
                       days="7").status_code == 403
    assert office.page("POST", f"/en/findings/{finding}/statements", staff, name="S", text="T").status_code == 303


def test_a_finding_that_does_not_exist_takes_no_statement(office: Office) -> None:
    session = clerk(office)
    for finding in ("999", str(1 << 70)):
        assert office.page("GET", f"/en/findings/{finding}/statements", session).status_code == 404
