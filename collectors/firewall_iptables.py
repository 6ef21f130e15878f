"""Reading ``iptables-save`` and ``ip6tables-save`` (of either variant) into chains of rules."""

from __future__ import annotations

import shlex

from collectors.firewall_rules import Action, Entrance, Outcome, Rule, RuleSet, Width, destination, sender
from collectors.host.protocol import Unreadable

_ACTIONS = {"ACCEPT": Action.ACCEPT, "DROP": Action.DROP, "REJECT": Action.DROP, "RETURN": Action.RETURN,
            "QUEUE": Action.ACCEPT, "NFQUEUE": Action.ACCEPT}
_SILENT = frozenset({"LOG", "NFLOG", "ULOG", "AUDIT", "MARK", "CONNMARK", "TRACE", "SET", "CLASSIFY", "TOS", "DSCP"})
_NARROWING = frozenset({"--icmp-type", "--icmpv6-type", "--match-set", "--src-range", "--mark", "--mac-source",
                        "--hl-eq"})
_WHOLE_PROTOCOLS = frozenset({"tcp", "udp", "all", "6", "17", "0"})
_ALMOST_ALL_PORTS = 60_000


def parse(text: str, family: int, variant: str = "") -> RuleSet:
    """The input chains of every table, for one family (4 or 6). Raises ``Unreadable``.

    ``variant`` keeps the chains of two rule sets apart that are in force side by side.
    """
    rules, table, prefix = RuleSet(), "", ""
    for line in text.splitlines():
        if line.startswith("*"):
            table = line[1:].strip()
            prefix = f"{variant} {family} {table}"
        elif line.startswith(":"):
            chain, policy, *_ = line[1:].split()
            name = f"{prefix} {chain}"
            rules.chains[name] = []
            if chain == "INPUT" and table != "nat":
                outcome = Outcome.DROP if policy == "DROP" else Outcome.ACCEPT
                rules.entrances.append(Entrance(frozenset({family}), name, outcome))
        elif line.startswith("-A "):
            words = _words(line)
            name = f"{prefix} {words[1]}"
            if name not in rules.chains:
                raise Unreadable(f"a rule of the unknown chain {words[1]} in table {table}")
            rules.chains[name].append(_rule(words[2:], prefix))
    return rules


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError as error:
        raise Unreadable(f"a rule that cannot be split into words: {error}") from error


def _rule(words: list[str], prefix: str) -> Rule:
    width, index = Width.ALL, 0
    while index < len(words):
        word = words[index]
        negated = word == "!"
        if negated:
            index += 1
            word = words[index]
        value = words[index + 1] if index + 1 < len(words) else ""
        if word in ("-j", "-g"):
            return _action(width, value, goto=word == "-g", prefix=prefix)
        met = _condition(word, value, negated)
        if met is Width.NARROW or (met is Width.BROAD and width is Width.ALL):
            width = met
        index += 1 if value.startswith("-") or value == "!" else 2
    return Rule(width, Action.NOTHING)


def _action(width: Width, target: str, *, goto: bool, prefix: str) -> Rule:
    if target in _ACTIONS:
        return Rule(width, _ACTIONS[target])
    if target in _SILENT:
        return Rule(width, Action.NOTHING)
    return Rule(width, Action.GOTO if goto else Action.JUMP, f"{prefix} {target}")


def _condition(word: str, value: str, negated: bool) -> Width:
    """How far one option narrows a rule; what is not known to narrow counts as broad."""
    if word in ("-m", "--match"):
        return Width.BROAD if value not in ("comment", "tcp", "udp", "conntrack", "state", "multiport") else Width.ALL
    if word == "--comment":
        return Width.ALL
    if negated:
        return Width.BROAD
    if word in ("-i", "--in-interface"):
        return Width.NARROW if value == "lo" else Width.BROAD
    if word in ("--ctstate", "--state"):
        return Width.BROAD if "NEW" in value.split(",") else Width.NARROW
    if word in ("-p", "--protocol"):
        return Width.BROAD if value.lower() in _WHOLE_PROTOCOLS else Width.NARROW
    if word in ("--dport", "--dports", "--destination-port", "--destination-ports"):
        return Width.BROAD if any(_span(one) >= _ALMOST_ALL_PORTS for one in value.split(",")) else Width.NARROW
    if word in ("-s", "--source"):
        return sender(value)
    if word in ("-d", "--destination"):
        return destination(value)
    return Width.NARROW if word in _NARROWING else Width.BROAD


def _span(ports: str) -> int:
    first, colon, last = ports.partition(":")
    if not colon:
        return 0
    return int(last or 65535) - int(first or 0)
