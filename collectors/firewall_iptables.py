"""Reading ``iptables-save`` and ``ip6tables-save`` (of either variant) into chains of rules."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from collectors.firewall_rules import (
    Action,
    Entrance,
    Outcome,
    Rule,
    RuleSet,
    Width,
    destination,
    ports,
    sender,
    senders,
)
from collectors.host.protocol import Unreadable

_ACTIONS = {"ACCEPT": Action.ACCEPT, "DROP": Action.DROP, "REJECT": Action.DROP, "RETURN": Action.RETURN,
            "QUEUE": Action.ACCEPT, "NFQUEUE": Action.ACCEPT}
_SILENT = frozenset({"LOG", "NFLOG", "ULOG", "AUDIT", "MARK", "CONNMARK", "TRACE", "SET", "CLASSIFY", "TOS", "DSCP"})
_NARROWING = frozenset({"--icmp-type", "--icmpv6-type", "--match-set", "--mark", "--mac-source",
                        "--hl-eq"})
_WHOLE_PROTOCOLS = frozenset({"tcp", "udp", "all", "6", "17", "0"})
_APPEND, _OTHER_COMMANDS = ("-A ", "--append "), ("-N ", "--new-chain ")


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
                rules.enter(Entrance(frozenset({family}), name, outcome))
        elif line.startswith(("-P ", "--policy ", "-I ", "--insert ")):
            _otherwise(rules, _words(line), family, prefix, table)
        elif line.startswith(_APPEND):
            words = _words(line)
            name = f"{prefix} {words[1]}"
            if name not in rules.chains:
                raise Unreadable(f"a rule of the unknown chain {words[1]} in table {table}")
            rules.chains[name].append(_rule(words[2:], prefix))
        elif line.startswith("-") and not line.startswith(_OTHER_COMMANDS):
            raise Unreadable(f"the command {line[:80]!r} among rules is not understood")
    return rules


def _otherwise(rules: RuleSet, words: list[str], family: int, prefix: str, table: str) -> None:
    """A policy, or a rule put in front, that a file of rules names as iptables(8) does."""
    name = f"{prefix} {words[1] if len(words) > 1 else ''}"
    if name not in rules.chains or len(words) < 3:
        raise Unreadable(f"the command {' '.join(words)[:80]!r} in table {table} is not understood")
    if words[0] in ("-P", "--policy"):
        if words[1] == "INPUT" and table != "nat":
            outcome = Outcome.DROP if words[2] == "DROP" else Outcome.ACCEPT
            rules.enter(Entrance(frozenset({family}), name, outcome))
        return
    numbered = words[2].isdigit()
    place = int(words[2]) - 1 if numbered else 0
    rules.chains[name].insert(place, _rule(words[3 if numbered else 2:], prefix))


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
        return ports(map(_span, value.split(",")))
    if word in ("-s", "--source", "--src"):
        return _widest(map(sender, value.split(",")))
    if word in ("-d", "--destination", "--dst"):
        return _widest(map(destination, value.split(",")))
    if word == "--src-range":
        first, _, last = value.partition("-")
        return senders(first, last or first)
    return Width.NARROW if word in _NARROWING else Width.BROAD


def _widest(found: Iterable[Width]) -> Width:
    return Width.BROAD if Width.BROAD in found else Width.NARROW


def _span(text: str) -> tuple[int, int]:
    """The first and last port of an entry; a service by its name counts as one."""
    first, colon, last = text.partition(":")
    if not colon:
        return 0, 0
    return int(first or 0), int(last or 65535)
