"""Whether each name server of a domain answers for it, asked directly: where the parent sends everybody."""

from __future__ import annotations

from typing import Any

from collectors.dns_door import Resolver
from hustings.facts import Listing, Missing, Reason

MOST = 8
SECONDS = 2.0


def look(resolver: Resolver, domain: str, port: int = 53) -> Listing | Missing:
    """One record for each name server, of several names for the same addresses one; empty for a name that is no zone
    of its own."""
    answer = resolver.lookup(domain, "NS")
    if answer.missing is not None:
        return answer.missing
    if answer.aliases:
        return Listing([])
    names = sorted(one.target.to_text(omit_final_dot=True).lower() for one in answer.rdatas)
    more = len(names) > MOST
    why = Missing(Reason.TRUNCATED, f"of {len(names)} name servers {MOST} were asked") if more else None
    found: dict[str, dict[str, Any]] = {}
    for name in names[:MOST]:
        one = _one(resolver, domain, name, port)
        same = found.setdefault(one["addresses"] or name, one)
        if same is not one:
            same["name"] = f"{same['name']}, {name}"
    return Listing(list(found.values()), complete=not more, why=why)


def _one(resolver: Resolver, domain: str, name: str, port: int) -> dict[str, Any]:
    """``answers``: whether it answers for the domain at any address; ``Missing`` if none of them can be reached."""
    found = [resolver.lookup(name, rtype) for rtype in ("A", "AAAA")]
    addresses = [one.address for answer in found for one in answer.rdatas]
    blank: dict[str, Any] = {"name": name, "addresses": ", ".join(addresses), "answers": False, "detail": ""}
    if not addresses:
        why = next((one.missing for one in found if one.missing is not None), None)
        return blank | ({"answers": why} if why else {"detail": "it has no address"})
    heard = [_ask(address, domain, port) for address in addresses[:2]]
    if "" in heard:
        return blank | {"answers": True}
    refused = [one for one in heard if isinstance(one, str)]
    if refused:
        return blank | {"detail": refused[0]}
    return blank | {"answers": next(one for one in heard if isinstance(one, Missing))}


def _ask(address: str, domain: str, port: int) -> str | Missing:
    """Empty if the server speaks for the domain, else in words what it answers instead."""
    import dns.exception
    import dns.flags
    import dns.message
    import dns.query
    import dns.rcode

    query = dns.message.make_query(domain, "SOA", use_edns=0, payload=1232, flags=0)
    try:
        got, _ = dns.query.udp_with_fallback(query, address, SECONDS, port, ignore_unexpected=True, ignore_errors=True)
    except dns.exception.Timeout:
        return Missing(Reason.TIMEOUT, f"{address} does not answer from here")
    except (dns.exception.DNSException, OSError, EOFError) as error:
        return Missing(Reason.ERROR, f"{address} cannot be asked from here: {type(error).__name__}")
    if got.rcode() != dns.rcode.NOERROR:
        return f"{address} answers {dns.rcode.to_text(got.rcode())}"
    if not got.flags & dns.flags.AA:
        return f"{address} does not speak for the domain"
    return ""
