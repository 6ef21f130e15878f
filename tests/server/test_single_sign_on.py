"""Signing in through a provider: a real protocol server, the way there and back, and everything that is not taken."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest
import requests

from hustings.errors import ConfigError
from server.access import cookies
from server.config import Config, Settings
from server.single_sign_on import service
from server.store import audit, people, single_sign_on
from server.store.people import Role
from server.store.schema.single_sign_on import sign_ins
from server.store.single_sign_on import Kept
from tests import oidc_server
from tests.oidc_server import CLIENT, CURVE_KEY, KEY, OTHER_KEY, SECRET, Provider, pem, published, signed
from tests.server.setups import Office

GROUPS = (("g-admins", "administrator"), ("g-staff", "staff"), ("g-clerk", "official"))
HTML = {"accept": "text/html"}


@dataclass
class Street:
    """An office, its provider, and a browser that goes between them."""

    office: Office
    provider: Provider
    kept: Kept
    jar: dict[str, str]

    def begin(self, place: str = "/en/") -> str:
        """To the provider; returns its address with everything it is asked."""
        answer = self.office.request("GET", f"/sign-in/single/{self.kept.slug}?next={place}", headers=HTML)
        assert answer.status_code == 303, answer.text
        self.jar = {name: value for name, value in answer.cookies.items() if name.endswith("-single")}
        return answer.headers["location"]

    def there(self, address: str) -> str:
        """The provider's answer: the address that the browser is sent back to."""
        answer = requests.get(address, verify=self.trusted, allow_redirects=False, timeout=10)
        assert answer.status_code == 302
        place = urlsplit(answer.headers["location"])
        assert place.path == service.BACK
        return f"{place.path}?{place.query}"

    def back(self, place: str) -> httpx.Response:
        return self.office.request("GET", place, headers=HTML, cookies=self.jar)

    def through(self) -> httpx.Response:
        """The whole way."""
        return self.back(self.there(self.begin()))

    @property
    def trusted(self) -> str:
        return str(self.office.tenant.id and self._file)

    _file: Path = Path()

    def people(self) -> list[tuple[str, Role]]:
        with self.office.database.read(self.office.tenant.id) as connection:
            return [(one.name, one.role) for one in people.every(connection, self.office.tenant.id)]

    def why(self) -> str:
        """Why the last sign-in was refused, as the audit trail says."""
        with self.office.database.read(self.office.tenant.id) as connection:
            act = audit.recent(connection, self.office.tenant.id)[0]
        return str(act.detail["why"]) if act.action == "person.sign-in-refused" else ""


