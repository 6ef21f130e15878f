"""name_resolution: which servers this machine asks for addresses.

Where ``/etc/resolv.conf`` names systemd-resolved's own stub, the servers behind it are read from the
file that resolved writes for programs that go around the stub (systemd-resolved.service(8)).
"""

from __future__ import annotations

from collectors.base import Collected, Collector, Disclosure, Fact, Listing, Platform, Type
from collectors.host.protocol import Host, Unsupported
from hustings.declared import Declared

_RESOLV, _BEHIND = "/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"
_STUBS = frozenset({"127.0.0.53", "127.0.0.54"})


def parse_resolv(text: str) -> list[str]:
    """The name servers of a resolv.conf(5), without a scope (``%eth0``)."""
    words = [line.split() for line in text.splitlines()]
    return [one[1].partition("%")[0] for one in words if len(one) >= 2 and one[0] == "nameserver"]


def collect(host: Host, declared: Declared) -> Collected:
    """The servers in force."""
    if host.kind == "image":
        raise Unsupported("the name servers in force are known only in a running system")
    servers = parse_resolv(host.read(_RESOLV))
    if _STUBS & set(servers):
        servers = parse_resolv(host.read(_BEHIND))
    return {"dns.servers": Listing(list(dict.fromkeys(servers)))}


COLLECTOR = Collector(
    name="name_resolution",
    platforms=frozenset({Platform.LINUX}),
    facts=(Fact("dns.servers", Type.TEXTS, "The DNS servers this machine asks", Disclosure.SHARED),),
    collect=collect,
    reads=(_RESOLV, _BEHIND),
)
