import json
import os
import shutil
import subprocess

import pytest

from collectors import firewall
from collectors.firewall_iptables import parse as parse_iptables
from collectors.firewall_nft import parse as parse_nft
from collectors.firewall_rules import Outcome
from collectors.host.protocol import Denied, Output, Unsupported
from hustings.declared import Declared
from hustings.facts import Missing, Reason
from tests.collectors.captured import captured
from tests.fakes import FakeHost

EMPTY = '{"nftables": [{"metainfo": {"version": "1.0.6"}}]}'
IF_INET6 = "fe800000000000000000000000000001 02 40 20 80 eth0\n"


def nft(name: str) -> str:
    return captured(f"firewall/{name}.json")


def look(ruleset: str | None, files: dict[str, str] | None = None, **saves: str) -> dict[str, object]:
    commands = {(f"{program.replace('_', '-')}",): Output(0, text, "") for program, text in saves.items()}
    if ruleset is not None:
        commands[("nft", "-j", "list", "ruleset")] = Output(0, ruleset, "")
    host = FakeHost({"/proc/net/if_inet6": IF_INET6, **(files or {})}, commands=commands)
    return firewall.collect(host, Declared())


@pytest.mark.parametrize(("name", "ipv4", "ipv6"), [
    ("nft-drop", "drop", "drop"),
    ("nft-zones", "drop", "drop"),
    ("nft-ipv4-only", "drop", "accept"),
    ("nft-eth0-open", "accept", "accept"),
])
def test_a_native_rule_set_is_judged_by_family(name, ipv4, ipv6):
    rules = parse_nft(nft(name))
    assert (rules.default(4), rules.default(6)) == (ipv4, ipv6)


def test_no_rules_let_everything_in():
    assert look(EMPTY) == {"firewall.tool": "none", "firewall.ipv4_default": "accept",
                           "firewall.ipv6_default": "accept"}


def test_rules_made_by_iptables_are_read_with_their_conditions():
    seen = look(nft("nft-iptables"), iptables_nft_save=captured("firewall/iptables-nft-save.txt"))
    assert seen == {"firewall.tool": "iptables", "firewall.ipv4_default": "drop", "firewall.ipv6_default": "accept"}


def test_a_rule_of_iptables_that_accepts_every_new_connection_opens_the_door():
    text = captured("firewall/iptables-nft-save.txt").replace("NEW -j LOG", "NEW -j ACCEPT")
    assert parse_iptables(text, 4).default(4) is Outcome.ACCEPT


@pytest.mark.parametrize("rule", [
    "-A INPUT -j ACCEPT", "-A INPUT -i eth0 -j ACCEPT", "-A INPUT -s 0.0.0.0/0 -j ACCEPT",
    "-A INPUT -p tcp -j ACCEPT", "-A INPUT -p tcp -m tcp --sport 53 -j ACCEPT",
    "-A INPUT -p tcp -m tcp --dport 1:65535 -j ACCEPT", "-A INPUT ! -i lo -j ACCEPT",
    "-A INPUT -d 192.0.2.7/32 -j ACCEPT", "-A INPUT -m limit --limit 25/min -j ACCEPT",
    "-A INPUT -p tcp -m multiport --dports 1:32767,32768:65535 -j ACCEPT",
    "-A INPUT -s 192.0.2.1,0.0.0.0/0 -j ACCEPT", "-A INPUT -m iprange --src-range 0.0.0.0-255.255.255.255 -j ACCEPT",
    "-A INPUT -s 0.0.0.0/1 -j ACCEPT", "-A INPUT -m addrtype --dst-type LOCAL -j ACCEPT",
])
def test_an_accept_that_any_newcomer_meets_is_an_open_door(rule):
    text = f"*filter\n:INPUT DROP [0:0]\n{rule}\nCOMMIT\n"
    assert parse_iptables(text, 4).default(4) is Outcome.ACCEPT


