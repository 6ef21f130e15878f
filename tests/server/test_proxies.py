"""Behind a reverse proxy: whose address counts, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hustings.errors import ConfigError
from server.problems import Refused
from server.proxies import MOST, Proxies
from server.store.database import Database
from tests.server import setups

PROXY = "10.0.0.5"


def scope(peer: str, *headers: tuple[str, str]) -> dict[str, Any]:
    return {"type": "http", "client": (peer, 1), "scheme": "http",
            "headers": [(name.encode(), value.encode()) for name, value in headers]}


def forwarded(*lists: str, scheme: str = "https") -> list[tuple[str, str]]:
    return [*(("x-forwarded-for", one) for one in lists), ("x-forwarded-proto", scheme)]


@pytest.mark.parametrize(("lists", "client"), [
    (["198.51.100.7"], "198.51.100.7"),
    (["1.1.1.1, 198.51.100.7"], "198.51.100.7"),
    (["198.51.100.7, 10.0.0.9"], "198.51.100.7"),
    (["127.0.0.1, 198.51.100.7"], "198.51.100.7"),
    (["1.1.1.1", "198.51.100.7"], "198.51.100.7"),
    (["nonsense, 198.51.100.7"], "198.51.100.7"),
    (["2001:db8::7"], "2001:db8::7"),
    (["[2001:db8::7]"], "2001:db8::7"),
    (["::ffff:198.51.100.7"], "198.51.100.7"),
    (["10.0.0.9"], "10.0.0.9"),
])
def test_the_last_address_that_is_no_proxy_counts(lists: list[str], client: str) -> None:
    seen = Proxies(["10.0.0.0/24"]).seen(scope(PROXY, *forwarded(*lists)))
    assert seen["client"][0] == client
    assert seen["scheme"] == "https"


@pytest.mark.parametrize(("asked", "kind"), [
    (scope("192.0.2.9", *forwarded("198.51.100.7")), "forbidden"),
    (scope("192.0.2.9"), "forbidden"),
    (scope(PROXY), "bad_request"),
    (scope(PROXY, ("x-forwarded-for", "198.51.100.7")), "bad_request"),
    (scope(PROXY, *forwarded("198.51.100.7", scheme="http")), "bad_request"),
    (scope(PROXY, *forwarded("198.51.100.7"), ("x-forwarded-proto", "https")), "bad_request"),
    (scope(PROXY, *forwarded("")), "bad_request"),
    (scope(PROXY, *forwarded("198.51.100.7, nonsense")), "bad_request"),
    (scope(PROXY, *forwarded("198.51.100.7:80")), "bad_request"),
    (scope(PROXY, *forwarded(", ".join(["198.51.100.7"] * (MOST + 1)))), "bad_request"),
    (scope("127.0.0.1", *forwarded("198.51.100.7")), "forbidden"),
    (scope("127.0.0.1", ("forwarded", "for=1.2.3.4")), "forbidden"),
])
def test_what_is_not_said_by_a_declared_proxy_is_refused(asked: dict[str, Any], kind: str) -> None:
    with pytest.raises(Refused) as caught:
        Proxies(["10.0.0.0/24"]).seen(asked)
    assert caught.value.kind == kind


def test_this_very_machine_needs_no_proxy() -> None:
    asked = scope("127.0.0.1")
    assert Proxies(["10.0.0.5"]).seen(asked) is asked


def test_without_a_declared_proxy_nothing_forwarded_is_believed() -> None:
    asked = scope("192.0.2.9", *forwarded("198.51.100.7"))
    assert Proxies().seen(asked)["client"][0] == "192.0.2.9"


@pytest.mark.parametrize("text", ["0.0.0.0/0", "::/0", "proxy.example", "10.0.0.5/24", ""])
def test_a_proxy_is_an_address_or_a_network(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Proxies([text])
    assert caught.value.remedy


@pytest.fixture
def proxied(tmp_path: Path) -> Iterator[setups.Office]:
    with setups.office(Database(f"sqlite:///{tmp_path / 'hustings.db'}"), tmp_path / "data", tls=True,
                       proxy=(PROXY,)) as office:
        yield office


def test_the_address_behind_the_proxy_is_the_one_that_guesses_are_counted_for(proxied: setups.Office) -> None:
    headers = {"accept": "text/html", **dict(forwarded("198.51.100.7"))}
    page = proxied.request("GET", "/sign-in", peer=PROXY, headers=headers)
    assert (page.status_code, page.headers["strict-transport-security"]) == (200, "max-age=31536000")
    cookie = "__Host-hustings-form"
    token = page.cookies[cookie]

    def guess(client: str) -> int:
        return proxied.request(
            "POST", "/sign-in", peer=PROXY, headers={**headers, "x-forwarded-for": client}, cookies={cookie: token},
            data={"_csrf_token": token, "name": "nobody", "password": "wrong wrong wrong"}).status_code

    assert [guess("198.51.100.7") for _ in range(6)] == [401] * 5 + [429]
    assert guess("198.51.100.8") == 401
    assert proxied.request("GET", "/sign-in", peer="192.0.2.9", headers=headers).status_code == 403
