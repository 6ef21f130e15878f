"""The pure parts of looking at sites: greetings, certificates' names, headers, contacts, days of certification."""

from __future__ import annotations

import ssl
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors import _http_probe as http
from collectors import isolate
from collectors._certificate import matches
from collectors._security_txt import parse as contact_of
from collectors._site_headers import hsts
from collectors._site_headers import record as headers_of
from collectors._tls_hello import OLD_VERSIONS, accepted, client_hello
from collectors.domain_outside import COLLECTOR
from collectors.host.network import NetworkHost
from collectors.host.protocol import LookError, Unsupported
from hustings.declared import Declared, Domain
from hustings.facts import Listing, Observation
from policies.derive.base import derive_all


def answer(*lines: str, body: bytes = b"") -> http.Page:
    head = "\r\n".join(["HTTP/1.1 200 OK", *lines, f"Content-Length: {len(body)}", "", ""])
    return http.parse(head.encode() + body, 1 << 16, "here")


@pytest.mark.parametrize("version", OLD_VERSIONS.values())
def test_a_greeting_is_one_that_a_server_understands(version: int) -> None:
    hello = client_hello(version, "office.example")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    incoming.write(hello)
    with pytest.raises(ssl.SSLError) as refused:
        server.wrap_bio(incoming, outgoing, server_side=True).do_handshake()
    # It read the greeting whole, and refuses the version alone.
    assert refused.value.reason in ("UNSUPPORTED_PROTOCOL", "VERSION_TOO_LOW")
    assert accepted(outgoing.read(), version) is False


@given(st.binary(max_size=64), st.sampled_from(list(OLD_VERSIONS.values())))
def test_nothing_but_a_server_hello_of_that_version_accepts_it(said: bytes, version: int) -> None:
    if accepted(said, version):
        assert (said[0], said[5], said[9:11]) == (22, 2, version.to_bytes(2, "big"))


@pytest.mark.parametrize("version", OLD_VERSIONS.values())
def test_a_warning_before_the_server_hello_says_nothing(version: int) -> None:
    warning, fatal, ends = (b"\x15\3\1\0\2" + one for one in (b"\1\x70", b"\2\x70", b"\1\0"))
    hello = b"\x16\3\1\0\x2a\2\0\0\x26" + version.to_bytes(2, "big") + bytes(36)
    assert [accepted(one, version) for one in (warning, warning + hello, warning + fatal, ends, fatal + hello)] == [
        None, True, False, False, False]


@pytest.mark.parametrize(("names", "host", "good"), [
    (("office.example",), "office.example", True), (("office.example",), "OFFICE.example.", True),
    (("*.office.example",), "www.office.example", True), (("*.office.example",), "a.b.office.example", False),
    (("*.office.example",), "office.example", False), (("*.example",), "office.example", False),
    (("w*.office.example",), "www.office.example", False), (("192.0.2.1",), "192.0.2.1", True),
    ((), "office.example", False)])
def test_a_certificate_is_good_for_its_names_alone(names: tuple[str, ...], host: str, good: bool) -> None:
    assert matches(names, host) is good


@pytest.mark.parametrize(("value", "seconds"), [
    ("max-age=31536000", 31536000), ('max-age="31536000"; includeSubDomains', 31536000),
    ("includeSubDomains; max-age=1", 1), ("", 0), ("max-age=", 0), ("max-age=-1", 0), ("31536000", 0),
    ("max-age=1; max-age=31536000", 0), ("max-age=31536000; includeSubDomains; includeSubDomains", 0),
    ("Max-Age = 60 ;", 60), ("max-age=" + "9" * 30, 100 * 366 * 86400)])
def test_the_time_of_https_alone_is_read_as_browsers_do(value: str, seconds: int) -> None:
    assert hsts(value)[0] == seconds


def test_headers_that_browsers_ignore_do_not_count() -> None:
    report = headers_of(answer("Content-Security-Policy-Report-Only: default-src 'self'", "X-Frame-Options: ALLOWALL",
                               "X-Content-Type-Options: yes", "Referrer-Policy: unsafe-url"))
    assert not any(report[name] for name in ("content_policy", "framing", "no_sniffing", "referrer", "hsts"))
    everybody = headers_of(answer("Content-Security-Policy: frame-ancestors *", "X-Frame-Options: DENY"))
    assert everybody["framing"] is False
    last = headers_of(answer("Referrer-Policy: unsafe-url, strict-origin", "X-Frame-Options: sameorigin",
                             "x-content-type-options: NOSNIFF"))
    assert (last["referrer"], last["framing"], last["no_sniffing"]) == (True, True, True)


