"""Signatures, certificate authorities and name servers of a domain: real packets, real signatures."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from collectors import domain_dns
from collectors.base import ABSENT, Missing, observe
from hustings.declared import Declared, Domain
from hustings.times import parse_time
from tests.dns_server import REFUSED, SERVFAIL, SILENT, World, Zone, serving
from tests.fakes import FakeHost

LINES = 'www A 192.0.2.1\n@ A 192.0.2.1\n@ MX 10 www\n@ TXT "v=spf1 -all"\nmail.deep A 192.0.2.2\n'
ISLANDS = [
    Zone("good.example", LINES + '@ CAA 0 issue "ca.example"\nnone CAA 0 issue ";"\n'),
    Zone("rsa.example", LINES, algorithm=8),
    Zone("two.example", LINES, two_keys=True),
    Zone("ed.example", LINES, algorithm=15),
    Zone("short.example", LINES, lasts=3600),
    Zone("unsigned.example", LINES, signed=False),
    Zone("nods.example", LINES, ds=False),
    Zone("otherds.example", LINES, ds_of_other_key=True),
    Zone("expired.example", LINES, expired=True),
    Zone("forgedtxt.example", LINES, forged=(("forgedtxt.example", "TXT"),)),
    Zone("forgedkey.example", LINES, forged=(("forgedkey.example", "DNSKEY"),)),
    Zone("bare.example", LINES, unsigned_names=(("bare.example", "MX"),)),
    Zone("old.example", LINES, algorithm=5),
    Zone("sub.good.example", LINES),
    Zone("plain", "@ TXT x\n", signed=False),
    Zone("good.plain", LINES),
]
TREE = [Zone("."), Zone("example"), *ISLANDS]


@pytest.fixture(scope="module")
def world() -> World:
    return World(TREE)


@pytest.fixture(scope="module")
def server(world: World) -> Iterator[str]:
    with serving(world) as address:
        yield address


def look(server: str, name: str, anchors: tuple[str, ...] = (), now: datetime | None = None) -> dict[str, Any]:
    declared = Declared(domains=(Domain(name),), resolvers=(server,), trust_anchors=anchors)
    host = FakeHost(now=now or datetime.now(UTC))
    seen = domain_dns.collect(host, declared)
    facts = observe(domain_dns.COLLECTOR, seen, host.now(), declared)
    assert not [one for one in facts.values() if one.missing is not None and "came as" in one.missing.detail]
    assert set(facts) == set(seen)
    return {fact.partition("@")[0].removeprefix("domain."): value for fact, value in seen.items()}


CASES = [
    ("good.example", "secure", []),
    ("rsa.example", "secure", []),
    ("two.example", "secure", []),
    ("ed.example", "secure", []),
    ("sub.good.example", "secure", []),
    ("mail.deep.good.example", "secure", []),
    ("old.example", "secure", ["old-algorithm"]),
    ("unsigned.example", "unsigned", ["not-signed"]),
    ("nods.example", "unsigned", ["no-ds"]),
    ("good.plain", "unsigned", ["parent-unsigned"]),
    ("otherds.example", "bogus", ["ds-mismatch"]),
    ("expired.example", "bogus", ["expired"]),
    ("forgedtxt.example", "bogus", ["bad-signature"]),
    ("forgedkey.example", "bogus", ["bad-signature"]),
    ("bare.example", "bogus", ["no-signature"]),
]


@pytest.mark.parametrize(("name", "state", "problems"), CASES)
def test_the_chain_from_the_trusted_key_decides(server: str, world: World, name: str, state: str,
                                                problems: list[str]) -> None:
    seen = look(server, name, (world.anchor,))
    assert seen["dnssec"] == state
    assert [one["what"] for one in seen["dnssec_problems"].items if one["what"] != "held-back"] == problems
    assert seen["dnssec_proof"] == ("chain" if state == "secure" else ABSENT)
    assert seen["dnssec_words"]
    assert seen["dnssec_resolver_validates"] is (state == "secure")
    assert seen["exists"] is True


@pytest.mark.parametrize("fields", [{"validates": False}, {"validates": False, "aliases": False}])
def test_the_chain_needs_no_validating_server(fields: dict[str, Any]) -> None:
    world = World(TREE, **fields)
    with serving(world) as server:
        for name, state, problems in CASES:
            seen = look(server, name, (world.anchor,))
            assert seen["dnssec"] == state, name
            assert [one["what"] for one in seen["dnssec_problems"].items] == problems, name
            assert seen["dnssec_resolver_validates"] is False


def test_when_signatures_end_is_told_and_time_alone_breaks_them(server: str, world: World) -> None:
    now = datetime.now(UTC)
    ends = parse_time(look(server, "short.example", (world.anchor,))["dnssec_expires"])
    assert now < ends <= now + timedelta(hours=1)
    later = look(server, "short.example", (world.anchor,), now + timedelta(hours=2))
    assert later["dnssec"] == "bogus"
    earlier = look(server, "short.example", (world.anchor,), now - timedelta(days=60))
    assert earlier["dnssec"] != "secure"


def test_a_declared_key_of_ones_own_zone_is_a_beginning(server: str, world: World) -> None:
    import dns.dnssec

    ds = dns.dnssec.make_ds("good.plain.", world.keys["good.plain"][1], "SHA256").to_text()
    seen = look(server, "good.plain", (f"good.plain {ds}",))
    assert (seen["dnssec"], seen["dnssec_proof"]) == ("secure", "anchor")
    other = dns.dnssec.make_ds("good.plain.", world.keys["good.example"][1], "SHA256").to_text()
    assert look(server, "good.plain", (f"good.plain. IN DS {other}",))["dnssec"] != "secure"
    for text in ("good.plain 1 2", "", "good.plain 1 13 2 abcd", f"good.plain 1 13 3 {'a' * 64}"):
        wrong = look(server, "good.plain", (text,))["dnssec"]
        assert isinstance(wrong, Missing)
        assert "trust_anchors" in wrong.detail


def test_without_a_way_to_the_root_the_resolvers_word_is_told_as_such(server: str) -> None:
    good = look(server, "good.example")
    assert (good["dnssec"], good["dnssec_proof"]) == ("secure", "resolver")
    assert "resolver's word" in good["dnssec_words"]
    for name, state in (("nods.example", "unsigned"), ("unsigned.example", "unsigned"), ("expired.example", "bogus"),
                        ("otherds.example", "bogus"), ("forgedtxt.example", "bogus")):
        assert look(server, name)["dnssec"] == state, name


def test_without_either_it_is_not_known() -> None:
    world = World(TREE, validates=False)
    with serving(world) as server:
        good = look(server, "good.example")
        assert isinstance(good["dnssec"], Missing)
        assert "does not validate" in good["dnssec"].detail
        assert look(server, "expired.example")["dnssec"] == "bogus"


@pytest.mark.parametrize("name", ["good.example", "unsigned.example", "expired.example", "nods.example"])
def test_a_server_that_strips_signatures_makes_nothing_unsigned_and_nothing_secure(name: str) -> None:
    world = World(TREE, strips=True, validates=False)
    with serving(world) as server:
        for anchors in ((), (world.anchor,)):
            seen = look(server, name, anchors)
            assert isinstance(seen["dnssec"], Missing), anchors
            assert not seen["dnssec_problems"].complete


def test_a_zones_own_server_cannot_say_what_its_parent_vouches_for() -> None:
    zones = [Zone("good.example", LINES), Zone("unsigned.example", LINES, signed=False)]
    with serving(World(zones, validates=False, authoritative=True, recursive=False)) as server:
        good = look(server, "good.example")
        assert isinstance(good["dnssec"], Missing)
        assert look(server, "unsigned.example")["dnssec"] == "unsigned"
        assert good["exists"] is True
        assert good["caa"] is ABSENT


def test_a_denial_whose_signature_does_not_hold_never_makes_a_domain_secure() -> None:
    zones = [Zone("."), Zone("example", forged=(("good.example", "NSEC"), ("example", "NSEC"))), *ISLANDS]
    world = World(zones, validates=False)
    with serving(world) as server:
        seen = look(server, "unsigned.example", (world.anchor,))
        assert seen["dnssec"] == "unsigned"


@pytest.mark.parametrize(("fault", "word"), [(SERVFAIL, "SERVFAIL"), (REFUSED, "REFUSED"), (SILENT, "answer")])
def test_no_answer_leaves_everything_open(fault: str, word: str) -> None:
    with serving(World([Zone(".")], {"*": fault})) as server:
        seen = look(server, "good.example")
    for fact in ("exists", "dnssec", "caa", "name_servers", "dnssec_resolver_validates"):
        assert isinstance(seen[fact], Missing), fact
        assert word in seen[fact].detail


def test_a_domain_that_does_not_exist_is_told(server: str, world: World) -> None:
    seen = look(server, "nowhere.example", (world.anchor,))
    assert seen["exists"] is False
    assert isinstance(seen["dnssec"], Missing)


def test_certificate_authorities_are_found_up_the_tree(server: str) -> None:
    good = look(server, "good.example")
    assert good["caa"].items == [{"tag": "issue", "value": "ca.example", "critical": False}]
    assert look(server, "mail.deep.good.example")["caa_at"] == "good.example"
    assert look(server, "none.good.example")["caa"].items[0]["value"] == ";"
    assert look(server, "rsa.example")["caa"] is ABSENT


@contextmanager
def _port_53(worlds: dict[str, World]) -> Iterator[str]:
    with ExitStack() as stack:
        for address, world in worlds.items():
            stack.enter_context(serving(world, address, 53))
        yield next(iter(worlds)) + ":53"


@pytest.mark.skipif(os.geteuid() != 0, reason="port 53 takes root")
def test_name_servers_are_asked_themselves() -> None:
    lines = ("@ NS ns1\n@ NS ns2\n@ NS ns3\n@ NS ns4\n@ NS ns5\nns1 A 127.0.53.1\nns2 A 127.0.53.2\n"
             "ns3 A 127.0.53.3\nns5 A 127.0.53.5\n")
    zones = [Zone(".", signed=False), Zone("office.example", lines, signed=False)]
    worlds = {"127.0.53.1": World(zones, authoritative=True), "127.0.53.2": World(zones),
              "127.0.53.3": World([Zone("other.example", signed=False)])}
    with _port_53(worlds) as server:
        listing = look(server, "office.example")["name_servers"]
    assert [(one["name"], one["answers"]) for one in listing.items[:4]] == [
        ("ns1.office.example", True), ("ns2.office.example", False), ("ns3.office.example", False),
        ("ns4.office.example", False)]
    assert [one["detail"] for one in listing.items[1:4]] == [
        "127.0.53.2 does not speak for the domain", "127.0.53.3 answers REFUSED", "it has no address"]
    assert isinstance(listing.items[4]["answers"], Missing)


@pytest.mark.skipif(os.geteuid() != 0, reason="port 53 takes root")
def test_two_names_of_one_name_server_are_one() -> None:
    lines = "@ NS ns1\n@ NS ns2\nns1 A 127.0.53.1\nns2 CNAME ns1\n"
    zones = [Zone(".", signed=False), Zone("office.example", lines, signed=False)]
    with _port_53({"127.0.53.1": World(zones, authoritative=True)}) as server:
        listing = look(server, "office.example")["name_servers"]
    assert [(one["name"], one["answers"]) for one in listing.items] == [
        ("ns1.office.example, ns2.office.example", True)]
