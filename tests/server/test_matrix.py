"""Every route × everybody who could ask × their own office and another's, made from the router itself.

A new route without a rule, or with a parameter that nothing here can fill, fails. Who may is worked out here a second
time, from what the rules mean. Nothing of another office may be in any answer: not in its body, not in its headers; and
what is another's answers exactly as what does not exist.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pypdf
import pytest
from litestar.handlers import HTTPRouteHandler

from server.access import routes as sign_in_routes
from server.access.rules import ANY_TOKEN, Reviewing, Rule
from server.api.application import discovered as api_discovered
from server.api.scopes import SCOPES
from server.app import discovered
from server.store import api_tokens, engagements, findings, sessions
from server.store.database import WHOLE_SERVER, Database
from server.store.people import Person, Role
from tests.reviewers.firms import engaged, firm, terms
from tests.server import setups
from tests.server.furnished import FAILING, Things, furnish
from tests.server.setups import Office

OURS, THEIRS = "canary-ours", "canary-theirs"
NOWHERE = {"number": "987654321", "agent": "0" * 32, "election": "0" * 12, "name": "nothing-of-this-name",
           "link": "987654321", "upload": "987654321", "id": "0" * 32, "secret": "0" * 43, "place": "nowhere"}
"""What does not exist anywhere."""
ALIKE = {"language": "en", "row": "PAT-01", "code": "PAT", "slug": "nobody"}
"""Parameters that are nobody's."""
FORMS = "/{language:str}/office/attestations/{name:str}"
OWN_NAMES = {FORMS: "ATT-01", f"{FORMS}/withdraw": "ATT-01"}
"""Routes whose name is one of the catalogue: alike for every office."""
EMPTY: dict[str, str] = {
    "/{language:str}/plan/equipment/preview/{secret:str}": "an upload that was not made",
    "/{language:str}/office/decisions/{number:str}": "a reviewer sees what they may decide on",
    "/{language:str}/office/keeping/everything.hustings": "no export was approved",
    "/{language:str}/calendar/{election:str}/review": "the election is ahead",
    "/{language:str}/office/engagements/{number:int}/report.pdf": "nobody took the offer",
    "/{language:str}/plan/lines/{name:str}": "addressed by the line's own name in the plan",
    "/{language:str}/account/authenticator/remove": "nobody has an authenticator here",
    "/{language:str}/account/recovery-codes.txt": "no codes were just made",
    "/{language:str}/office/tokens/{number:str}/revoke": "a token is its maker's, and an administrator's",
    "/{language:str}/published/{name:str}": "what is prepared is not published yet",
    "/{language:str}/days/{day:str}": "no day is closed yet",
    "/{language:str}/trend/machines/{agent:str}": "no day is closed yet",
    "/{language:str}/trend/sites/{place:path}": "no day is closed yet",
    "/{language:str}/account/passkeys/{number:int}/rename": "nobody has a passkey here",
    "/{language:str}/account/passkeys/{number:int}/remove": "nobody has a passkey here",
    "/{language:str}/account/sessions/{id:str}/end": "the id of a session is its person's alone",
    "/{language:str}/office/notices/{number:int}/again": "nothing was sent",
    "/{language:str}/review/offers/{number:int}": "the offer was taken",
    "/{language:str}/review/{number:int}/report.pdf": "made for who enters",
    "/{language:str}/review/enter/{number:int}": "not every engagement holds",
    "/{language:str}/review/code": "a code is needed", "/{language:str}/campaign": "the office is no campaign",
    "/{language:str}/campaign.ics": "the office is no campaign", "/{language:str}/trend/compare": "too few offices",
}
"""Routes that may answer 404 to who may use them, and why: refusing and hiding are held to all the same."""