@pytest.mark.parametrize(("kind", "text", "expected"), [
    ("text/plain", "Contact: mailto:a@b.example\nExpires: 2027-01-01T00:00:00+01:00\n",
     {"found": True, "plain_text": True, "contact": True, "expires": "2026-12-31T23:00:00Z"}),
    ("text/plain; charset=UTF-8", "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nContact: https://b.example/\n"
     "Expires: 2027-01-01t00:00:00z\n-----BEGIN PGP SIGNATURE-----\nContact: x\n",
     {"found": True, "plain_text": True, "contact": True, "expires": "2027-01-01T00:00:00Z"}),
    ("text/plain; charset=latin-1", "Contact: http://b.example/\nExpires: 2027-01-01\n",
     {"found": True, "plain_text": False, "contact": False}),
    ("text/plain", "Contact: tel:+1-201-555-0123\nExpires: 2027-01-01T00:00:00Z\nExpires: 2028-01-01T00:00:00Z\n",
     {"found": True, "plain_text": True, "contact": True}),
    ("text/html", "<html>everything is here</html>", {"found": False, "plain_text": False, "contact": False})])
def test_a_security_contact_is_read_line_by_line(kind: str, text: str, expected: dict[str, object]) -> None:
    assert contact_of(answer(f"Content-Type: {kind}", body=text.encode())) == expected


@pytest.mark.parametrize(("said", "words"), [
    (b"", "closed the connection"), (b"SSH-2.0-OpenSSH\r\n", "no HTTP"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", "ended before its end"),
    (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 11, "more than 10 bytes")])
def test_what_is_no_whole_answer_is_a_reason(said: bytes, words: str) -> None:
    with pytest.raises(LookError) as error:
        http.parse(said, 10, "there")
    assert words in str(error.value)


def test_interim_answers_are_none() -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
    page = http.parse(early + b"HTTP/1.1 200 OK\r\nReferrer-Policy: no-referrer\r\n\r\n", 0, "there")
    assert (page.status, page.header("Referrer-Policy")) == (200, "no-referrer")
    assert http.parse(b"HTTP/1.1 101 Switching\r\n\r\n", 0, "there").status == 101
    with pytest.raises(LookError):
        http.parse(early, 0, "there")


@pytest.mark.parametrize(("location", "scheme", "host"), [
    (r"https://other.example\@office.example/", "http", "other.example"),
    ("https:other.example", "http", "other.example"), ("https:///other.example/x", "http", "other.example"),
    (r"/\other.example/", "https", "other.example"),
    ("///other.example/", "https", "other.example"), (r"\\other.example", "https", "other.example"),
    ("https:/page", "https", "office.example"), ("HTTPS:page", "https", "office.example"),
    (r"/page?back=\\other.example", "https", "office.example")])
def test_a_redirect_is_read_as_browsers_do(location: str, scheme: str, host: str) -> None:
    chosen, there, _ = http.target(location, "office.example", scheme)
    assert (chosen, there) == ("https", host)


@pytest.mark.parametrize(("location", "expected"), [
    ("https://www.office.example/x?y", ("https", "www.office.example", "/x?y")),
    ("//WWW.office.example.", ("http", "www.office.example", "/")), ("/en/", ("http", "office.example", "/en/")),
    ("https://office.example:8443/", ("https", "office.example:8443", "/")),
    ("https://office.example:443/", ("https", "office.example", "/"))])
def test_where_a_redirect_leads(location: str, expected: tuple[str, str, str]) -> None:
    assert http.target(location, "office.example", "http") == expected


@pytest.mark.parametrize(("days", "expected"), [
    ((), None), ((date(2026, 12, 22),), "2027-01-21"), ((date(2026, 12, 23),), None),
    ((date(2026, 10, 23),), "2026-11-22"), ((date(2026, 10, 22),), None)])
def test_the_day_of_certification_counts_while_the_vote_is_near(days: tuple[date, ...], expected: str | None) -> None:
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    facts = derive_all({"domain.sites@office.example": Observation(listing=Listing([]), as_of=now)},
                       Declared(domains=(Domain("office.example"),), voting_days=days), {}, now)
    seen = facts["domain.certified_by@office.example"]
    assert (None if seen.absent else seen.value) == expected


def test_of_this_machine_nothing_is_run_or_listed() -> None:
    host = NetworkHost()
    for look in (lambda: host.run("uname"), host.sockets, lambda: host.registry("HKLM")):
        with pytest.raises(Unsupported):
            look()


def test_a_domain_is_looked_at_the_same_where_there_is_no_fork() -> None:
    declared = Declared(domains=(Domain("office.example", outside=("127.0.0.1",)), Domain("none.example")))
    looked = [isolate.look(NetworkHost(), [COLLECTOR], declared, spawn=spawn).facts for spawn in (False, True)]
    first, second = ({name: (seen.absent, seen.missing) for name, seen in one.items()} for one in looked)
    assert first == second
    assert first["domain.outside_ports@none.example"] == (True, None)


def test_looking_is_imported_only_when_it_looks() -> None:
    code = ("import sys; from collectors.discovery import discover; discover(); "
            "print([one for one in ('ssl', 'http.client', 'cryptography', 'dns', 'checkdmarc', 'requests') "
            "if one in sys.modules])")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                          cwd=Path(__file__).parents[2])
    assert done.stdout.strip() == "[]"
