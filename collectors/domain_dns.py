"""domain_dns: whether a domain is signed and its signatures hold, who may issue certificates for it, and whether its
name servers answer for it.

The chain of signatures is followed here (``collectors._dnssec``); what the resolver says of it (AD) is kept beside.
CAA is looked for up the tree as authorities do (RFC 8659), but for the topmost label: no registry publishes any there.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from collectors import _name_servers, _trust_anchors
from collectors._shown import shown
from collectors.base import (
    ABSENT,
    Collected,
    Collector,
    Disclosure,
    Fact,
    Field,
    Missing,
    Platform,
    Type,
    gather,
    key,
)
from collectors.dns_door import RESOLV_CONF, Resolver, Status, ascii_name
from collectors.host.protocol import Host, LookError
from hustings.declared import Declared
from hustings.facts import Listing
from hustings.times import utc_text

SHARE, BUDGET = 60.0, 280.0
"""Seconds for all questions about one domain, and about all of them."""


def collect(host: Host, declared: Declared) -> Collected:
    """Every declared domain; each part that cannot be learnt keeps its own reason."""
    found: Collected = {}
    resolver: Resolver | None = None
    for one in declared.domains:
        try:
            resolver = resolver or Resolver.of(host, declared, budget=BUDGET)
            resolver.turn(SHARE)
            name = ascii_name(one.name)
        except LookError as error:
            found |= {key(fact.id, one.name): error.missing for fact in FACTS}
            continue
        about = gather({
            ("domain.exists",): partial(_exists, resolver, name),
            tuple(fact.id for fact in FACTS if ".dnssec" in fact.id): partial(_signed, host, declared, resolver, name),
            ("domain.caa", "domain.caa_at"): partial(_caa, resolver, name),
            ("domain.name_servers",): partial(_servers, resolver, name),
        })
        found |= {key(fact, one.name): value for fact, value in about.items()}
    return found


def _exists(resolver: Resolver, name: str) -> Collected:
    answer = resolver.lookup(name, "SOA")
    return {"domain.exists": True if answer.status is Status.BOGUS else answer.known().status is not Status.NXDOMAIN}


def _signed(host: Host, declared: Declared, resolver: Resolver, name: str) -> Collected:
    from collectors import _dnssec

    found = _dnssec.examine(resolver, name, _trust_anchors.anchors(declared.trust_anchors), host.now())
    open_ = found.state if isinstance(found.state, Missing) else None
    return {
        "domain.dnssec": found.state,
        "domain.dnssec_proof": open_ or found.proof or ABSENT,
        "domain.dnssec_words": open_ or found.words or ABSENT,
        "domain.dnssec_resolver_validates": found.authentic,
        "domain.dnssec_expires": utc_text(found.expires) if found.expires else open_ or ABSENT,
        "domain.dnssec_problems": Listing(found.problems, complete=open_ is None, why=open_),
    }


def _caa(resolver: Resolver, name: str) -> Collected:
    labels = name.split(".")
    for index in range(max(1, len(labels) - 1)):
        at = ".".join(labels[index:])
        answer = resolver.lookup(at, "CAA").known()
        if answer.found:
            records = [{"tag": shown(one.tag.decode("ascii", "replace").lower()), "critical": bool(one.flags & 128),
                        "value": shown(one.value.decode("utf-8", "replace"))} for one in answer.rdatas]
            return {"domain.caa": Listing(records), "domain.caa_at": at}
    return {"domain.caa": ABSENT, "domain.caa_at": ABSENT}


def _servers(resolver: Resolver, name: str) -> Collected:
    return {"domain.name_servers": _name_servers.look(resolver, name)}


def _fact(name: str, kind: Type, meaning: str, fields: tuple[Field, ...] = ()) -> Fact:
    return Fact(f"domain.{name}", kind, meaning, Disclosure.SHARED, "", "domain", fields)


FACTS = (
    _fact("exists", Type.BOOL, "Whether the domain exists in the domain name system"),
    _fact("dnssec", Type.TEXT, "secure: signed, and the signatures hold; unsigned; bogus: signed, and a signature or a "
          "key does not hold, so that validating receivers cannot reach the domain"),
    _fact("dnssec_proof", Type.TEXT, "What secure rests on. chain: every signature from the root down was checked "
          "here; anchor: the same from a declared key; resolver: the upper part is the word of the name server (AD)"),
    _fact("dnssec_words", Type.TEXT, "The same in words, or what is wrong"),
    _fact("dnssec_resolver_validates", Type.BOOL, "Whether the name server says that it validated the answer (AD)"),
    _fact("dnssec_expires", Type.TIME, "When the first of the domain's signatures ends unless it is renewed"),
    _fact("dnssec_problems", Type.RECORDS, "What is wrong with the signatures", (
        Field("what", Type.TEXT, "no-ds, not-signed, parent-unsigned, no-keys, ds-mismatch, expired, not-yet-valid, "
              "bad-signature, no-signature, held-back, old-algorithm"),
        Field("name", Type.TEXT, "The name concerned"), Field("detail", Type.TEXT, "In words"))),
    _fact("caa", Type.RECORDS, "Which authorities may issue certificates, by the nearest CAA records up the tree (RFC "
          "8659); absent without any", (
              Field("tag", Type.TEXT, "issue, issuewild, iodef …"), Field("value", Type.TEXT, "As written"),
              Field("critical", Type.BOOL, "Whether authorities must understand it"))),
    _fact("caa_at", Type.TEXT, "The domain that holds them"),
    _fact("name_servers", Type.RECORDS, "The domain's name servers, each asked directly", (
        Field("name", Type.TEXT, "Its name, or names"), Field("addresses", Type.TEXT, "Its addresses"),
        Field("answers", Type.BOOL, "Whether it speaks for the domain"),
        Field("detail", Type.TEXT, "What it answers instead"))),
)

COLLECTOR = Collector(
    name="domain_dns",
    platforms=frozenset({Platform.LINUX, Platform.WINDOWS, Platform.MACOS}),
    facts=FACTS,
    collect=collect,
    reads=(RESOLV_CONF,),
    timeout=300.0,
    every=timedelta(hours=6),
    each="domain",
    needs="ask name servers over the network",
)