@dataclass(frozen=True)
class Route:
    """One method of one address."""

    method: str
    path: str
    rule: Rule | None

    @property
    def parameters(self) -> tuple[str, ...]:
        return tuple(re.findall(r"\{([a-z_]+):[a-z]+\}", self.path))

    def address(self, values: dict[str, str]) -> str:
        return re.sub(r"\{([a-z_]+):[a-z]+\}", lambda found: values[found[1]], self.path)


@dataclass(frozen=True)
class Caller:
    """Somebody who asks. ``role`` None: nobody known."""

    name: str
    role: Role | None
    person: Person | None = None
    tenant: str = ""
    """The office they look at."""
    engagement: int | None = None
    whole: bool = False
    proven: bool = True


def _routes(handlers: list[Any]) -> list[Route]:
    found = []
    for one in handlers:
        if isinstance(one, HTTPRouteHandler):
            rule = one.opt.get("access")
            found += [Route(str(method), path, rule if isinstance(rule, Rule) else None)
                      for path in sorted(one.paths) for method in sorted(one.http_methods)
                      if method not in ("HEAD", "OPTIONS")]
    return sorted(found, key=lambda one: (one.path, one.method))


PAGES = _routes([*sign_in_routes.ROUTES, *discovered()])
API = _routes(list(api_discovered()))


class World:
    """A server with two offices alike, a firm, and everybody who could ask."""

    def __init__(self, office: Office) -> None:
        self.office = office
        other = office.other("Office of " + THEIRS)
        self.theirs = furnish(office, other.id, lambda name: f"{THEIRS} {name}", "theirs", failing=FAILING + 2)
        self.ours = furnish(office, office.tenant.id, lambda name: f"{OURS} {name}", "ours")
        acme = firm(office)
        people = [acme.reviewer(name) for name in ("rita", "rory", "rosa", "remy")]
        narrow = engaged(office, acme, people[1], terms(office, areas=(self._area(),)))
        whole = engaged(office, acme, people[2], terms(office, names_shown=True))
        expired = engaged(office, acme, people[3], terms(office, names_shown=True))
        with office.database.write(office.tenant.id) as connection:
            engagements.revoke(connection, office.tenant.id, expired, by="person:ours-official", now=office.now(),
                               reason="The contract ended.")
        office.now.forward(seconds=2)
        mine, firms = office.tenant.id, acme.tenant.id
        boss = self.ours.people[Role.ADMINISTRATOR]
        self.callers = [
            Caller("anonymous", None), Caller("unproven administrator", Role.ADMINISTRATOR, boss, mine, proven=False),
            *(Caller(f"our {role}", role, person, mine) for role, person in self.ours.people.items()),
            *(Caller(f"their {role}", role, person, other.id) for role, person in self.theirs.people.items()),
            Caller("reviewer without engagement", Role.REVIEWER, people[0], firms),
            Caller("reviewer with some of it", Role.REVIEWER, people[1], mine, narrow),
            Caller("reviewer with all of it", Role.REVIEWER, people[2], mine, whole, whole=True),
            Caller("reviewer whose engagement ended", Role.REVIEWER, people[3], firms, expired),
        ]
        self.holding = {narrow, whole}
        self.form = office.request("GET", "/sign-in", headers={"accept": "text/html"}).cookies["hustings-form"]

    def _area(self) -> str:
        with self.office.database.read(self.office.tenant.id) as connection:
            return findings.raw(connection, self.office.tenant.id)[0].catalogue.partition("-")[0]

    def things(self, caller: Caller) -> Things:
        return self.theirs if caller.tenant == self.theirs.tenant else self.ours

    def sampled(self, route: Route, things: Things) -> dict[str, str | None]:
        """The parameters of a route for what a tenant has; None for one that nothing fills."""
        return {name: ALIKE.get(name) or (OWN_NAMES.get(route.path) if name == "name" else None)
                or things.of(route.path, name) or (NOWHERE[name] if route.path in EMPTY else None)
                for name in route.parameters}

    def values(self, route: Route, things: Things) -> dict[str, str]:
        return {name: value for name, value in self.sampled(route, things).items() if value is not None}

    def cookies(self, caller: Caller) -> dict[str, str]:
        if caller.person is None:
            return {}
        with self.office.database.write(WHOLE_SERVER) as connection:
            secret = sessions.start(connection, caller.person, "password", self.office.now(), proven=caller.proven)
            if caller.engagement is not None:
                sessions.look_at(connection, secret, caller.engagement)
        return {"hustings": secret}

    def page(self, caller: Caller, route: Route, values: dict[str, str]) -> httpx.Response:
        signed = {**self.cookies(caller), "hustings-form": self.form}
        more: dict[str, Any] = {"data": {"_csrf_token": self.form}} if route.method == "POST" else {}
        return self.office.request(route.method, route.address(values), cookies=signed, **more)

    def call(self, route: Route, values: dict[str, str], token: str, **more: Any) -> httpx.Response:
        body: dict[str, Any] = {"json": {}} if route.method == "POST" else {}
        headers = {"authorization": f"Bearer {token}"} if token else {}
        return self.office.request(route.method, route.address(values), headers=headers, **body, **more)

    def token(self, caller: Caller, scopes: list[str]) -> str:
        assert caller.person is not None
        with self.office.database.write(caller.person.tenant) as connection:
            for one in api_tokens.every(connection, caller.person.tenant):
                if one.name == "matrix":
                    api_tokens.revoke(connection, caller.person.tenant, one.id, self.office.now(), "test")
            return api_tokens.create(
                connection, caller.person.tenant, caller.person.id, name="matrix", scopes=scopes,
                life=timedelta(days=1), now=self.office.now(), by="test", engagement=caller.engagement)[1]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder: Path = tmp_path_factory.mktemp("matrix")
    if request.param == "sqlite":
        url = f"sqlite:///{folder / 'hustings.db'}"
    else:
        server = request.getfixturevalue("postgres_server")
        url = str(server.dsn(server.create_database()))
    with setups.office(Database(url), folder / "data") as found:
        yield World(found)


