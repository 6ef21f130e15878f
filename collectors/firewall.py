"""firewall: what the packet filter does with traffic nobody asked for, for IPv4 and IPv6 apart.

In an image they are the rules its services will load (see ``firewall_files``). On a running machine
the kernel is asked, not a tool's configuration: ufw, firewalld and plain rule files all end as
nftables or iptables rules, and only what is loaded protects. nftables is read by
``nft -j list ruleset``. Rules made through iptables are in it without their conditions, so those are
read by ``iptables-save``; the older kernel tables of iptables are outside nftables altogether and
``/proc/net/ip_tables_names`` says whether there are any.
"""

from __future__ import annotations

from functools import partial

from collectors import firewall_files, firewall_iptables, firewall_nft
from collectors.base import Collected, Collector, Disclosure, Fact, Missing, Platform, Reason, Type
from collectors.firewall_rules import Outcome, RuleSet
from collectors.host.protocol import Denied, Host, LookError, NotThere, Unsupported, read_optional
from hustings.declared import Declared

_SAVE = {4: "iptables", 6: "ip6tables"}
_NAMES = {4: "/proc/net/ip_tables_names", 6: "/proc/net/ip6_tables_names"}
_IF_INET6 = "/proc/net/if_inet6"


def collect(host: Host, declared: Declared) -> Collected:
    """Load every rule set in force and judge what a newcomer meets."""
    if host.kind == "image":
        found, made_by = firewall_files.rules(host)
        return {"firewall.tool": made_by, "firewall.ipv4_default": _default(found, 4),
                "firewall.ipv6_default": _default(found, 6)}
    rules, tool = RuleSet(), "none"
    text = _nft(host)
    if text is not None:
        hidden = firewall_nft.opaque_tables(text)
        firewall_files.add(rules, firewall_nft.parse(text, without=hidden))
        for family, name in ((4, "ip"), (6, "ip6")):
            if any(table[0] == name for table in hidden):
                firewall_files.add(rules, firewall_iptables.parse(_save(host, family, "nft"), family, "nft"))
        tool = _tool(firewall_nft.tables(text), rules, iptables=bool(hidden))
    for family in (4, 6):
        names = (read_optional(host, _NAMES[family]) or "").split()
        if names:
            firewall_files.add(rules, firewall_iptables.parse(_save(host, family, "legacy"), family, "legacy"))
            tool = _tool(frozenset(), rules, iptables=True) if tool in ("none", "nftables") else tool
    if text is None:
        _no_nftables(host)
    return {
        "firewall.tool": tool,
        "firewall.ipv4_default": _default(rules, 4),
        "firewall.ipv6_default": _default(rules, 6) if _speaks_ipv6(host) else "off",
    }


def _nft(host: Host) -> str | None:
    """The rule set as JSON, or None where nft is not installed."""
    try:
        output = host.run("nft", "-j", "list", "ruleset", ok=(0, 1))
    except NotThere:
        return None
    if output.code:
        if "ermitted" in output.stderr or "ermission" in output.stderr:
            raise Denied("nft list ruleset needs root (CAP_NET_ADMIN)")
        raise LookError(Reason.ERROR, f"nft list ruleset: {output.stderr.strip()[:200]}")
    return output.stdout


def _save(host: Host, family: int, variant: str) -> str:
    """The output of the save program of one variant; the one without a variant in its name may be either."""
    for program in (f"{_SAVE[family]}-{variant}-save", f"{_SAVE[family]}-save"):
        try:
            output = host.run(program, ok=(0, 1, 4))
        except NotThere:
            continue
        if output.code:
            raise Denied(f"{program} needs root (CAP_NET_ADMIN)")
        if output.stdout.strip():
            return output.stdout
    raise Unsupported(f"the kernel holds {_SAVE[family]} rules ({variant}) and no program here can list them")


def _no_nftables(host: Host) -> None:
    """Without nft, make sure that nf_tables is not in the kernel before saying that it holds no rules."""
    release = host.read("/proc/sys/kernel/osrelease").strip()
    try:
        modules = host.read("/proc/modules")
        builtin = host.read(f"/lib/modules/{release}/modules.builtin")
    except NotThere as error:
        raise Unsupported("nft is not installed, and the kernel may have nf_tables built in: install nftables, "
                          "which lists the rules in force") from error
    if any(line.split(" ", 1)[0] == "nf_tables" for line in modules.splitlines()):
        raise Unsupported("nf_tables is loaded and nft is not installed: its rules cannot be listed")
    if "/nf_tables.ko" in builtin:
        raise Unsupported("nf_tables is built into the kernel and nft is not installed: its rules cannot be listed")


def _tool(tables: frozenset[str], rules: RuleSet, *, iptables: bool) -> str:
    if "firewalld" in tables:
        return "firewalld"
    if any(name.split()[-1].startswith("ufw") for name in rules.chains):
        return "ufw"
    if iptables:
        return "iptables"
    return "nftables" if rules.entrances else "none"


def _default(rules: RuleSet, family: int) -> str | Missing:
    outcome = rules.default(family)
    if outcome is Outcome.OPAQUE:
        return Missing(Reason.UNSUPPORTED, "a rule's condition cannot be read, so its accept may let anything in")
    return outcome.value


def _speaks_ipv6(host: Host) -> bool:
    """Whether any interface but loopback has an IPv6 address, or may get one."""
    addresses = read_optional(host, _IF_INET6)
    if addresses is None:
        return False
    if any(line.split()[-1] != "lo" for line in addresses.splitlines() if line.split()):
        return True
    return (read_optional(host, "/proc/sys/net/ipv6/conf/all/disable_ipv6") or "0").strip() != "1"


_fact = partial(Fact, disclosure=Disclosure.SHARED)

COLLECTOR = Collector(
    name="firewall",
    platforms=frozenset({Platform.LINUX}),
    facts=(
        _fact("firewall.tool", Type.TEXT,
              "What made the packet filter's rules: nftables, iptables, ufw, firewalld or none",
              platforms="In an image: what will make them at boot"),
        _fact("firewall.ipv4_default", Type.TEXT,
              "What becomes of an unsolicited IPv4 packet that no rule was written for: drop or accept"),
        _fact("firewall.ipv6_default", Type.TEXT,
              "The same for IPv6; off where no interface speaks IPv6 and none may start to"),
    ),
    collect=collect,
    reads=(*_NAMES.values(), _IF_INET6, "/proc/sys/net/ipv6/conf/all/disable_ipv6", "/proc/sys/kernel/osrelease",
           "/proc/modules", "/lib/modules/*/modules.builtin", "/usr/lib/modules/*/modules.builtin",
           *firewall_files.READS),
    runs=("nft -j list ruleset", "iptables-nft-save", "ip6tables-nft-save", "iptables-legacy-save",
          "ip6tables-legacy-save", "iptables-save", "ip6tables-save"),
    needs="list the packet filter's rules (CAP_NET_ADMIN)",
)
