"""Whether a signature holds, and whether a key is the one that the parent vouches for (RFC 4034, 4035). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import dns.dnssec
import dns.exception
import dns.message
import dns.name
import dns.rdataset
import dns.rdatatype

MOST_SIGNATURES = 8
"""Signatures tried for one set of records, and keys with one tag: more is an attack on whoever checks."""

EXPIRED, NOT_YET, BAD, NONE, STRANGE = "expired", "not-yet-valid", "bad-signature", "no-signature", "unknown-algorithm"


@dataclass(frozen=True, slots=True)
class Set:
    """Records of one name and type with their signatures."""

    name: dns.name.Name
    rdataset: Any
    signatures: tuple[Any, ...]

    @property
    def kind(self) -> str:
        return dns.rdatatype.to_text(self.rdataset.rdtype)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Empty ``why`` for a signature that holds, until ``expires``."""

    why: str = ""
    expires: datetime | None = None


def sets(section: Iterable[Any]) -> list[Set]:
    """The record sets in a section of a message, each with its signatures."""
    found = list(section)
    return [Set(one.name.canonicalize(), one, tuple(
        signature for other in found if other.rdtype == dns.rdatatype.RRSIG and other.name == one.name
        for signature in other if signature.type_covered == one.rdtype))
        for one in found if one.rdtype != dns.rdatatype.RRSIG]


def pick(section: Iterable[Any], name: str, rtype: str) -> Set | None:
    """One record set of a section."""
    owner, kind = dns.name.from_text(name).canonicalize(), dns.rdatatype.from_text(rtype)
    return next((one for one in sets(section) if one.name == owner and one.rdataset.rdtype == kind), None)


def holds(one: Set, zone: str, keys: Sequence[Any], now: datetime) -> Verdict:
    """Whether one of the zone's keys signed these records and the signature is valid at ``now``."""
    owner = dns.name.from_text(zone).canonicalize()
    if not one.signatures or not one.name.is_subdomain(owner):
        return Verdict(NONE)
    worst = NONE
    for signature in one.signatures[:MOST_SIGNATURES]:
        if signature.signer.canonicalize() != owner:
            continue
        why = _why(one, signature, owner, keys, now)
        if not why:
            return Verdict("", datetime.fromtimestamp(signature.expiration, UTC))
        worst = why if worst in (NONE, STRANGE) else worst
    return Verdict(worst)


def _why(one: Set, signature: Any, owner: dns.name.Name, keys: Sequence[Any], now: datetime) -> str:
    at = now.timestamp()
    if signature.expiration < at:
        return EXPIRED
    if signature.inception > at:
        return NOT_YET
    fitting = [key for key in keys if dns.dnssec.key_id(key) == signature.key_tag][:MOST_SIGNATURES]
    if not fitting:
        return BAD
    if not any(dns.dnssec.default_policy.ok_to_validate(key) for key in fitting):
        return STRANGE
    keyset = dns.rdataset.from_rdata_list(3600, fitting)
    try:
        dns.dnssec.validate_rrsig((one.name, one.rdataset), signature, {owner: keyset}, now=at)
    except dns.exception.UnsupportedAlgorithm:
        return STRANGE
    except (dns.exception.DNSException, ValueError):
        return BAD
    return ""


def vouched(zone: str, delegations: Iterable[Any], keys: Iterable[Any]) -> tuple[list[Any], str]:
    """The keys that a parent's DS records stand for; without any, why: ``ds-mismatch`` or an algorithm that is
    not known here."""
    found, strange = [], True
    owner = dns.name.from_text(zone)
    for ds in delegations:
        for key in keys:
            if dns.dnssec.key_id(key) != ds.key_tag or key.algorithm != ds.algorithm or not key.flags & 0x0100:
                continue
            try:
                made = dns.dnssec.make_ds(owner, key, ds.digest_type, validating=True)
            except (dns.exception.UnsupportedAlgorithm, dns.exception.DeniedByPolicy):
                continue
            strange = False
            if made.digest == ds.digest:
                found.append(key)
        strange = strange and ds.digest_type not in (1, 2, 4)
    return found, "" if found else STRANGE if strange else "ds-mismatch"
