"""What the server does with requests that are not what they should be."""

from __future__ import annotations

import json

import pytest
import zstandard

from hustings.envelope import MAX_ENVELOPE
from server import problems
from server.enroll import MAX_BODY
from server.store import schema
from server.store.migrate import migrate
from tests.sender import squeezed
from tests.server.setups import Office

REPORTS = "/v1/reports"


def test_a_body_over_the_limit_is_refused_on_the_wire(office: Office) -> None:
    for path, limit in ((REPORTS, MAX_ENVELOPE), ("/v1/enrollments", MAX_BODY)):
        answer = office.post(path, b"x" * (limit + 1))
        assert (answer.status_code, answer.json()["type"]) == (413, "too_large")


def test_a_body_that_does_not_say_its_size_is_cut_off_at_the_limit(office: Office) -> None:
    def endless() -> object:
        for _ in range(MAX_ENVELOPE // (1 << 20) + 2):
            yield b"x" * (1 << 20)

    async def parts() -> object:
        for part in endless():
            yield part

    answer = office.request("POST", REPORTS, content=parts())
    assert answer.status_code == 413


@pytest.mark.parametrize("declared", [True, False])
def test_a_small_body_that_inflates_past_the_limit_is_refused(office: Office, declared: bool) -> None:
    bomb = zstandard.ZstdCompressor(write_content_size=declared).compress(b"\0" * (MAX_ENVELOPE + 1))
    assert len(bomb) < 4096
    answer = office.post(REPORTS, bomb, content_encoding="zstd")
    assert (answer.status_code, answer.json()["type"]) == (413, "too_large")


@pytest.mark.parametrize("change", [
    lambda frame: frame[:-1], lambda frame: frame + b"x", lambda frame: frame + frame, lambda frame: b"",
    lambda frame: b"plain text", lambda frame: squeezed(frame)])
def test_what_is_not_exactly_one_whole_frame_is_malformed(office: Office, change: object) -> None:
    assert callable(change)
    machine = office.machine()
    answer = office.post(REPORTS, change(squeezed(machine.report())), content_encoding="zstd")
    assert (answer.status_code, answer.json()["type"]) == (422, "malformed")
    assert office.stored(schema.reports) == 0


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd, zstd", "deflate"])
def test_other_encodings_are_refused(office: Office, encoding: str) -> None:
    answer = office.post(REPORTS, b"{}", content_encoding=encoding)
    assert (answer.status_code, answer.json()["type"]) == (415, "unsupported_encoding")


@pytest.mark.parametrize(("path", "allowed"), [
    (REPORTS, "POST"), ("/v1/enrollments", "POST"), ("/healthz", "GET"), ("/v1/enrollments/ca", "GET")])
def test_another_method_is_refused_with_the_one_that_is_allowed(office: Office, path: str, allowed: str) -> None:
    for method in {"GET", "POST", "PUT", "DELETE"} - {allowed}:
        answer = office.request(method, path)
        assert (answer.status_code, answer.headers["allow"]) == (405, allowed)


def test_every_refusal_is_a_problem_document_of_the_one_table(office: Office) -> None:
    for answer in (office.post(REPORTS, b"{}"), office.post("/v1/enrollments", b"[]"), office.request("GET", "/x"),
                   office.request("GET", REPORTS), office.request("GET", "/a%00b"), office.request("GET", "/?a=%00")):
        body = json.loads(answer.content)
        assert answer.headers["content-type"] == "application/problem+json"
        assert problems.PROBLEMS[body["type"]] == (body["status"], body["title"])
        assert body["status"] == answer.status_code


def test_health_says_ok_and_the_schema_and_nothing_else(office: Office) -> None:
    answer = office.request("GET", "/healthz")
    assert answer.json() == {"status": "ok", "schema": migrate(office.database)}


def test_without_tls_there_is_no_authority_to_serve(office: Office) -> None:
    assert office.request("GET", "/v1/enrollments/ca").status_code == 404


def test_every_answer_is_sealed(office: Office) -> None:
    for path in ("/healthz", "/sign-in", "/x", REPORTS, "/static/style.css"):
        headers = office.request("GET", path, headers={"accept": "text/html"}).headers
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert "strict-transport-security" not in headers
        assert ("no-store" in headers.get("cache-control", "")) == (path != "/static/style.css")
