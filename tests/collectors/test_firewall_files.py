"""The packet filter of a machine that is off, from what its services will load."""

import json
import os
import shutil
import subprocess

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collectors import firewall, firewall_nft
from collectors.firewall_nft_text import to_json
from collectors.firewall_rules import Outcome
from collectors.host.protocol import LookError, Unreadable, Unsupported
from hustings.declared import Declared
from hustings.facts import Missing
from tests.fakes import FakeHost

WANTS = "/etc/systemd/system/multi-user.target.wants"
UNITS = "/usr/lib/systemd/system"
STARTS = {"ufw": "/lib/ufw/ufw-init start quiet", "nftables": "/usr/sbin/nft -f /etc/nftables.conf",
          "netfilter-persistent": "/usr/sbin/netfilter-persistent start", "firewalld": "/usr/sbin/firewalld",
          "shorewall": "/sbin/shorewall start"}


def image(service: str | None, files: dict[str, str], **given):
    units = {f"{UNITS}/{name}.service": f"[Service]\nExecStart={start}\n" for name, start in STARTS.items()}
    links = {f"{UNITS}/default.target": "multi-user.target"}
    if service:
        links[f"{WANTS}/{service}.service"] = f"{UNITS}/{service}.service"
    return FakeHost({f"{UNITS}/multi-user.target": "[Unit]\n", **units, **files}, links=links, kind="image", **given)


def seen(service: str | None, files: dict[str, str], **given):
    found = firewall.collect(image(service, files, **given), Declared())
    return found["firewall.tool"], found["firewall.ipv4_default"], found["firewall.ipv6_default"]


CLOSED = """#!/usr/sbin/nft -f
flush ruleset
define lan = { 10.0.0.0/8, 192.168.0.0/16 }
table inet filter {
	set allowed { type ipv4_addr; elements = { 10.0.0.1 } }
	chain input {
		type filter hook input priority filter; policy drop;
		ct state vmap { established : accept, related : accept, invalid : drop }
		iifname "lo" accept comment "ourselves; always"
		ip protocol icmp icmp type { echo-request, destination-unreachable } limit rate 4/second accept
		meta l4proto ipv6-icmp accept
		ip saddr $lan tcp dport { 22, 443 } ct state new counter packets 0 bytes 0 log prefix "in: " accept
		ip saddr @allowed accept
		counter drop
	}
	chain output { type filter hook output priority 0; policy accept; }
}
"""


def nft(text: str):
    return seen("nftables", {"/etc/nftables.conf": text})


def test_nothing_that_starts_filters_nothing():
    assert seen(None, {"/etc/nftables.conf": CLOSED}) == ("none", "accept", "accept")


@pytest.mark.parametrize(("held", "expected"), [
    ("10.0.0.1", "drop"), ("10.0.0.1 timeout 1h, 192.0.2.0/24", "drop"), ("0.0.0.0/1, 128.0.0.0/1", "accept"),
    ("0.0.0.0-255.255.255.255", "accept"), ("$lan", "drop"), ("$lan, 0.0.0.0/0", "accept"),
])
def test_a_named_set_counts_by_what_the_file_puts_into_it(held, expected):
    assert nft(CLOSED.replace("elements = { 10.0.0.1 }", f"elements = {{ {held} }}"))[1] == expected
    added = CLOSED.replace("elements = { 10.0.0.1 } ", "") + f"add element inet filter allowed {{ {held} }}\n"
    assert nft(added)[1] == expected


def test_a_closed_rule_file_is_closed():
    assert nft(CLOSED) == ("nftables", "drop", "drop")


