"""A domain name system of one's own, on loopback: zones from the root down, signed by keys made here, and a server
that answers as a validating resolver and as every zone's own server do, over UDP and TCP, with faults planted.

Names are written without the last dot. A zone is given as lines of a zone file with relative names; its SOA and, for
parents, the delegation and the DS records are added.
"""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import dns.dnssec
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import dns.zone
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

SERVFAIL, REFUSED, SILENT, TRUNCATED, NO_TCP, OTHER_NAME, REFERRAL, NO_EDNS, GARBAGE, ALWAYS_CUT, ONCE = (
    "servfail", "refused", "silent", "truncated", "no-tcp", "other-name", "referral", "no-edns", "garbage",
    "always-cut", "once")
"""Faults of a name: an error code, no answer, an answer over TCP alone, the same where TCP is broken off, an answer
about another name, a pointer to other servers, a server that knows no extensions, bytes that are no answer, an answer
cut short over TCP too, an error code for the first question alone."""

DAY = 86400


@dataclass
class Zone:
    """One zone of the tree."""

    name: str
    lines: str = ""
    signed: bool = True
    ds: bool = True
    """Whether the parent holds its DS records."""
    ds_of_other_key: bool = False
    expired: bool = False
    """Whether its signatures ended yesterday."""
    lasts: int = 30 * DAY
    """For how long its signatures hold."""
    algorithm: int = 13
    two_keys: bool = False
    """Whether one key signs the keys and another the rest."""
    forged: tuple[tuple[str, str], ...] = ()
    """Names and types whose records are changed after they were signed."""
    unsigned_names: tuple[tuple[str, str], ...] = ()
    """Names and types whose signatures are taken away."""


