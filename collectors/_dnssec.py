"""DNSSEC of one domain: the chain of signatures from a key that is trusted down to the domain's own records.

Followed here, with the name server as a mere carrier: from the root's keys (or a declared key of the office's own
zone) every parent must vouch by DS for its child's keys, and these must have signed the child's records. Where the
carrier knows no way up to the root, a resolver that says of itself to have validated the answer (AD) stands in for the
upper part: that proves no more than the word of that resolver and the way to it. A carrier that hands out no
signatures at all leaves the question open; it makes no domain unsigned.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from collectors._dnssec_signatures import STRANGE, Set, holds, pick, sets, vouched
from collectors.dns_door import Answer, Resolver, Status
from hustings.facts import Missing, Reason

OLD = frozenset({5, 7})
"""Algorithms with SHA-1."""
SECURE, UNSIGNED, BOGUS = "secure", "unsigned", "bogus"
TYPES = ("SOA", "NS", "MX", "A", "AAAA", "TXT")
"""The domain's own records whose signatures are checked, those of them that there are."""


@dataclass
class Dnssec:
    """What became of one domain."""

    state: str | Missing = ""
    proof: str = ""
    """For ``secure``: ``chain`` from the root, ``anchor`` from a declared key, ``resolver`` where the upper part is
    the resolver's word."""
    words: str = ""
    authentic: bool | Missing = False
    """Whether the name server says that it validated the domain's SOA."""
    expires: datetime | None = None
    """When the first of the domain's signatures ends."""
    problems: list[dict[str, object]] = field(default_factory=list)


class _Open(Exception):
    """The chain cannot be followed further, and why."""

    def __init__(self, why: Missing) -> None:
        self.why = why
        super().__init__(str(why))


class _Settled(Exception):
    """The answer is known: unsigned or bogus."""

    def __init__(self, state: str, what: str, name: str, detail: str) -> None:
        self.state = state
        self.problem: dict[str, object] = {"what": what, "name": name, "detail": detail}
        super().__init__(detail)


def examine(resolver: Resolver, domain: str, trusted: dict[str, list[Any]], now: datetime) -> Dnssec:
    """The state of a domain's signatures."""
    found = Dnssec()
    soa = resolver.lookup(domain, "SOA")
    found.authentic = soa.missing if soa.missing and soa.status is not Status.BOGUS else soa.authentic
    walk = _Walk(resolver, domain, trusted, now, found)
    try:
        walk.down()
        found.state = SECURE
    except _Settled as settled:
        found.state = settled.state
        found.problems.append(settled.problem)
        found.words = str(settled)
    except _Open as stopped:
        walk.without_top(stopped.why, soa)
    if soa.status is Status.BOGUS and found.state != BOGUS and soa.missing is not None:
        found.state, found.proof, found.words = BOGUS, "", soa.missing.detail
        found.problems.append({"what": "held-back", "name": domain, "detail": soa.missing.detail})
    return found