@pytest.fixture(params=[False, True], ids=["oidc", "entra"])
def entra(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def street(office: Office, entra: bool, tmp_path: Path) -> Iterator[Street]:
    with oidc_server.provider(tmp_path, entra=entra) as provider:
        file = tmp_path / "trusted.pem"
        file.write_text(provider.authorities)
        made = Street(office, provider, declared(office, provider), {})
        made._file = file
        yield made


def declared(office: Office, provider: Provider, **changes: Any) -> Kept:
    """The provider as an administrator declares it."""
    secret = service.sealed(office.application._config, office.tenant.id, CLIENT, SECRET)
    with office.database.write(office.tenant.id) as connection:
        return single_sign_on.add(connection, office.tenant.id, **{
            "name": "County account", "kind": "entra" if provider.entra else "oidc", "authority": provider.authority,
            "client": CLIENT, "secret": secret, "claim": "groups", "groups": GROUPS, "proves_second_factor": True,
            "authorities": provider.authorities, "now": office.now(), **changes})


def test_somebody_new_comes_in_with_the_role_of_their_groups(street: Street) -> None:
    street.provider.user["groups"] = ["g-other", "g-staff", "g-clerk"]
    answer = street.through()
    assert (answer.status_code, answer.headers["location"]) == (303, "/en/")
    secret = answer.cookies[cookies.name(tls=False)]
    assert ("ada", Role.OFFICIAL) in street.people()
    page = street.office.page("GET", "/en/machines", {cookies.name(tls=False): secret})
    assert page.status_code == 200
    assert street.through().status_code == 303
    assert [name for name, _ in street.people()].count("ada") == 1, "the second time it is the same person"


def test_a_changed_group_is_a_changed_role(street: Street) -> None:
    assert street.through().status_code == 303
    street.provider.user["groups"] = ["g-staff"]
    assert street.through().status_code == 303
    assert ("ada", Role.STAFF) in street.people()


def test_a_name_that_is_taken_gives_nobody_elses_rights(street: Street) -> None:
    street.provider.user |= {"preferred_username": "admin@county.example", "groups": ["g-staff"]}
    assert street.through().status_code == 303
    assert sorted(street.people()) == [("admin", Role.ADMINISTRATOR), ("admin-2", Role.STAFF)]


def test_the_last_administrator_is_not_taken_away(street: Street) -> None:
    office = street.office
    assert street.through().status_code == 303
    with office.database.write(office.tenant.id) as connection:
        admin = people.by_name(connection, office.tenant.id, "admin")
        assert admin is not None
        people.disable(connection, admin, office.now())
    street.provider.user["groups"] = ["g-staff"]
    answer = street.through()
    assert answer.status_code == 403
    assert "Make somebody else an administrator first" in answer.text
    assert ("ada", Role.ADMINISTRATOR) in street.people()


@pytest.mark.parametrize(("methods", "vouched", "proven"), [
    (["pwd"], False, False), (["pwd", "mfa"], False, True), (None, False, False), (["pwd"], True, True)])
def test_a_second_factor_is_proven_there_or_asked_for_here(street: Street, methods: list[str] | None, vouched: bool,
                                                          proven: bool) -> None:
    street.kept = declared(street.office, street.provider, name="Other", proves_second_factor=vouched)
    if methods is not None:
        street.provider.user["amr"] = methods
    secret = street.through().cookies[cookies.name(tls=False)]
    answer = street.office.request("GET", "/en/machines", cookies={cookies.name(tls=False): secret})
    assert answer.status_code == (200 if proven else 403)


def _claims(**changes: Any) -> Callable[[Provider], None]:
    def spoil(provider: Provider) -> None:
        provider.spoil = lambda claims: claims.update(changes)
    return spoil


def _without(name: str) -> Callable[[Provider], None]:
    def spoil(provider: Provider) -> None:
        provider.spoil = lambda claims: claims.pop(name, None)  # type: ignore[assignment, return-value]
    return spoil


def _signs(sign: Callable[[dict[str, Any]], str]) -> Callable[[Provider], None]:
    def spoil(provider: Provider) -> None:
        provider.sign = lambda claims, _nonce: sign(claims)
    return spoil


def _hmac(claims: dict[str, Any]) -> str:
    """Signed with the published key as if it were a shared secret."""
    import base64
    import hashlib
    import hmac

    def part(value: Any) -> bytes:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")

    text = part({"alg": "HS256", "typ": "JWT", "kid": "one"}) + b"." + part(claims)
    return (text + b"." + base64.urlsafe_b64encode(hmac.digest(pem(KEY), text, hashlib.sha256)).rstrip(b"=")).decode()


def _tampered(claims: dict[str, Any]) -> str:
    head, _, signature = signed(claims).split(".")
    return f"{head}.{signed(claims | {'sub': 'somebody-else', 'oid': 'somebody-else'}).split('.')[1]}.{signature}"


NOW = int(time.time())
NEGATIVES: dict[str, tuple[Callable[[Provider], None], str]] = {
    "another issuer": (_claims(iss="https://evil.example"), "issuer"),
    "the issuer with a slash": (lambda one: _claims(iss=one.issuer + "/")(one), "issuer"),
    "no issuer": (_without("iss"), "claims"),
    "another audience": (_claims(aud="somebody-else"), "audience"),
    "several audiences, given to another": (_claims(aud=[CLIENT, "else"], azp="else"), "audience"),
    "no audience": (_without("aud"), "claims"),
    "another nonce": (_claims(nonce="0" * 64), "nonce"),
    "no nonce": (_without("nonce"), "nonce"),
    "expired": (_claims(exp=NOW - 3600), "expired"),
    "of an earlier sign-in": (_claims(iat=NOW - 7200), "expired"),
    "no expiry": (_without("exp"), "claims"),
    "expiry as text": (_claims(exp="tomorrow"), "claims"),
    "not yet": (_claims(nbf=NOW + 3600), "early"),
    "issued in the future": (_claims(iat=NOW + 3600), "early"),
    "nobody": (lambda one: _claims(sub="", oid="")(one), "claims"),
    "no group that has a role": (_claims(groups=["g-other"]), "group"),
    "no group": (_without("groups"), "group"),
    "a group's name as a part of another": (_claims(groups=["g-admins-not"]), "group"),
    "groups that are no list": (_claims(groups={"g-admins": True}), "groups"),
    "too many groups": (lambda one: (_without("groups")(one), one.user.pop("groups"), one.user.update(
        {"_claim_names": {"groups": "src1"}}))[0], "groups"),
    "unsigned": (_signs(lambda claims: jwt.encode(claims, None, algorithm="none")), "algorithm"),
    "signed with the public key": (_signs(_hmac), "algorithm"),
    "another key": (_signs(lambda claims: signed(claims, OTHER_KEY)), "signature"),
    "a key that is not published": (_signs(lambda claims: signed(claims, OTHER_KEY, kid="two")), "key"),
    "changed after signing": (_signs(_tampered), "signature"),
    "an algorithm of another kind of key": (_signs(lambda claims: signed(claims, CURVE_KEY, "ES256")), "algorithm"),
    "no token": (_signs(lambda _claims: "nonsense"), "malformed"),
    "the provider says no": (lambda one: setattr(one, "deny", "access_denied"), "refused"),
}


@pytest.mark.parametrize("name", NEGATIVES)
def test_what_is_not_a_good_sign_in_is_refused(street: Street, name: str) -> None:
    spoil, why = NEGATIVES[name]
    spoil(street.provider)
    before = street.people()
    answer = street.through()
    assert answer.status_code == 403, answer.text
    assert cookies.name(tls=False) not in answer.cookies
    assert street.why() == why
    assert street.people() == before, "nobody was made"
    assert "Traceback" not in answer.text


def test_a_good_token_of_an_elliptic_key_is_taken(street: Street) -> None:
    street.provider.keys.append(published(CURVE_KEY, "curve"))
    street.provider.sign = lambda claims, _: signed(claims, CURVE_KEY, "ES256", "curve")
    assert street.through().status_code == 303


def test_a_code_is_good_once(street: Street) -> None:
    place = street.there(street.begin())
    assert street.back(place).status_code == 303
    answer = street.back(place)
    assert answer.status_code == 403
    assert "Begin again" in answer.text
    code = parse_qs(urlsplit(place).query)["code"][0]
    assert street.provider.used == [code], "the second time the provider was not even asked"


def test_a_code_that_somebody_else_has_used_is_refused_by_the_provider(street: Street) -> None:
    first = street.there(street.begin())
    assert street.back(first).status_code == 303
    code = parse_qs(urlsplit(first).query)["code"][0]
    second = street.there(street.begin())
    state = parse_qs(urlsplit(second).query)["state"][0]
    assert street.back(f"{service.BACK}?code={code}&state={state}").status_code == 403
    assert street.why() == "refused"


def test_a_code_of_another_sign_in_does_not_pass_its_challenge(street: Street) -> None:
    stolen = street.there(street.begin())
    mine = street.there(street.begin())
    code = parse_qs(urlsplit(stolen).query)["code"][0]
    state = parse_qs(urlsplit(mine).query)["state"][0]
    assert street.back(f"{service.BACK}?code={code}&state={state}").status_code == 403


def test_an_answer_in_another_browser_is_refused(street: Street) -> None:
    place = street.there(street.begin())
    for jar in ({}, dict.fromkeys(street.jar, "x" * 43)):
        assert street.office.request("GET", place, headers=HTML, cookies=jar).status_code == 403
    assert street.back(place).status_code == 303, "and the right browser still comes in"


def test_a_sign_in_that_took_too_long_is_refused(street: Street) -> None:
    place = street.there(street.begin())
    street.office.now.forward(minutes=11)
    assert street.back(place).status_code == 403
    street.begin()
    assert street.office.stored(sign_ins) == 1, "what never came back is swept away"


@pytest.mark.parametrize("place", ["?code=x", "?state=x", "", "?code=x&state=y", "?error=x&state=" + "z" * 9000])
def test_an_answer_to_no_sign_in_is_refused(street: Street, place: str) -> None:
    street.begin()
    assert street.back(service.BACK + place).status_code == 403


def test_where_to_go_afterwards_stays_on_this_server(street: Street) -> None:
    answer = street.back(street.there(street.begin("https://evil.example/")))
    assert answer.headers["location"] == "/"


def test_a_provider_that_is_not_there_or_disabled_is_404(street: Street) -> None:
    office = street.office
    assert office.request("GET", "/sign-in/single/0123456789ab", headers=HTML).status_code == 404
    place = street.there(street.begin())
    with office.database.write(office.tenant.id) as connection:
        single_sign_on.disable(connection, office.tenant.id, street.kept.id, office.now())
    assert office.request("GET", f"/sign-in/single/{street.kept.slug}", headers=HTML).status_code == 404
    assert street.back(place).status_code == 403


@pytest.mark.parametrize("spoilt", [
    {"issuer": "https://evil.example"}, {"jwks_uri": "http://localhost/keys"}, {"token_endpoint": None}])
def test_a_provider_that_says_something_else_than_it_should_is_not_used(street: Street, spoilt: dict[str, Any]) -> None:
    street.provider.metadata = spoilt
    answer = street.office.request("GET", f"/sign-in/single/{street.kept.slug}", headers=HTML)
    assert answer.status_code == 503
    assert "cannot be reached" in answer.text


def test_the_sign_in_page_names_providers_only_where_there_is_one_office(street: Street) -> None:
    place = f"/sign-in/single/{street.kept.slug}"
    page = street.office.request("GET", "/sign-in?next=/en/plan", headers=HTML)
    assert f'href="{place}?next=/en/plan"' in page.text
    street.office.other()
    assert place not in street.office.request("GET", "/sign-in", headers=HTML).text


def test_a_disabled_person_does_not_come_in(street: Street) -> None:
    office = street.office
    assert street.through().status_code == 303
    with office.database.write(office.tenant.id) as connection:
        ada = people.by_name(connection, office.tenant.id, "ada")
        assert ada is not None
        people.disable(connection, ada, office.now())
    assert street.through().status_code == 403
    assert street.why() == "disabled"


def test_the_client_secret_is_not_in_the_database_and_opens_nowhere_else(street: Street, tmp_path: Path) -> None:
    assert SECRET.encode() not in street.kept.secret
    elsewhere = Config(tmp_path, Settings(("x",), 1, tls=False))
    with pytest.raises(ConfigError, match="does not open"):
        service.opened(elsewhere, street.kept)


def test_the_office_sees_its_providers_and_only_administrators_do(street: Street) -> None:
    office = street.office
    answer = office.page("GET", "/en/office/single-sign-on", office.signed_in(office.person("ann", Role.ADMINISTRATOR)))
    assert answer.status_code == 200
    for text in ("County account", "g-admins", f"/sign-in/single/{street.kept.slug}"):
        assert text in answer.text
    assert SECRET not in answer.text
    staff = office.signed_in(office.person("sam", Role.STAFF))
    assert office.page("GET", "/en/office/single-sign-on", staff).status_code == 403
