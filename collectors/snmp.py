"""snmp: whether the SNMP service answers to the community names everybody knows (snmpd.conf(5))."""

from __future__ import annotations

import re

from collectors.base import Collected, Collector, Disclosure, Fact, Listing, Platform, Type
from collectors.host.protocol import Host, list_optional, read_optional
from hustings.declared import Declared

_FILE = "/etc/snmp/snmpd.conf"
_MORE = "/etc/snmp/snmpd.conf.d"
_KNOWN = re.compile(r"\b(public|private)\b")


def parse(text: str) -> list[str]:
    """The directives that hold a community name everybody knows."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return [line.split()[0] for line in lines if line and _KNOWN.search(line)]


def collect(host: Host, declared: Declared) -> Collected:
    """Every file of the service."""
    texts = [read_optional(host, _FILE) or ""]
    texts += [host.read(f"{_MORE}/{name}") for name in list_optional(host, _MORE) if name.endswith(".conf")]
    return {"snmp.known_communities": Listing([one for text in texts for one in parse(text)])}


COLLECTOR = Collector(
    name="snmp",
    platforms=frozenset({Platform.LINUX}),
    facts=(
        Fact("snmp.known_communities", Type.TEXTS, "Directives of snmpd's settings that hold the community name public "
                                                   "or private; none where there are no settings", Disclosure.SHARED),
    ),
    collect=collect,
    reads=(_FILE, f"{_MORE}/"),
    needs="read SNMP's settings",
)
