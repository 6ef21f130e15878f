"""Ports that answer from outside: only declared hosts, only with consent, and silence proves little."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from collectors import _outside_look, domain_outside
from collectors._connection import Deadline
from collectors._outside_look import SERVICES, WITNESSES, judged
from collectors.base import ABSENT, Missing
from hustings.declared import Declared, Domain
from tests.dns_server import World, Zone, serving
from tests.fakes import FakeHost
from tests.tls_servers import Handler, all_of, listening

AT = "127.0.54.1"


def _quiet(connection: socket.socket) -> None:
    connection.recv(1)


def _ports(rows: list, host: str) -> dict[int, object]:
    return {one["port"]: one["state"] for one in rows if one["host"] == host}


@contextmanager
def dropping(address: str, port: int) -> Iterator[None]:
    """A port whose queue is full: the system drops further attempts without a word."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((address, port))
        except PermissionError:
            pytest.skip(f"listening on port {port} takes root")
        listener.listen(0)
        for _ in range(2):
            held = stack.enter_context(socket.socket())
            held.setblocking(False)
            held.connect_ex((address, port))
        yield


def _look(*domains: Domain, resolver: str = "127.0.0.1:9") -> dict:
    return domain_outside.collect(FakeHost(), Declared(domains=domains, resolvers=(resolver,)))


def test_without_consent_nothing_is_tried():
    tried: list[socket.socket] = []
    with listening("127.0.54.9", 5432, tried.append):
        found = _look(Domain("office.example", outside=("127.0.54.9",)),
                      Domain("said.example", outside=("127.0.54.9",), consent="  "), Domain("none.example"))
    assert "without consent" in found["domain.outside_ports@office.example"].detail
    assert isinstance(found["domain.outside_ports@said.example"], Missing)
    assert found["domain.outside_ports@none.example"] is ABSENT
    assert tried == []


def test_open_closed_and_filtered_ports_are_told_apart():
    world = World([Zone("."), Zone("example"), Zone("office.example", f"db A {AT}\n")])
    with listening(AT, 5432, _quiet), dropping(AT, 22), dropping(AT, 445), serving(world) as resolver:
        found = _look(Domain("office.example", outside=("db.office.example", "gone.office.example"),
                             consent="the clerk, 2026-11-01"), resolver=resolver)
    rows = found["domain.outside_ports@office.example"].items
    ports = _ports(rows, "db.office.example")
    assert ports[5432] == "open"
    assert ports[22] == "filtered"
    assert [ports[one] for one in (3389, 5985, 1433, 1521, 3306)] == ["closed"] * 5
    assert isinstance(ports[445], Missing)  # providers drop that one by themselves
    gone = _ports(rows, "gone.office.example")
    assert set(gone) == set(SERVICES)
    assert all(isinstance(one, Missing) and "has no address" in one.detail for one in gone.values())


def heard(answers: dict[int, str], host: str = "192.0.2.1") -> dict:
    deadline = Deadline(60)
    return {_outside_look._Try(host, host, port, deadline): answers.get(port, "silent")
            for port in (*SERVICES, *WITNESSES)}


def test_silence_of_a_host_that_never_answers_proves_nothing():
    states = _ports(judged(heard({}), open_network=True), "192.0.2.1").values()
    assert all(isinstance(one, Missing) and "may be off" in one.detail for one in states)


def test_a_network_that_may_let_nothing_but_the_web_out_proves_nothing():
    states = _ports(judged(heard({443: "open", 80: "open"}), open_network=False), "192.0.2.1").values()
    assert all(isinstance(one, Missing) and "outside_from" in one.detail for one in states)


def test_where_the_network_is_known_to_be_open_silence_is_a_firewall():
    states = _ports(judged(heard({443: "open"}), open_network=True), "192.0.2.1")
    assert set(states.values()) == {"filtered"}


def test_one_answer_of_these_ports_anywhere_shows_that_the_network_lets_them_out():
    both = heard({443: "open"}) | heard({22: "closed"}, "192.0.2.2")
    rows = judged(both, open_network=False)
    assert _ports(rows, "192.0.2.1")[5432] == "filtered"
    assert isinstance(_ports(rows, "192.0.2.1")[445], Missing)


def test_only_declared_hosts_are_tried():
    tried: list[socket.socket] = []
    other: Handler = tried.append
    with all_of(("127.0.54.7", 3306, _quiet), ("127.0.54.8", 3306, other)):
        found = _look(Domain("office.example", outside=("127.0.54.7",), consent="the clerk"))
    assert _ports(found["domain.outside_ports@office.example"].items, "127.0.54.7")[3306] == "open"
    assert tried == []
