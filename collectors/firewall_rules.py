"""What a packet filter does with an unsolicited packet that no rule was written for.

The model behind every packet filter we read: chains of rules, some with conditions. A condition is
*narrow* when only some traffic meets it (one port, one sender, an established connection) and *broad*
when any newcomer may meet it (an interface, this machine's own address, a whole protocol, a rate,
``ct state new``). An accept
under a broad condition is a door left open; an accept under a narrow one is a service.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

ALMOST_ALL_PORTS = 60_000


class Width(StrEnum):
    """How much of the unsolicited traffic meets a rule's conditions."""

    ALL = "all"
    BROAD = "broad"
    NARROW = "narrow"
    OPAQUE = "opaque"
    """The tool did not say what the condition is."""


def sender(network: str) -> Width:
    """How far a source address or network narrows: one as wide as half the internet does not."""
    try:
        found = ipaddress.ip_network(network, strict=False)
    except ValueError:
        return Width.NARROW
    return Width.BROAD if found.prefixlen < (8 if found.version == 4 else 7) else Width.NARROW


def senders(first: str, last: str) -> Width:
    """The same for a range of addresses."""
    try:
        low, high = ipaddress.ip_address(first), ipaddress.ip_address(last)
        return Width.BROAD if int(high) - int(low) >= 1 << (low.max_prefixlen - 8) else Width.NARROW
    except ValueError:
        return Width.NARROW


def ports(spans: Iterable[tuple[int, int]]) -> Width:
    """How far ranges of ports narrow, taken together: nearly all of them do not."""
    return Width.BROAD if sum(last - first + 1 for first, last in spans) >= ALMOST_ALL_PORTS else Width.NARROW


def destination(network: str) -> Width:
    """The same for a destination: every newcomer writes to an address of this machine, so only those of groups
    and of the own link narrow."""
    try:
        found = ipaddress.ip_network(network, strict=False)
    except ValueError:
        return Width.BROAD
    apart = found.is_multicast or found.is_link_local or str(found) == "255.255.255.255/32"
    return Width.NARROW if apart else Width.BROAD


class Action(StrEnum):
    ACCEPT = "accept"
    DROP = "drop"
    JUMP = "jump"
    GOTO = "goto"
    RETURN = "return"
    NOTHING = "nothing"


class Outcome(StrEnum):
    """What may become of the packet."""

    ACCEPT = "accept"
    DROP = "drop"
    CONTINUE = "continue"
    OPAQUE = "opaque"


@dataclass(frozen=True, slots=True)
class Rule:
    width: Width
    action: Action
    target: str = ""


@dataclass(frozen=True, slots=True)
class Entrance:
    """A chain that the kernel itself calls for incoming packets of these families (4, 6)."""

    families: frozenset[int]
    chain: str
    policy: Outcome


@dataclass(slots=True)
class RuleSet:
    """Chains by name (unique in the set) and the entrances among them."""

    chains: dict[str, list[Rule]] = field(default_factory=dict)
    entrances: list[Entrance] = field(default_factory=list)

    def enter(self, entrance: Entrance) -> None:
        """Note an entrance; a chain that is declared again has the policy it is given last."""
        self.entrances = [one for one in self.entrances if one.chain != entrance.chain]
        self.entrances.append(entrance)

    def default(self, family: int) -> Outcome:
        """What becomes of a newcomer of this family: a packet must pass every entrance, so one that drops is enough."""
        outcomes = [self._through(one) for one in self.entrances if family in one.families]
        for worth in (Outcome.DROP, Outcome.OPAQUE):
            if worth in outcomes:
                return worth
        return Outcome.ACCEPT

    def _through(self, entrance: Entrance) -> Outcome:
        ends = {entrance.policy if end is Outcome.CONTINUE else end for end in self._walk(entrance.chain, ())}
        if ends == {Outcome.DROP}:
            return Outcome.DROP
        return Outcome.ACCEPT if Outcome.ACCEPT in ends else Outcome.OPAQUE

    def _walk(self, name: str, above: tuple[str, ...]) -> set[Outcome]:
        """Every way a newcomer may leave this chain."""
        if name in above or name not in self.chains:
            return {Outcome.OPAQUE}
        ends: set[Outcome] = set()
        for rule in self.chains[name]:
            if rule.width is Width.NARROW or rule.action is Action.NOTHING:
                continue
            leaves = self._leaves(rule, (*above, name))
            if rule.width is Width.ALL:
                stays = rule.action is Action.JUMP and Outcome.CONTINUE in leaves
                ends |= leaves - {Outcome.CONTINUE} if stays else leaves
                if not stays:
                    return ends
            elif rule.width is Width.OPAQUE:
                ends |= {Outcome.OPAQUE} if leaves != {Outcome.DROP} else set()
            elif rule.action is Action.JUMP:
                ends |= leaves - {Outcome.CONTINUE, Outcome.DROP}
            else:
                ends |= leaves - {Outcome.DROP}
        return ends | {Outcome.CONTINUE}

    def _leaves(self, rule: Rule, above: tuple[str, ...]) -> set[Outcome]:
        if rule.action is Action.ACCEPT:
            return {Outcome.ACCEPT}
        if rule.action is Action.DROP:
            return {Outcome.DROP}
        if rule.action is Action.RETURN:
            return {Outcome.CONTINUE}
        return self._walk(rule.target, above)
