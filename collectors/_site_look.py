"""What the public sites of a domain show to everybody: redirects, certificates, TLS, headers.

Every declared host is asked at every address of its own (a good one behind the same name hides a bad one), as a
browser would, without signing in. Redirects are read; what leads to another host is not followed.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from collectors import _http_probe as http
from collectors import _site_headers, _tls_probe
from collectors._connection import UNREACHED, Deadline, Dropped, Refused, connect, place
from collectors._domain_fields import CONTACTS, HEADERS, TLS, WEB
from collectors._security_txt import PATH as CONTACT_PATH
from collectors._security_txt import SIZE as CONTACT_SIZE
from collectors._security_txt import parse as parse_contact
from collectors._site_hosts import ADDRESSES, addresses, named, own
from collectors.base import ABSENT, Collected, Listing, Missing, key
from collectors.dns_door import Resolver
from collectors.host.protocol import Host, LookError, Unreadable
from hustings.declared import Declared, Domain
from hustings.facts import Reason

SECONDS = 90.0
"""For one domain, and for all of them together: what is not looked at by then is a timeout of its own."""
ALL_SECONDS = 540.0
AT_ONCE = 8
HOPS = 5
HTTP, HTTPS = 80, 443
_NAMES = tuple(one.name for one in (*WEB, *TLS, *HEADERS))
_FACTS = ("domain.sites", "domain.security_contacts", "domain.sites_unreached")
_NO_PAGE = frozenset({400, 403, 404, 405, 410, 421, 426})
_HEADERS = tuple(one.name for one in HEADERS)


@dataclass(frozen=True)
class Site:
    """A host at one of its addresses."""

    host: str
    address: str
    deadline: Deadline
    own: Callable[[str], bool]

    def open(self, port: int = HTTPS) -> socket.socket:
        return connect(self.address, port, self.deadline)

    def where(self, port: int = HTTPS) -> str:
        return f"{self.host} ({place(self.address, port)})"

    def secure(self) -> ssl.SSLSocket:
        """A connection with TLS of any kind, whoever is at the other end: what is shown there is public."""
        for context in _tls_probe.unverified():
            try:
                return _tls_probe.shake(self.open(), context, self.host, self.deadline, self.where())
            except (ssl.SSLError, Dropped):
                continue
        raise Unreadable(f"{self.where()}: no TLS handshake succeeds")


def collect(host: Host, declared: Declared) -> Collected:
    """The sites of every declared domain; what one of them does harms no other."""
    collected: Collected = {}
    seconds = min(SECONDS, ALL_SECONDS / max(1, len(declared.domains)))
    for domain in declared.domains:
        try:
            answers = _domain(host, declared, domain, seconds)
        except LookError as error:
            answers = (error.missing,) * 3
        collected |= {key(fact, domain.name): answer for fact, answer in zip(_FACTS, answers, strict=True)}
    return collected


def _domain(host: Host, declared: Declared, domain: Domain, seconds: float) -> tuple[Any, Any, Any]:
    hosts = named(domain)
    resolver = Resolver.of(host, declared)
    deadline = Deadline(seconds)
    found: list[Site] = []
    rows: list[dict[str, Any]] = []
    left_out = False
    for one in hosts:
        there, missing = addresses(one, resolver)
        if missing is None and not there and domain.sites:
            missing = Missing(Reason.ERROR, f"{one} is declared as a site and has no address")
        if missing is not None:
            rows.append({"host": one, "address": "", **dict.fromkeys(_NAMES, missing)})
        found += [Site(one, address, deadline, partial(own, declared=declared)) for address in there[:ADDRESSES]]
        left_out = left_out or len(there) > ADDRESSES
    with ThreadPoolExecutor(AT_ONCE) as pool:
        looked = list(pool.map(partial(_look, guessed=not domain.sites), found))
    seen, unreached = _apart([(site, row) for site, row in zip(found, looked, strict=True) if row])
    rows += [row for _, row in seen]
    if not rows:
        return ABSENT, ABSENT, ABSENT
    why = Missing(Reason.TRUNCATED, f"of each host {ADDRESSES} addresses are looked at") if left_out else None
    with ThreadPoolExecutor(AT_ONCE) as pool:
        contacts = [one for one in pool.map(_contact, _first_of_each([site for site, row in seen
                                                                      if isinstance(row["https"], str)])) if one]
    asked = {one["host"] for one in contacts}
    contacts += [{"host": row["host"], **dict.fromkeys((one.name for one in CONTACTS), row["https"])}
                 for row in rows if isinstance(row["https"], Missing) and row["host"] not in asked]
    return Listing(rows, not left_out, why), Listing(contacts), Listing(unreached)


def _apart(seen: list[tuple[Site, dict[str, Any]]]) -> tuple[list[tuple[Site, dict[str, Any]]], list[dict[str, Any]]]:
    """What was seen, and apart from it the IPv6 addresses of hosts that were seen at another address, where none of
    IPv6 at all could be reached: then it is this machine that has no way there."""
    def out_of_reach(row: dict[str, Any]) -> bool:
        ports = (row["plain"], row["https"])
        return all(isinstance(one, Missing) and UNREACHED in one.detail for one in ports)

    reached = {site.host for site, row in seen if not out_of_reach(row)}
    has_way = any(":" in site.address and not out_of_reach(row) for site, row in seen)
    left = [(site, row) for site, row in seen
            if not has_way and ":" in site.address and site.host in reached and out_of_reach(row)]
    return [one for one in seen if one not in left], [
        {"host": site.host, "address": site.address, "why": row["https"].detail} for site, row in left]


def _first_of_each(sites: list[Site]) -> list[Site]:
    return list({site.host: site for site in reversed(sites)}.values())[::-1]


def _look(site: Site, guessed: bool) -> dict[str, Any]:
    """The record of a site; empty where a host that nobody declared refuses both ports: it holds none."""
    place_of = {"host": site.host, "address": site.address}
    plain = _plain(site)
    try:
        site.open().close()
        shown = _tls_probe.record(site.open, site.host, site.deadline, site.where())
        version = shown["version"]
        web = _https(site) if isinstance(version, str) else {"https": version, **dict.fromkeys(_HEADERS, version)}
    except Refused:
        if plain == "closed":
            if guessed:
                return {}
            nothing = Missing(Reason.ERROR, f"{site.where()}: neither port 80 nor port 443 is open")
            return {**place_of, **dict.fromkeys(_NAMES, nothing)}
        shown, web = {}, {"https": "closed"}
    except LookError as error:
        shown = dict.fromkeys((one.name for one in TLS), error.missing)
        web = {"https": error.missing, **dict.fromkeys(_HEADERS, error.missing)}
    return {**place_of, "plain": plain, **shown, **web}


def _plain(site: Site) -> str | Missing:
    """What a browser meets that comes without TLS."""
    try:
        with site.open(HTTP) as connection:
            page = http.get(connection, site.host, "/", site.deadline, site.where(HTTP))
        if page.redirects:
            return _leads(site, page, "http")
    except Refused:
        return "closed"
    except LookError as error:
        return error.missing
    if page.status == 429 or page.status >= 500:
        return Missing(Reason.ERROR, f"{site.where(HTTP)} answers {page.status}")
    return "refuses" if page.status in _NO_PAGE or 300 <= page.status < 400 else "content"


def _leads(site: Site, page: http.Page, scheme: str) -> str:
    chosen, there, _ = http.target(page.header("Location"), site.host, scheme)
    if chosen == "https":
        return "redirects" if site.own(there) else "elsewhere"
    if scheme == "https":
        return "downgrade"
    return "onward" if site.own(there) else "elsewhere"


def _https(site: Site) -> dict[str, Any]:
    """What a browser meets on port 443, following redirects that stay on this host."""
    path, seen = "/", list[http.Page]()
    for _ in range(HOPS):
        try:
            with site.secure() as connection:
                page = http.get(connection, site.host, path, site.deadline, site.where())
            seen.append(page)
            if not page.redirects:
                break
            chosen, there, path = http.target(page.header("Location"), site.host, "https")
        except LookError as error:
            return _headed(seen, error.missing, error.missing)
        if chosen != "https" or there != site.host:
            return _headed(seen, _leads(site, page, "https"), None)
    else:
        circle = Missing(Reason.ERROR, f"{site.where()} redirects in a circle")
        return _headed(seen, circle, circle)
    if page.status >= 400:
        return _headed(seen, "error", Missing(Reason.ERROR, f"{site.where()} answers {page.status}"))
    return _headed(seen, "content", page)


def _headed(seen: list[http.Page], https: str | Missing, page: http.Page | Missing | None) -> dict[str, Any]:
    """What browsers remember of HSTS after these answers of the host (the last that says anything), and the other
    headers of the page at the end, if there is one."""
    if not seen:
        return {"https": https, **dict.fromkeys(_HEADERS, https)}
    told = [one for one in seen if one.header("Strict-Transport-Security")] or seen
    remembered = {name: one for name, one in _site_headers.record(told[-1]).items() if name.startswith("hsts")}
    if page is None:
        return {"https": https, **remembered}
    shown = dict.fromkeys(_HEADERS, page) if isinstance(page, Missing) else _site_headers.record(page)
    return {"https": https, **shown, **remembered}


def _contact(site: Site) -> dict[str, Any]:
    """The security contact that a host publishes, following redirects within the office's hosts; empty where the
    host has no HTTPS."""
    path = CONTACT_PATH
    try:
        for _ in range(HOPS):
            with site.secure() as connection:
                page = http.get(connection, site.host, path, site.deadline, site.where(), body=CONTACT_SIZE)
            if not page.redirects:
                return {"host": site.host, **parse_contact(page)}
            chosen, there, path = http.target(page.header("Location"), site.host, "https")
            if chosen != "https" or there != site.host:
                return {"host": site.host, **parse_contact(None)}
        raise Unreadable(f"{site.where()} redirects in a circle")
    except Refused:
        return {}
    except LookError as error:
        return {"host": site.host, **dict.fromkeys((one.name for one in CONTACTS), error.missing)}
