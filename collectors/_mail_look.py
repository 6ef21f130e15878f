"""Whether mail for a domain comes to its mail hosts encrypted, and whether it must.

Each mail host (MX) is greeted on port 25 and asked for TLS; no mail is sent. Port 25 is shut on many networks: then
nothing is known. The MTA-STS policy is read as mail servers read it, and DANE records are compared where the name
server vouches for them.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from collectors import _dane, _mta_sts, _tls_probe
from collectors import _http_probe as http
from collectors._connection import Deadline, connect, place
from collectors._domain_fields import MAIL_TLS
from collectors._mail_dialogue import Dialogue, NoStartTls
from collectors._mta_sts import Policy
from collectors._site_hosts import ADDRESSES, known_addresses
from collectors._tls_probe import NoHandshake
from collectors.base import ABSENT, Collected, Listing, Missing, key
from collectors.dns_door import Resolver, ascii_name
from collectors.host.protocol import Host, LookError
from hustings.declared import Declared, Domain
from hustings.facts import Reason

SECONDS = 60.0
ALL_SECONDS = 540.0
HOSTS = 10
_POLICY = ("domain.mta_sts_mode", "domain.mta_sts_max_age", "domain.mta_sts_faults", "domain.mta_sts_uncovered")


def collect(host: Host, declared: Declared) -> Collected:
    """The mail hosts and the policy of every declared domain."""
    collected: Collected = {}
    seconds = min(SECONDS, ALL_SECONDS / max(1, len(declared.domains)))
    for domain in declared.domains:
        try:
            found = _domain(host, declared, domain, Deadline(seconds))
        except LookError as error:
            found = dict.fromkeys(("domain.mail_hosts", *_POLICY), error.missing)
        collected |= {key(name, domain.name): value for name, value in found.items()}
    return collected


def _domain(host: Host, declared: Declared, domain: Domain, deadline: Deadline) -> Collected:
    resolver = Resolver.of(host, declared)
    name = ascii_name(domain.name)
    exchangers = mail_hosts(name, resolver)
    if not exchangers:
        return dict.fromkeys(("domain.mail_hosts", *_POLICY), ABSENT)
    rows: list[dict[str, Any]] = []
    looks: list[Callable[[], dict[str, Any]]] = []
    for exchanger in exchangers[:HOSTS]:
        try:
            for address in known_addresses(exchanger, resolver)[:ADDRESSES]:
                published = resolver.lookup(f"_25._tcp.{exchanger}", "TLSA")
                looks.append(_Look(exchanger, address, name, published, deadline))
        except LookError as error:
            rows.append({"host": exchanger, "address": "", **_unseen(error.missing)})
    with ThreadPoolExecutor(8) as pool:
        rows += list(pool.map(lambda look: look(), looks))
    why = Missing(Reason.TRUNCATED, f"{HOSTS} mail hosts are looked at") if len(exchangers) > HOSTS else None
    return {"domain.mail_hosts": Listing(rows, why is None, why), **_policy(name, exchangers, resolver, deadline)}


def mail_hosts(name: str, resolver: Resolver) -> list[str]:
    """The hosts that take mail for a domain, by preference; none where it takes none (no MX, or the null MX of RFC
    7505). Raises ``LookError``."""
    records = resolver.lookup(name, "MX").known().rdatas
    found = sorted((one.preference, one.exchange.canonicalize().to_text(omit_final_dot=True)) for one in records)
    return list(dict.fromkeys(host for _, host in found if host not in (".", "", "@")))


class _Look:
    """One mail host at one address."""

    def __init__(self, host: str, address: str, domain: str, published: Any, deadline: Deadline) -> None:
        self.host, self.address, self.domain = host, address, domain
        self.published, self.deadline = published, deadline
        self.where = f"{host} ({place(address, 25)})"

    def __call__(self) -> dict[str, Any]:
        return {"host": self.host, "address": self.address, **self._look()}

    def open(self) -> Any:
        return Dialogue(self.host, self.address, self.deadline).secured()

    def _look(self) -> dict[str, Any]:
        dane = _dane.judged(self.published)
        try:
            shown = _tls_probe.examine(self.open, self.host, self.deadline, self.where)
            if dane is None:
                dane = _dane.compare(self.published.rdatas, shown, (self.host, self.domain), self.open, self.deadline,
                                     self.where)
        except (NoStartTls, NoHandshake):
            return {"starttls": False, "dane": "mismatch" if dane is None else dane}
        except LookError as error:
            return _unseen(error.missing)
        return {"starttls": True, "dane": dane, **_tls_probe.of(shown, self.host)}


def _unseen(why: Missing) -> dict[str, Any]:
    return dict.fromkeys(("starttls", "dane", *(one.name for one in MAIL_TLS)), why)


def _policy(name: str, exchangers: list[str], resolver: Resolver, deadline: Deadline) -> Collected:
    host = f"mta-sts.{name}"
    try:
        if all(resolver.lookup(host, kind).known().absent for kind in ("A", "AAAA")):
            return dict.fromkeys(_POLICY, ABSENT)
        policy = _read_policy(host, known_addresses(host, resolver)[:ADDRESSES], deadline)
    except LookError as error:
        return dict.fromkeys(_POLICY, error.missing)
    left = [] if not policy.patterns else [one for one in exchangers if not any(
        _mta_sts.covers(pattern, one) for pattern in policy.patterns)]
    return dict(zip(_POLICY, (policy.mode or ABSENT, ABSENT if policy.max_age is None else policy.max_age,
                              Listing(list(policy.faults)), Listing(left)), strict=True))


def _read_policy(host: str, addresses: list[str], deadline: Deadline) -> Policy:
    """The policy from the first address that answers."""
    context = _tls_probe.verifying()
    for address in addresses:
        where = f"{host} ({place(address, 443)})"
        try:
            plain = connect(address, 443, deadline)
        except LookError as error:
            last = error
            continue
        try:
            with _tls_probe.shake(plain, context, host, deadline, where) as connection:
                return _mta_sts.parse(http.get(connection, host, _mta_sts.PATH, deadline, where, body=_mta_sts.SIZE))
        except ssl.SSLCertVerificationError as error:
            trust = "other-name" if error.verify_code == 62 else _tls_probe.TRUST.get(error.verify_code, "invalid")
            return Policy(faults=(f"the certificate of {host} does not hold ({trust})",))
        except ssl.SSLError as error:
            last = LookError(Reason.ERROR, f"{where}: no TLS handshake succeeds ({error.reason})")
        except LookError as error:
            last = error
    raise last