def text_of(answer: httpx.Response) -> str:
    """Everything an answer says: headers, and what a reader of its kind of file would see."""
    kind, body = answer.headers.get("content-type", ""), answer.content
    said = [f"{name}: {value}" for name, value in answer.headers.items()]
    if "pdf" in kind:
        said += [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(body)).pages]
    elif body.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            said += [packed.read(name).decode("utf-8", "replace") for name in packed.namelist()]
    else:
        said.append(body.decode("utf-8", "replace"))
    return "\n".join(said)


def may(rule: Rule, caller: Caller, holding: set[int]) -> str:
    """What the rules mean, worked out anew: ``yes``, or the problem that is the answer."""
    if rule.roles is None:
        return "yes"
    if caller.role is None:
        return "sign_in"
    if not caller.proven and not rule.unproven:
        return "second_factor"
    if caller.role is Role.REVIEWER and Role.REVIEWER not in rule.roles:
        engaged_now = caller.engagement in holding
        fits = {Reviewing.NO: False, Reviewing.HOME: True, Reviewing.SCOPED: engaged_now,
                Reviewing.WHOLE: engaged_now and caller.whole}[rule.reviewing]
        return "yes" if fits else "forbidden" if engaged_now else "not_found"
    return "yes" if caller.role in rule.roles else "forbidden"


def test_every_route_says_who_may_use_it() -> None:
    shut = [f"{one.method} {one.path}" for one in (*PAGES, *API) if one.rule is None]
    assert not shut, f"say access= of: {', '.join(shut)}"
    assert [one.path for one in PAGES if one.rule and one.rule.token] == []
    assert [one.path for one in API if one.rule and not one.rule.token] == []
    assert {one.rule.token for one in API if one.rule} == set(SCOPES) | {ANY_TOKEN}
    assert len({(one.method, one.path) for one in (*PAGES, *API)}) == len(PAGES) + len(API)