@dataclass
class World:
    """Every zone; ``faults`` by name, or by name and type."""

    zones: Iterable[Zone]
    faults: Mapping[str | tuple[str, str], str] = field(default_factory=dict)
    validates: bool = True
    """Whether the server checks signatures, sets AD and holds forged records back."""
    strips: bool = False
    """Whether it knows nothing of DNSSEC."""
    aliases: bool = True
    """Whether it follows aliases into other zones."""
    authoritative: bool = False
    """Whether it says to be the zones' own server (AA)."""
    recursive: bool = True
    """Whether it says to ask others for what it does not hold (RA)."""

    def __post_init__(self) -> None:
        self.data: dict[str, dns.zone.Zone] = {}
        self.keys: dict[str, tuple[Any, Any]] = {}
        self.bogus: set[str] = set()
        self.secure: set[str] = set()
        self.asked: list[tuple[str, str]] = []
        self.over_tcp: list[tuple[str, str]] = []
        zones = {one.name: one for one in self.zones}
        for one in sorted(zones.values(), key=_depth, reverse=True):
            self._build(one, zones)
        for one in sorted(zones.values(), key=_depth):
            parent = _parent(one.name, zones)
            linked = one.signed and one.ds and (parent is None or parent in self.secure)
            if linked:
                self.secure.add(one.name)
            if linked and (one.expired or one.forged or one.unsigned_names or one.ds_of_other_key):
                self.bogus.add(one.name)

    @property
    def anchor(self) -> str:
        """The DS record of the root's key, as text."""
        key = self.keys["."][1]
        return f". {dns.dnssec.make_ds(dns.name.root, key, 'SHA256').to_text()}"

    def _build(self, one: Zone, zones: Mapping[str, Zone]) -> None:
        origin = dns.name.from_text(one.name)
        below = "." if one.name == "." else f".{one.name}."
        text = (f"@ 3600 IN SOA ns1{below} hostmaster{below} 1 3600 600 864000 300\n"
                f"@ 3600 IN NS ns1{below}\n@ 3600 IN NS ns2{below}\n")
        if " NS " in one.lines and "@ NS " in one.lines:
            text = text.splitlines()[0] + "\n"
        for child in zones.values():
            if child.name != one.name and _parent(child.name, zones) == one.name:
                text += f"{child.name}. 3600 IN NS ns1.{child.name}.\n"
                if child.signed and child.ds:
                    key = _key(child.algorithm)[1] if child.ds_of_other_key else self.keys[child.name][1]
                    ds = dns.dnssec.make_ds(dns.name.from_text(child.name), key, "SHA256")
                    text += f"{child.name}. 3600 IN DS {ds.to_text()}\n"
        zone = dns.zone.from_text("$TTL 3600\n" + text + one.lines, origin=origin, relativize=False)
        if one.signed:
            self.keys[one.name] = _key(one.algorithm)
            now = int(time.time())
            ends = now - DAY if one.expired else now + one.lasts
            keys = [self.keys[one.name], *([_key(one.algorithm, 256)] if one.two_keys else [])]
            dns.dnssec.sign_zone(zone, keys=keys, inception=now - 40 * DAY, expiration=ends,
                                 policy=dns.dnssec.allow_all_policy)
        for owner, rtype in one.forged:
            self._forge(zone, dns.name.from_text(owner), rtype)
        for owner, rtype in one.unsigned_names:
            zone.delete_rdataset(dns.name.from_text(owner), "RRSIG", rtype)
        self.data[one.name] = zone

    def _forge(self, zone: dns.zone.Zone, owner: dns.name.Name, rtype: str) -> None:
        """Turn one bit of the signature."""
        rdataset = zone.get_rdataset(owner, "RRSIG", rtype)
        assert rdataset is not None
        old = rdataset[0]
        broken = old.signature[:-1] + bytes([old.signature[-1] ^ 1])
        with zone.writer() as change:
            change.replace(owner, rdataset.ttl, old.replace(signature=broken))

    # What the server answers

    def zone_of(self, name: dns.name.Name, rtype: int) -> dns.zone.Zone | None:
        """The zone that answers about a name: for DS the parent's."""
        while True:
            found = self.data.get(name.to_text(omit_final_dot=True) if name != dns.name.root else ".")
            if found is not None and not (rtype == dns.rdatatype.DS and name == found.origin and
                                          name != dns.name.root):
                return found
            if name == dns.name.root:
                return None
            name, rtype = name.parent(), dns.rdatatype.NONE

    def answer(self, query: dns.message.Message, tcp: bool) -> bytes | None:
        """The answer to a question, or None for silence."""
        asked = query.question[0]
        text = asked.name.canonicalize().to_text(omit_final_dot=True) if asked.name != dns.name.root else "."
        rtype = dns.rdatatype.to_text(asked.rdtype)
        self.asked.append((text, rtype))
        if tcp:
            self.over_tcp.append((text, rtype))
        fault = self.faults.get((text, rtype)) or self.faults.get(text) or self.faults.get("*")
        reply = dns.message.make_response(query, recursion_available=self.recursive)
        reply.flags |= dns.flags.AA if self.authoritative else 0
        if fault == SILENT or (fault == NO_TCP and tcp):
            return None
        if fault == GARBAGE:
            return query.to_wire()[:2] + b"\x81\x80\x00\x01\x00\x05"
        if fault in (SERVFAIL, REFUSED):
            reply.set_rcode(dns.rcode.from_text(fault))
        elif fault == NO_EDNS and query.edns >= 0:
            reply.use_edns(False)
            reply.set_rcode(dns.rcode.FORMERR)
        elif fault == REFERRAL:
            reply.flags &= ~(dns.flags.RA | dns.flags.AA)
            reply.authority.append(dns.rrset.from_text("example.", 60, "IN", "NS", "ns.example."))
        elif fault == OTHER_NAME:
            reply.answer.append(dns.rrset.from_text("elsewhere.example.", 60, "IN", "TXT", '"v=spf1 -all"'))
        elif fault == ONCE and self.asked.count((text, rtype)) == 1:
            reply.set_rcode(dns.rcode.SERVFAIL)
        elif (fault in (TRUNCATED, NO_TCP) and not tcp) or fault == ALWAYS_CUT:
            reply.flags |= dns.flags.TC
        else:
            self._fill(reply, query, asked.name.canonicalize(), asked.rdtype)
        if self.strips:
            self._strip(reply)
        limit = 65535 if tcp else max(512, min(query.payload, 1232)) if query.edns >= 0 else 512
        try:
            return reply.to_wire(max_size=limit)
        except dns.exception.TooBig:
            short = dns.message.make_response(query, recursion_available=self.recursive)
            short.flags |= dns.flags.TC
            return short.to_wire()

    def _fill(self, reply: dns.message.Message, query: dns.message.Message, name: dns.name.Name, rtype: int) -> None:
        wants = bool(query.ednsflags & dns.flags.DO) and not self.strips
        secure = True
        for _ in range(20):
            zone = self.zone_of(name, rtype)
            if zone is None:
                reply.set_rcode(dns.rcode.REFUSED)
                return
            where = zone.origin.to_text(omit_final_dot=True) if zone.origin != dns.name.root else "."
            secure = secure and where in self.secure
            if self.validates and where in self.bogus and not query.flags & dns.flags.CD:
                reply.answer.clear()
                reply.set_rcode(dns.rcode.SERVFAIL)
                return
            node = zone.get_node(name)
            held = zone.get_rdataset(name, rtype) if node is not None else None
            alias = zone.get_rdataset(name, "CNAME") if node is not None else None
            source = name
            if node is None:
                source = dns.name.Name((b"*", *name.parent().labels)) if name != dns.name.root else name
                if zone.get_node(source) is not None:
                    held, alias = zone.get_rdataset(source, rtype), zone.get_rdataset(source, "CNAME")
            if held is not None:
                self._put(reply.answer, zone, name, source, rtype, wants)
            elif alias is not None:
                self._put(reply.answer, zone, name, source, dns.rdatatype.CNAME, wants)
                name = alias[0].target.canonicalize()
                if self.aliases:
                    continue
                return
            else:
                self._deny(reply, zone, name, wants)
            if self.validates and secure and (wants or query.flags & dns.flags.AD):
                reply.flags |= dns.flags.AD
            return

    def _put(self, section: list[dns.rrset.RRset], zone: dns.zone.Zone, name: dns.name.Name, source: dns.name.Name,
             rtype: int, wants: bool) -> None:
        held = zone.get_rdataset(source, rtype)
        assert held is not None
        section.append(dns.rrset.from_rdata_list(name, held.ttl, list(held)))
        signatures = zone.get_rdataset(source, "RRSIG", rtype)
        if wants and signatures is not None:
            section.append(dns.rrset.from_rdata_list(name, signatures.ttl, list(signatures)))

    def _deny(self, reply: dns.message.Message, zone: dns.zone.Zone, name: dns.name.Name, wants: bool) -> None:
        assert zone.origin is not None
        exists = any(one.is_subdomain(name) for one in zone.nodes) or name == zone.origin
        reply.set_rcode(dns.rcode.NOERROR if exists else dns.rcode.NXDOMAIN)
        self._put(reply.authority, zone, zone.origin, zone.origin, dns.rdatatype.SOA, wants)
        if wants and zone.get_rdataset(zone.origin, "NSEC") is not None:
            below = [one for one in sorted(zone.nodes) if one <= name and zone.get_rdataset(one, "NSEC") is not None]
            covering = below[-1] if below else zone.origin
            self._put(reply.authority, zone, covering, covering, dns.rdatatype.NSEC, wants)

    def _strip(self, reply: dns.message.Message) -> None:
        reply.flags &= ~dns.flags.AD
        kinds = (dns.rdatatype.RRSIG, dns.rdatatype.NSEC, dns.rdatatype.DNSKEY, dns.rdatatype.DS)
        for section in (reply.answer, reply.authority):
            section[:] = [one for one in section if one.rdtype not in kinds]