@pytest.mark.parametrize(("was", "now", "ipv4", "ipv6"), [
    ("policy drop", "policy accept", "drop", "drop"),
    ("policy drop;\n", "policy accept;\n\t\tjump more\n", None, None),
    ("counter drop", "accept", "accept", "accept"),
    ("table inet", "table ip", "drop", "accept"),
    ("ip saddr $lan tcp", "tcp", "drop", "drop"),
    ("ip saddr $lan tcp dport { 22, 443 }", "tcp dport 1-65535", "accept", "accept"),
    ('iifname "lo" accept', 'iifname "eth0" accept', "accept", "accept"),
    ("hook input", "hook forward", "accept", "accept"),
    ("ip saddr $lan tcp dport { 22, 443 }", "tcp dport { 1-30000, 30001-65535 }", "accept", "accept"),
    ("ip saddr $lan tcp dport { 22, 443 }", "tcp dport >= 1", "accept", "accept"),
    ("ip saddr $lan tcp dport { 22, 443 }", "ip saddr 0.0.0.0-255.255.255.255", "accept", "accept"),
    ("ip saddr $lan tcp dport { 22, 443 }", "ip saddr 10.0.0.1-10.0.0.9", "drop", "drop"),
    ("ip saddr @allowed accept", "osf name Linux accept", None, None),
])
def test_what_opens_the_rule_file_is_seen(was, now, ipv4, ipv6):
    assert was in CLOSED
    found = nft(CLOSED.replace(was, now, 1))
    if ipv4 is None:
        assert isinstance(found[1], Missing)
    elif was == "ip saddr $lan tcp":
        assert found[1] == "drop"
    else:
        assert found[1:] == (ipv4, ipv6)


def test_included_files_are_followed_and_must_be_there():
    main = 'include "/etc/nftables.d/*.nft"\n'
    assert seen("nftables", {"/etc/nftables.conf": main, "/etc/nftables.d/a.nft": CLOSED})[1] == "drop"
    with pytest.raises(LookError):
        seen("nftables", {"/etc/nftables.conf": 'include "/etc/nftables.d/a.nft"\n'})


def test_commands_one_by_one_are_understood():
    text = ("add table inet f\nadd chain inet f in { type filter hook input priority 0 ; policy drop ; }\n"
            "add rule inet f in tcp dport 22 accept\ninsert rule inet f in iif lo accept\n")
    assert nft(text)[1:] == ("drop", "drop")
    assert nft(text + "insert rule inet f in accept\n")[1:] == ("accept", "accept")


@pytest.mark.parametrize("text", ["delete table inet x\n", "table inet f {\n", "table", "}\n",
                                  "table inet f { chain a { $x accept\n } }\n",
                                  "table inet f { chain a { type filter\n } }\n"])
def test_what_is_not_understood_is_unreadable(text):
    with pytest.raises(Unreadable):
        nft(text)


RULES = st.sampled_from([
    "iif lo accept", 'iifname "eth0" accept', "ct state established,related accept", "ct state new accept",
    "ct state { established, related } accept", "ct state != new accept",
    "ct state vmap { new : drop, related : accept }",
    "tcp dport 22 accept", "tcp dport { 22, 80-90 } accept", "udp dport 1-65535 accept", "tcp dport != 22 accept",
    "ip saddr 10.0.0.0/8 accept", "ip saddr 0.0.0.0/1 accept", "ip6 saddr fe80::/10 accept",
    "ip saddr != 10.0.0.1 drop",
    "meta l4proto { icmp, ipv6-icmp } accept", "meta l4proto tcp accept", "ip protocol icmp accept",
    "icmp type echo-request accept", "icmpv6 type { nd-neighbor-solicit, echo-request } accept", "accept", "drop",
    "counter drop", 'log prefix "x: " level info drop', "limit rate 3/minute burst 5 packets accept",
    "limit rate over 10/second drop", "reject with icmpx type admin-prohibited", "jump other", "goto other", "return",
    "ip daddr 224.0.0.251 udp dport 5353 accept", "fib daddr type local accept", "meta pkttype host accept",
    "meta mark set 1", "meta mark 7 accept", 'tcp dport 443 counter accept comment "web; here"',
    "ip saddr . tcp dport { 10.0.0.1 . 22 } accept", "tcp flags syn accept", "meta nfproto ipv6 drop",
    "tcp dport vmap { 22 : accept, 25 : drop }", "iifname vmap { lo : accept, eth0 : jump other }",
])