@pytest.mark.parametrize("rule", [
    "-A INPUT -s 192.0.2.0/24 -j ACCEPT", "-A INPUT -i lo -j ACCEPT", "-A INPUT -p icmp -j ACCEPT",
    "-A INPUT -i eth0 -p tcp -m tcp --dport 443 -j ACCEPT", "-A INPUT -p udp -m udp --sport 67 --dport 68 -j ACCEPT",
    "-A INPUT -d 224.0.0.0/4 -j ACCEPT", "-A INPUT -d 192.0.2.7/32 -p tcp -m tcp --dport 22 -j ACCEPT",
    "-A INPUT -s 10.0.0.0/8 -j ACCEPT", "-A INPUT -m iprange --src-range 10.0.0.1-10.0.0.9 -j ACCEPT",
    "-A INPUT -p tcp -m multiport --dports 80,443,8000:8100 -j ACCEPT",
    '-A INPUT -p tcp -m tcp --dport 22 -m comment --comment "a; b" -j ACCEPT',
])
def test_an_accept_of_one_service_or_source_is_no_open_door(rule):
    text = f"*filter\n:INPUT DROP [0:0]\n{rule}\nCOMMIT\n"
    assert parse_iptables(text, 4).default(4) is Outcome.DROP


@pytest.mark.skipif(not shutil.which("nft", path="/usr/sbin:/usr/bin"), reason="nft is not installed")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a network namespace")
@pytest.mark.parametrize(("rule", "outcome"), [
    ("fib daddr type local accept", "accept"), ("ip daddr 192.0.2.7 accept", "accept"),
    ("limit rate 10/second accept", "accept"), ("tcp flags syn accept", "accept"),
    ("tcp flags & (syn | ack) == syn accept", "accept"), ("ct direction original accept", "accept"),
    ("ip saddr 0.0.0.0/1 accept", "accept"), ("meta hour 08:00-18:00 accept", "accept"),
    ("ip saddr { 192.0.2.0/24, 198.51.100.9 } accept", "drop"), ("icmp type echo-request accept", "drop"),
    ("ip daddr 224.0.0.251 accept", "drop"), ("ct status dnat accept", "drop"),
    ("tcp dport 22 limit rate 10/minute accept", "drop"), ("ip saddr 10.0.0.0/8 accept", "drop"),
    ("fib saddr . iif oif missing drop", "drop"), ("ip saddr . tcp dport { 192.0.2.1 . 22 } accept", "drop"),
])
def test_a_condition_of_nft_is_as_narrow_as_it_is(rule, outcome):
    if subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine allows no network namespaces")
    script = f"table ip t {{\n chain c {{\n type filter hook input priority 0; policy drop;\n {rule}\n }}\n}}\n"
    said = subprocess.run(["unshare", "--net", "sh", "-c", 'nft -f - && nft -j list ruleset'], input=script,
                          capture_output=True, text=True, check=True)
    assert parse_nft(said.stdout).default(4) == outcome


@pytest.mark.skipif(not shutil.which("nft", path="/usr/sbin:/usr/bin"), reason="nft is not installed")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a network namespace")
@pytest.mark.parametrize(("kind", "elements", "rule", "outcome"), [
    ("inet_service", "1-65535", "tcp dport @s accept", "accept"),
    ("inet_service", "22, 443", "tcp dport @s accept", "drop"),
    ("ipv4_addr", "0.0.0.0/1, 128.0.0.0/1", "ip saddr @s accept", "accept"),
    ("ipv4_addr", "192.0.2.0/24", "ip saddr @s accept", "drop"), ("ipv4_addr", "", "ip saddr @s accept", "drop"),
])
def test_a_named_set_counts_by_what_it_holds(kind, elements, rule, outcome):
    if subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine allows no network namespaces")
    held = f"elements = {{ {elements} }}" if elements else ""
    script = (f"table ip t {{\n set s {{\n type {kind}; flags interval;\n {held}\n }}\n"
              f" chain c {{\n type filter hook input priority 0; policy drop;\n {rule}\n }}\n}}\n")
    said = subprocess.run(["unshare", "--net", "sh", "-c", "nft -f - && nft -j list ruleset"], input=script,
                          capture_output=True, text=True, check=True)
    assert parse_nft(said.stdout).default(4) == outcome


