"""listening: which programs wait for a connection, and from how far away one may come.

Without root the owners of other accounts' sockets are hidden: the program reads ``denied``, the
socket itself is still seen.
"""

from __future__ import annotations

import ipaddress

from collectors.base import Collected, Collector, Disclosure, Fact, Field, Listing, Missing, Platform, Reason, Type
from collectors.host.protocol import Host, Socket
from hustings.declared import Declared


def collect(host: Host, declared: Declared) -> Collected:
    """Every listening TCP socket and bound UDP socket, the same address and port once a program."""
    seen: dict[tuple[object, ...], dict[str, object]] = {}
    for socket in host.sockets():
        record = _record(socket)
        seen.setdefault((socket.protocol, socket.address, socket.port, socket.program), record)
    return {"listening.sockets": Listing(list(seen.values()))}


def _record(socket: Socket) -> dict[str, object]:
    hidden = Missing(Reason.DENIED, "the owner is another account's or outside this process namespace")
    return {"protocol": socket.protocol, "address": socket.address, "port": socket.port,
            "program": socket.program or hidden, "scope": scope(socket.address)}


def scope(address: str) -> str:
    """From where a socket bound to ``address`` can be reached: ``loopback``, ``link``, ``address`` or ``any``."""
    if address in ("", "*"):
        return "any"
    bound = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(bound, ipaddress.IPv6Address) and bound.ipv4_mapped is not None:
        bound = bound.ipv4_mapped
    if bound.is_unspecified:
        return "any"
    if bound.is_loopback:
        return "loopback"
    return "link" if bound.is_link_local else "address"


COLLECTOR = Collector(
    name="listening",
    platforms=frozenset({Platform.LINUX}),
    facts=(
        Fact("listening.sockets", Type.RECORDS, "Listening TCP sockets and bound UDP sockets", Disclosure.SHARED,
             fields=(
            Field("protocol", Type.TEXT, "tcp or udp"),
            Field("address", Type.TEXT, "The address it is bound to"),
            Field("port", Type.INT, "The port"),
            Field("program", Type.TEXT, "The name of the program that owns it"),
            Field("scope", Type.TEXT, "From where it can be reached, the packet filter aside: loopback, link "
                                      "(the same network segment), address (one address of this machine), any"),
        )),
    ),
    collect=collect,
    needs="see which program owns a socket of another account (CAP_SYS_PTRACE)",
    modules=("psutil",),
)
