"""The transport: what it refuses to do, and what each failure is called."""

from __future__ import annotations

import random
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from agent.authority import fetch, parse_pin
from agent.transport import Answer, HttpTransport, address, persistently
from hustings.backoff import Backoff
from hustings.errors import CannotFinish, HustingsError, UsageError

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@contextmanager
def serving(status: int, body: bytes = b"", **headers: str) -> Iterator[tuple[str, list[str]]]:
    """A plain server that gives one answer; its address and the request lines and headers it saw."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            seen.append(f"{self.requestline}\n{self.headers}")
            self.rfile.read(int(self.headers.get("content-length", 0)))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            try:
                self.wfile.write(body)
            except (BrokenPipeError, ConnectionResetError):
                seen.append("hung up")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", seen
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def transport(server: str, **options: object) -> Iterator[HttpTransport]:
    ways = HttpTransport(server, **options)  # type: ignore[arg-type]
    try:
        yield ways
    finally:
        ways.close()


@pytest.mark.parametrize(("typed", "meant"), [
    ("https://office.example.org", "https://office.example.org"),
    ("https://office.example.org:8443/", "https://office.example.org:8443"),
    ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
    ("http://127.0.0.1:8430", "http://127.0.0.1:8430"),
    ("http://[::1]:8430", "http://[::1]:8430"),
])
def test_an_address_is_taken_as_the_server_prints_it(typed: str, meant: str) -> None:
    assert address(typed) == meant


@pytest.mark.parametrize("typed", [
    "", "office.example.org", "ftp://office", "https://", "https://user:pw@office", "https://office/path",
    "https://office?x=1", "https://office#x", "https://office:99999", "https://office:0", "http://office.example.org",
    "http://192.0.2.7", "http://localhost", "http://127.0.0.1.example.org", "https://off ice", "https://office\n.org",
    "https://[::1",
])
def test_anything_else_is_refused_with_a_remedy(typed: str) -> None:
    with pytest.raises(UsageError) as refused:
        address(typed)
    assert refused.value.remedy


def test_an_answer_comes_back_whole_with_headers_in_lower_case() -> None:
    with serving(201, b"hello", X_Thing="1") as (server, seen), transport(server) as ways:
        got = ways.post("/v1/reports", b"body", {"Content-Type": "text/plain"})
    assert (got.status, got.body, got.headers["x-thing"]) == (201, b"hello", "1")
    assert seen[0].startswith("POST /v1/reports HTTP/1.1")
    assert "hustings-agent/" in seen[0]


def test_a_redirect_is_never_followed() -> None:
    with serving(200) as (elsewhere, reached), serving(302, Location=elsewhere) as (server, _), \
            transport(server) as ways, pytest.raises(CannotFinish, match="redirect"):
        ways.post("/", b"", {})
    assert reached == []


def test_an_endless_answer_is_cut_off() -> None:
    with serving(200, b"x" * 300_000) as (server, _), transport(server, limit=1000) as ways, \
            pytest.raises(CannotFinish, match="more than 1000 bytes"):
        ways.post("/", b"", {})


def test_a_compressed_bomb_is_cut_off_too() -> None:
    import gzip

    bomb = gzip.compress(b"\0" * 5_000_000)
    with serving(200, bomb, Content_Encoding="gzip") as (server, _), transport(server, limit=100_000) as ways, \
            pytest.raises(CannotFinish, match="more than 100000 bytes"):
        ways.post("/", b"", {})


def test_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    with serving(200, b"direct") as (server, _), transport(server) as ways:
        assert ways.post("/", b"", {}).body == b"direct"


def test_the_configured_proxy_is_used() -> None:
    with serving(200, b"by proxy") as (proxy, seen), transport("http://127.0.0.1:1", proxy=proxy) as ways:
        assert ways.post("/v1/reports", b"", {}).body == b"by proxy"
    assert seen[0].startswith("POST http://127.0.0.1:1/v1/reports")


def _failure(server: str) -> HustingsError:
    with transport(server) as ways, pytest.raises(HustingsError) as failed:
        ways.post("/", b"", {})
    assert failed.value.where == server
    assert failed.value.remedy
    return failed.value


def test_nobody_listening_is_called_so() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert "refused the connection" in _failure(f"http://127.0.0.1:{port}").what


def test_a_name_that_does_not_exist_is_called_so() -> None:
    assert "name cannot be resolved" in _failure("https://nowhere.invalid").what


def test_plain_http_on_an_https_address_is_called_so() -> None:
    with serving(200) as (server, _):
        assert "TLS" in _failure(server.replace("http:", "https:")).what


def test_a_server_that_hangs_up_is_called_so() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()

        def hang_up() -> None:
            connection, _ = listening.accept()
            connection.recv(1)
            connection.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        assert "broke off" in _failure(f"http://127.0.0.1:{listening.getsockname()[1]}").what
        thread.join()


def test_an_authority_cannot_be_fetched_from_something_else() -> None:
    with serving(200) as (server, _), pytest.raises(CannotFinish):
        fetch(server.replace("http:", "https:"), "sha256:" + "0" * 64)


@pytest.mark.parametrize("typed", ["", "sha256:", "sha256:abc", "0" * 64, "sha1:" + "0" * 64, "sha256:" + "g" * 64])
def test_a_pin_that_was_not_copied_whole_is_refused(typed: str) -> None:
    with pytest.raises(UsageError, match="not a pin"):
        parse_pin(typed)


def test_waits_are_drawn_evenly_below_a_growing_cap() -> None:
    backoff = Backoff(base=1.0, cap=20.0, random=random.Random(1))
    for attempt, most in ((0, 1.0), (1, 2.0), (3, 8.0), (9, 20.0)):
        waits = [backoff.wait(attempt) for _ in range(2000)]
        assert 0 <= min(waits) < most * 0.02
        assert most * 0.98 < max(waits) <= most
        assert most * 0.45 < sum(waits) / len(waits) < most * 0.55


class Script:
    """Answers and silences in a row."""

    def __init__(self, *row: Answer | HustingsError) -> None:
        self.row = list(row)
        self.waits: list[float] = []

    def __call__(self) -> Answer:
        one = self.row.pop(0)
        if isinstance(one, HustingsError):
            raise one
        return one

    def run(self, tries: int = 3) -> Answer:
        return persistently(self, Backoff(tries=tries), self.waits.append, lambda: NOW)


def test_silence_and_overload_are_tried_again_and_a_refusal_is_not() -> None:
    script = Script(CannotFinish("silence"), Answer(503), Answer(201))
    assert script.run().status == 201
    assert len(script.waits) == 2
    refused = Script(Answer(422), Answer(201))
    assert refused.run().status == 422
    assert refused.waits == []


def test_the_last_silence_is_raised_and_the_last_overload_returned() -> None:
    with pytest.raises(CannotFinish, match="silence"):
        Script(*[CannotFinish("silence")] * 3).run()
    assert Script(*[Answer(503)] * 3).run().status == 503


@pytest.mark.parametrize(("header", "wait"), [
    ("15", 15.0), ("Sun, 22 Nov 2026 00:00:10 GMT", 10.0), ("Sat, 21 Nov 2026 00:00:00 GMT", 0.0),
])
def test_retry_after_is_seconds_or_a_date(header: str, wait: float) -> None:
    assert Answer(503, {"retry-after": header}).retry_after(NOW) == wait
    script = Script(Answer(503, {"retry-after": header}), Answer(201))
    script.run()
    assert script.waits[0] >= wait


@pytest.mark.parametrize("header", ["", "soon", "-5", "9" * 30])
def test_a_retry_after_that_says_nothing_is_ignored(header: str) -> None:
    assert Answer(503, {"retry-after": header}).retry_after(NOW) is None


def test_a_long_retry_after_is_not_sat_out() -> None:
    script = Script(Answer(503, {"retry-after": "3600"}), Answer(201))
    assert script.run().status == 503
    assert script.waits == []


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"type":1,"type":2}', b"\xff"])
def test_a_problem_that_cannot_be_read_says_nothing(body: bytes) -> None:
    assert Answer(409, {"content-type": "application/problem+json"}, body).problem() == {}
    assert Answer(409, {"content-type": "text/html"}, b'{"type":"gap"}').problem() == {}
