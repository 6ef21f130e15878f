"""The packet filter a machine that is off will have: the rules that its services load when it starts.

ufw (``ufw-init``, ufw-framework(8)), nftables.service, netfilter-persistent and the iptables services, and
firewalld's zones are read; a service that makes rules in its own language is ``unsupported``.
"""

from __future__ import annotations

import shlex
from xml.etree import ElementTree

from collectors import _glob, firewall_iptables, firewall_nft, firewall_nft_text
from collectors._units import READS as UNIT_FILES
from collectors._units import Unit, Units
from collectors.firewall_rules import Action, Entrance, Outcome, Rule, RuleSet, Width, ports
from collectors.host.protocol import Host, NotThere, Unreadable, Unsupported, list_optional, read_optional

_PERSISTENT: dict[str, dict[int, tuple[str, ...]]] = {
    "netfilter-persistent.service": {4: ("/etc/iptables/rules.v4",), 6: ("/etc/iptables/rules.v6",)},
    "iptables.service": {4: ("/etc/sysconfig/iptables", "/etc/iptables/rules-save")},
    "ip6tables.service": {6: ("/etc/sysconfig/ip6tables", "/etc/iptables/rules6-save")},
}
"""Where each service keeps the rules it loads, by family; Red Hat's place, then Alpine's."""
_OTHERS = ("shorewall.service", "shorewall6.service", "ferm.service", "firehol.service", "csf.service", "lfd.service",
           "arno-iptables-firewall.service", "SuSEfirewall2.service", "iptables-restore.service", "foomuuri.service")
_ZONES = ("/etc/firewalld/zones", "/usr/lib/firewalld/zones")
_DIRECT, _POLICIES = "/etc/firewalld/direct.xml", "/etc/firewalld/policies"
_CONNECTIONS = (("/etc/NetworkManager/system-connections/*.nmconnection", "zone"),
                ("/etc/sysconfig/network-scripts/ifcfg-*", "ZONE"))
"""Where network connections name the zone they put their interface into, and the word for it."""
READS = (*UNIT_FILES, "/etc/ufw/", "/etc/default/ufw", "/etc/nftables.conf", "/etc/nftables/", "/etc/nftables.d/",
         "/etc/sysconfig/nftables.conf", "/etc/iptables/", "/etc/sysconfig/iptables", "/etc/sysconfig/ip6tables",
         "/etc/firewalld/", "/usr/lib/firewalld/zones/", *(path for path, _ in _CONNECTIONS))


def rules(host: Host) -> tuple[RuleSet, str]:
    """Every rule set that is loaded when this machine starts, and what makes it."""
    units, found, tool = Units(host), RuleSet(), "none"
    started = units.started()
    for name in _OTHERS:
        if name in started:
            raise Unsupported(f"{name} makes the packet filter's rules in a language that is not read")
    for name, files in _PERSISTENT.items():
        if name in started:
            tool = "iptables"
            for family, places in files.items():
                text = next((one for path in places if (one := read_optional(host, path)) is not None), None)
                if text is not None:
                    add(found, firewall_iptables.parse(text, family, name))
    if "nftables.service" in started:
        tool = "nftables"
        unit = units.unit("nftables.service")
        assert unit is not None
        for path in nft_files(unit):
            text = firewall_nft_text.to_json(host.read(path), lambda pattern: included(host, pattern))
            add(found, firewall_nft.parse(text))
    if "firewalld.service" in started:
        tool = "firewalld"
        add(found, _firewalld(host))
    if "ufw.service" in started and _words(host.read("/etc/ufw/ufw.conf")).get("ENABLED", "no").lower() == "yes":
        tool = "ufw"
        for family in (4, 6):
            add(found, ufw(host, family))
    return found, tool


def add(found: RuleSet, more: RuleSet) -> None:
    """Put one rule set beside another."""
    found.chains.update(more.chains)
    found.entrances.extend(more.entrances)


def nft_files(unit: Unit) -> list[str]:
    """The files that ``nftables.service`` loads."""
    files = []
    for line in unit.values("Service", "ExecStart"):
        words = line.lstrip("-@:+!").split()
        if "-f" in words[:-1]:
            files.append(words[words.index("-f") + 1])
    if not files:
        raise Unsupported("what nftables.service loads is not said by nft -f")
    return files


def included(host: Host, pattern: str) -> list[str]:
    """The files of an ``include``, by name; one that is named without a wildcard must exist."""
    if not pattern.startswith("/"):
        pattern = f"/etc/{pattern}"
    paths = _glob.expand(host, pattern)
    if not paths and not any(sign in pattern for sign in "*?["):
        raise NotThere(pattern)
    return [host.read(path) for path in paths]


def _words(text: str) -> dict[str, str]:
    """The assignments of a shell file of settings; of several the last counts."""
    found = {}
    for line in map(str.strip, text.splitlines()):
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            try:
                found[name.strip()] = " ".join(shlex.split(value, comments=True))
            except ValueError as error:
                raise Unreadable(f"{line[:80]}: {error}") from error
    return found


