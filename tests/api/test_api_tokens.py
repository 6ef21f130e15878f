"""Tokens: who may have one, what it does, and when it ends."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from hustings.errors import UsageError
from server.api.door import Door
from server.problems import Refused
from server.store import api_tokens, people, schema
from server.store.api_tokens import LONGEST, MOST, PREFIX
from server.store.database import WHOLE_SERVER
from server.store.people import Role
from server.throttle import Throttle
from tests.api.asking import ask, token
from tests.server.setups import Office


def test_a_token_is_kept_as_a_digest_alone(office: Office) -> None:
    secret = token(office, office.person("ann"))
    assert secret.startswith(PREFIX)
    assert len(secret) >= len(PREFIX) + 43
    with office.database.read(WHOLE_SERVER) as connection:
        rows = [dict(row) for row in connection.execute(schema.metadata.tables["api_tokens"].select()).mappings()]
    assert secret[:-4] not in str(rows)
    assert secret[len(PREFIX):-4] not in str(rows)


def test_a_token_says_whose_it_is(office: Office) -> None:
    answer = ask(office, token(office, office.person("ann", Role.OFFICIAL), ["findings:read"]), "/v1/token")
    assert answer.json() == {"person": "ann", "role": "official", "office": office.tenant.id,
                             "scopes": ["findings:read"], "engagement": None}


def test_what_is_no_token_is_refused_alike(office: Office) -> None:
    ann = office.person("ann")
    expired = token(office, ann, life=timedelta(hours=1))
    revoked = token(office, ann)
    gone = token(office, office.person("bob"))
    with office.database.write(office.tenant.id) as connection:
        number = next(one.id for one in api_tokens.every(connection, office.tenant.id)
                      if one.ends_with == revoked[-4:] and one.person == ann.id)
        assert api_tokens.revoke(connection, office.tenant.id, number, office.now(), "person:ann")
        assert not api_tokens.revoke(connection, office.tenant.id, number, office.now(), "person:ann")
        bob = next(one for one in people.every(connection, office.tenant.id) if one.name == "bob")
        people.disable(connection, bob, office.now())
    office.now.forward(hours=2)
    answers = [ask(office, secret, path) for path in ("/v1/token", "/v1/no-such-thing")
               for secret in (expired, revoked, gone, PREFIX + "x" * 43, PREFIX, "x", "x" * 5000)]
    assert {one.status_code for one in answers} == {401}
    assert {one.headers["www-authenticate"] for one in answers} == {'Bearer realm="hustings"'}
    assert len({one.content for one in answers}) == 1


def test_a_token_does_what_its_makers_role_allows_now(office: Office) -> None:
    secret = token(office, office.person("ann", Role.ADMINISTRATOR))
    assert ask(office, secret, "/v1/token").json()["role"] == "administrator"
    with office.database.write(office.tenant.id) as connection:
        connection.execute(schema.people.update().where(schema.people.c.name == "ann").values(role="official"))
    assert ask(office, secret, "/v1/token").json()["role"] == "official"


def test_a_token_without_the_scope_is_told_which(office: Office) -> None:
    answer = ask(office, token(office, office.person("ann"), ["findings:read"]), "/v1/machines")
    assert (answer.status_code, answer.json()["type"], answer.json()["scope"]) == (403, "scope", "machines:read")


def test_cookies_open_nothing_here_and_tokens_nothing_there(office: Office) -> None:
    ann = office.person("ann", Role.ADMINISTRATOR)
    session, secret = office.signed_in(ann), token(office, ann)
    assert office.request("GET", "/en/machines", cookies=session).status_code == 200
    for path in ("/v1/token", "/v1/machines"):
        assert office.request("GET", path, cookies=session).json()["type"] == "not_found"
    assert ask(office, secret, "/en/machines").json()["type"] == "sign_in"
    assert ask(office, secret, "/en/machines", cookies=session).status_code == 200


def test_two_tokens_in_one_request_are_none(office: Office) -> None:
    secret = token(office, office.person("ann"))
    for values in ([f"Bearer {secret}"] * 2, [f"Basic {secret}"], [secret], ["Bearer"], ["Bearer "]):
        answer = office.request("GET", "/v1/token", headers=[("authorization", value) for value in values])
        assert (answer.status_code, answer.json()["type"]) == (401, "bad_api_token")


def test_the_last_use_is_written_down_but_not_each_time(office: Office) -> None:
    secret = token(office, office.person("ann"))

    def used() -> object:
        with office.database.read(office.tenant.id) as connection:
            [one] = api_tokens.every(connection, office.tenant.id)
        return one.used, one.used_from

    assert used() == (None, "")
    ask(office, secret, "/v1/token")
    first = office.now()
    assert used() == (first, "127.0.0.1")
    office.now.forward(seconds=30)
    ask(office, secret, "/v1/token")
    assert used() == (first, "127.0.0.1")
    office.now.forward(minutes=5)
    ask(office, secret, "/v1/token")
    assert used() == (office.now(), "127.0.0.1")
    ask(office, secret, "/v1/token", peer="203.0.113.9")
    assert used() == (office.now(), "203.0.113.9")


def test_a_token_lives_at_most_a_year_and_does_something(office: Office) -> None:
    ann = office.person("ann")
    for wrong in ({"life": LONGEST + timedelta(seconds=1)}, {"life": timedelta(0)}, {"scopes": []}, {"name": ""},
                  {"name": "a\u202eb"}, {"name": "x" * 81}):
        with pytest.raises(UsageError):
            token(office, ann, **wrong)
    for _ in range(MOST):
        token(office, ann)
    with pytest.raises(UsageError, match="in force"):
        token(office, ann)
    token(office, office.person("bob"))


def test_one_token_is_slowed_and_not_the_others(office: Office) -> None:
    async def routes(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    ann = office.person("ann")
    greedy, other = token(office, ann), token(office, ann)
    door = Door(routes, office.database, office.now, frozenset(("localhost",)),
                requests=Throttle(rate=1, burst=3, clock=lambda: 0.0))

    async def answer(secret: str) -> int:
        transport = httpx.ASGITransport(door)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return (await client.get("/v1/token", headers={"authorization": f"Bearer {secret}"})).status_code

    assert [office.portal.call(answer, greedy) for _ in range(3)] == [204] * 3
    with pytest.raises(Refused) as refused:
        office.portal.call(answer, greedy)
    assert (refused.value.kind, refused.value.retry_after) == ("too_many", 1)
    assert office.portal.call(answer, other) == 204


def test_guessing_is_slowed(office: Office) -> None:
    answers = [ask(office, f"{PREFIX}{number:043}", "/v1/token") for number in range(40)]
    assert [one.status_code for one in answers[:30]] == [401] * 30
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) >= 1