def can_load() -> bool:
    if os.geteuid() != 0 or not shutil.which("nft") or not shutil.which("unshare"):
        return False
    done = subprocess.run(["unshare", "--net", "nft", "list", "ruleset"], capture_output=True, check=False)
    return done.returncode == 0


@pytest.mark.skipif(not can_load(), reason="needs root, nft and a network namespace")
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["inet", "ip", "ip6"]), st.sampled_from(["accept", "drop"]), st.lists(RULES, max_size=5),
       st.lists(RULES.filter(lambda rule: "other" not in rule), max_size=3))
def test_a_rule_file_is_judged_as_what_nft_makes_of_it(tmp_path_factory, family, policy, rules, others):
    text = (f"table {family} filter {{\n\tchain other {{\n\t\t" + "\n\t\t".join(others) + "\n\t}\n\tchain input {\n"
            f"\t\ttype filter hook input priority filter; policy {policy};\n\t\t" + "\n\t\t".join(rules) + "\n\t}\n}\n")
    path = tmp_path_factory.mktemp("nft") / "rules"
    path.write_text(text)
    done = subprocess.run(["unshare", "--net", "sh", "-c", f"nft -f {path} && nft -j list ruleset"],
                          capture_output=True, text=True, check=False)
    if done.returncode:
        return  # nft itself refuses this combination
    loaded, read = firewall_nft.parse(done.stdout), firewall_nft.parse(to_json(text, lambda _: []))
    assert [read.default(one) for one in (4, 6)] == [loaded.default(one) for one in (4, 6)], json.loads(done.stdout)


UFW = {
    "/etc/ufw/ufw.conf": "ENABLED=yes\nLOGLEVEL=low\n",
    "/etc/default/ufw": 'IPV6=yes\nDEFAULT_INPUT_POLICY="DROP"\nMANAGE_BUILTINS=no\n',
}
for _kind in ("", "6"):
    UFW[f"/etc/ufw/before{_kind}.rules"] = (
        f"*filter\n:ufw{_kind}-before-input - [0:0]\n:ufw{_kind}-not-local - [0:0]\n"
        f"-A ufw{_kind}-before-input -i lo -j ACCEPT\n"
        f"-A ufw{_kind}-before-input -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n"
        f"-A ufw{_kind}-before-input -m conntrack --ctstate INVALID -j ufw{_kind}-logging-deny\n"
        f"-A ufw{_kind}-before-input -j ufw{_kind}-not-local\n"
        f"-A ufw{_kind}-not-local -m addrtype --dst-type LOCAL -j RETURN\n-A ufw{_kind}-not-local -j DROP\nCOMMIT\n")
    UFW[f"/etc/ufw/after{_kind}.rules"] = (
        f"*filter\n:ufw{_kind}-after-input - [0:0]\n"
        f"-A ufw{_kind}-after-input -p udp --dport 137 -j ufw{_kind}-skip-to-policy-input\nCOMMIT\n")
    UFW[f"/etc/ufw/user{_kind}.rules"] = (
        f"*filter\n:ufw{_kind}-user-input - [0:0]\n### RULES ###\n"
        f"-A ufw{_kind}-user-input -p tcp --dport 22 -j ACCEPT\nCOMMIT\n")


