"""Who gets in: strangers, people, and one-time links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from server.access import routes, rules
from server.access.guard import host_name, is_public, safe_next
from server.access.sign_in import SignIn
from server.app import discovered
from server.problems import Refused
from server.store import audit, links, people, schema, sessions
from server.store.database import WHOLE_SERVER, Database
from server.store.people import Person
from tests.server import setups
from tests.server.setups import PASSWORD, Office

HTML = {"accept": "text/html"}
COOKIE = "hustings"
FORM = "hustings-form"


@pytest.fixture
def sealed_office(tmp_path: Path) -> Iterator[Office]:
    """The same behind TLS."""
    with setups.office(Database(f"sqlite:///{tmp_path / 'hustings.db'}"), tmp_path / "data", tls=True) as found:
        yield found


def sign_in(office: Office, name: str = "admin", password: str = PASSWORD, *, peer: str = "127.0.0.1",
            **form: str) -> httpx.Response:
    """Fetch the form and send it, as a browser does."""
    cookie = ("__Host-" if office.tls else "") + FORM
    token = office.request("GET", "/sign-in", headers=HTML).cookies[cookie]
    return office.request("POST", "/sign-in", peer=peer, headers=HTML, cookies={cookie: token},
                          data={"name": name, "password": password, "_csrf_token": token} | form)


def admin(office: Office) -> Person:
    with office.database.read(office.tenant.id) as connection:
        person = people.by_name(connection, office.tenant.id, "admin")
    assert person is not None
    return person


def link(office: Office) -> str:
    with office.database.write(WHOLE_SERVER) as connection:
        return f"/sign-in/link/{links.create(connection, admin(office), office.now())}"


@pytest.mark.parametrize("path", [
    "/", "/en/", "/fr/machines", "/en/machines/x", "/nothing", "//v1/reports", "/docs",
    "/schema", "/static", "/static/../en/", "/static/..%2f..%2fapp.py", "/sign-in/", "/sign-in/../en/", "/healthz/",
    "/static//etc/passwd", "/HEALTHZ", "/metrics"])
def test_a_stranger_sees_nothing_but_the_way_to_sign_in(office: Office, path: str) -> None:
    page = office.request("GET", path, headers=HTML)
    assert page.status_code == 302
    assert page.headers["location"].startswith("/sign-in")
    answer = office.request("GET", path)
    assert (answer.status_code, answer.json()["type"]) == (401, "sign_in")
    posted = office.request("POST", path, headers=HTML)
    assert posted.status_code in (401, 403)


@pytest.mark.parametrize("path", ["/v1/", "/v1/reports/", "/v1/tenants/any/packs/1", "/v1/tenants/any/log/1"])
def test_what_agents_may_not_have_is_nowhere(office: Office, path: str) -> None:
    """The same answer whatever is asked for: whether it exists is not told."""
    for method in ("GET", "POST"):
        answer = office.request(method, path, headers=HTML)
        assert (answer.status_code, answer.json()["type"]) == (404, "not_found")


@pytest.mark.parametrize("path", ["/static/" + "a" * 256, "/static/" + "a" * 3000, "/static/" + "%C3%A9" * 128])
def test_a_name_too_long_for_any_file_is_not_there(office: Office, path: str) -> None:
    assert office.request("GET", path, headers=HTML).status_code == 404


def test_a_right_password_signs_in_and_is_written_down(office: Office) -> None:
    answer = sign_in(office, next="/en/machines")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in/second?next=/en/machines")
    inside = office.request("GET", "/en/machines", headers=HTML, cookies={COOKIE: answer.cookies[COOKIE]})
    assert inside.status_code == 403
    with office.database.read(WHOLE_SERVER) as connection:
        [act] = audit.recent(connection, office.tenant.id)
    assert (act.action, act.actor, act.detail["via"]) == ("person.sign-in", "person:admin", "password")


def test_a_wrong_name_and_a_wrong_password_look_the_same(office: Office) -> None:
    wrong = [sign_in(office, password="wrong password"), sign_in(office, name="nobody"), sign_in(office, name="a\x00b"),
             sign_in(office, password="x" * 5000)]
    assert {answer.status_code for answer in wrong} == {401}
    assert all(COOKIE not in answer.cookies for answer in wrong)


def test_a_form_without_its_token_is_refused(office: Office) -> None:
    for cookies in ({}, {FORM: "x" * 128}):
        answer = office.request("POST", "/sign-in", headers=HTML, cookies=cookies,
                                data={"name": "admin", "password": PASSWORD, "_csrf_token": "x" * 128})
        assert answer.status_code == 403
    assert office.stored(schema.sessions) == 0


def test_guessing_is_slowed_before_any_password_is_checked(office: Office) -> None:
    tries = [sign_in(office, password=f"wrong password {n}") for n in range(6)]
    assert [answer.status_code for answer in tries] == [401] * 5 + [429]
    assert int(tries[-1].headers["retry-after"]) > 0
    assert sign_in(office).status_code == 429
    assert sign_in(office, peer="192.0.2.7").status_code == 303


def test_one_address_cannot_use_up_a_name_for_everyone_else(office: Office) -> None:
    door = SignIn(office.config, office.database, office.now)
    for _ in range(5):
        assert door.with_password("admin", "wrong", "192.0.2.66") is None
    for _ in range(200):
        with pytest.raises(Refused):
            door.with_password("admin", "wrong", "192.0.2.66")
    assert door.with_password("admin", PASSWORD, "192.0.2.7") is not None


def test_a_disabled_person_is_out_at_once(office: Office) -> None:
    cookie = {COOKIE: sign_in(office).cookies[COOKIE]}
    with office.database.write(WHOLE_SERVER) as connection:
        person = people.by_name(connection, office.tenant.id, "admin")
        assert person is not None
        people.disable(connection, person, office.now())
    assert office.request("GET", "/nothing-here", cookies=cookie).status_code == 401
    assert sign_in(office).status_code == 401


def test_a_session_ends_when_idle_for_half_an_hour(office: Office) -> None:
    cookie = office.signed_in(admin(office))
    for _ in range(4):
        office.now.forward(minutes=29)
        assert office.request("GET", "/nothing-here", cookies=cookie).status_code == 404
    office.now.forward(minutes=31)
    assert office.request("GET", "/nothing-here", cookies=cookie).status_code == 401


def test_a_session_ends_after_twelve_hours_however_busy(office: Office) -> None:
    cookie = office.signed_in(admin(office))
    for _ in range(24):
        office.now.forward(minutes=29)
        assert office.request("GET", "/nothing-here", cookies=cookie).status_code == 404
    office.now.forward(minutes=25)
    assert office.request("GET", "/nothing-here", cookies=cookie).status_code == 401


def test_signing_out_ends_the_session_on_the_server(office: Office) -> None:
    signed = sign_in(office)
    token = office.request("GET", "/sign-in").cookies[FORM]
    cookies = {COOKIE: signed.cookies[COOKIE], FORM: token}
    out = office.request("POST", "/sign-out", headers=HTML, cookies=cookies, data={"_csrf_token": token})
    assert out.status_code == 303
    assert office.stored(schema.sessions) == 0
    assert office.request("GET", "/nothing-here", cookies=cookies).status_code == 401


def test_sessions_and_links_are_kept_as_digests(office: Office) -> None:
    signed, secret = sign_in(office), link(office).rpartition("/")[2]
    with office.database.read(WHOLE_SERVER) as connection:
        kept = repr([connection.execute(table.select()).all() for table in (schema.sessions, schema.links)])
    assert signed.cookies[COOKIE] not in kept
    assert secret not in kept


def test_a_link_signs_in_once(office: Office) -> None:
    address = link(office)
    first = office.request("GET", address, headers=HTML)
    assert (first.status_code, first.headers["location"]) == (303, "/")
    assert office.request("GET", "/nothing-here", cookies={COOKIE: first.cookies[COOKIE]}).status_code == 404
    second = office.request("GET", address, headers=HTML)
    assert second.status_code == 403
    assert COOKIE not in second.cookies


def test_a_link_expires_after_ten_minutes(office: Office) -> None:
    address = link(office)
    office.now.forward(minutes=10)
    assert office.request("GET", address, headers=HTML).status_code == 403


def test_a_link_opens_on_the_servers_own_machine_only(office: Office) -> None:
    address = link(office)
    refused = [
        office.request("GET", address, peer="192.0.2.7", headers=HTML),
        office.request("GET", address, headers=HTML | {"host": "hustings.example"}),
        office.request("GET", address, headers=HTML | {"x-forwarded-for": "192.0.2.7"}),
        office.request("GET", address, headers=HTML | {"forwarded": "for=192.0.2.7"}),
        office.request("GET", address, headers=HTML | {"via": "1.1 proxy"})]
    assert [answer.status_code for answer in refused] == [403] * 5
    assert office.request("GET", address, headers=HTML).status_code == 303


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "", "localhost@evil.example", "127.0.0.1.x",
                                  "[::1", "hustings.example.", "localhost\tevil"])
def test_pages_answer_to_the_servers_own_names_only(office: Office, host: str) -> None:
    answer = office.request("GET", "/sign-in", headers=HTML | {"host": host})
    assert answer.status_code == (200 if host == "[::1" else 421)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8443", "127.0.0.1:9", "[::1]:8443", "hustings.example"])
def test_the_servers_own_names_are_known_with_any_port(office: Office, host: str) -> None:
    assert office.request("GET", "/sign-in", headers={"host": host}).status_code == 200


def test_a_redirect_never_leads_elsewhere(office: Office) -> None:
    for place in ("//evil.example", "https://evil.example", "/\\evil.example", "/\tevil", "javascript:x", "/sign-out"):
        assert safe_next(place) == "/"
        assert sign_in(office, next=place).headers["location"] == "/sign-in/second"
    assert safe_next("/en/machines?x=1") == "/en/machines?x=1"


def test_under_tls_cookies_belong_to_this_host_alone(sealed_office: Office) -> None:
    answer = sign_in(sealed_office)
    cookie = next(value for value in answer.headers.get_list("set-cookie") if value.startswith("__Host-hustings="))
    for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert part in cookie
    assert "Domain" not in cookie
    assert answer.headers["strict-transport-security"].startswith("max-age=")


def test_under_tls_the_plain_cookie_is_not_taken(sealed_office: Office) -> None:
    secret = sign_in(sealed_office).cookies["__Host-hustings"]
    assert sealed_office.request("GET", "/x", cookies={"hustings": secret}).status_code == 401
    assert sealed_office.request("GET", "/x", cookies={"__Host-hustings": secret}).status_code == 403, "known, unproven"


def test_two_session_cookies_are_as_good_as_none(office: Office) -> None:
    secret = sign_in(office).cookies[COOKIE]
    answer = office.request("GET", "/x", headers={"cookie": f"{COOKIE}={secret}; {COOKIE}=other"})
    assert answer.status_code == 401


def test_a_new_session_sweeps_ended_ones_away(office: Office) -> None:
    sign_in(office)
    office.now.forward(hours=13)
    sign_in(office)
    assert office.stored(schema.sessions) == 1
    assert sessions.IDLE < sessions.ABSOLUTE


@pytest.mark.parametrize(("path", "public"), [
    ("/sign-in", True), ("/sign-in/link/x", True), ("/static/style.css", True), ("/static/a/../../x", False),
    ("/static/.", False), ("/static//x", False), ("/static/..\\x", False), ("/", False), ("/sign-out", False)])
def test_what_is_public(path: str, public: bool) -> None:
    assert is_public(path) is public


def test_host_names_are_read_without_port_and_brackets() -> None:
    assert [host_name(text) for text in ("A.b:80", "[::1]:80", "x", ":80")] == ["a.b", "::1", "x", ""]


def test_the_guard_and_the_routes_agree_on_what_is_public() -> None:
    said: dict[str, set[bool]] = {}
    for handler in (*routes.ROUTES, *discovered()):
        for path in handler.paths:
            sample = re.sub(r"\{(\w+)(?::\w+)?\}", lambda one: "en" if one[1] == "language" else "7", path)
            said.setdefault(sample, set()).add(handler.opt["access"] == rules.PUBLIC)
    assert {path for path, public in said.items() if True in public} >= {"/sign-in", "/sign-in/single/7", "/reply/7"}
    assert {path: is_public(path) for path in said} == {path: True in public for path, public in said.items()}
