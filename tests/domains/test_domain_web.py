"""The public sites of a domain: every planted fault is seen, and its good twin shows none."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from typing import Any

import pytest

from collectors import domain_web
from collectors.base import ABSENT, Listing, Missing
from hustings.declared import Declared, Domain
from tests.dns_server import SERVFAIL, World, Zone, serving
from tests.fakes import FakeHost
from tests.tls_servers import (
    GOOD_HEADERS,
    Authority,
    Handler,
    Site,
    all_of,
    flood,
    good_answers,
    hang,
    page,
    redirect,
    reset,
    server_context,
    text,
    weak_key,
)

HOSTS = ("good", "onward", "expired", "self", "stranger", "name", "weak", "old", "older", "plain", "elsewhere", "http",
         "short", "bare", "closed", "silent", "reset", "flood", "down", "moved", "unmatched", "renew", "nothing",
         "contact", "circle", "chain", "led", "late")
AT = {host: f"127.0.51.{number}" for number, host in enumerate(HOSTS, 1)}
LINES = "\n".join(f"{host} A {address}" for host, address in AT.items() if host != "moved") + "\nsix AAAA ::1"
ZONES = (Zone("."), Zone("example"), Zone("vote.example", f"{LINES}\nmoved A {AT['good']}\nmoved A {AT['expired']}\n"),
         Zone("both.example", f"@ A {AT['good']}\n@ AAAA 2001:db8::1\nonly AAAA 2001:db8::2\n"),
         Zone("empty.example"), Zone("foreign.test", "", signed=False))


def _name(host: str) -> str:
    return f"{host}.vote.example"


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    directory = tmp_path_factory.mktemp("certificates")
    authority, stranger = Authority(directory), Authority(directory, "Stranger")
    servers: list[tuple[str, int, Handler]] = []

    def site(host: str, context: ssl.SSLContext | None = None, answers: Any = None, plain: Any = None) -> None:
        name = _name(host)
        context = context or server_context(authority.issue(name, _name("moved")))
        servers.append((AT[host], 443, Site(answers or good_answers(name), context)))
        servers.append((AT[host], 80, Site({"*": plain or redirect(f"https://{name}/")})))

    site("good")
    site("onward", plain=redirect(f"http://{_name('good')}/"), answers={"/": redirect("https://good.vote.example/en")})
    site("expired", server_context(authority.issue(_name("expired"), _name("moved"), ends=-1)))
    site("self", server_context(authority.issue(_name("self"), itself=True)))
    site("stranger", server_context(stranger.issue(_name("stranger"), chain=False)))
    site("name", server_context(authority.issue("www.other.example")))
    site("unmatched", server_context(authority.issue("*.example")))
    site("chain", server_context(authority.issue("*.vote.example")))
    site("weak", server_context(authority.issue(_name("weak"), key=weak_key())))
    site("renew", server_context(authority.issue(_name("renew"), ends=5)))
    site("old", server_context(authority.issue(_name("old")), ssl.TLSVersion.TLSv1))
    site("older", server_context(authority.issue(_name("older")), ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1))
    site("plain", plain=page())
    site("elsewhere", plain=redirect("https://www.other.test/"), answers={"/": redirect("https://other.test/")})
    site("led", plain=redirect("https://led.portal.test/"), answers={"/": redirect("https://portal.test/")})
    site("late", answers={"/": redirect("/en/"), "/en/": page()})
    site("http", answers={"/": redirect("http://http.vote.example/x", **GOOD_HEADERS)})
    site("short", answers={"/": page({**GOOD_HEADERS, "Strict-Transport-Security": "max-age=300"}),
                           "/.well-known/security.txt": text(
                               b"Contact: mailto:a@b.example\nExpires: 2020-01-01T00:00:00Z")})
    site("bare", answers={"/": redirect("/en/"), "/en/": page({"Content-Type": "text/html"}),
                          "/.well-known/security.txt": page()})
    site("circle", answers={"*": redirect("/again")})
    site("contact", answers={"/": page(), "/.well-known/security.txt": text(
        b"# ours\nContact: security@office.example\nExpires: soon\n", "text/csv")})
    servers += [("::1", 443, Site(good_answers(""), server_context(authority.issue("six.vote.example"))))]
    servers += [(AT["closed"], 80, Site({"*": page()})), (AT["silent"], 443, hang), (AT["reset"], 443, reset),
                (AT["reset"], 80, reset), (AT["flood"], 80, flood), (AT["flood"], 443, flood)]
    world = World(ZONES, {"fails.vote.example": SERVFAIL})
    with pytest.MonkeyPatch.context() as patch, all_of(*servers), serving(world) as resolver:
        patch.setenv("SSL_CERT_FILE", str(authority.file))
        declared = Declared(resolvers=(resolver,), domains=(
            Domain("vote.example", sites=(*map(_name, HOSTS), *map(_name, ("six", "nowhere", "fails"))),
                   leads_to=("portal.test",)),
            Domain("both.example", sites=("both.example", "only.both.example")), Domain("empty.example"),
            Domain("good.vote.example"), Domain("down.vote.example"),
            Domain("foreign.test", sites=("none",))))
        yield domain_web.collect(FakeHost(), declared)


@pytest.fixture(scope="module")
def sites(seen: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    listing = seen["domain.sites@vote.example"]
    assert isinstance(listing, Listing)
    assert listing.complete
    return {(row["host"].removesuffix(".vote.example"), row["address"]): row for row in listing.items}


def row(sites: dict[tuple[str, str], dict[str, Any]], host: str) -> dict[str, Any]:
    return sites[host, AT[host]]


def test_a_good_site_shows_nothing_to_complain_of(sites):
    good = row(sites, "good")
    assert {name: good[name] for name in good if name not in ("not_after", "renew_by")} == {
        "host": "good.vote.example", "address": AT["good"], "plain": "redirects", "https": "content", "trust": "ok",
        "name_matches": True, "key": "EC 256", "strong": True, "version": "TLSv1.3", "modern": True,
        "old_versions": "", "hsts": 63072000, "hsts_subdomains": True, "hsts_preload": True, "content_policy": True,
        "framing": True, "no_sniffing": True, "referrer": True}
    assert good["not_after"] > good["renew_by"] > "2026"


@pytest.mark.parametrize(("host", "expected"), [
    ("expired", {"trust": "expired", "name_matches": True, "https": "content"}),
    ("self", {"trust": "self-signed", "name_matches": True}),
    ("stranger", {"trust": "unknown-issuer", "name_matches": True}),
    ("name", {"trust": "ok", "name_matches": False}),
    ("unmatched", {"name_matches": False}),
    ("chain", {"trust": "ok", "name_matches": True}),
    ("weak", {"strong": False, "key": "RSA 1024", "trust": "weak"}),
    ("old", {"old_versions": "TLS 1.1, TLS 1.0", "modern": True, "trust": "ok"}),
    ("older", {"old_versions": "TLS 1.0", "modern": False, "version": "TLSv1", "trust": "ok"}),
    ("plain", {"plain": "content", "https": "content"}),
    ("onward", {"plain": "onward", "https": "redirects", "hsts": 0}),
    ("elsewhere", {"plain": "elsewhere", "https": "elsewhere"}),
    ("led", {"plain": "redirects", "https": "redirects"}),
    ("late", {"https": "content", "hsts": 63072000}),
    ("http", {"https": "downgrade", "hsts": 63072000}),
    ("short", {"hsts": 300, "hsts_subdomains": False}),
    ("bare", {"https": "content", "hsts": 0, "content_policy": False, "framing": False, "no_sniffing": False,
              "referrer": False}),
    ("closed", {"plain": "content", "https": "closed"}),
])
def test_every_planted_fault_is_seen(sites, host, expected):
    assert {name: row(sites, host)[name] for name in expected} == expected


@pytest.mark.parametrize(("host", "names", "words"), [
    ("silent", ("https", "trust", "old_versions", "hsts"), "does not answer"),
    ("reset", ("plain", "https", "trust", "modern"), ""),
    ("flood", ("plain", "https"), ""),
    ("down", ("plain", "https", "trust"), "neither port 80 nor port 443 is open"),
    ("nothing", ("plain", "https"), "neither"),
    ("circle", ("https", "framing"), "in a circle"),
])
def test_what_could_not_be_learnt_is_a_reason_and_never_an_answer(sites, host, names, words):
    for name in names:
        value = row(sites, host)[name]
        assert isinstance(value, Missing), name
        assert words in value.detail


def test_every_address_of_a_host_is_looked_at(sites):
    assert sites["moved", AT["good"]]["trust"] == "ok"
    assert sites["moved", AT["expired"]]["trust"] == "expired"


def test_addresses_of_the_new_kind_are_looked_at_too(sites):
    assert (sites["six", "::1"]["trust"], sites["six", "::1"]["plain"]) == ("ok", "closed")


def test_a_machine_without_a_way_by_the_new_kind_says_what_it_left_out(seen):
    seen_at = {(one["host"], one["address"]): one for one in seen["domain.sites@both.example"].items}
    assert set(seen_at) == {("both.example", AT["good"]), ("only.both.example", "2001:db8::2")}
    assert "cannot be reached" in seen_at["only.both.example", "2001:db8::2"]["https"].detail
    left = seen["domain.sites_unreached@both.example"].items
    assert [(one["host"], one["address"]) for one in left] == [("both.example", "2001:db8::1")]
    assert seen["domain.sites_unreached@vote.example"].items == []


def test_declared_hosts_without_an_address_are_unknown(sites):
    assert "has no address" in sites["nowhere", ""]["https"].detail
    assert "SERVFAIL" in sites["fails", ""]["https"].detail


def test_a_domain_without_sites_has_none(seen):
    for name in ("empty.example", "down.vote.example", "foreign.test"):
        assert seen[f"domain.sites@{name}"] is ABSENT
    assert [one["host"] for one in seen["domain.sites@good.vote.example"].items] == ["good.vote.example"]


def test_the_security_contact_is_read_as_the_standard_says(seen):
    contacts = {one["host"].split(".")[0]: one for one in seen["domain.security_contacts@vote.example"].items}
    assert contacts["good"] == {"host": "good.vote.example", "found": True, "plain_text": True, "contact": True,
                                "expires": "2099-01-01T00:00:00Z"}
    assert contacts["short"]["expires"] == "2020-01-01T00:00:00Z"
    assert contacts["bare"]["found"] is False
    assert contacts["contact"] == {"host": "contact.vote.example", "found": True, "plain_text": False,
                                   "contact": False}
    assert isinstance(contacts["silent"]["found"], Missing)
    assert isinstance(contacts["fails"]["found"], Missing)
