"""People of an office: invitations, roles, letting go, one's own sessions and password, and requests from elsewhere."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from hustings.errors import UsageError
from server.access import membership, names
from server.access.devices import short
from server.access.routes import HOLD, left
from server.store import audit, links, people, schema, sessions, tenants, warnings
from server.store.database import WHOLE_SERVER
from server.store.links import Purpose
from server.store.people import Role
from server.store.tenants import Kind
from tests.server.factors import HTML, Browser, admin
from tests.server.setups import PASSWORD, Office


@pytest.fixture
def boss(office: Office) -> Browser:
    """The administrator's browser."""
    browser = Browser(office)
    browser.cookies |= office.signed_in(admin(office))
    return browser


def invited(boss: Browser, name: str = "ann", **data: str) -> str:
    """The path of an invitation."""
    page = boss.post("/en/office/people", name=name, **({"role": "official"} | data))
    assert page.status_code == 200, page.text
    found = re.search(r"http://localhost(/invitation/[\w-]{43})", page.text)
    assert found
    return found[1]


def number(office: Office, name: str) -> int:
    with office.database.read(office.tenant.id) as connection:
        person = people.by_name(connection, office.tenant.id, name)
    assert person is not None
    return person.id


def test_an_invitation_is_accepted_once(office: Office, boss: Browser) -> None:
    path = invited(boss, email="ann@county.example", spoken="fr")
    guest = Browser(office, "192.0.2.9")
    for _ in range(2):
        assert "Welcome, ann" in guest.get(path).text
    assert guest.post(f"{path}/accept", password="short", again="short").status_code == 400
    assert guest.post(f"{path}/accept", password=PASSWORD, again="another long one").status_code == 400
    assert guest.post(f"{path}/accept", password=PASSWORD, again=PASSWORD).headers["location"] == "/en/account"
    assert guest.get("/en/account").status_code == 200
    assert guest.get("/en/machines").status_code == 403
    assert guest.get(path).status_code == 404
    assert Browser(office).post(f"{path}/accept", password="x" * 20, again="x" * 20).status_code == 404
    assert Browser(office).password("ann").status_code == 303
    with office.database.read(office.tenant.id) as connection:
        ann = people.by_name(connection, office.tenant.id, "ann")
        acts = [one.action for one in audit.recent(connection, office.tenant.id)]
    assert ann is not None
    assert (ann.role, ann.email, ann.language, ann.invited) == (Role.OFFICIAL, "ann@county.example", "fr", None)
    assert {"person.invite", "person.accept"} <= set(acts)


def test_an_invitation_expires_and_a_newer_one_voids_it(office: Office, boss: Browser) -> None:
    first = invited(boss)
    page = boss.post(f"/en/office/people/{number(office, 'ann')}/invite")
    second = re.findall(r"/invitation/[\w-]{43}", page.text)[0]
    guest = Browser(office)
    assert (guest.get(first).status_code, guest.get(second).status_code) == (404, 200)
    office.now.forward(hours=72)
    assert guest.get(second).status_code == 404
    assert guest.post(f"{second}/accept", password=PASSWORD, again=PASSWORD).status_code == 404
    assert Browser(office).password("ann").status_code == 401


def test_one_kind_of_link_is_not_the_other(office: Office, boss: Browser) -> None:
    secret = invited(boss).rpartition("/")[2]
    assert Browser(office).get(f"/sign-in/link/{secret}").status_code == 403
    with office.database.write(office.tenant.id) as connection:
        link = links.create(connection, admin(office), office.now())
        assert links.who(connection, link, office.now(), Purpose.INVITATION) is None
    assert Browser(office).get(f"/invitation/{link}").status_code == 404


@pytest.mark.parametrize(("data", "field"), [
    ({"name": ""}, "name"), ({"name": "a@b"}, "name"), ({"name": "a\u202eb"}, "name"), ({"name": "x" * 65}, "name"),
    ({"name": "admin"}, "name"), ({"role": "reviewer"}, "role"), ({"role": ""}, "role"), ({"role": "root"}, "role"),
    ({"email": "no"}, "email"), ({"email": "a@b.c\u2066"}, "email"), ({"email": "a b@c.de"}, "email")])
def test_who_cannot_be_invited_is_said_and_what_was_typed_stays(office: Office, boss: Browser, data: dict[str, str],
                                                                field: str) -> None:
    sent = {"name": "ann", "role": "official", "email": "ann@county.example"} | data
    refused = boss.post("/en/office/people", **sent)
    assert refused.status_code == 400
    assert f'id="{field}"' in refused.text
    assert re.search(rf'id="{field}"[^>]*aria-invalid="true"', refused.text)
    if field != "email":
        assert "ann@county.example" in refused.text
    assert office.stored(schema.people) == 1