@pytest.mark.parametrize(("path", "was", "now", "found"), [
    ("/etc/ufw/ufw.conf", "", "", ("ufw", "drop", "drop")),
    ("/etc/ufw/ufw.conf", "yes", "no", ("none", "accept", "accept")),
    ("/etc/default/ufw", '"DROP"', '"REJECT"', ("ufw", "drop", "drop")),
    ("/etc/default/ufw", '"DROP"', '"ACCEPT"', ("ufw", "accept", "accept")),
    ("/etc/default/ufw", "IPV6=yes", "IPV6=no", ("ufw", "drop", "drop")),
    ("/etc/ufw/user.rules", "-p tcp --dport 22 -j ACCEPT", "-i eth0 -j ACCEPT", ("ufw", "accept", "drop")),
    ("/etc/ufw/user6.rules", "-p tcp --dport 22 -j ACCEPT", "-j ACCEPT", ("ufw", "drop", "accept")),
])
def test_ufw_is_read_from_its_files(path, was, now, found):
    assert was in UFW[path]
    assert seen("ufw", {**UFW, path: UFW[path].replace(was, now) if was else UFW[path]}) == found


def test_ufw_that_is_on_but_never_started_filters_nothing():
    assert seen(None, UFW) == ("none", "accept", "accept")


def test_a_file_of_ufw_that_is_missing_is_no_answer():
    with pytest.raises(LookError):
        seen("ufw", {path: text for path, text in UFW.items() if path != "/etc/ufw/user.rules"})


SAVED = "*filter\n:INPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT\n-A INPUT -p tcp --dport 22 -j ACCEPT\nCOMMIT\n"


def test_saved_rules_of_one_family_leave_the_other_open():
    assert seen("netfilter-persistent", {"/etc/iptables/rules.v4": SAVED}) == ("iptables", "drop", "accept")
    both = {"/etc/iptables/rules.v4": SAVED, "/etc/iptables/rules.v6": SAVED}
    assert seen("netfilter-persistent", both) == ("iptables", "drop", "drop")


def test_red_hats_and_alpines_services_are_for_one_family_each():
    for four, six in (("/etc/sysconfig/iptables", "/etc/sysconfig/ip6tables"),
                      ("/etc/iptables/rules-save", "/etc/iptables/rules6-save")):
        scripts = {"/etc/init.d/iptables": "", "/etc/init.d/ip6tables": "", four: SAVED, six: SAVED}
        links = {"/etc/runlevels/default/iptables": "/etc/init.d/iptables"}
        found = firewall.collect(FakeHost(scripts, links=links, kind="image"), Declared())
        assert (found["firewall.ipv4_default"], found["firewall.ipv6_default"]) == ("drop", "accept")


PUBLIC = '<?xml version="1.0"?><zone><short>Public</short><service name="ssh"/></zone>'
TRUSTED = '<?xml version="1.0"?><zone target="ACCEPT"><short>Trusted</short>{}</zone>'


@pytest.mark.parametrize(("default", "within", "found"), [
    ("public", "", "drop"), ("trusted", "", "accept"), ("public", '<interface name="eth0"/>', "accept"),
    ("public", '<source address="0.0.0.0/0"/>', "accept"), ("public", '<source address="10.0.0.0/8"/>', "drop")])
def test_firewalld_is_open_through_a_zone_that_trusts_everyone(default, within, found):
    files = {"/etc/firewalld/firewalld.conf": f"DefaultZone={default}\n",
             "/usr/lib/firewalld/zones/public.xml": PUBLIC, "/etc/firewalld/zones/trusted.xml": TRUSTED.format(within)}
    assert seen("firewalld", files) == ("firewalld", found, found)


@pytest.mark.parametrize("within", [
    '<port port="1-65535" protocol="tcp"/>', '<protocol value="udp"/>',
    '<port port="1-40000" protocol="tcp"/><port port="40001-65535" protocol="tcp"/>',
    '<rule><log/><accept/></rule>', '<rule family="ipv4"><source address="0.0.0.0/0"/><accept/></rule>',
    '<rule><port port="1-65535" protocol="tcp"/><accept/></rule>'])
def test_a_zone_of_firewalld_that_lists_everything_is_open(within):
    zone = PUBLIC.replace("</zone>", f"{within}</zone>")
    assert seen("firewalld", {"/usr/lib/firewalld/zones/public.xml": zone})[1] == "accept"