def test_an_accepting_policy_with_a_closing_rule_drops():
    text = ("*filter\n:INPUT ACCEPT [0:0]\n:IN - [0:0]\n"
            "-A INPUT -j IN\n-A IN -p tcp --dport 22 -j ACCEPT\n-A IN -j DROP\nCOMMIT\n")
    assert parse_iptables(text, 4).default(4) is Outcome.DROP
    assert parse_iptables(text.replace("-A IN -j DROP", "-A IN -i eth1 -j DROP"), 4).default(4) is Outcome.ACCEPT


def test_ufw_is_seen_through_its_rules_in_the_kernel():
    seen = look(nft("nft-ufw"), iptables_nft_save=captured("firewall/iptables-ufw.txt"),
                ip6tables_nft_save=captured("firewall/ip6tables-ufw.txt"))
    assert seen == {"firewall.tool": "ufw", "firewall.ipv4_default": "drop", "firewall.ipv6_default": "drop"}


def test_the_older_tables_of_iptables_count_although_nft_does_not_show_them():
    seen = look(nft("nft-with-legacy"), {"/proc/net/ip_tables_names": "filter\n"},
                iptables_legacy_save=captured("firewall/iptables-legacy-save.txt"))
    assert seen["firewall.ipv4_default"] == "drop"
    assert seen["firewall.ipv6_default"] == "accept"
    assert seen["firewall.tool"] == "iptables"


def test_older_tables_that_no_program_can_list_are_unsupported_and_not_empty():
    with pytest.raises(Unsupported):
        look(EMPTY, {"/proc/net/ip_tables_names": "filter\n"})


def test_without_root_the_rules_are_denied_and_not_absent():
    refused = Output(1, "", "Operation not permitted (you must be root)\nnetlink: Error: cache initialization failed: "
                            "Operation not permitted\n")
    host = FakeHost(commands={("nft", "-j", "list", "ruleset"): refused})
    with pytest.raises(Denied):
        firewall.collect(host, Declared())


def test_without_nft_the_kernel_must_be_shown_to_hold_no_rules():
    kernel = {"/proc/sys/kernel/osrelease": "6.1.0-40-amd64\n", "/proc/modules": "ext4 1 0 - Live 0x0\n"}
    builtin = "/lib/modules/6.1.0-40-amd64/modules.builtin"
    assert look(None, {**kernel, builtin: "kernel/fs/binfmt_script.ko\n"})["firewall.ipv4_default"] == "accept"
    for files in ({**kernel}, {"/proc/sys/kernel/osrelease": "6\n"},
                  {**kernel, builtin: "kernel/net/netfilter/nf_tables.ko\n"},
                  {**kernel, builtin: "", "/proc/modules": "nf_tables 1 0 - Live 0x0\n"}):
        with pytest.raises(Unsupported):
            look(None, files)


def test_a_machine_that_cannot_speak_ipv6_needs_no_ipv6_filter():
    loopback = "00000000000000000000000000000001 01 80 10 80       lo\n"
    disabled = {"/proc/net/if_inet6": loopback, "/proc/sys/net/ipv6/conf/all/disable_ipv6": "1\n"}
    assert look(nft("nft-ipv4-only"), disabled)["firewall.ipv6_default"] == "off"
    may = {**disabled, "/proc/sys/net/ipv6/conf/all/disable_ipv6": "0\n"}
    assert look(nft("nft-ipv4-only"), may)["firewall.ipv6_default"] == "accept"


def test_a_condition_that_nft_cannot_show_makes_the_answer_unknown():
    ruleset = json.loads(nft("nft-ipv4-only"))
    rule = next(one["rule"] for one in ruleset["nftables"] if "rule" in one)
    rule["expr"][0] = {"tproxy": {"port": 1}}
    seen = look(json.dumps(ruleset))
    assert isinstance(seen["firewall.ipv4_default"], Missing)
    assert seen["firewall.ipv4_default"].reason is Reason.UNSUPPORTED


def test_the_packet_filter_of_an_image_is_unsupported():
    with pytest.raises(Unsupported):
        firewall.collect(FakeHost(kind="image"), Declared())