@pytest.mark.parametrize("role", [Role.STAFF, Role.OFFICIAL])
def test_others_see_the_people_and_change_nothing(office: Office, role: Role) -> None:
    browser = Browser(office)
    browser.cookies |= office.signed_in(office.person("ann", role))
    page = browser.get("/en/office/people")
    assert page.status_code == 200
    assert "/office/people/" not in page.text
    for act in ("role", "disable", "enable", "sign-out", "invite"):
        assert browser.post(f"/en/office/people/{number(office, 'admin')}/{act}", role="staff").status_code == 403
    assert browser.post("/en/office/people", name="eve", role="administrator").status_code == 403


def test_anothers_people_are_not_there(office: Office, boss: Browser) -> None:
    other = office.other()
    theirs = office.person("theirs", tenant=other.id)
    assert "theirs" not in boss.get("/en/office/people").text
    for found in (theirs.id, 999_999, 1 << 70):
        for act in ("role", "disable", "enable", "sign-out", "invite"):
            assert boss.post(f"/en/office/people/{found}/{act}", role="staff").status_code == 404


def test_the_last_administrator_never_goes(office: Office, boss: Browser) -> None:
    me = number(office, "admin")
    invited(boss, "not-yet", role="administrator")
    for act, data in (("disable", {}), ("role", {"role": "staff"})):
        refused = boss.post(f"/en/office/people/{me}/{act}", **data)
        assert refused.status_code == 400
        assert "last administrator" in refused.text
    office.person("second", Role.ADMINISTRATOR)
    assert boss.post(f"/en/office/people/{me}/role", role="staff").status_code == 303
    assert boss.get("/en/machines").status_code == 302
    with office.database.write(office.tenant.id) as connection:
        second = people.by_name(connection, office.tenant.id, "second")
        assert second is not None
        with pytest.raises(UsageError):
            membership.disable(connection, second, "console:test", office.now())


def test_who_is_let_go_is_out_at_once_and_may_come_back(office: Office, boss: Browser) -> None:
    ann = office.person("ann")
    theirs = Browser(office)
    theirs.cookies |= office.signed_in(ann)
    assert theirs.get("/en/machines").status_code == 200
    boss.post(f"/en/office/people/{ann.id}/disable")
    assert theirs.get("/en/machines").status_code == 302
    assert "no longer sign in" in theirs.get("/sign-in").text
    assert Browser(office).password("ann").status_code == 401
    boss.post(f"/en/office/people/{ann.id}/enable")
    assert Browser(office).password("ann").status_code == 303


def test_an_administrator_signs_somebody_out(office: Office, boss: Browser) -> None:
    ann = office.person("ann")
    theirs = Browser(office)
    theirs.cookies |= office.signed_in(ann)
    assert boss.post(f"/en/office/people/{ann.id}/sign-out").status_code == 303
    assert theirs.get("/en/machines").status_code == 302
    assert "signed you out" in theirs.get("/sign-in").text


def test_ones_sessions_are_listed_and_ended(office: Office, boss: Browser) -> None:
    other = Browser(office, "192.0.2.9")
    other.password()
    page = boss.get("/en/account").text
    assert "192.0.2.9" in page
    assert "Firefox, Linux" in page
    [one] = re.findall(r"/account/sessions/([0-9a-f]{16})/end", page)
    stranger = Browser(office)
    stranger.cookies |= office.signed_in(office.person("ann"))
    assert stranger.post(f"/en/account/sessions/{one}/end").status_code == 404
    assert boss.post(f"/en/account/sessions/{one}/end").status_code == 303
    assert boss.post(f"/en/account/sessions/{one}/end").status_code == 404
    assert other.get("/en/account").status_code == 302
    assert "ended from another place" in other.get("/sign-in").text


def test_a_new_password_ends_every_other_session(office: Office, boss: Browser) -> None:
    other = Browser(office)
    other.cookies |= office.signed_in(admin(office))
    new = "another phrase of words"
    for data, field in (({"old": "wrong", "new": new, "again": new}, "old"),
                        ({"old": PASSWORD, "new": "short", "again": "short"}, "new"),
                        ({"old": PASSWORD, "new": new, "again": new + "x"}, "again")):
        refused = boss.post("/en/account/password", **data)
        assert refused.status_code == 400
        assert re.search(rf'id="{field}"[^>]*aria-invalid="true"', refused.text)
    assert other.get("/en/machines").status_code == 200
    assert boss.post("/en/account/password", old=PASSWORD, new=new, again=new).status_code == 303
    assert boss.get("/en/machines").status_code == 200
    assert other.get("/en/machines").status_code == 302
    assert Browser(office).password().status_code == 401
    assert Browser(office).password(password=new).status_code == 303


