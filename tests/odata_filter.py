"""``$filter`` of OData v4 as far as Graph takes it of us, on plain dicts: eq, ne, gt, ge, lt, le, in, and, or, not,
startsWith, endsWith. What it does not know raises ``ValueError``, which a server answers with 400."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

_TOKEN = re.compile(r"\s*('(?:[^']|'')*'|[(),]|[A-Za-z_@][\w/.@-]*|[\w.:+-]+)")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda a, b: _folded(a) == _folded(b), "ne": lambda a, b: _folded(a) != _folded(b),
    "gt": lambda a, b: a is not None and a > b, "ge": lambda a, b: a is not None and a >= b,
    "lt": lambda a, b: a is not None and a < b, "le": lambda a, b: a is not None and a <= b,
}
_CALLS: dict[str, Callable[[str, str], bool]] = {"startswith": str.startswith, "endswith": str.endswith}
Test = Callable[[Mapping[str, Any]], bool]


def parse(text: str) -> Test:
    """A test of one object. Raises ``ValueError``."""
    tokens, at = [], 0
    while text[at:].strip():
        found = _TOKEN.match(text, at)
        if found is None:
            raise ValueError(f"cannot read {text[at:]!r}")
        tokens.append(found.group(1))
        at = found.end()
    reader = _Reader(tokens)
    test = reader.either()
    if reader.tokens:
        raise ValueError(f"{reader.tokens[0]!r} is too much")
    return test


class _Reader:
    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens

    def take(self, *wanted: str) -> str:
        if not self.tokens or (wanted and self.tokens[0] not in wanted):
            raise ValueError(f"{' or '.join(wanted) or 'more'} was expected")
        return self.tokens.pop(0)

    def either(self) -> Test:
        parts = [self.every()]
        while self.tokens[:1] == ["or"]:
            self.take()
            parts.append(self.every())
        return lambda one: any(part(one) for part in parts)

    def every(self) -> Test:
        parts = [self.single()]
        while self.tokens[:1] == ["and"]:
            self.take()
            parts.append(self.single())
        return lambda one: all(part(one) for part in parts)

    def single(self) -> Test:
        word = self.take()
        if word == "not":
            inner = self.single()
            return lambda one: not inner(one)
        if word == "(":
            inner = self.either()
            self.take(")")
            return inner
        if word.casefold() in _CALLS:
            call = _CALLS[word.casefold()]
            self.take("(")
            name = self.take()
            self.take(",")
            wanted = _value(self.take())
            self.take(")")
            return lambda one: call(str(_folded(_at(one, name)) or ""), str(_folded(wanted)))
        return self.compared(word)

    def compared(self, name: str) -> Test:
        operator = self.take(*_COMPARE, "in")
        if operator == "in":
            self.take("(")
            values = [_folded(_value(self.take()))]
            while self.take(",", ")") == ",":
                values.append(_folded(_value(self.take())))
            return lambda one: _folded(_at(one, name)) in values
        compare, value = _COMPARE[operator], _value(self.take())
        return lambda one: compare(_at(one, name), value)


def _at(one: Mapping[str, Any], name: str) -> Any:
    value: Any = one
    for part in name.split("/"):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _value(token: str) -> Any:
    if token.startswith("'"):
        return token[1:-1].replace("''", "'")
    if token in ("true", "false", "null"):
        return {"true": True, "false": False, "null": None}[token]
    return int(token) if token.lstrip("-").isdigit() else token


def _folded(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value
