"""Second factors: what proves a person, what does not, and that nothing is taken twice."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hustings.errors import ConfigError
from server.access import authenticator, challenges, passkeys
from server.access.passkeys import Wrong
from server.access.relying_party import RelyingParty, of
from server.config import Config, Settings
from server.seal import open_sealed, seal
from server.store import audit, people, recovery_codes, schema, sessions
from server.store.database import WHOLE_SERVER, Database
from server.store.people import Role
from server.store.schema.second_factors import authenticators as authenticators_table
from tests.passkey_device import Device
from tests.server import setups
from tests.server.factors import HTML, Browser, admin, code, with_authenticator
from tests.server.setups import Office

NEXT = "/en/account/news?next=/en/machines"


@pytest.fixture
def browser(office: Office) -> Browser:
    return Browser(office)


def enrolled(office: Office, device: Device | None = None) -> tuple[Browser, Device]:
    """An administrator who added a passkey in a browser of their own."""
    browser, device = Browser(office), device or Device()
    browser.cookies |= office.signed_in(admin(office))
    answer = device.make(browser.question("/en/account"))
    assert browser.post("/en/account/passkeys/add", answer=answer, name="key").status_code == 200
    return browser, device


def why(office: Office) -> str:
    """What the audit trail says of the last refusal."""
    with office.database.read(WHOLE_SERVER) as connection:
        act = next(one for one in audit.recent(connection, office.tenant.id) if one.action == "person.factor-refused")
    return str(act.detail.get("why", ""))


# ---- a password alone

@pytest.mark.parametrize("path", ["/en/", "/en/machines", "/en/office", "/en/office/people", "/en/plan", "/en/publish",
                                  "/en/account/news", "/en/method", "/en/office/tokens"])
def test_a_password_alone_opens_no_page(office: Office, browser: Browser, path: str) -> None:
    assert browser.password().headers["location"] == "/sign-in/second"
    assert browser.get(path).status_code == 403
    assert "/sign-in/second" in browser.get(path).text


@pytest.mark.parametrize("path", ["/en/publish/prepare", "/en/office/people", "/en/account/password",
                                  "/en/account/recovery-codes", "/en/account/sessions/end-others", "/en/plan/make"])
def test_a_password_alone_changes_nothing(office: Office, browser: Browser, path: str) -> None:
    browser.password()
    assert browser.post(path, name="eve", role="administrator").status_code == 403


def test_a_password_alone_is_nothing_to_the_api(office: Office, browser: Browser) -> None:
    browser.password()
    answer = office.request("GET", "/v1/findings", cookies=browser.cookies,
                            headers={"authorization": f"Bearer {browser.session}"})
    assert answer.status_code == 401


def test_who_has_no_second_factor_is_led_to_add_one(office: Office, browser: Browser) -> None:
    browser.password()
    assert browser.get("/sign-in/second").headers["location"] == "/en/account"
    page = browser.get("/en/account")
    assert page.status_code == 200
    assert "Add a second factor to go on" in page.text
    assert "Where you are signed in" not in page.text


def test_who_has_a_second_factor_cannot_add_another_with_the_password_alone(office: Office, browser: Browser) -> None:
    with_authenticator(office, admin(office))
    browser.password()
    assert browser.get("/en/account").status_code == 403
    assert browser.get("/en/account/authenticator").status_code == 403
    other = office.person("other")
    theirs = Browser(office)
    theirs.cookies |= office.signed_in(other)
    device = Device()
    answer = device.make(theirs.question("/en/account"))
    assert browser.post("/en/account/passkeys/add", answer=answer, name="x").status_code in (400, 403)
    assert office.stored(schema.metadata.tables["passkeys"]) == 0


# ---- authenticator applications

def test_an_authenticator_is_added_proves_the_session_and_gives_recovery_codes(office: Office,
                                                                               browser: Browser) -> None:
    browser.password()
    before = browser.session
    page = browser.get("/en/account/authenticator").text
    [sealed] = re.findall(r'name="offer" value="([0-9a-f]+)"', page)
    [secret] = re.findall(r'<code class="secret"[^>]*>([A-Z2-7 ]+)</code>', page)
    secret = secret.replace(" ", "")
    assert "<svg" in page
    assert browser.post("/en/account/authenticator/confirm", offer=sealed, code="000000").status_code == 400
    assert browser.get("/en/machines").status_code == 403
    added = browser.post("/en/account/authenticator/confirm", offer=sealed, code=code(office, secret))
    assert added.status_code == 200
    codes = re.findall(r"<code>([A-Z2-7-]{19})</code>", added.text)
    assert len(set(codes)) == 10
    assert browser.session != before
    assert browser.get("/en/machines").status_code == 200
    stale = Browser(office)
    stale.cookies["hustings"] = before
    assert stale.get("/en/machines").status_code == 302
    with office.database.read(WHOLE_SERVER) as connection:
        kept = repr([connection.execute(office_table.select()).all() for office_table in (
            authenticators_table, schema.metadata.tables["recovery_codes"])])
    assert secret not in kept
    assert not any(one in kept for one in codes)
    file = browser.post("/en/account/recovery-codes.txt", codes=" ".join([*codes, "<script>", "=1+1"]))
    assert file.headers["content-disposition"].startswith("attachment")
    assert file.text.split("\n")[2:12] == codes
    assert "script" not in file.text


def test_an_offer_holds_for_its_own_session_and_not_for_ever(office: Office, browser: Browser) -> None:
    browser.cookies |= office.signed_in(admin(office))
    page = browser.get("/en/account/authenticator").text
    [sealed] = re.findall(r'name="offer" value="([0-9a-f]+)"', page)
    [secret] = re.findall(r'<code class="secret"[^>]*>([A-Z2-7 ]+)</code>', page)
    secret = secret.replace(" ", "")
    other = Browser(office)
    other.cookies |= office.signed_in(admin(office))
    for sent in (sealed, "zz", "", "00" * 60):
        assert other.post("/en/account/authenticator/confirm", offer=sent,
                          code=code(office, secret)).status_code == 400
    assert office.stored(authenticators_table) == 0


def test_a_right_code_signs_in_once(office: Office, browser: Browser) -> None:
    secret = with_authenticator(office, admin(office))
    browser.post("/sign-in", name="admin", password=setups.PASSWORD, next="/en/machines")
    before = browser.session
    shown = code(office, secret)
    answer = browser.post("/sign-in/second/code", code=f" {shown[:3]} {shown[3:]} ", next="/en/machines")
    assert (answer.status_code, answer.headers["location"]) == (303, NEXT)
    assert browser.get(NEXT).headers["location"] == "/en/machines"
    assert browser.session != before
    again = Browser(office)
    again.password()
    assert again.post("/sign-in/second/code", code=shown).status_code == 401
    assert again.get("/en/machines").status_code == 403
    assert again.post("/sign-in/second/code", code=code(office, secret, -1)).status_code == 401
    assert again.post("/sign-in/second/code", code=code(office, secret, 1)).status_code == 303


@pytest.mark.parametrize("steps", [-2, 2, 100])
def test_a_code_of_another_time_is_wrong(office: Office, browser: Browser, steps: int) -> None:
    secret = with_authenticator(office, admin(office))
    browser.password()
    assert browser.post("/sign-in/second/code", code=code(office, secret, steps)).status_code == 401


@pytest.mark.parametrize("given", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "0" * 5000, "12 34 5x"])
def test_what_is_no_code_is_wrong(office: Office, browser: Browser, given: str) -> None:
    with_authenticator(office, admin(office))
    browser.password()
    answer = browser.post("/sign-in/second/code", code=given)
    assert answer.status_code == 401
    assert "wrong" in answer.text


def test_guessing_codes_is_slowed_and_locks_nobody_out_for_good(office: Office, browser: Browser) -> None:
    secret = with_authenticator(office, admin(office))
    browser.password()
    tries = [browser.post("/sign-in/second/code", code="000000").status_code for _ in range(6)]
    assert tries == [401] * 5 + [429]
    elsewhere = Browser(office, "192.0.2.7")
    elsewhere.password()
    assert elsewhere.post("/sign-in/second/code", code=code(office, secret)).status_code == 303


def test_a_stranger_without_the_password_uses_up_nobodys_codes(office: Office) -> None:
    secret = with_authenticator(office, admin(office))
    for number in range(12):
        stranger = Browser(office, f"192.0.2.{number}")
        assert stranger.post("/sign-in/second/code", code="000000").status_code == 401
    browser = Browser(office)
    browser.password()
    assert browser.post("/sign-in/second/code", code=code(office, secret)).status_code == 303


def test_a_sealed_secret_opens_for_its_own_person_alone(tmp_path: Path) -> None:
    config = Config(tmp_path, Settings(("localhost",), 8443, tls=False))
    sealed = seal(config, b"SECRET", "authenticator a 1")
    assert open_sealed(config, sealed, "authenticator a 1") == b"SECRET"
    assert (tmp_path / "seal.key").stat().st_mode & 0o777 == 0o600
    for kept, purpose in ((sealed, "authenticator a 2"), (sealed[:-1] + b"x", "authenticator a 1"), (b"", "")):
        with pytest.raises(ConfigError):
            open_sealed(config, kept, purpose)


# ---- recovery codes

def test_a_recovery_code_signs_in_once(office: Office, browser: Browser) -> None:
    with_authenticator(office, admin(office))
    with office.database.write(office.tenant.id) as connection:
        recovery_codes.replace(connection, admin(office), ["ABCD-EFGH-IJKL-MNOP"], office.now())
    browser.password()
    assert browser.post("/sign-in/second/recovery", recovery="AAAA-AAAA-AAAA-AAAA").status_code == 401
    assert browser.post("/sign-in/second/recovery", recovery=" abcd efgh-ijkl mnop ").status_code == 303
    assert browser.get("/en/machines").status_code == 200
    again = Browser(office)
    again.password()
    assert again.post("/sign-in/second/recovery", recovery="ABCD-EFGH-IJKL-MNOP").status_code == 401


def test_a_recovery_code_is_one_persons_alone(office: Office) -> None:
    for name in ("ann", "bob"):
        with_authenticator(office, office.person(name))
    with office.database.write(office.tenant.id) as connection:
        bob = people.by_name(connection, office.tenant.id, "bob")
        assert bob is not None
        recovery_codes.replace(connection, bob, ["ABCD-EFGH-IJKL-MNOP"], office.now())
    browser = Browser(office)
    browser.password("ann")
    assert browser.post("/sign-in/second/recovery", recovery="ABCD-EFGH-IJKL-MNOP").status_code == 401


def test_new_recovery_codes_void_those_before(office: Office, browser: Browser) -> None:
    browser.cookies |= office.signed_in(admin(office))
    first = re.findall(r"<code>([A-Z2-7-]{19})</code>", browser.post("/en/account/recovery-codes").text)
    second = re.findall(r"<code>([A-Z2-7-]{19})</code>", browser.post("/en/account/recovery-codes").text)
    assert not set(first) & set(second)
    with office.database.write(office.tenant.id) as connection:
        assert not recovery_codes.use(connection, admin(office), first[0], office.now())
        assert recovery_codes.use(connection, admin(office), second[0], office.now())


# ---- passkeys

@pytest.mark.parametrize("counts", [True, False])
def test_a_passkey_signs_in_without_name_and_password(office: Office, counts: bool) -> None:
    _, device = enrolled(office, Device(counts=counts))
    for _ in range(2):
        browser = Browser(office)
        answer = browser.post("/sign-in/passkey", answer=device.prove(browser.question("/sign-in")),
                              next="/en/machines")
        assert (answer.status_code, answer.headers["location"]) == (303, NEXT)
        assert browser.get("/en/machines").status_code == 200
    with office.database.read(WHOLE_SERVER) as connection:
        found = sessions.find(connection, browser.session, office.now())
    assert found is not None
    assert (found.name, found.via, found.proven) == ("admin", "passkey", True)


def test_a_passkey_proves_a_password_session_too(office: Office) -> None:
    _, device = enrolled(office)
    browser = Browser(office)
    browser.password()
    before = browser.session
    answer = device.prove(browser.question("/sign-in/second"))
    assert browser.post("/sign-in/second/passkey", answer=answer).status_code == 303
    assert browser.get("/en/machines").status_code == 200
    assert browser.session != before


def test_an_answer_is_taken_once(office: Office) -> None:
    _, device = enrolled(office, Device(counts=False))
    browser, thief = Browser(office), Browser(office)
    answer = device.prove(browser.question("/sign-in"))
    assert browser.post("/sign-in/passkey", answer=answer).status_code == 303
    assert thief.post("/sign-in/passkey", answer=answer).status_code == 401
    assert why(office) == "it was used before"


def test_an_answer_comes_within_five_minutes(office: Office) -> None:
    _, device = enrolled(office)
    browser = Browser(office)
    answer = device.prove(browser.question("/sign-in"))
    office.now.forward(minutes=6)
    assert browser.post("/sign-in/passkey", answer=answer).status_code == 401
    assert why(office) == "it answers no question of now"


def test_a_question_of_ones_own_making_is_not_ours(office: Office) -> None:
    _, device = enrolled(office)
    browser = Browser(office)
    made_up = browser.question("/sign-in").replace('"challenge": "', '"challenge": "A')
    assert browser.post("/sign-in/passkey", answer=device.prove(made_up)).status_code == 401
    assert why(office) == "it answers no question of now"


@pytest.mark.parametrize(("lie", "reason"), [
    ({"origin": "http://evil.example"}, "origin"), ({"origin": "https://localhost"}, "origin"),
    ({"origin": "http://localhost:9"}, "origin"), ({"host": "evil.example"}, "RP ID"),
    ({"verifies": False}, "verification")])
def test_a_passkey_of_another_place_or_without_its_person_proves_nothing(office: Office, lie: dict[str, object],
                                                                         reason: str) -> None:
    _, device = enrolled(office)
    for name, value in lie.items():
        setattr(device, name, value)
    browser = Browser(office)
    assert browser.post("/sign-in/passkey", answer=device.prove(browser.question("/sign-in"))).status_code == 401
    assert reason in why(office)


@pytest.mark.parametrize("lie", [{"origin": "http://evil.example"}, {"host": "evil.example"}, {"verifies": False}])
def test_a_passkey_made_elsewhere_is_not_added(office: Office, browser: Browser, lie: dict[str, object]) -> None:
    browser.cookies |= office.signed_in(admin(office))
    device = Device(**lie)  # type: ignore[arg-type]
    answer = device.make(browser.question("/en/account"))
    refused = browser.post("/en/account/passkeys/add", answer=answer, name="my phone")
    assert refused.status_code == 400
    assert 'value="my phone"' in refused.text
    assert office.stored(schema.metadata.tables["passkeys"]) == 0


def test_a_copied_device_is_noticed_by_its_count(office: Office) -> None:
    _, device = enrolled(office)
    browser = Browser(office)
    for _ in range(3):
        assert browser.post("/sign-in/passkey", answer=device.prove(browser.question("/sign-in"))).status_code == 303
        browser.cookies.pop("hustings")
    device.count = 1
    assert browser.post("/sign-in/passkey", answer=device.prove(browser.question("/sign-in"))).status_code == 401
    assert "sign count" in why(office)


def test_another_key_under_the_same_name_proves_nothing(office: Office) -> None:
    _, device = enrolled(office)
    forged = Device(credential=device.credential, handle=device.handle, count=50)
    browser = Browser(office)
    assert browser.post("/sign-in/passkey", answer=forged.prove(browser.question("/sign-in"))).status_code == 401
    assert "signature" in why(office)


def test_a_passkey_that_nobody_has_signs_nobody_in(office: Office, browser: Browser) -> None:
    answer = Device(handle=b"x" * 32).prove(browser.question("/sign-in"))
    assert browser.post("/sign-in/passkey", answer=answer).status_code == 401
    assert office.stored(schema.sessions) == 0


def test_somebody_elses_passkey_does_not_prove_my_session(office: Office) -> None:
    _, foreign = enrolled(office)
    ann = office.person("ann")
    theirs, own = Browser(office), Device()
    theirs.cookies |= office.signed_in(ann)
    theirs.post("/en/account/passkeys/add", answer=own.make(theirs.question("/en/account")), name="own")
    browser = Browser(office)
    browser.password("ann")
    answer = foreign.prove(browser.question("/sign-in/second"))
    assert browser.post("/sign-in/second/passkey", answer=answer).status_code == 401
    assert why(office) == "it is not theirs"
    assert browser.get("/en/machines").status_code == 403


def test_one_question_does_not_serve_another_purpose(office: Office) -> None:
    _, device = enrolled(office)
    browser = Browser(office)
    browser.password()
    signing_in = Browser(office).question("/sign-in")
    assert browser.post("/sign-in/second/passkey", answer=device.prove(signing_in)).status_code == 401
    proving = browser.question("/sign-in/second")
    assert Browser(office).post("/sign-in/passkey", answer=device.prove(proving)).status_code == 401


def test_a_credential_belongs_to_one_person(office: Office) -> None:
    _, device = enrolled(office)
    browser, copy = Browser(office), Device(credential=device.credential)
    browser.cookies |= office.signed_in(office.person("ann"))
    answer = copy.make(browser.question("/en/account"))
    assert browser.post("/en/account/passkeys/add", answer=answer, name="mine").status_code == 400
    assert office.stored(schema.metadata.tables["passkeys"]) == 1


def test_a_disabled_persons_passkey_signs_nobody_in(office: Office) -> None:
    _, device = enrolled(office)
    with office.database.write(office.tenant.id) as connection:
        people.disable(connection, admin(office), office.now())
    browser = Browser(office)
    assert browser.post("/sign-in/passkey", answer=device.prove(browser.question("/sign-in"))).status_code == 401


def test_passkeys_are_renamed_and_removed_but_never_the_last_factor(office: Office) -> None:
    browser, _ = enrolled(office)
    [number] = re.findall(r"/account/passkeys/(\d+)/remove", browser.get("/en/account").text)
    assert browser.post(f"/en/account/passkeys/{number}/rename", name="blue key").status_code == 303
    assert "blue key" in browser.get("/en/account").text
    for name in ("", "a\u202eb", "x" * 61):
        assert browser.post(f"/en/account/passkeys/{number}/rename", name=name).status_code == 400
    refused = browser.post(f"/en/account/passkeys/{number}/remove")
    assert refused.status_code == 400
    assert "only second factor" in refused.text
    with_authenticator(office, admin(office))
    assert browser.post(f"/en/account/passkeys/{number}/remove").status_code == 303
    assert browser.post("/en/account/authenticator/remove").status_code == 400


def test_nobody_touches_anothers_passkey(office: Office) -> None:
    browser, _ = enrolled(office)
    [number] = re.findall(r"/account/passkeys/(\d+)/remove", browser.get("/en/account").text)
    other = Browser(office)
    other.cookies |= office.signed_in(office.person("ann", Role.ADMINISTRATOR))
    assert other.post(f"/en/account/passkeys/{number}/remove").status_code == 404
    assert other.post(f"/en/account/passkeys/{number}/rename", name="x").status_code == 404
    assert other.post("/en/account/passkeys/999/remove").status_code == 404


def test_how_one_signs_in_is_changed_soon_after_signing_in_only(office: Office) -> None:
    browser, device = enrolled(office)
    question = browser.question("/en/account")
    office.now.forward(minutes=16)
    for path, data in (("recovery-codes", {}), ("passkeys/1/remove", {}), ("authenticator/remove", {}),
                       ("passkeys/add", {"answer": Device().make(question), "name": "x"})):
        refused = browser.post(f"/en/account/{path}", **data)
        assert refused.status_code == 400
        assert "15 minutes" in refused.text
    assert device.count == 0


# ---- several names, TLS, addresses of numbers

@pytest.fixture
def sealed_office(tmp_path: Path) -> Iterator[Office]:
    with setups.office(Database(f"sqlite:///{tmp_path / 'hustings.db'}"), tmp_path / "data", tls=True) as found:
        yield found


def test_under_tls_a_passkey_is_of_the_name_in_the_address_bar(sealed_office: Office) -> None:
    office = sealed_office
    browser, device = Browser(office), Device(origin="https://hustings.example:8443", host="hustings.example")
    browser.cookies |= office.signed_in(admin(office))
    here = {"host": "hustings.example:8443"}
    page = browser.get("/en/account", **here)
    found = re.search(r'data-question="([^"]*)"', page.text)
    assert found
    token = browser.cookies["__Host-hustings-form"]
    sent = {"_csrf_token": token, "name": "key", "answer": device.make(html.unescape(found[1]))}
    headers = HTML | here | {"origin": "https://hustings.example:8443"}
    added = office.request("POST", "/en/account/passkeys/add", cookies=browser.cookies, headers=headers, data=sent)
    assert added.status_code == 200
    elsewhere = Browser(office)
    answer = device.prove(elsewhere.question("/sign-in"))
    assert elsewhere.post("/sign-in/passkey", answer=answer).status_code == 401
    assert why(office) == "it was made for another name of this server"


def test_an_address_of_numbers_has_no_passkeys(office: Office) -> None:
    page = office.request("GET", "/sign-in", headers=HTML | {"host": "127.0.0.1:8443"})
    assert "data-question" not in page.text
    assert "passkey.js" not in page.text


@pytest.mark.parametrize(("host", "tls", "wanted"), [
    (b"hustings.example:8443", True, RelyingParty("hustings.example", "https://hustings.example:8443", True)),
    (b"Localhost:80", False, RelyingParty("localhost", "http://localhost:80", True)),
    (b"hustings.example", False, RelyingParty("hustings.example", "http://hustings.example", False)),
    (b"[::1]:8443", True, RelyingParty("::1", "https://[::1]:8443", False)),
    (b"192.0.2.7", True, RelyingParty("192.0.2.7", "https://192.0.2.7", False))])
def test_what_a_passkey_is_bound_to(host: bytes, tls: bool, wanted: RelyingParty) -> None:
    assert of({"headers": [(b"host", host)]}, tls=tls) == wanted


# ---- pure parts

@given(st.text(max_size=300))
def test_no_answer_is_taken_for_one_that_is_none(text: str) -> None:
    with pytest.raises(Wrong):
        passkeys.read(text)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=20),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
                        st.sampled_from(["id", "rawId", "type", "response", "clientDataJSON", "attestationObject",
                                         "authenticatorData", "signature", "transports"]), inner, max_size=5),
                    max_leaves=12), st.binary(max_size=80))
def test_what_a_hostile_browser_sends_is_wrong_and_no_fault(sent: object, noise: bytes) -> None:
    import json

    from webauthn.helpers import bytes_to_base64url

    text = bytes_to_base64url(noise)
    whole = {"id": text, "rawId": text, "type": "public-key", "response": {
        "clientDataJSON": bytes_to_base64url(json.dumps({
            "type": "webauthn.get", "challenge": "AAAA", "origin": "http://localhost"}).encode()),
        "authenticatorData": text, "signature": text, "attestationObject": text}}
    if isinstance(sent, dict):
        whole |= sent
    party = RelyingParty("localhost", "http://localhost", True)
    with pytest.raises(Wrong):
        passkeys.made(passkeys.read(json.dumps(whole)), party)
    with pytest.raises(Wrong):
        passkeys.proven(passkeys.read(json.dumps(whole)), party, noise, 0)


def test_codes_agree_with_the_vectors_of_the_standard() -> None:
    """RFC 6238, appendix B, SHA-1; six digits are the last of its eight."""
    from base64 import b32encode
    from datetime import UTC, datetime

    secret = b32encode(b"12345678901234567890").decode()
    for seconds, shown in ((59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"),
                           (2000000000, "279037"), (20000000000, "353130")):
        assert authenticator.step(secret, shown, datetime.fromtimestamp(seconds, UTC)) == seconds // 30


def test_a_challenge_is_of_its_purpose_and_time(tmp_path: Path) -> None:
    from datetime import timedelta

    config, now = Config(tmp_path, Settings(("localhost",), 8443, tls=False)), setups.Now()()
    made = challenges.fresh(config, "sign-in", now)
    assert challenges.ends(config, made, "sign-in", now) is not None
    assert challenges.ends(config, made, "other", now) is None
    assert challenges.ends(config, made, "sign-in", now + timedelta(minutes=5)) is None
    assert challenges.ends(config, made, "sign-in", now - timedelta(minutes=5)) is None
    for bad in (b"", made[:-1], made + b"x", b"\0" + made[1:], made[:16] + b"\xff" * 8 + made[24:]):
        assert challenges.ends(config, bad, "sign-in", now) is None
