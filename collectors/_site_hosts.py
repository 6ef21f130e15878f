"""Which hosts of a domain hold a site, and at which addresses."""

from __future__ import annotations

from collectors.dns_door import Resolver, Status, ascii_name
from collectors.host.protocol import LookError
from hustings.declared import Declared, Domain
from hustings.facts import Missing, Reason

NONE = "none"
"""What a declaration says in place of sites where there are none."""
ADDRESSES = 8
"""Addresses of one host that are looked at."""


def named(domain: Domain) -> list[str]:
    """The hosts of a domain's sites, in ASCII: the declared ones, else itself and www. Raises ``LookError`` for what
    is no name."""
    if domain.sites == (NONE,):
        return []
    name = ascii_name(domain.name)
    return [ascii_name(one) for one in domain.sites] or [name, f"www.{name}"]


def own(host: str, declared: Declared) -> bool:
    """Whether a host belongs to the office by its declarations."""
    host = host.partition(":")[0]
    names = [ascii_name(name) for one in declared.domains for name in (one.name, *one.leads_to)]
    sites = {site for one in declared.domains for site in named(one)}
    return host in sites or any(host == one or host.endswith(f".{one}") for one in names)


def addresses(host: str, resolver: Resolver) -> tuple[list[str], Missing | None]:
    """Every address of a host, in order, and why there may be more; none without a reason is proof of none."""
    found: list[str] = []
    missing = None
    for kind in ("A", "AAAA"):
        answer = resolver.lookup(host, kind)
        found += sorted(one.address for one in answer.rdatas)
        if answer.missing is not None:
            missing = Missing(answer.missing.reason, f"the address of {host}: {answer.missing.detail}")
        if answer.status is Status.NXDOMAIN:
            break
    return found, missing


def known_addresses(host: str, resolver: Resolver) -> list[str]:
    """The addresses of a host that must have one; raises ``LookError`` for its reason, and where it has none."""
    found, missing = addresses(host, resolver)
    if missing is not None and not found:
        raise LookError(missing.reason, missing.detail)
    if not found:
        raise LookError(Reason.ERROR, f"{host} has no address")
    return found
