"""kernel_hardening: settings of the running kernel that make break-ins harder, from ``/proc/sys``.

What runs is read, not ``sysctl.conf``: the file says what the next start will try to set. A setting
this kernel does not have is absent.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from collectors.base import ABSENT, Collected, Collector, Disclosure, Fact, Platform, Type, gather
from collectors.host.protocol import Host, NotThere, Unreadable, Unsupported
from hustings.declared import Declared

_SYS = "/proc/sys"
_SETTINGS = {
    "kernel.address_randomisation": ("kernel/randomize_va_space",
                                     "How far addresses are randomised: 0 off, 1 in part, 2 all"),
    "kernel.ptrace_scope": ("kernel/yama/ptrace_scope", "Who may inspect another program's memory: 0 any of the same "
                            "account, 1 its parent, 2 administrators, 3 nobody"),
    "kernel.dmesg_restrict": ("kernel/dmesg_restrict",
                              "Whether the kernel's messages are for administrators alone: 0 or 1"),
    "kernel.kptr_restrict": ("kernel/kptr_restrict", "Whether kernel addresses are hidden: 0 no, 1 from ordinary "
                             "accounts, 2 from all"),
    "kernel.suid_dumpable": ("fs/suid_dumpable", "Whether programs with raised rights leave memory dumps: 0 never"),
    "kernel.protected_symlinks": ("fs/protected_symlinks", "Whether links in shared directories are followed for their "
                                  "owner alone: 0 or 1"),
    "kernel.protected_hardlinks": ("fs/protected_hardlinks", "Whether only one's own files may be hard-linked: 0 or 1"),
    "kernel.unprivileged_bpf_disabled": ("kernel/unprivileged_bpf_disabled",
                                         "Whether ordinary accounts may load BPF programs: 0 they may"),
    "network.syncookies": ("net/ipv4/tcp_syncookies", "Whether floods of half-open connections are absorbed: 0 no"),
    "network.ipv4_forwarding": ("net/ipv4/ip_forward", "Whether IPv4 packets are passed on between interfaces: 0 or 1"),
    "network.ipv6_forwarding": ("net/ipv6/conf/all/forwarding", "Whether IPv6 packets are passed on: 0 or 1"),
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