def test_a_recovered_account_is_empty_audited_and_told_to_everybody(office: Office, boss: Browser) -> None:
    ann = office.person("ann")
    theirs = Browser(office)
    theirs.cookies |= office.signed_in(ann)
    theirs.post("/en/account/recovery-codes")
    with office.database.write(office.tenant.id) as connection:
        secret = membership.recover(connection, ann, "console:root", office.now())
    assert theirs.get("/en/machines").status_code == 302
    assert Browser(office).password("ann").status_code == 401
    assert office.stored(schema.metadata.tables["recovery_codes"]) == 0
    with office.database.read(office.tenant.id) as connection:
        assert "person.recover" in [one.action for one in audit.recent(connection, office.tenant.id)]
        events = connection.scalars(sa.select(schema.metadata.tables["events"].c.kind)).all()
    assert "account-recovered" in events
    news = boss.get("/en/account/news?next=/en/machines")
    assert "The account of ann was recovered" in news.text
    [upto] = re.findall(r'name="upto" value="(\d+)"', news.text)
    assert boss.post("/en/account/news/read", upto=upto, next="/en/machines").headers["location"] == "/en/machines"
    assert boss.get("/en/account/news").status_code == 303
    with office.database.read(office.tenant.id) as connection:
        assert warnings.unread(connection, office.tenant.id, ann.id, office.now())
    assert Browser(office).get(f"/invitation/{secret}").status_code == 200


def test_people_sign_in_by_name_and_handle(office: Office) -> None:
    other = office.other("Élm County")
    office.person("ann", tenant=other.id)
    assert other.handle == "elm-county"
    assert Browser(office).password("ann@elm-county").status_code == 303
    assert Browser(office).password("ann@ELM-county").status_code == 303
    for wrong in ("ann", "ann@office", "admin", "ann@nowhere", "@elm-county", "ann@elm-county@elm-county"):
        assert Browser(office).password(wrong).status_code == 401
    assert Browser(office).password("admin@office").status_code == 303


def test_the_bare_name_will_do_where_there_is_one_office(office: Office) -> None:
    with office.database.read(WHOLE_SERVER) as connection:
        for text in ("admin", "admin@office"):
            found = names.person(connection, text)
            assert found is not None
            assert found.name == "admin"
        for text in ("", "nobody", "admin@other", "a\x00b", "x" * 5000):
            assert names.person(connection, text) is None


def test_a_refusal_is_told_no_sooner_than_the_longest_work() -> None:
    assert left(10.0, 10.1) == pytest.approx(HOLD - 0.1)
    assert left(10.0, 99.0) == 0


@pytest.mark.parametrize("headers", [
    {"origin": "http://evil.example"}, {"origin": "null"}, {"origin": "https://localhost"},
    {"origin": "http://localhost:9"}, {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"},
    {"origin": "http://localhost", "sec-fetch-site": "cross-site"}])
def test_what_another_sites_page_asks_for_is_refused_even_with_the_token(office: Office, boss: Browser,
                                                                         headers: dict[str, str]) -> None:
    boss.get("/sign-in")
    boss.get("/en/account")
    token = boss.cookies["hustings-form"]
    for path in ("/en/account/recovery-codes", "/sign-out", "/sign-in"):
        answer = office.request("POST", path, cookies=boss.cookies, headers=HTML | headers, data={"_csrf_token": token})
        assert answer.status_code == 403
    fine = office.request("POST", "/en/account/recovery-codes", cookies=boss.cookies, data={"_csrf_token": token},
                          headers=HTML | {"origin": "http://localhost", "sec-fetch-site": "same-origin"})
    assert fine.status_code == 200


def test_scripts_run_on_the_pages_that_ask_for_passkeys_alone(office: Office, boss: Browser) -> None:
    policies = {path: boss.get(path).headers["content-security-policy"]
                for path in ("/en/account", "/en/machines", "/en/office/people", "/en/", "/en/account/authenticator")}
    assert "script-src 'self'" in policies.pop("/en/account")
    assert not any("script-src" in one for one in policies.values())
    assert "script-src 'self'" in Browser(office).get("/sign-in").headers["content-security-policy"]


def test_a_session_made_before_signing_in_is_worth_nothing(office: Office) -> None:
    browser = Browser(office)
    browser.cookies["hustings"] = "chosen-by-a-stranger"
    browser.password()
    assert browser.session != "chosen-by-a-stranger"
    thief = Browser(office)
    thief.cookies["hustings"] = "chosen-by-a-stranger"
    assert thief.get("/en/account").status_code == 302


def test_a_reviewers_firm_has_roles_of_its_own(office: Office) -> None:
    with office.database.write(WHOLE_SERVER) as connection:
        firm = tenants.create(connection, "Careful Eyes", office.now(), kind=Kind.FIRM)
        person, _ = membership.invite(connection, firm, "rey", "reviewer", "", "", "console:test", office.now())
        assert person.role is Role.REVIEWER
        with pytest.raises(UsageError):
            membership.invite(connection, firm, "sam", "official", "", "", "console:test", office.now())


def test_devices_are_named_in_two_words() -> None:
    assert short("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 "
                 "Safari/537.36 Edg/143.0") == "Edge, Windows"
    assert short("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Version/18.1 Safari/604.1") == "Safari, iPhone"
    assert short("curl/8") == ""


def test_ended_sessions_are_swept_when_their_time_is_over(office: Office) -> None:
    browser = Browser(office)
    browser.password()
    with office.database.write(office.tenant.id) as connection:
        assert sessions.end_all(connection, office.tenant.id, admin(office).id, office.now(), "elsewhere") == 1
    office.now.forward(hours=13)
    Browser(office).password()
    assert office.stored(schema.sessions) == 1
