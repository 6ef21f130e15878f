"""The door to the domain name system keeps apart what is not there and what could not be learnt."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from collectors.dns_door import Answer, Resolver, Status, address_of, servers
from collectors.host.protocol import LookError, Unsupported
from hustings.declared import Declared
from hustings.facts import Reason
from tests.dns_server import (
    ALWAYS_CUT,
    GARBAGE,
    NO_EDNS,
    NO_TCP,
    ONCE,
    OTHER_NAME,
    REFERRAL,
    REFUSED,
    SERVFAIL,
    SILENT,
    TRUNCATED,
    World,
    Zone,
    serving,
)
from tests.fakes import FakeHost

LINES = """
@ TXT "v=spf1 " "-all"
long TXT "a" "b"
big TXT "%s" "%s" "%s" "%s" "%s" "%s" "%s"
alias CNAME target
target TXT "here"
away CNAME good.other.example.
out CNAME none.other.example.
empty CNAME www
www A 192.0.2.1
loop1 CNAME loop2
loop2 CNAME loop1
self CNAME self
round CNAME back.other.example.
xn--bcher-kva TXT "books"
""" % (("x" * 250,) * 7)
OTHER = """
good TXT "from afar"
back CNAME round.office.example.
"""
FAULTS = {"f1.office.example": SERVFAIL, "f2.office.example": REFUSED, "f3.office.example": SILENT,
          "f4.office.example": OTHER_NAME, "f5.office.example": REFERRAL, "f6.office.example": GARBAGE,
          "target.office.example": NO_EDNS, ("long.office.example", "TXT"): TRUNCATED}


@pytest.fixture(scope="module")
def world() -> World:
    return World([Zone("."), Zone("example"), Zone("office.example", LINES), Zone("other.example", OTHER),
                  Zone("forged.example", 'a TXT "b"', forged=(("a.forged.example", "TXT"),)),
                  Zone("plain.example", 'a TXT "b"', signed=False)], FAULTS)


@pytest.fixture(scope="module")
def resolver(world: World) -> Iterator[Resolver]:
    with serving(world) as address:
        yield Resolver((address_of(address),), timeout=0.3)


@pytest.mark.parametrize(("name", "status"), [
    ("office.example", Status.FOUND), ("alias.office.example", Status.FOUND), ("away.office.example", Status.FOUND),
    ("www.office.example", Status.NODATA), ("empty.office.example", Status.NODATA),
    ("nowhere.office.example", Status.NXDOMAIN), ("out.office.example", Status.NXDOMAIN),
    ("loop1.office.example", Status.LOOP), ("self.office.example", Status.LOOP),
    ("round.office.example", Status.LOOP), ("a.forged.example", Status.BOGUS), ("a.plain.example", Status.FOUND),
    ("long.office.example", Status.FOUND), ("big.office.example", Status.FOUND),
    ("bücher.office.example", Status.FOUND), ("OFFICE.Example.", Status.FOUND),
    ("f1.office.example", Status.UNKNOWN), ("f2.office.example", Status.UNKNOWN),
    ("f3.office.example", Status.UNKNOWN), ("f4.office.example", Status.UNKNOWN),
    ("f5.office.example", Status.UNKNOWN), ("f6.office.example", Status.UNKNOWN),
    ("a..b", Status.UNKNOWN), ("x" * 64 + ".example", Status.UNKNOWN),
])
def test_an_answer_says_what_is_known(resolver: Resolver, name: str, status: Status) -> None:
    answer = resolver.lookup(name, "TXT")
    assert answer.status is status
    assert (answer.missing is None) == (status in (Status.FOUND, Status.NODATA, Status.NXDOMAIN))
    assert answer.absent == (status in (Status.NODATA, Status.NXDOMAIN))
    if answer.missing is not None:
        with pytest.raises(LookError):
            answer.known()


@pytest.mark.parametrize(("name", "reason", "words"), [
    ("f1.office.example", Reason.ERROR, "SERVFAIL"), ("f2.office.example", Reason.ERROR, "REFUSED"),
    ("f3.office.example", Reason.TIMEOUT, "no name server answers"),
    ("f5.office.example", Reason.ERROR, "asks nobody else"), ("a.forged.example", Reason.ERROR, "do not hold"),
])
def test_the_reason_is_told(resolver: Resolver, name: str, reason: Reason, words: str) -> None:
    missing = resolver.lookup(name, "TXT").missing
    assert missing is not None
    assert missing.reason is reason
    assert words in missing.detail


def test_the_strings_of_a_record_are_joined_and_aliases_told(resolver: Resolver) -> None:
    assert resolver.lookup("office.example", "TXT").texts() == ["v=spf1 -all"]
    away = resolver.lookup("away.office.example", "TXT")
    assert (away.texts(), away.canonical, away.aliases) == (["from afar"], "good.other.example",
                                                            ("good.other.example",))


def test_a_long_answer_comes_over_tcp(resolver: Resolver, world: World) -> None:
    assert len(resolver.lookup("big.office.example", "TXT").texts()[0]) == 1750
    assert ("big.office.example", "TXT") in world.over_tcp
    assert ("office.example", "TXT") not in world.over_tcp


def test_what_the_server_validated_is_told_apart(resolver: Resolver) -> None:
    assert resolver.lookup("office.example", "TXT").authentic
    assert not resolver.lookup("a.plain.example", "TXT").authentic


def test_a_server_that_does_not_follow_aliases_is_asked_again() -> None:
    zones = [Zone("."), Zone("office.example", LINES, signed=False), Zone("other.example", OTHER, signed=False)]
    with serving(World(zones, aliases=False)) as address:
        one = Resolver((address_of(address),), timeout=0.3)
        assert one.lookup("away.office.example", "TXT").texts() == ["from afar"]
        assert one.lookup("round.office.example", "TXT").status is Status.LOOP
        assert one.lookup("out.office.example", "TXT").status is Status.NXDOMAIN


def test_another_server_is_asked_where_the_first_is_silent_or_broken(world: World) -> None:
    broken = World([Zone(".")], {"*": SERVFAIL})
    with serving(broken) as first, serving(world) as second:
        one = Resolver((address_of("127.0.0.1:9"), address_of(first), address_of(second)), timeout=0.2)
        assert one.lookup("office.example", "TXT").found
        assert one.lookup("nowhere.office.example", "TXT").status is Status.NXDOMAIN


def test_a_failure_that_passes_is_no_forgery() -> None:
    with serving(World([Zone("."), Zone("office.example", LINES)], {"*": ONCE})) as address:
        one = Resolver((address_of(address),))
        assert one.lookup("office.example", "TXT").texts() == ["v=spf1 -all"]
        assert one.lookup("nowhere.office.example", "TXT").status is Status.NXDOMAIN


def test_an_answer_that_is_cut_short_over_tcp_too_proves_nothing() -> None:
    with serving(World([Zone("."), Zone("office.example", LINES)], {"*": ALWAYS_CUT})) as address:
        answer = Resolver((address_of(address),)).lookup("office.example", "TXT")
        assert (answer.status, answer.absent) == (Status.UNKNOWN, False)
        assert answer.missing is not None
        assert "cut short" in answer.missing.detail


def test_a_dead_server_does_not_cost_its_time_again_and_again() -> None:
    dead = Resolver((("192.0.2.1", 53),), timeout=0.05, tries=1)
    answers: list[Answer] = [dead.lookup(f"n{one}.example", "A") for one in range(20)]
    assert all(one.status is Status.UNKNOWN for one in answers)
    assert dead.questions == 2


def test_a_server_whose_long_answers_do_not_arrive_is_asked_further(world: World) -> None:
    cut = World(world.zones, {f"n{one}.office.example": NO_TCP for one in range(4)})
    with serving(cut) as address:
        one = Resolver((address_of(address),), timeout=0.3)
        assert {one.lookup(f"n{number}.office.example", "TXT").status for number in range(4)} == {Status.UNKNOWN}
        assert one.lookup("office.example", "TXT").found


def test_time_that_is_used_up_is_a_reason(world: World) -> None:
    with serving(world) as address:
        missing = Resolver((address_of(address),), budget=0).lookup("office.example", "TXT").missing
    assert missing is not None
    assert missing.reason is Reason.TIMEOUT


def test_servers_are_the_declared_ones_or_the_systems() -> None:
    host = FakeHost({"/etc/resolv.conf": "# none\nsearch x\nnameserver 192.0.2.53 ; one\nnameserver 2001:db8::53\n"})
    assert servers(host, Declared()) == (("192.0.2.53", 53), ("2001:db8::53", 53))
    assert servers(host, Declared(resolvers=("127.0.0.1:5300", "[::1]:54", "192.0.2.9"))) == (
        ("127.0.0.1", 5300), ("::1", 54), ("192.0.2.9", 53))
    for wrong in ("ns.example", "127.0.0.1:0", "127.0.0.1:x", "[::1", ""):
        with pytest.raises(LookError, match="resolvers"):
            servers(host, Declared(resolvers=(wrong,)))
    with pytest.raises(LookError, match="no name server"):
        servers(FakeHost({"/etc/resolv.conf": ""}), Declared())
    with pytest.raises(Unsupported):
        Resolver.of(FakeHost(kind="image"), Declared())
