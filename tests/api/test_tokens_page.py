"""The page and the commands with which tokens are made and revoked."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hustings.errors import HustingsError
from server.cli import server as command
from server.config import Config, Settings, kind, save
from server.store import audit
from server.store.api_tokens import PREFIX
from server.store.people import Role
from tests.api.asking import ask, token
from tests.server.setups import Office

PAGE = "/en/office/tokens"


def secret_of(page: str) -> str:
    found = re.search(rf"{PREFIX}[A-Za-z0-9_-]+", page)
    assert found, page
    return found[0]


def test_a_token_is_shown_once_and_works(office: Office) -> None:
    session = office.signed_in(office.person("ann"))
    made = office.page("POST", PAGE, session, name="Nightly export", scopes="machines:read", days="30")
    assert made.status_code == 200
    secret = secret_of(made.text)
    assert ask(office, secret, "/v1/machines").status_code == 200
    assert ask(office, secret, "/v1/audit").status_code == 403
    again = office.page("GET", PAGE, session)
    assert PREFIX not in again.text
    assert "Nightly export" in again.text
    with office.database.read(office.tenant.id) as connection:
        acts = audit.recent(connection, office.tenant.id)
    assert [(one.action, one.actor, one.subject) for one in acts if one.action.startswith("api-token")] == [
        ("api-token.make", "person:ann", "Nightly export")]
    assert secret not in str([one.detail for one in acts])


WRONG = [
    ({"name": "", "scopes": "machines:read", "days": "30"}, "The name cannot be taken."),
    ({"name": "a\u202eb", "scopes": "machines:read", "days": "30"}, "The name cannot be taken."),
    ({"name": "x", "days": "30"}, "The token could do nothing."),
    ({"name": "x", "scopes": "everything", "days": "30"}, "cannot give this to a token: everything"),
    ({"name": "x", "scopes": "machines:read", "days": "0"}, "The number of days cannot be taken."),
    ({"name": "x", "scopes": "machines:read", "days": "367"}, "The number of days cannot be taken."),
    ({"name": "x", "scopes": "machines:read", "days": "\u0663"}, "The number of days cannot be taken.")]


def test_a_form_that_cannot_be_taken_comes_back_as_it_was(office: Office) -> None:
    session = office.signed_in(office.person("ann"))
    for form, said in WRONG:
        answer = office.page("POST", PAGE, session, **form)
        assert answer.status_code == 400
        assert said in html.unescape(answer.text)
        assert PREFIX not in answer.text
        if form.get("scopes") == "machines:read":
            assert re.search(r'value="machines:read" id="[^"]+" checked', answer.text)


def test_one_sees_and_revokes_ones_own_and_an_administrator_all_of_the_office(office: Office) -> None:
    ann, bob, boss = office.person("ann"), office.person("bob"), office.person("boss", Role.ADMINISTRATOR)
    stranger = office.person("eve", Role.ADMINISTRATOR, tenant=office.other().id)
    secret = token(office, ann, name="Of ann")
    [number] = re.findall(r"tokens/(\d+)/revoke", office.page("GET", PAGE, office.signed_in(ann)).text)
    assert "Of ann" not in office.page("GET", PAGE, office.signed_in(bob)).text
    assert "Of ann" not in office.page("GET", PAGE, office.signed_in(stranger)).text
    for other in (bob, stranger):
        for wanted in (number, "999", "0", "x", "9" * 30):
            answer = office.page("POST", f"{PAGE}/{wanted}/revoke", office.signed_in(other))
            assert answer.status_code == 404
    assert ask(office, secret, "/v1/token").status_code == 200
    assert "Of ann" in office.page("GET", PAGE, office.signed_in(boss)).text
    assert office.page("POST", f"{PAGE}/{number}/revoke", office.signed_in(boss)).status_code == 303
    assert ask(office, secret, "/v1/token").status_code == 401


def console(office: Office, data: Path, *arguments: str) -> Result:
    """The command on the office's own database."""
    return CliRunner().invoke(command, ["api-token", *arguments, "--data", str(data), "--tenant", office.tenant.id],
                              env={"HUSTINGS_DATABASE_URL": office.database.url.render_as_string(hide_password=False)})


@pytest.fixture
def data(tmp_path: Path, office: Office) -> Path:
    """The data directory of the server, set up."""
    url = office.database.url.render_as_string(hide_password=False)
    save(Config(tmp_path / "data", Settings(("localhost",), 8443, tls=False, database=kind(url))))
    return tmp_path / "data"


def test_the_console_makes_lists_and_revokes(office: Office, data: Path) -> None:
    office.person("ann")
    made = console(office, data, "make", "Nightly", "--person", "ann", "--scope", "machines:read", "--expires", "30d")
    assert made.exit_code == 0, made.output
    secret = made.output.strip()
    assert ask(office, secret, "/v1/machines").status_code == 200
    [listed] = json.loads(console(office, data, "list", "--format", "json").output)
    assert (listed["name"], listed["person"], listed["ended"]) == ("Nightly", "ann", None)
    assert secret not in console(office, data, "list").output
    assert console(office, data, "revoke", str(listed["number"])).exit_code == 0
    assert ask(office, secret, "/v1/machines").status_code == 401
    assert console(office, data, "revoke", "999").exit_code != 0


def test_the_console_says_what_it_cannot_make(office: Office, data: Path) -> None:
    office.person("ann")
    office.person("rev", Role.REVIEWER)
    for wrong in (("--person", "nobody"), ("--person", "rev"), ("--scope", "everything"), ("--expires", "400d"),
                  ("--expires", "90m")):
        given = {"--person": "ann", "--scope": "machines:read", "--expires": "30d"} | dict([wrong])
        answer = console(office, data, "make", "x", *(word for pair in given.items() for word in pair))
        assert isinstance(answer.exception, HustingsError)
        assert answer.exception.remedy
        assert PREFIX not in answer.output
