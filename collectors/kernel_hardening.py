"""kernel_hardening: what the running kernel does with strangers' packets, from ``/proc/sys``.

What holds for an interface follows from several settings together. A setting this kernel does not have
is absent. What the next start will set is told by ``kernel.settings``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from collectors.base import ABSENT, Collected, Collector, Disclosure, Fact, Platform, Type, gather
from collectors.host.protocol import Host, NotThere, Unreadable, Unsupported
from hustings.declared import Declared

_SYS = "/proc/sys"
_SETTINGS = {
    "network.syncookies": ("net/ipv4/tcp_syncookies", "Whether floods of half-open connections are absorbed: 0 no"),
}
_ROUTING = {
    "network.accepts_redirects": ("accept_redirects", ("ipv4", "ipv6")),
    "network.accepts_source_routes": ("accept_source_route", ("ipv4", "ipv6")),
}


def collect(host: Host, declared: Declared) -> Collected:
    """Read each setting on its own."""
    if host.kind == "image":
        raise Unsupported("the kernel's settings exist only in a running system")
    parts: dict[tuple[str, ...], Callable[[], Collected]] = {
        (name,): partial(_setting, host, name, path) for name, (path, _) in _SETTINGS.items()
    }
    parts.update({(name,): partial(_routing, host, name, setting, families)
                  for name, (setting, families) in _ROUTING.items()})
    return gather(parts)


def _setting(host: Host, name: str, path: str) -> Collected:
    try:
        return {name: _number(host, f"{_SYS}/{path}")}
    except NotThere:
        host.list(_SYS)
        return {name: ABSENT}


def _routing(host: Host, name: str, setting: str, families: tuple[str, ...]) -> Collected:
    return {name: any(_interfaces_accept(host, family, setting) for family in families)}


def _interfaces_accept(host: Host, family: str, setting: str) -> bool:
    """Whether any interface takes such packets (Linux ip-sysctl: "all" is combined with the interface's own
    value: for IPv4 redirects by *or* on a host and *and* on a router, for source routes by *and*;
    for IPv6 the interface alone counts)."""
    base = f"{_SYS}/net/{family}/conf"
    try:
        interfaces = [one for one in host.list(base) if one not in ("all", "default", "lo")]
    except NotThere:
        if family == "ipv6":  # switched off in the kernel; without IPv4 there is nothing to read settings from
            return False
        raise
    own = [_number(host, f"{base}/{one}/{setting}") > 0 for one in interfaces]
    if family == "ipv6":
        return any(own)
    everywhere = _number(host, f"{base}/all/{setting}") > 0
    router = _number(host, f"{_SYS}/net/ipv4/ip_forward") > 0
    if setting == "accept_redirects" and not router:
        return bool(own) and (everywhere or any(own))
    return everywhere and any(own)


def _number(host: Host, path: str) -> int:
    text = host.read(path).strip()
    try:
        return int(text)
    except ValueError as error:
        raise Unreadable(f"{path} says {text[:40]!r}, not a number") from error


COLLECTOR = Collector(
    name="kernel_hardening",
    platforms=frozenset({Platform.LINUX}),
    facts=(
        *(Fact(name, Type.INT, meaning, Disclosure.SHARED) for name, (_, meaning) in _SETTINGS.items()),
        Fact("network.accepts_redirects", Type.BOOL,
             "Whether any interface lets another machine change this one's routes by ICMP redirect", Disclosure.SHARED),
        Fact("network.accepts_source_routes", Type.BOOL,
             "Whether any interface takes packets that prescribe their own route", Disclosure.SHARED),
    ),
    collect=collect,
    reads=(f"{_SYS}/",),
)
