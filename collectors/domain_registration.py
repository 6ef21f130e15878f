"""domain_registration: who holds a domain at its registry, until when, and whether it is locked.

Asked by RDAP, of the declared server or of the one IANA names for the ending. A name below a public suffix is looked
up as it was registered: of ``vote.county.example.gov`` that is ``example.gov``. Where the registry shows nothing, the
registration stays unknown: somebody has to look at the registrar's page.
"""

from __future__ import annotations

from datetime import timedelta

from collectors.base import (
    ABSENT,
    Collected,
    Collector,
    Disclosure,
    Fact,
    Platform,
    Type,
    key,
)
from collectors.dns_door import ascii_name
from collectors.host.protocol import Host, LookError, Unsupported
from hustings.declared import Declared, Domain
from hustings.facts import Listing
from hustings.times import utc_text


def collect(host: Host, declared: Declared) -> Collected:
    """Every declared domain; each keeps its own reason."""
    found: Collected = {}
    for one in declared.domains:
        try:
            about = _look(host, one)
        except LookError as error:
            about = {fact.id: error.missing for fact in FACTS}
        found |= {key(fact, one.name): value for fact, value in about.items()}
    return found


def _look(host: Host, one: Domain) -> Collected:
    if host.kind not in ("live", "network"):
        raise Unsupported("a registry is asked over the network, which an image or a recording does not have")
    name = registered(ascii_name(one.name))
    from collectors import _rdap

    server = one.registration or _rdap.server_for(name)
    seen = _rdap.ask(server, name)
    return {
        "domain.registered_name": name,
        "domain.registration_server": server,
        "domain.registrar": seen.registrar or ABSENT,
        "domain.registration_status": Listing(list(seen.status)),
        "domain.registration_expires": utc_text(seen.expires) if seen.expires else ABSENT,
        "domain.transfer_lock": _rdap.lock_of(seen.status, name),
    }


def registered(name: str) -> str:
    """The name that was registered, by the public suffix list; raises ``LookError`` for a public suffix."""
    try:
        from publicsuffixlist import PublicSuffixList
    except ImportError as error:
        raise Unsupported("install hustings[domains]") from error
    found = PublicSuffixList(only_icann=True).privatesuffix(name)
    if not found:
        raise Unsupported(f"{name} is an ending under which others register: no registry speaks of it")
    return str(found)


def _fact(name: str, kind: Type, meaning: str) -> Fact:
    return Fact(f"domain.{name}", kind, meaning, Disclosure.SHARED, each="domain")


FACTS = (
    _fact("registered_name", Type.TEXT, "The name that was registered: the domain itself or one above it"),
    _fact("registration_server", Type.TEXT, "The registry's RDAP server that was asked"),
    _fact("registrar", Type.TEXT, "The registrar; absent where the registry names none"),
    _fact("registration_status", Type.TEXTS, "The registration's status values, in the words of RDAP"),
    _fact("registration_expires", Type.TIME, "Until when the domain is registered; absent where the registry does not "
          "say"),
    _fact("transfer_lock", Type.TEXT, "Who keeps the domain from being moved to another registrar: registry (server "
          "transfer prohibited), registrar (client transfer prohibited), single-registrar (.gov, which has but one), "
          "none"),
)

COLLECTOR = Collector(
    name="domain_registration",
    platforms=frozenset({Platform.LINUX, Platform.WINDOWS, Platform.MACOS}),
    facts=FACTS,
    collect=collect,
    timeout=180.0,
    every=timedelta(hours=12),
    each="domain",
    needs="ask the domain's registry over HTTPS",
)
