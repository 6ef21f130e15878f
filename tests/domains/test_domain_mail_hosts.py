"""Mail hosts and the policy about them: every planted fault is seen, and a shut port 25 is nothing known."""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from collectors import _mta_sts, domain_mail_hosts
from collectors._mail_dialogue import BLOCKED
from collectors.base import ABSENT, Listing, Missing
from hustings.declared import Declared, Domain
from tests.dns_server import World, Zone, serving
from tests.fakes import FakeHost
from tests.tls_servers import (
    Authority,
    Handler,
    MailHost,
    Site,
    all_of,
    flood,
    hang,
    page,
    redirect,
    server_context,
    text,
)

HOSTS = ("good", "missing", "masked", "refused", "expired", "self", "name", "shut", "hang", "flood", "rude", "broken",
         "dane", "wrong", "issuer")
AT = {host: f"127.0.52.{number}" for number, host in enumerate(HOSTS, 1)}
POLICY = b"version: STSv1\r\nmode: enforce\r\nmx: *.mx.example\r\nmax_age: 604800\r\n"
POLICIES = {
    "good": text(POLICY),
    "testing": text(POLICY.replace(b"enforce", b"testing")),
    "other": text(POLICY.replace(b"*.mx.example", b"mail.elsewhere.example")),
    "redirected": redirect("https://good.example/.well-known/mta-sts.txt"),
    "gone": (404, {}, b""),
    "html": page(body=POLICY),
    "vague": text(b"version: STSv1\nmode: enforce\nmx: *.mx.example\n"),
    "untrusted": text(POLICY),
}
POLICY_AT = {name: f"127.0.53.{number}" for number, name in enumerate(POLICIES, 1)}


def _certificates(file: Path) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(file.read_bytes())


def _rude(connection: Any) -> None:
    connection.sendall(b"554 5.7.1 your network is listed\r\n")


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    authority = Authority(tmp_path_factory.mktemp("certificates"))
    files = {host: authority.issue(f"{host}.mx.example") for host in ("good", "dane", "wrong", "issuer")}
    good = server_context(files["good"])
    hosts: dict[str, Handler] = {
        "good": MailHost(good), "missing": MailHost(None, "missing"), "masked": MailHost(None, "masked"),
        "refused": MailHost(None, "refused"), "hang": hang, "flood": flood, "rude": _rude,
        "expired": MailHost(server_context(authority.issue("expired.mx.example", ends=-1))),
        "self": MailHost(server_context(authority.issue("self.mx.example", itself=True))),
        "name": MailHost(server_context(authority.issue("other.example"))),
        "broken": MailHost(_nobody_can(authority)),
        **{host: MailHost(server_context(files[host])) for host in ("dane", "wrong", "issuer")}}
    spki = _certificates(files["dane"])[0].public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    issuer = hashlib.sha256(authority.certificate.public_bytes(Encoding.DER)).hexdigest()
    records = "\n".join([
        *(f"{host} A {address}" for host, address in AT.items()),
        f"_25._tcp.dane TLSA 3 1 1 {hashlib.sha256(spki).hexdigest()}",
        f"_25._tcp.wrong TLSA 3 1 1 {'00' * 32}", f"_25._tcp.issuer TLSA 2 0 1 {issuer}"]) + "\n"
    policies: list[tuple[str, int, Handler]] = []
    zones = []
    for name, answer in POLICIES.items():
        certificate = authority.issue("other.example" if name == "untrusted" else f"mta-sts.{name}.example")
        policies.append((POLICY_AT[name], 443, Site({_mta_sts.PATH: answer}, server_context(certificate))))
        zones.append(Zone(f"{name}.example", f"@ MX 10 good.mx.example.\nmta-sts A {POLICY_AT[name]}\n"))
    world = World([
        Zone("."), Zone("example"), Zone("mx.example", records), *zones,
        Zone("all.example", "".join(f"@ MX 10 {host}.mx.example.\n" for host in HOSTS[:8])),
        Zone("rest.example", "".join(f"@ MX 10 {host}.mx.example.\n" for host in HOSTS[8:])
             + "@ MX 20 nowhere.mx.example.\n"),
        *(Zone(f"{name}.example", f"@ MX 1 mx\nmx A {AT['good']}\n_25._tcp.mx TLSA {usage} 1 1 {'00' * 32}\n", signed)
          for name, usage, signed in (("unsigned", 3, False), ("unusable", 1, True))),
        Zone("null.example", "@ MX 0 .\n"), Zone("none.example")])
    with (pytest.MonkeyPatch.context() as patch, serving(world) as resolver,
          all_of(*policies, *((AT[host], 25, handle) for host, handle in hosts.items()))):
        patch.setenv("SSL_CERT_FILE", str(authority.file))
        names = ("all", "rest", "null", "none", "unsigned", "unusable", *POLICIES)
        declared = Declared(resolvers=(resolver,), domains=tuple(Domain(f"{name}.example") for name in names))
        yield domain_mail_hosts.collect(FakeHost(), declared)