def test_every_parameter_has_a_sample_and_every_excuse_a_route(world: World) -> None:
    missing = [f"{route.path}: {name}" for route in (*PAGES, *API) if route.rule is None or route.rule.roles is not None
               for things in (world.ours, world.theirs) for name, value in world.sampled(route, things).items()
               if value is None]
    assert not missing, f"add samples to tests/server/furnished.py for {missing}"
    known = {route.path for route in (*PAGES, *API)}
    assert set(EMPTY) <= known


def wrongly_answered(world: World, allowed: bool) -> list[str]:
    """Pages whose answer is not what the rule means, over every caller; and foreign words in any answer."""
    wrong = []
    for route in PAGES:
        assert route.rule is not None
        if route.rule.roles is None:
            continue
        for caller in world.callers:
            expected = may(route.rule, caller, world.holding)
            if (expected == "yes") is not allowed:
                continue
            answer = world.page(caller, route, world.values(route, world.things(caller)))
            foreign = OURS if world.things(caller) is world.theirs else THEIRS
            where = f"{caller.name}: {route.method} {route.path} -> {answer.status_code}"
            if foreign in text_of(answer):
                wrong.append(f"{where}: holds {foreign}")
            if not allowed:
                if answer.status_code < 400 or answer.json()["type"] != expected:
                    wrong.append(f"{where}: {answer.text[:80]}, not {expected}")
            elif not _let_in(answer, route, caller, world):
                wrong.append(f"{where}: {answer.text[:120]}")
    return wrong


def _let_in(answer: httpx.Response, route: Route, caller: Caller, world: World) -> bool:
    """Whether an answer is one of the route itself, and not of the lock in front of it. A form that is empty may be
    refused, and says why; a page is there."""
    if answer.status_code == 404:
        outside = caller.role is Role.REVIEWER and caller.engagement not in world.holding
        return route.path in EMPTY or (route.method == "POST" and not outside)
    if answer.status_code == 403:
        problem = answer.headers["content-type"].startswith("application/problem")
        return bool(answer.json().get("detail")) if problem else True
    return answer.status_code < 500 and answer.status_code != 401


def test_a_page_refuses_whoever_its_rule_does_not_name(world: World) -> None:
    wrong = wrongly_answered(world, allowed=False)
    assert not wrong, "\n".join(wrong)


def test_what_is_anothers_answers_as_what_does_not_exist(world: World) -> None:
    """The same status and the very same bytes, for the one who may do most in their own office."""
    wrong = []
    for caller, own, foreign in ((world.callers[2], world.ours, world.theirs),
                                 (world.callers[5], world.theirs, world.ours)):
        for route in PAGES:
            assert route.rule is not None
            if route.rule.roles is None or may(route.rule, caller, world.holding) != "yes":
                continue
            mine, other = world.values(route, own), world.values(route, foreign)
            differ = [name for name in route.parameters if mine[name] != other[name] and name in NOWHERE]
            if not differ:
                continue
            nothing = {**mine, **{name: NOWHERE[name] for name in differ}}
            answers = [world.page(caller, route, values) for values in (other, nothing)]
            where = f"{caller.name}: {route.method} {route.path}"
            if answers[0].status_code != answers[1].status_code or answers[0].status_code not in (400, 404):
                wrong.append(f"{where} -> {[one.status_code for one in answers]}")
            elif _echoless(answers[0], other) != _echoless(answers[1], nothing):
                wrong.append(f"{where}: the answers differ")
    assert not wrong, "\n".join(wrong)


def _echoless(answer: httpx.Response, values: dict[str, str]) -> str:
    """An answer without what the asker typed themselves, and without what changes with each form."""
    said = answer.text
    for value in sorted(values.values(), key=len, reverse=True):
        said = said.replace(value, "…") if len(value) > 6 else said
    return re.sub(r'name="_csrf_token" value="[^"]*"', "", said)


