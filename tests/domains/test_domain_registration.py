"""What a registry says by RDAP, over real HTTP on loopback."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from collectors import domain_registration
from collectors._rdap import BOOTSTRAP, base_of, lock_of
from collectors.base import ABSENT, Missing, observe
from collectors.host.protocol import LookError, Unsupported
from hustings.declared import Declared, Domain
from hustings.facts import Reason
from tests.fakes import NOW, FakeHost

REGISTRAR = {"objectClassName": "entity", "handle": "123", "roles": ["registrar"],
             "vcardArray": ["vcard", [["version", {}, "text", "4.0"], ["fn", {}, "text", "Good Registrar Ltd."]]]}


def _domain(name: str, **fields: Any) -> dict[str, Any]:
    return {"objectClassName": "domain", "ldhName": name, "status": ["active"], "entities": [REGISTRAR],
            "events": [{"eventAction": "registration", "eventDate": "2001-01-01T00:00:00Z"},
                       {"eventAction": "expiration", "eventDate": "2028-03-01T10:00:00-05:00"}]} | fields


ANSWERS: dict[str, Any] = {
    "locked.ca": _domain("LOCKED.ca", status=["client transfer prohibited", "client update prohibited"]),
    "registry.com": _domain("registry.com", status=["clientTransferProhibited", "serverTransferProhibited"]),
    "open.com": _domain("open.com."),
    "county.gov": _domain("county.gov"),
    "bare.com": {"objectClassName": "domain", "ldhName": "bare.com"},
    "handle.com": _domain("handle.com", entities=[{"roles": ["registrar"], "handle": "R-7"}]),
    "other.com": _domain("elsewhere.com"),
    "nodomain.com": {"objectClassName": "help"},
    "baddate.com": _domain("baddate.com", events=[{"eventAction": "expiration", "eventDate": "soon"}]),
    "list.com": [],
    "xn--bcher-kva.com": _domain("xn--bcher-kva.com"),
}


class _Registry(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        name = self.path.rpartition("/")[2]
        body, status = json.dumps(ANSWERS.get(name, {"errorCode": 404})).encode(), 200 if name in ANSWERS else 404
        if name == "sorry.com":
            status, body = 429, b""
        if name == "broken.com":
            status, body = 500, b"oops"
        if name == "html.com":
            status, body = 200, b"<html>"
        if name == "huge.com":
            status, body = 200, b"[" + b"1," * (2 << 20) + b"1]"
        if name == "secret.com":
            status, body = 403, b""
        if name == "away.com":
            self.send_response(302)
            self.send_header("Location", "http://192.0.2.1/domain/away.com")
            self.end_headers()
            return
        if name == "cut.com":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"{")
            return
        self.send_response(status)
        self.send_header("Content-Type", "application/rdap+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        del format, args


@pytest.fixture(scope="module")
def registry() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Registry)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/rdap/"
    server.shutdown()
    thread.join()
    server.server_close()
    time.sleep(0)


def look(registry: str, name: str) -> dict[str, Any]:
    declared = Declared(domains=(Domain(name, registration=registry),))
    seen = domain_registration.collect(FakeHost(), declared)
    facts = observe(domain_registration.COLLECTOR, seen, NOW, declared)
    assert not [one for one in facts.values() if one.missing is not None and "came as" in one.missing.detail]
    assert set(facts) == set(seen)
    return {fact.partition("@")[0].removeprefix("domain."): value for fact, value in seen.items()}


@pytest.mark.parametrize(("name", "lock"), [
    ("locked.ca", "registrar"), ("registry.com", "registry"), ("open.com", "none"), ("county.gov", "single-registrar"),
    ("vote.county.gov", "single-registrar"), ("www.registry.com", "registry"), ("bücher.com", "none"),
])
def test_a_registration_is_what_the_registry_says(registry: str, name: str, lock: str) -> None:
    seen = look(registry, name)
    assert seen["transfer_lock"] == lock
    assert seen["registrar"] == "Good Registrar Ltd."
    assert seen["registration_expires"] == "2028-03-01T15:00:00Z"
    assert seen["registered_name"] in ANSWERS


def test_what_the_registry_does_not_say_is_absent(registry: str) -> None:
    seen = look(registry, "bare.com")
    assert (seen["registrar"], seen["registration_expires"], seen["transfer_lock"]) == (ABSENT, ABSENT, "none")
    assert look(registry, "handle.com")["registrar"] == "R-7"


@pytest.mark.parametrize(("name", "reason", "words"), [
    ("unknown.com", Reason.UNSUPPORTED, "does not know"), ("county.on.ca", Reason.UNSUPPORTED, "does not know"),
    ("on.ca", Reason.UNSUPPORTED, "an ending"), ("sorry.com", Reason.TIMEOUT, "later"),
    ("broken.com", Reason.ERROR, "500"), ("html.com", Reason.ERROR, "no JSON"), ("huge.com", Reason.TRUNCATED, "more"),
    ("secret.com", Reason.DENIED, "refuses"), ("away.com", Reason.ERROR, "redirect"), ("cut.com", Reason.TIMEOUT, ""),
    ("other.com", Reason.ERROR, "elsewhere.com"), ("nodomain.com", Reason.ERROR, "not about a domain"),
    ("list.com", Reason.ERROR, "not about a domain"), ("baddate.com", Reason.ERROR, "no date"),
])
def test_every_other_answer_is_a_reason(registry: str, name: str, reason: Reason, words: str) -> None:
    seen = look(registry, name)
    for value in seen.values():
        assert isinstance(value, Missing)
        assert value.reason is reason
        assert words in value.detail


def test_plain_http_is_for_this_machine_alone_and_an_unreachable_server_a_reason() -> None:
    seen = look("http://192.0.2.1/rdap/", "good.com")["transfer_lock"]
    assert isinstance(seen, Missing)
    assert "plain http" in seen.detail
    assert isinstance(look("http://127.0.0.1:9/rdap/", "good.com")["transfer_lock"], Missing)


def test_the_registry_is_found_by_the_longest_ending() -> None:
    services = {"services": [[["ca"], ["https://rdap.ca.example/"]], [["com", "net"], ["http://plain.example/"]],
                             [["co.uk"], ["https://co.example/"]], [["uk"], ["https://uk.example/"]]]}
    assert base_of(services, "office.ca") == "https://rdap.ca.example/"
    assert base_of(services, "office.co.uk") == "https://co.example/"
    assert base_of(services, "office.org.uk") == "https://uk.example/"
    for name in ("office.us", "office.com"):
        with pytest.raises(Unsupported, match="shows no registrations"):
            base_of(services, name)
    for wrong in ({}, [], {"services": [1]}, None):
        with pytest.raises(LookError):
            base_of(wrong, "office.ca")
    assert BOOTSTRAP.startswith("https://")


def test_an_image_has_no_network_and_locks_have_two_spellings() -> None:
    seen = domain_registration.collect(FakeHost(kind="image"), Declared(domains=(Domain("good.com"),)))
    assert all(isinstance(one, Missing) and one.reason is Reason.UNSUPPORTED for one in seen.values())
    assert lock_of(("client hold",), "good.com") == "none"