def _nobody_can(authority: Authority) -> ssl.SSLContext:
    """A server's side that agrees with nobody."""
    context = server_context(authority.issue("broken.mx.example"))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("PSK")
    return context


def host_of(seen: dict[str, Any], host: str) -> dict[str, Any]:
    rows = [*seen["domain.mail_hosts@all.example"].items, *seen["domain.mail_hosts@rest.example"].items]
    return next(one for one in rows if one["host"] == f"{host}.mx.example")


@pytest.mark.parametrize(("host", "expected"), [
    ("good", {"starttls": True, "trust": "ok", "name_matches": True, "modern": True, "dane": "none", "strong": True}),
    ("missing", {"starttls": False}),
    ("refused", {"starttls": False}),
    ("broken", {"starttls": False}),
    ("expired", {"starttls": True, "trust": "expired"}),
    ("self", {"starttls": True, "trust": "self-signed", "name_matches": True}),
    ("name", {"starttls": True, "trust": "ok", "name_matches": False}),
    ("dane", {"starttls": True, "dane": "matches"}),
    ("wrong", {"starttls": True, "dane": "mismatch"}),
    ("issuer", {"starttls": True, "dane": "matches"}),
])
def test_what_a_mail_host_shows(seen, host, expected):
    assert {name: host_of(seen, host)[name] for name in expected} == expected


@pytest.mark.parametrize(("host", "words"), [
    ("shut", BLOCKED), ("hang", "does not answer"), ("flood", ""), ("rude", "does not talk to this machine"),
    ("masked", "something on the way"), ("nowhere", "has no address")])
def test_a_host_that_cannot_be_asked_is_unknown(seen, host, words):
    value = host_of(seen, host)["starttls"]
    assert isinstance(value, Missing)
    assert words in value.detail


@pytest.mark.parametrize("name", ["unsigned", "unusable"])
def test_records_that_mail_servers_do_not_heed_are_no_mismatch(seen, name):
    (only,) = seen[f"domain.mail_hosts@{name}.example"].items
    assert (only["dane"], only["starttls"]) == (name, True)


def test_domains_that_take_no_mail_have_no_mail_hosts(seen):
    for name in ("null.example", "none.example"):
        assert seen[f"domain.mail_hosts@{name}"] is ABSENT
        assert seen[f"domain.mta_sts_mode@{name}"] is ABSENT


@pytest.mark.parametrize(("name", "mode", "faults", "uncovered"), [
    ("good", "enforce", [], []), ("testing", "testing", [], []),
    ("other", "enforce", [], ["good.mx.example"]),
    ("redirected", ABSENT, ["its host redirects (301), which mail servers do not follow"], []),
    ("gone", ABSENT, ["its host answers 404"], []),
    ("html", "enforce", ["it is not served as text/plain"], []),
    ("vague", "enforce", ["max_age is missing or no number of seconds up to a year"], []),
    ("untrusted", ABSENT, ["the certificate of mta-sts.untrusted.example does not hold (other-name)"], []),
])
def test_a_policy_is_read_as_mail_servers_do(seen, name, mode, faults, uncovered):
    assert seen[f"domain.mta_sts_mode@{name}.example"] == mode
    assert seen[f"domain.mta_sts_faults@{name}.example"] == Listing(faults)
    assert seen[f"domain.mta_sts_uncovered@{name}.example"] == Listing(uncovered)


def test_without_a_host_of_its_own_there_is_no_policy(seen):
    assert seen["domain.mta_sts_mode@all.example"] is ABSENT
    assert seen["domain.mta_sts_max_age@good.example"] == 604800


@pytest.mark.parametrize(("pattern", "host", "covered"), [
    ("*.example.net", "mx1.example.net", True), ("*.example.net", "a.b.example.net", False),
    ("*.example.net", "example.net", False), ("mail.example.com", "MAIL.example.com.", True),
    ("mail.example.com", "mail2.example.com", False)])
def test_a_pattern_stands_for_one_label(pattern, host, covered):
    assert _mta_sts.covers(pattern, host) is covered


def test_a_recording_is_not_asked():
    declared = Declared(domains=(Domain("office.example"),))
    found = domain_mail_hosts.collect(FakeHost(kind="recorded"), declared)
    assert {str(one.reason) for one in found.values()} == {"unsupported"}