def test_a_page_answers_whoever_its_rule_names_with_nothing_of_another_office(world: World) -> None:
    wrong = wrongly_answered(world, allowed=True)
    assert not wrong, "\n".join(wrong)


def test_the_api_answers_whom_it_should(world: World) -> None:
    wrong = []
    for caller in world.callers:
        if caller.person is None or not caller.proven:
            continue
        whole = world.token(caller, list(SCOPES))
        gone = caller.role is Role.REVIEWER and caller.engagement not in world.holding
        for index, route in enumerate(API):
            assert route.rule is not None
            values = world.values(route, world.things(caller))
            foreign = OURS if world.things(caller) is world.theirs else THEIRS
            where = f"{caller.name}: {route.method} {route.path}"
            answer = world.call(route, values, whole, peer=f"192.0.2.{index}")
            if foreign in text_of(answer):
                wrong.append(f"{where}: holds {foreign}")
            if gone and caller.engagement is not None:
                fine = (answer.status_code, answer.json()["type"]) == (401, "bad_api_token")
            else:
                expected = may(route.rule, caller, world.holding)
                fine = ((answer.status_code == 404 and route.path in EMPTY) or answer.status_code in (200, 422)
                        if expected == "yes" else answer.json()["type"] == expected)
            if not fine:
                wrong.append(f"{where} -> {answer.status_code} {answer.text[:120]}")
    assert not wrong, "\n".join(wrong)


def test_the_api_refuses_tokens_without_the_scope_and_whoever_has_none(world: World) -> None:
    boss = world.callers[2]
    signed = world.cookies(boss)
    agent = world.ours.machine
    wrong = []
    for route in API:
        assert route.rule is not None
        values = world.values(route, world.ours)
        others = [one for one in SCOPES if one != route.rule.token]
        if route.rule.token != ANY_TOKEN:
            answer = world.call(route, values, world.token(boss, others))
            if (answer.status_code, answer.json()["type"]) != (403, "scope"):
                wrong.append(f"{route.path} without its scope -> {answer.status_code}")
        for name, answer in (("nobody", world.call(route, values, "")),
                             ("a cookie", world.call(route, values, "", cookies=signed))):
            if (answer.status_code, answer.json()["type"]) != (404, "not_found"):
                wrong.append(f"{route.path} for {name} -> {answer.status_code}")
    for peer, key in enumerate((agent.agent, agent.public.hex(), world.office.token())):
        answer = world.call(API[0], world.values(API[0], world.ours), key, peer=f"192.0.2.{peer}")
        assert (answer.status_code, answer.json()["type"]) == (401, "bad_api_token")
    assert not wrong, "\n".join(wrong)


def test_what_is_anothers_answers_as_what_does_not_exist_in_the_api(world: World) -> None:
    token = world.token(world.callers[2], list(SCOPES))
    for route in API:
        mine, other = world.values(route, world.ours), world.values(route, world.theirs)
        differ = [name for name in route.parameters if mine[name] != other[name]]
        if differ:
            nothing = {**mine, **{name: NOWHERE[name] for name in differ}}
            answers = [world.call(route, values, token) for values in (other, nothing)]
            body = {"kind": "comment", "text": "x"}
            if route.method == "POST":
                answers = [world.office.request("POST", route.address(values), json=body, headers={
                    "authorization": f"Bearer {token}"}) for values in (other, nothing)]
            assert {(one.status_code, one.content) for one in answers} == {(404, answers[0].content)}, route.path


def test_an_agents_key_opens_no_page(world: World) -> None:
    agent = world.ours.machine
    for secret in (agent.agent, agent.public.hex(), world.office.token()):
        for headers in ({"cookie": f"hustings={secret}"}, {"authorization": f"Bearer {secret}"}):
            answer = world.office.request("GET", "/en/machines", headers=headers)
            assert (answer.status_code, answer.json()["type"]) == (401, "sign_in")