def _depth(one: Zone) -> int:
    return len(dns.name.from_text(one.name).labels)


def _parent(name: str, zones: Mapping[str, Zone]) -> str | None:
    """The zone above: None for the root."""
    if name == ".":
        return None
    above = dns.name.from_text(name).parent()
    while True:
        text = above.to_text(omit_final_dot=True) if above != dns.name.root else "."
        if text in zones:
            return text
        if text == ".":
            return None
        above = above.parent()


def _key(algorithm: int, flags: int = 257) -> tuple[Any, Any]:
    if algorithm == 13:
        private: Any = ec.generate_private_key(ec.SECP256R1())
    elif algorithm == 15:
        private = ed25519.Ed25519PrivateKey.generate()
    else:
        private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return private, dns.dnssec.make_dnskey(private.public_key(), algorithm, flags=flags)


@contextmanager
def serving(world: World, address: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """A running server; its ``address:port``."""
    udp, tcp = _both(address, port)
    port = udp.getsockname()[1]
    stop = threading.Event()
    for one in (udp, tcp):
        one.settimeout(0.05)
    threads = [threading.Thread(target=_serve_udp, args=(udp, world, stop), daemon=True),
               threading.Thread(target=_serve_tcp, args=(tcp, world, stop), daemon=True)]
    for thread in threads:
        thread.start()
    try:
        yield f"{address}:{port}"
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        udp.close()
        tcp.close()


def _both(address: str, port: int) -> tuple[socket.socket, socket.socket]:
    """A UDP and a listening TCP socket with one number, any that is free in both for 0."""
    for left in reversed(range(50)):
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            udp.bind((address, port))
            tcp.bind((address, udp.getsockname()[1]))
            tcp.listen(16)
        except OSError:
            udp.close()
            tcp.close()
            if port or not left:
                raise
        else:
            return udp, tcp
    raise AssertionError("unreachable")


def _serve_udp(udp: socket.socket, world: World, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            wire, sender = udp.recvfrom(65535)
        except TimeoutError:
            continue
        answer = world.answer(dns.message.from_wire(wire), tcp=False)
        if answer is not None:
            udp.sendto(answer, sender)


def _serve_tcp(tcp: socket.socket, world: World, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            connection, _ = tcp.accept()
        except TimeoutError:
            continue
        with connection, suppress(OSError, EOFError):  # whoever asks may leave
            connection.settimeout(2)
            wire = _exactly(connection, struct.unpack("!H", _exactly(connection, 2))[0])
            answer = world.answer(dns.message.from_wire(wire), tcp=True)
            if answer is not None:
                connection.sendall(struct.pack("!H", len(answer)) + answer)


def _exactly(connection: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        part = connection.recv(count - len(data))
        if not part:
            raise EOFError("the question ended early")
        data += part
    return data