def ufw(host: Host, family: int) -> RuleSet:
    """The rules ufw-init loads for one family, in its order."""
    settings = _words(host.read("/etc/default/ufw"))
    policy, kind = settings.get("DEFAULT_INPUT_POLICY", "DROP").upper(), "6" if family == 6 else ""
    if family == 6 and settings.get("IPV6", "no").lower() != "yes":
        return firewall_iptables.parse("*filter\n:INPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT\nCOMMIT\n", 6, "ufw")
    parts = ("before-logging", "before", "after", "after-logging", "reject", "track")
    extra = ("logging-deny", "logging-allow", "skip-to-policy-input", "user-input", "user-logging-input", "user-limit",
             "user-limit-accept", *(f"{part}-{way}" for part in (*parts, "user", "user-logging", "skip-to-policy")
                                    for way in ("output", "forward")), "not-local")
    lines = ["*filter", f":INPUT {'ACCEPT' if policy == 'ACCEPT' else 'DROP'} [0:0]", ":OUTPUT ACCEPT [0:0]",
             ":FORWARD DROP [0:0]", *(f":ufw{kind}-{part}-input - [0:0]" for part in parts),
             *(f":ufw{kind}-{one} - [0:0]" for one in extra),
             *(f"-A INPUT -j ufw{kind}-{part}-input" for part in parts),
             f"-A ufw{kind}-skip-to-policy-input -j {policy}"]
    if policy == "REJECT":
        lines.append(f"-A ufw{kind}-reject-input -j REJECT")
    texts = [host.read(f"/etc/ufw/{name}{kind}.rules") for name in ("before", "after", "user")]
    last = f"*filter\n-A ufw{kind}-before-input -j ufw{kind}-user-input\nCOMMIT\n"
    return firewall_iptables.parse("\n".join([*lines, "COMMIT", *texts, last]), family, "ufw")


def _firewalld(host: Host) -> RuleSet:
    """Closed, unless a zone that accepts everything holds the default, an interface or a wide source.

    Rules of its direct interface and policies that accept what is for this machine are ``Unsupported``.
    """
    default = _words(read_optional(host, "/etc/firewalld/firewalld.conf") or "").get("DefaultZone", "public")
    files: dict[str, str] = {}
    for directory in _ZONES:
        for name in list_optional(host, directory):
            if name.endswith(".xml"):
                files.setdefault(name.removesuffix(".xml"), f"{directory}/{name}")
    if default not in files:
        raise Unreadable(f"firewalld's default zone {default} has no file")
    in_use = {default} | _zones_of_connections(host)
    opened = any(_open(host.read(path), name in in_use) for name, path in files.items())
    direct = read_optional(host, _DIRECT)
    if direct is not None and any("ACCEPT" in (one.text or "") for one in _xml(direct).iter()):
        raise Unsupported(f"{_DIRECT} accepts by rules that are not read")
    for name in list_optional(host, _POLICIES):
        if name.endswith(".xml") and _xml(host.read(f"{_POLICIES}/{name}")).get("target") == "ACCEPT":
            raise Unsupported(f"{_POLICIES}/{name} accepts what goes between zones, which is not followed")
    entrance = Entrance(frozenset({4, 6}), "firewalld", Outcome.ACCEPT)
    action = Action.ACCEPT if opened else Action.DROP
    return RuleSet({"firewalld": [Rule(Width.ALL, action)]}, [entrance])


def _zones_of_connections(host: Host) -> set[str]:
    found = set()
    for pattern, word in _CONNECTIONS:
        for path in _glob.expand(host, pattern):
            for line in host.read(path).splitlines():
                name, _, value = line.partition("=")
                if name.strip() == word:
                    found.add(value.strip().strip("\"'"))
    return found


def _xml(text: str) -> ElementTree.Element:
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise Unreadable("a file of firewalld declares entities")
    try:
        return ElementTree.fromstring(text)  # noqa: S314 - entities are refused above
    except ElementTree.ParseError as error:
        raise Unreadable(f"a file of firewalld is not XML: {error}") from error


def _open(text: str, in_use: bool) -> bool:
    """Whether a zone lets everything in, for anybody but single senders."""
    zone = _xml(text)
    wide = any(one.get("address", "").endswith("/0") for one in zone.findall("source"))
    accepts = zone.get("target") == "ACCEPT" or _all_ports(zone) or any(map(_accepts_all, zone.iter("rule")))
    return accepts and (in_use or wide or zone.find("interface") is not None)


def _all_ports(element: ElementTree.Element) -> bool:
    """Whether the ports or protocols named are nearly all of TCP's or UDP's."""
    if any(one.get("value") in ("tcp", "udp") for one in element.findall("protocol")):
        return True
    spans: dict[str, list[tuple[int, int]]] = {}
    for one in element.findall("port"):
        first, dash, last = one.get("port", "").partition("-")
        if dash and first.isdigit() and last.isdigit():
            spans.setdefault(one.get("protocol", ""), []).append((int(first), int(last)))
    return any(ports(one) is Width.BROAD for one in spans.values())


def _accepts_all(rule: ElementTree.Element) -> bool:
    """Whether a rich rule accepts what is neither from single senders nor for single services."""
    if rule.find("accept") is None:
        return False
    narrow = [one for one in rule if one.tag not in ("accept", "log", "nflog", "audit", "destination")
              and not (one.tag == "source" and one.get("address", "").endswith("/0"))]
    return not narrow or ([one.tag for one in narrow] in (["port"], ["protocol"]) and _all_ports(rule))
