"""Reading ``nft -j list ruleset`` (libnftables-json(5)) into chains of rules."""

from __future__ import annotations

import json
from typing import Any

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

_FAMILIES = {"ip": frozenset({4}), "ip6": frozenset({6}), "inet": frozenset({4, 6})}
_ACTIONS = {"accept": Action.ACCEPT, "drop": Action.DROP, "reject": Action.DROP, "return": Action.RETURN,
            "jump": Action.JUMP, "goto": Action.GOTO, "queue": Action.ACCEPT}
_SILENT = frozenset({"counter", "log", "comment", "notrack", "mangle", "set", "meter", "map", "ct helper"})
_WHOLE_PROTOCOLS = frozenset({"tcp", "udp", "ip", "ip6", "ipv4", "ipv6"})
_EQUAL = frozenset({"==", "in"})
_FLAGS = frozenset({"owner", "persist"})
_NARROW_META = frozenset({"mark", "skuid", "skgid", "cgroup", "secpath"})
_NARROW_FIELDS = frozenset({"type", "code", "ttl", "hoplimit"})


def parse(text: str, *, without: frozenset[tuple[str, str]] = frozenset()) -> RuleSet:
    """The input chains of a rule set, leaving out whole tables (family, name) that are read otherwise, and those
    that are dormant. nft 1.0.6 tells that a table has flags and not which: such a table is opaque."""
    rules, entries = RuleSet(), _entries(text)
    flags = {(str(entry.get("family")), str(entry.get("name"))): set(map(str, _values(entry.get("flags", []))))
             for kind, entry in entries if kind == "table"}
    named = {(str(entry.get("family")), str(entry.get("table")), f"@{entry.get('name')}"):
             _values(entry.get("elem", [])) for kind, entry in entries if kind == "set"}
    without |= {table for table, said in flags.items() if "dormant" in said}
    for kind, entry in entries:
        where = (str(entry.get("family")), str(entry.get("table")))
        if where in without or where[0] not in _FAMILIES:
            continue
        if kind == "chain":
            name = _name(where, entry["name"])
            rules.chains.setdefault(name, [])
            if entry.get("hook") == "input":
                policy = Outcome.DROP if entry.get("policy") == "drop" else Outcome.ACCEPT
                untold = flags.get(where, set()) - _FLAGS
                rules.enter(Entrance(_FAMILIES[where[0]], f"{name}, dormant?" if untold else name, policy))
        elif kind == "rule":
            rules.chains.setdefault(_name(where, entry["chain"]), []).extend(
                _rules([_spelled_out(one, where, named) for one in entry["expr"]], where))
    return rules


def _spelled_out(expression: Any, where: tuple[str, str], named: dict[tuple[str, str, str], list[Any]]) -> Any:
    """A match with what its named set holds now, where the rule set tells, in place of the set's name."""
    match expression:
        case {"match": {"right": str(name), **others}} if (*where, name) in named:
            return {"match": {**others, "right": {"set": named[*where, name]}}}
    return expression


def opaque_tables(text: str) -> frozenset[tuple[str, str]]:
    """Tables (family, name) with iptables extensions, which nft names without saying what they match."""
    return frozenset((entry["family"], entry["table"]) for kind, entry in _entries(text)
                     if kind == "rule" and any(isinstance(one, dict) and "xt" in one for one in entry["expr"]))


def tables(text: str) -> frozenset[str]:
    """The names of all tables."""
    return frozenset(str(entry["name"]) for kind, entry in _entries(text) if kind == "table")


def _entries(text: str) -> list[tuple[str, dict[str, Any]]]:
    try:
        return [(kind, entry) for one in json.loads(text)["nftables"] for kind, entry in one.items()]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unreadable(f"nft -j list ruleset gave no rule set: {error}") from error


def _name(where: tuple[str, str], chain: str) -> str:
    return " ".join((*where, chain))


def _rules(expressions: list[Any], where: tuple[str, str]) -> list[Rule]:
    """One nft rule as one rule, or several where it ends in a verdict map."""
    width = Width.ALL
    for one in expressions:
        expression = one if isinstance(one, dict) else {str(one): None}
        kind: str = next(iter(expression))
        detail: Any = expression[kind]
        if kind in _ACTIONS:
            return [_rule(width, kind, detail, where)]
        if kind == "vmap":
            return _verdict_map(width, detail, where)
        if kind == "match":
            width = _narrower(width, _match(detail))
        elif kind == "limit":
            width = _narrower(width, Width.BROAD)
        elif kind == "xt" and detail and detail.get("type") == "target":
            return [Rule(Width.OPAQUE, Action.ACCEPT)]
        elif kind not in _SILENT:
            width = _narrower(width, Width.OPAQUE)
    return []


