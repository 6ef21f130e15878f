"""Whether ports for administration and databases answer on the office's own hosts.

Nothing is tried without the office's written consent, and no host but those declared. A connection is made and
closed; nothing is said. What does not answer at all is no proof by itself: a firewall may drop the attempt, the
machine may be off, and many networks let nothing out but the web. It counts as shut only on a host that answers
otherwise, and where this network is known to let such attempts out: because one of these ports answered somewhere,
or because the office says so (``outside_from``).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from collectors._connection import Deadline, Refused, connect, place
from collectors._site_hosts import ADDRESSES, known_addresses
from collectors.base import ABSENT, Collected, Listing, Missing, key
from collectors.dns_door import Resolver, ascii_name
from collectors.host.protocol import Host, LookError, TimedOut
from hustings.declared import Declared, Domain
from hustings.facts import Reason

SECONDS = 60.0
ALL_SECONDS = 540.0
SERVICES = {22: "SSH", 3389: "Remote Desktop", 445: "Windows file sharing", 5985: "Windows remote management",
            1433: "SQL Server", 1521: "Oracle", 3306: "MySQL", 5432: "PostgreSQL"}
DATABASES = (1433, 1521, 3306, 5432)
OFTEN_SHUT = 445
"""The port that providers of internet access drop on their own: of it only its own answer proves anything."""
WITNESSES = (443, 80)
"""Tried besides, to know whether a host is there at all."""
_OPEN, _CLOSED, _SILENT = "open", "closed", "silent"


def collect(host: Host, declared: Declared) -> Collected:
    """The ports of every domain's declared hosts."""
    collected: Collected = {}
    seconds = min(SECONDS, ALL_SECONDS / max(1, len(declared.domains)))
    for domain in declared.domains:
        name = key("domain.outside_ports", domain.name)
        try:
            collected[name] = _domain(host, declared, domain, Deadline(seconds))
        except LookError as error:
            collected[name] = error.missing
    return collected


def _domain(host: Host, declared: Declared, domain: Domain, deadline: Deadline) -> Any:
    if not domain.outside:
        return ABSENT
    if not domain.consent.strip():
        return Missing(Reason.UNSUPPORTED, "nothing is tried without consent: declare who agreed in writing, and when, "
                                           "as consent")
    resolver = Resolver.of(host, declared)
    rows: list[dict[str, Any]] = []
    targets: list[tuple[str, str]] = []
    for one in domain.outside:
        try:
            targets += [(one, address) for address in _addresses(one, resolver)[:ADDRESSES]]
        except LookError as error:
            rows += [{"host": one, "port": port, "address": "", "service": service, "database": port in DATABASES,
                      "state": error.missing} for port, service in SERVICES.items()]
    tries = [_Try(name, address, port, deadline) for name, address in targets for port in (*SERVICES, *WITNESSES)]
    with ThreadPoolExecutor(16) as pool:
        heard = dict(zip(tries, pool.map(_Try.connect, tries), strict=True))
    return Listing(rows + judged(heard, open_network=bool(domain.outside_from.strip())))


def _addresses(host: str, resolver: Resolver) -> list[str]:
    try:
        return [str(ip_address(host))]
    except ValueError:
        return known_addresses(ascii_name(host), resolver)


@dataclass(frozen=True)
class _Try:
    """One connection to make."""

    host: str
    address: str
    port: int
    deadline: Deadline

    def connect(self) -> str | Missing:
        """``open``, ``closed`` or ``silent``, or why it could not be tried."""
        try:
            connect(self.address, self.port, self.deadline).close()
        except Refused:
            return _CLOSED
        except TimedOut:
            return _SILENT
        except LookError as error:
            return error.missing
        return _OPEN


def judged(heard: dict[_Try, str | Missing], *, open_network: bool) -> list[dict[str, Any]]:
    """A record for each port that was asked about. Pure: what silence means is decided from all answers together."""
    there = {one.address for one, state in heard.items() if state in (_OPEN, _CLOSED)}
    answered = {one.port for one, state in heard.items() if state in (_OPEN, _CLOSED) and one.port in SERVICES}
    rows: list[dict[str, Any]] = []
    for one, state in heard.items():
        if one.port not in SERVICES:
            continue
        if state == _SILENT:
            where = place(one.address, one.port)
            leaves = open_network or (one.port in answered if one.port == OFTEN_SHUT else bool(answered))
            if one.address not in there:
                state = Missing(Reason.TIMEOUT, f"{where} does not answer, nor does anything else of {one.host}: it "
                                                "may be off, or this network lets nothing out")
            elif not leaves:
                state = Missing(Reason.TIMEOUT, f"{where} does not answer, but this network may let no such connection "
                                                "out: check from one that does, and declare outside_from")
            else:
                state = "filtered"
        rows.append({"host": one.host, "port": one.port, "address": one.address, "service": SERVICES[one.port],
                     "database": one.port in DATABASES, "state": state})
    return rows