class _Walk:
    def __init__(self, resolver: Resolver, domain: str, trusted: dict[str, list[Any]], now: datetime,
                 found: Dnssec) -> None:
        self.resolver = resolver
        self.domain = domain
        self.trusted = trusted
        self.now = now
        self.found = found
        self.signatures_seen = False

    def ask(self, name: str, rtype: str) -> Answer:
        """The data as they are, validated or not."""
        answer = self.resolver.lookup(name, rtype, unchecked=True)
        if answer.missing is not None:
            raise _Open(answer.missing)
        message = answer.message
        if message is not None and any(one.rdtype == 46 for one in (*message.answer, *message.authority)):
            self.signatures_seen = True
        return answer

    def _parents_word(self, name: str) -> Answer:
        """The DS records of a name, or that there are none, from above: a zone's own server cannot know."""
        answer = self.ask(name, "DS")
        if answer.status is Status.NODATA and _of_itself(answer, name):
            raise _Open(Missing(Reason.ERROR, f"only the parent of {name} can say whether it has DS records, and the "
                                              "name server does not ask it"))
        return answer

    def down(self) -> None:
        """From the nearest trusted key to the domain's records."""
        labels = self.domain.split(".")
        above = [".".join(labels[index:]) for index in range(len(labels))] + ["."]
        start = next(one for one in above if one in self.trusted)
        try:
            keys = self._keys(start, self.trusted[start])
        except _Settled as settled:
            raise _Open(Missing(Reason.ERROR, f"the trusted keys of {start} do not fit what the name server hands out: "
                                              f"{settled}")) from settled
        zone = start
        for name in reversed(above[:above.index(start)]):
            below = self._delegation(zone, keys, name)
            if below is not None:
                zone, keys = name, self._keys(name, below)
        self._records(zone, keys)
        self.found.proof = "chain" if start == "." else "anchor"
        self.found.words = ("every signature from the root's key down to the domain's records holds" if start == "."
                            else f"every signature from the declared key of {start} down to the domain's records holds")

    def _keys(self, zone: str, delegations: list[Any]) -> list[Any]:
        """The keys of a zone, vouched for and self-signed."""
        answer = self.ask(zone, "DNSKEY")
        if not answer.found or answer.message is None:
            raise _Settled(BOGUS, "no-keys", zone, f"the parent vouches for keys of {zone}, which has none")
        one = pick(answer.message.answer, zone, "DNSKEY")
        assert one is not None
        found, why = vouched(zone, delegations, answer.rdatas)
        if why == STRANGE:
            raise _Open(Missing(Reason.UNSUPPORTED, f"the keys of {zone} are of a kind that is not known here"))
        if why:
            raise _Settled(BOGUS, why, zone, f"none of the keys of {zone} is the one that its parent vouches for")
        self._check(one, zone, found)
        if zone == self.domain and all(key.algorithm in OLD for key in found):
            self.found.problems.append({"what": "old-algorithm", "name": zone, "detail": "the keys use SHA-1, which "
                                        "validators are about to take for no signature at all (RFC 9905)"})
        return list(answer.rdatas)

    def _check(self, one: Set, zone: str, keys: list[Any]) -> None:
        verdict = holds(one, zone, keys, self.now)
        if verdict.why == STRANGE:
            raise _Open(Missing(Reason.UNSUPPORTED, f"{zone} is signed in a way that is not known here"))
        if verdict.why:
            name = one.name.to_text(omit_final_dot=True)
            raise _Settled(BOGUS, verdict.why, name, f"{_SAID[verdict.why]}: {name} {one.kind}")
        if zone != "." and verdict.expires and self._of_domain(zone):
            self.found.expires = min(self.found.expires or verdict.expires, verdict.expires)

    def _of_domain(self, zone: str) -> bool:
        return self.domain == zone

    def _delegation(self, zone: str, keys: list[Any], name: str) -> list[Any] | None:
        """The DS records of a name, or None where no zone begins there."""
        answer = self._parents_word(name)
        assert answer.message is not None
        if answer.status is Status.NXDOMAIN:
            raise _Open(Missing(Reason.ERROR, f"{name} does not exist"))
        if answer.found and not answer.aliases:
            one = pick(answer.message.answer, name, "DS")
            assert one is not None
            self._check(one, zone, keys)
            return list(answer.rdatas)
        if answer.aliases:
            return None
        nameservers = self.ask(name, "NS")
        if not nameservers.found or nameservers.aliases:
            return None
        self._denied(answer, zone, keys, name)
        if self.domain == name and self.ask(name, "DNSKEY").found:
            raise _Settled(UNSIGNED, "no-ds", name, f"{name} is signed, but its parent {zone} does not vouch for its "
                                                    "keys (DS): nobody checks the signatures")
        raise _Settled(UNSIGNED, "not-signed" if name == self.domain else "parent-unsigned", name,
                       f"{name} is not signed" if name == self.domain else
                       f"{name}, above the domain, is not signed: no chain can lead to the domain")

    def _denied(self, answer: Answer, zone: str, keys: list[Any], name: str) -> None:
        """The parent's signed word that there is no DS; without it the carrier may have left it out."""
        assert answer.message is not None
        denials = [one for one in sets(answer.message.authority) if one.kind in ("NSEC", "NSEC3")]
        if not any(not holds(one, zone, keys, self.now).why for one in denials):
            raise _Open(Missing(Reason.ERROR, f"{zone} is signed, but the answer that {name} has no DS is not"))
        own = next((one for one in denials if one.kind == "NSEC" and
                    one.name.to_text(omit_final_dot=True) == name), None)
        if own is not None and any(_has(one, 43) for one in own.rdataset):
            raise _Open(Missing(Reason.ERROR, f"the name server leaves the DS records of {name} out"))

    def _records(self, zone: str, keys: list[Any]) -> None:
        """The signatures of the domain's own records."""
        checked = 0
        for rtype in TYPES:
            answer = self.ask(self.domain, rtype)
            if answer.message is None:
                continue
            kind = "CNAME" if answer.aliases else rtype
            one = pick(answer.message.answer, self.domain, kind)
            if one is not None:
                self._check(one, zone, keys)
                checked += 1
        if not checked:
            raise _Open(Missing(Reason.ERROR, f"{self.domain} has no records whose signatures could be checked"))

    def without_top(self, why: Missing, soa: Answer) -> None:
        """What can be said where the chain could not be followed from its top."""
        found = self.found
        try:
            own = self.ask(self.domain, "DNSKEY")
            if own.absent and _authoritative(own) and self._begins():
                raise _Settled(UNSIGNED, "not-signed", self.domain, f"{self.domain} is not signed")
            delegation = self._parents_word(self.domain)
            if delegation.found and not delegation.aliases:
                keys = self._keys(self.domain, list(delegation.rdatas))
                self._records(self.domain, keys)
                if soa.authentic:
                    found.state, found.proof = SECURE, "resolver"
                    found.words = ("the domain's records are signed with the keys that its parent vouches for; that "
                                   "the parent is genuine is the resolver's word (AD)")
                    return
                found.state = Missing(why.reason, "the domain's own signatures hold, but the way up to the root could "
                                      f"not be followed, and the name server does not validate: {why.detail}")
                return
            if own.found and not own.aliases and delegation.absent:
                raise _Settled(UNSIGNED, "no-ds", self.domain, f"{self.domain} has keys, but its parent does not vouch "
                                                               "for them (DS): nobody checks the signatures")
            if own.absent and self.signatures_seen and self._begins():
                raise _Settled(UNSIGNED, "not-signed", self.domain, f"{self.domain} is not signed")
        except _Settled as settled:
            found.state, found.words = settled.state, str(settled)
            found.problems.append(settled.problem)
            return
        except _Open as stopped:
            why = stopped.why
        if soa.authentic and soa.status is not Status.NXDOMAIN:
            found.state, found.proof = SECURE, "resolver"
            found.words = "the resolver says that it validated the domain's records (AD); nothing was checked here"
            return
        found.state = Missing(why.reason, f"the name server hands out no signatures to check: {why.detail}"
                              if not self.signatures_seen else why.detail)

    def _begins(self) -> bool:
        """Whether the domain is a zone of its own."""
        return self.ask(self.domain, "SOA").found


_SAID = {"expired": "the signature has expired", "not-yet-valid": "the signature is not valid yet",
         "bad-signature": "the signature does not hold", "no-signature": "there is no signature"}


def _authoritative(answer: Answer) -> bool:
    import dns.flags

    return answer.message is not None and bool(answer.message.flags & dns.flags.AA)


def _of_itself(answer: Answer, name: str) -> bool:
    """Whether a denial comes from the zone itself: its own SOA, from a server that is no resolver."""
    import dns.flags

    message = answer.message
    return message is not None and not message.flags & dns.flags.RA and any(
        one.rdtype == 6 and one.name.canonicalize().to_text(omit_final_dot=True) == name for one in message.authority)


def _has(denial: object, rtype: int) -> bool:
    """Whether an NSEC record says that its name has records of a type."""
    windows: list[tuple[int, bytes]] = denial.windows  # type: ignore[attr-defined]
    window, at = divmod(rtype, 256)
    return any(one == window and len(bits) > at // 8 and bits[at // 8] & (0x80 >> at % 8) for one, bits in windows)
