"""Reading nft's own rule files (nft(8)) into the form that ``nft -j list ruleset`` has.

For machines that are off: what a running one has loaded is asked of nft itself. Understood is what filtering
uses; a statement that is not is kept as one that says nothing of its condition, and a command that changes a
rule set in another way is ``Unreadable``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from collectors.host.protocol import Unreadable

_TOKENS = re.compile(r'"[^"]*"|\\\n|#[^\n]*|\n|[{};,]|==|!=|<=|>=|[<>=]|:(?=\s)|[^\s{};,"#=!<>]+|!')
_META = frozenset({"iif", "iifname", "oif", "oifname", "mark", "skuid", "skgid", "l4proto", "nfproto", "protocol",
                   "pkttype", "cgroup", "cpu", "iiftype", "iifgroup", "length", "priority", "hour", "day", "time"})
_PROTOCOLS = frozenset({"tcp", "udp", "udplite", "sctp", "dccp", "th", "ip", "ip6", "icmp", "icmpv6", "arp", "ether",
                        "esp", "ah", "vlan", "comp", "igmp"})
_FAMILIES = frozenset({"ip", "ip6", "inet", "arp", "bridge", "netdev"})
_OPERATORS = frozenset({"==", "!=", "<", ">", "<=", ">="})
_VERDICTS = frozenset({"accept", "drop", "return", "continue"})
_OTHER_BLOCKS = frozenset({"map", "flowtable", "counter", "quota", "ct", "limit", "secmark", "synproxy"})
_PAIR = re.compile(r"(.*?)\s*:\s*(accept|drop|return|continue|(?:jump|goto) \S+)")
Include = Callable[[str], list[str]]
"""From a pattern to the texts of the files it names."""


def to_json(text: str, include: Include) -> str:
    """The rule set that loading ``text`` leaves. Raises ``Unreadable``."""
    reader = _Reader(include)
    try:
        reader.read(text)
    except IndexError as error:
        raise Unreadable("nft: a rule file ends in the middle of a command") from error
    return json.dumps({"nftables": reader.entries})


def tokens(text: str) -> list[str]:
    """Words, quoted text with its quotes, signs and line ends, without comments."""
    found = [one for one in _TOKENS.findall(text) if not one.startswith(("#", "\\\n"))]
    return [";" if one == "\n" else one for one in found]


class _Reader:
    def __init__(self, include: Include, depth: int = 0) -> None:
        self.entries: list[dict[str, Any]] = []
        self.variables: dict[str, list[str]] = {}
        self._include = include
        self._depth = depth

    def read(self, text: str) -> None:
        words = tokens(text)
        while words:
            self._command(words)

    def _command(self, words: list[str]) -> None:
        word = words.pop(0)
        if word == ";":
            return
        if word == "include":
            self._included(words.pop(0))
        elif word in ("define", "redefine"):
            name = words.pop(0)
            if words.pop(0) != "=":
                raise Unreadable(f"nft: the definition of {name} is not understood")
            self.variables[name] = _until_end(words)
        elif word == "undefine":
            self.variables.pop(words.pop(0), None)
        elif word == "flush" and words[:1] == ["ruleset"]:
            _until_end(words)
            self.entries.clear()
        elif word == "table":
            self._table(words)
        elif word in ("add", "create", "insert"):
            self._added(word, words)
        else:
            raise Unreadable(f"nft: the command {word} is not understood")

    def _included(self, quoted: str) -> None:
        if self._depth > 8:
            raise Unreadable("nft: files include each other without end")
        self._depth += 1
        for text in self._include(quoted.strip('"')):
            self.read(text)
        self._depth -= 1

    def _added(self, how: str, words: list[str]) -> None:
        kind = words.pop(0)
        if kind == "table":
            self._table(words)
            return
        family = words.pop(0) if words[0] in _FAMILIES else "ip"
        table = words.pop(0)
        if kind == "chain":
            name = words.pop(0)
            body = _block(words) if words[:1] == ["{"] else []
            self._chain((family, table), name, body)
        elif kind == "rule":
            self._rule((family, table), words.pop(0), _until_end(words), first=how == "insert")
        elif kind in ("set", "element"):
            self._set((family, table), _until_end(words))
        elif kind in _OTHER_BLOCKS:
            _until_end(words)
        else:
            raise Unreadable(f"nft: {how} {kind} is not understood")

    def _table(self, words: list[str]) -> None:
        family = words.pop(0) if words[0] in _FAMILIES else "ip"
        name = words.pop(0)
        table: dict[str, Any] = {"family": family, "name": name}
        self.entries.append({"table": table})
        if words[:1] != ["{"]:
            _until_end(words)
            return
        body = _block(words)
        while body:
            kind = body.pop(0)
            if kind == "chain":
                chain = body.pop(0)
                self._chain((family, name), chain, _block(body))
            elif kind == "include":
                raise Unreadable("nft: a file included inside a table is not followed")
            elif kind == "set":
                self._set((family, name), _until_end(body))
            elif kind in _OTHER_BLOCKS:
                _until_end(body)
            elif kind != ";":
                said = _until_end(body)  # comment "…", flags …
                if kind == "flags":
                    table["flags"] = [one for one in said if one != ","]

    def _set(self, where: tuple[str, str], line: list[str]) -> None:
        """A set with what it holds, or more for one: ``name { … elements = { … } }`` or ``name { … }``."""
        name, words = line[0], self._known(line[1:])
        if "elements" in words:
            words = words[words.index("elements") + 2:]
        elif "type" in words or "typeof" in words:
            words = []
        inside = [word for word in words if word not in ("{", "}")]
        held = [_plain(" ".join(one) if "." in one else one[0]) for one in _split(inside) if one]
        entry = {"family": where[0], "table": where[1], "name": name}
        for one in self.entries:
            if one.get("set", {}).items() >= entry.items():
                one["set"]["elem"] += held
                return
        self.entries.append({"set": {**entry, "elem": held}})

    def _chain(self, where: tuple[str, str], name: str, body: list[str]) -> None:
        entry: dict[str, Any] = {"family": where[0], "table": where[1], "name": name}
        self.entries.append({"chain": entry})
        while body:
            line = _until_end(body)
            if line[:1] == ["type"]:
                if "hook" not in line[:-1]:
                    raise Unreadable(f"nft: the head of the chain {name} is not understood")
                entry["hook"] = line[line.index("hook") + 1]
                entry.setdefault("policy", "accept")
            elif line[:1] == ["policy"]:
                entry["policy"] = self._known(line[1:2])[0]
            elif line[:1] == ["include"]:
                raise Unreadable("nft: a file included inside a chain is not followed")
            elif line and line[0] not in ("comment", "devices", "device", "flags"):
                self._rule(where, name, line)

    def _rule(self, where: tuple[str, str], chain: str, line: list[str], *, first: bool = False) -> None:
        expressions = _expressions(self._known(line))
        rule = {"rule": {"family": where[0], "table": where[1], "chain": chain, "expr": expressions}}
        place = next((index for index, one in enumerate(self.entries) if first and "rule" in one
                      and (one["rule"]["family"], one["rule"]["table"], one["rule"]["chain"]) == (*where, chain)), None)
        self.entries.insert(len(self.entries) if place is None else place, rule)

    def _known(self, line: list[str]) -> list[str]:
        """The words of a line with its variables filled in."""
        found: list[str] = []
        for word in line:
            if word.startswith("$"):
                if word[1:] not in self.variables:
                    raise Unreadable(f"nft: {word} is not defined")
                found += self._known(self.variables[word[1:]])
            else:
                found.append(word)
        return found


def _until_end(words: list[str]) -> list[str]:
    """The words up to the end of the line, a block in braces taken whole."""
    line: list[str] = []
    depth = 0
    while words:
        word = words.pop(0)
        if word == ";" and not depth:
            break
        if word == "}" and not depth:
            raise Unreadable("nft: a brace closes what was not opened")
        depth += (word == "{") - (word == "}")
        if word != ";":
            line.append(word)
    return line


def _block(words: list[str]) -> list[str]:
    """What is between the brace that comes next and the one that closes it."""
    if words[:1] != ["{"]:
        raise Unreadable("nft: a block was expected")
    depth = 0
    for index, word in enumerate(words):
        depth += (word == "{") - (word == "}")
        if not depth:
            body = words[1:index]
            del words[:index + 1]
            return body
    raise Unreadable("nft: a block is not closed")


def _expressions(line: list[str]) -> list[Any]:
    found: list[Any] = []
    while line:
        found.append(_expression(line))
        if next(iter(found[-1])) in ("unknown", *_VERDICTS, "reject", "queue", "jump", "goto"):
            if "unknown" in found[-1]:
                found += _last_verdict(line)
            break
    return found


def _expression(line: list[str]) -> dict[str, Any]:
    word = line.pop(0)
    if word in _VERDICTS or word in ("reject", "queue"):
        return {word: None}
    if word in ("jump", "goto"):
        return {word: {"target": line.pop(0)}}
    if word == "comment":
        line.pop(0)
        return {"comment": None}
    if word in ("counter", "log", "limit"):
        _options(line)
        return {word: None}
    left = _left(word, line)
    if left is None:
        return {"unknown": word}
    if line[:1] == ["set"]:
        line.clear()
        return {"mangle": None}
    if line[:1] == ["vmap"]:
        line.pop(0)
        return {"vmap": {"key": left, "data": _verdicts(line)}}
    operator = line.pop(0) if line[:1] and line[0] in _OPERATORS else "=="
    return {"match": {"op": operator, "left": left, "right": _value(line)}} if line else {"unknown": word}


def _options(line: list[str]) -> None:
    """Drop the words that belong to ``counter``, ``log`` or ``limit``: up to the next statement."""
    while line and not (line[0] in _VERDICTS or line[0] in ("jump", "goto", "reject", "queue", "comment", "counter",
                                                             "log", "limit", "meta", "ct", "fib")
                        or (line[0] in _PROTOCOLS and line[1:2] != ["sequence"]) or line[0] in _META - {"time", "day"}):
        line.pop(0)


def _left(word: str, line: list[str]) -> dict[str, Any] | None:
    left: dict[str, Any]
    if word == "meta" and line and line[0] in _META:
        left = {"meta": {"key": line.pop(0)}}
    elif word in _META:
        left = {"meta": {"key": word}}
    elif word == "ct" and line:
        left = {"ct": {"key": line.pop(0)}}
    elif word == "fib":
        while line and line[0] not in ("type", "oif", "oifname", "check"):
            line.pop(0)
        left = {"fib": {"result": line.pop(0) if line else ""}}
    elif word in _PROTOCOLS and line:
        left = {"payload": {"protocol": word, "field": line.pop(0)}}
    else:
        return None
    if line[:1] == ["."]:
        while line[:1] == ["."]:
            line.pop(0)
            _left(line.pop(0), line)
        return {"concat": []}
    return left


def _value(line: list[str]) -> Any:
    if line[0] == "{":
        return {"set": [_plain(" ".join(one)) for one in _split(_block(line)) if one]}
    parts = [_plain(line.pop(0))]
    while line[:1] == [","]:
        line.pop(0)
        parts.append(_plain(line.pop(0)))
    return parts[0] if len(parts) == 1 else parts


def _split(words: list[str]) -> list[list[str]]:
    parts: list[list[str]] = [[]]
    for word in words:
        if word == ",":
            parts.append([])
        elif word != ";":
            parts[-1].append(word)
    return parts


def _plain(word: str) -> Any:
    word = word.strip('"')
    if word.isdigit():
        return int(word)
    ports = re.fullmatch(r"(\d+)-(\d+)", word)
    if ports:
        return {"range": [int(ports[1]), int(ports[2])]}
    addresses = re.fullmatch(r"([0-9a-fA-F]*[.:][0-9a-fA-F.:]*)-([0-9a-fA-F.:]+)", word)
    if addresses:
        return {"range": [addresses[1], addresses[2]]}
    prefix = re.fullmatch(r"([0-9a-fA-F.:]+)/(\d+)", word)
    return {"prefix": {"addr": prefix[1], "len": int(prefix[2])}} if prefix else word


def _verdicts(line: list[str]) -> Any:
    """The pairs of a verdict map; the name of one that is defined elsewhere."""
    if line[:1] != ["{"]:
        return line.pop(0) if line else ""
    pairs = []
    for entry in _split(_block(line)):
        if not entry:
            continue
        match = _PAIR.fullmatch(" ".join(entry))
        if match is None:
            raise Unreadable(f"nft: {' '.join(entry)[:60]} is no entry of a verdict map")
        kind, _, target = match[2].partition(" ")
        pairs.append([_plain(match[1]), {kind: {"target": target} if target else None}])
    return {"set": pairs}


def _last_verdict(line: list[str]) -> list[Any]:
    """The verdict at the end of a rule whose condition is not understood."""
    if line and line[-1] in _VERDICTS:
        return [{line[-1]: None}]
    if len(line) > 1 and line[-2] in ("jump", "goto"):
        return [{line[-2]: {"target": line[-1]}}]
    return [{"reject": None}] if "reject" in line else []