@pytest.mark.parametrize("within", [
    '<port port="22" protocol="tcp"/>', '<port port="8000-8100" protocol="tcp"/>', '<protocol value="icmp"/>',
    '<rule family="ipv4"><source address="10.1.0.0/16"/><accept/></rule>',
    '<rule><service name="ssh"/><accept/></rule>', "<rule><drop/></rule>"])
def test_a_zone_of_firewalld_that_lists_services_is_closed(within):
    zone = PUBLIC.replace("</zone>", f"{within}</zone>")
    assert seen("firewalld", {"/usr/lib/firewalld/zones/public.xml": zone})[1] == "drop"


@pytest.mark.parametrize(("path", "text"), [
    ("/etc/NetworkManager/system-connections/lan.nmconnection", "[connection]\nid=lan\nzone=trusted\n"),
    ("/etc/sysconfig/network-scripts/ifcfg-eth0", 'DEVICE=eth0\nZONE="trusted"\n')])
def test_a_connection_puts_its_interface_into_a_zone(path, text):
    files = {"/usr/lib/firewalld/zones/public.xml": PUBLIC, "/usr/lib/firewalld/zones/trusted.xml": TRUSTED.format("")}
    assert seen("firewalld", files)[1] == "drop"
    assert seen("firewalld", {**files, path: text})[1] == "accept"


@pytest.mark.parametrize(("path", "text"), [
    ("/etc/firewalld/direct.xml", '<direct><rule ipv="ipv4" chain="INPUT">-j ACCEPT</rule></direct>'),
    ("/etc/firewalld/policies/in.xml", '<policy target="ACCEPT"><egress-zone name="HOST"/></policy>')])
def test_what_firewalld_accepts_beside_its_zones_is_no_answer(path, text):
    with pytest.raises(Unsupported):
        seen("firewalld", {"/usr/lib/firewalld/zones/public.xml": PUBLIC, path: text})


def test_saved_rules_are_read_as_iptables_restore_reads_them():
    def after(more: str):
        return seen("netfilter-persistent", {"/etc/iptables/rules.v4": SAVED.replace("COMMIT", f"{more}\nCOMMIT")})[1]
    assert after("-P INPUT ACCEPT") == "accept"
    assert after("-I INPUT 1 -j ACCEPT") == after("-I INPUT -i eth0 -j ACCEPT") == "accept"
    assert after("-I INPUT -p tcp --dport 25 -j ACCEPT") == "drop"
    assert after("COMMIT\n*filter\n:INPUT ACCEPT [0:0]") == "accept"
    with pytest.raises(Unreadable):
        after("-D INPUT 1")


def test_a_dormant_table_filters_nothing():
    found = nft(CLOSED.replace("table inet filter {", "table inet filter {\n\tflags dormant"))
    assert found[1:] == ("accept", "accept")


@pytest.mark.parametrize(("flags", "outcome"), [
    ("dormant", Outcome.ACCEPT), (["dormant"], Outcome.ACCEPT), ("f", Outcome.OPAQUE), (["owner"], Outcome.DROP)])
def test_a_table_whose_flags_nft_does_not_tell_is_no_answer(flags, outcome):
    chain = {"family": "inet", "table": "f", "name": "i", "type": "filter", "hook": "input", "policy": "drop"}
    text = json.dumps({"nftables": [{"table": {"family": "inet", "name": "f", "flags": flags}}, {"chain": chain}]})
    assert firewall_nft.parse(text).default(4) is outcome


def test_a_zone_that_is_missing_or_strange_is_no_answer():
    for zone in (None, "<zone", '<!DOCTYPE z [<!ENTITY a "b">]><zone/>'):
        with pytest.raises(Unreadable):
            seen("firewalld", {"/usr/lib/firewalld/zones/public.xml": zone} if zone else {})


def test_rules_in_another_language_are_unsupported():
    with pytest.raises(Unsupported):
        seen("shorewall", {})