def _rule(width: Width, kind: str, detail: Any, where: tuple[str, str]) -> Rule:
    target = _name(where, detail["target"]) if isinstance(detail, dict) and "target" in detail else ""
    return Rule(width, _ACTIONS[kind], target)


def _verdict_map(width: Width, detail: dict[str, Any], where: tuple[str, str]) -> list[Rule]:
    data = detail.get("data")
    if not isinstance(data, dict) or "set" not in data:
        return [Rule(Width.OPAQUE, Action.ACCEPT)]
    rules = []
    for value, verdict in data["set"]:
        kind, target = next(iter(verdict.items()))
        if kind in _ACTIONS:
            met = _match({"op": "==", "left": detail["key"], "right": value})
            rules.append(_rule(_narrower(width, met), kind, target, where))
    return rules


def _narrower(one: Width, other: Width) -> Width:
    for width in (Width.NARROW, Width.OPAQUE, Width.BROAD):
        if width in (one, other):
            return width
    return Width.ALL


def _match(detail: dict[str, Any]) -> Width:
    left, right = detail["left"], detail["right"]
    negated = detail.get("op") == "!="
    values = _values(right)
    if "meta" in left:
        key = left["meta"]["key"]
        if key in ("iif", "iifname"):
            return Width.NARROW if values == ["lo"] and not negated else Width.BROAD
        if key in ("l4proto", "protocol", "nfproto"):
            return Width.BROAD if negated or _WHOLE_PROTOCOLS & set(map(str, values)) else Width.NARROW
        return Width.NARROW if key in _NARROW_META and not negated else Width.BROAD
    if "ct" in left:
        if left["ct"]["key"] == "state":
            return Width.NARROW if ("new" in values) == negated else Width.BROAD
        return Width.NARROW if left["ct"]["key"] in ("status", "mark") and not negated else Width.BROAD
    if "payload" in left and left["payload"].get("field") in ("dport", "sport"):
        if left["payload"]["field"] == "sport" or negated:
            return Width.BROAD
        return ports(map(_span, values)) if detail.get("op", "==") in _EQUAL else Width.BROAD
    if "payload" in left and left["payload"].get("field") in ("protocol", "nexthdr"):
        return Width.BROAD if negated or _WHOLE_PROTOCOLS & set(map(str, values)) else Width.NARROW
    return Width.BROAD if negated else _place(left, values)


def _place(left: dict[str, Any], values: list[Any]) -> Width:
    """How far a condition on an address, or on another part of the packet, narrows."""
    if "concat" in left:
        return Width.NARROW
    field = left.get("payload", {}).get("field")
    if field not in ("saddr", "daddr"):
        return Width.NARROW if field in _NARROW_FIELDS else Width.BROAD
    return Width.NARROW if all(_end(field, one) is Width.NARROW for one in values) else Width.BROAD


def _end(field: str, value: Any) -> Width:
    """How far one address, network or range of addresses narrows."""
    if isinstance(value, dict) and "elem" in value:
        return _end(field, value["elem"].get("val"))
    if isinstance(value, dict) and "range" in value:
        return senders(*map(str, value["range"])) if field == "saddr" else Width.BROAD
    return (sender if field == "saddr" else destination)(_network(value))


def _values(right: Any) -> list[Any]:
    if isinstance(right, dict) and "set" in right:
        return list(right["set"])
    return right if isinstance(right, list) else [right]


def _span(value: Any) -> tuple[int, int]:
    """The first and last port of an entry; a service by its name, or a set by its, counts as one."""
    if isinstance(value, dict) and "range" in value:
        first, last = value["range"]
        return int(first), int(last)
    return 0, 0


def _network(value: Any) -> str:
    """An address or network as text; a set by its name and the like as they are."""
    if isinstance(value, dict) and "prefix" in value:
        return f"{value['prefix']['addr']}/{value['prefix']['len']}"
    return str(value)
