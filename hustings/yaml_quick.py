"""The plain part of YAML, read fast: what people and programs write nearly always.

A full YAML reader in Python takes ten seconds for a megabyte. This one reads block maps and lists, flow maps and
lists on one line, and scalars on one line that are plain or simply quoted. Anything else, and anything wrong, is
answered with None: the full reader then says what it is. Both give the same nodes for what this one takes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NamedTuple

_STRANGE = re.compile(r"[^\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
                      r"|^(?:---|\.\.\.|%)", re.MULTILINE)
_WORD = r"\w[\w./@+-]{0,200}"
_KEY = re.compile(rf"""(?:"([^"\\]{{0,200}})"|'([^']{{0,200}})'|({_WORD})):(?: +|\Z)""")
_QUOTED = re.compile(r"""\"([^"\\]*)\"|'([^']*)'""")
_PLAIN = re.compile(r"(?:[\w./+]|-(?=[\w.]))(?:[^ #:]| +(?=[^ #])|(?<=[^ ])#|:(?=[^ ]))*")
_FLOW_PLAIN = re.compile(r"""(?:[\w./+]|-(?=[\w.]))(?:[^ #:,\[\]{}"'?]| +(?=[^ #,\[\]{}"'?:])|:(?=[^ ,\[\]{}"'?:]))*""")
_FLOW_KEY = re.compile(rf"""(?:"([^"\\]{{0,200}})"|'([^']{{0,200}})'|({_WORD})): +""")
_REST = re.compile(r" *(?: #.*)?\Z")
_DEEPEST = 40


class _Mark(NamedTuple):
    line: int


@dataclass(slots=True)
class ScalarNode:
    """As the full reader's nodes of these names: the mark is of the start, the style a quote or None."""

    value: str
    start_mark: _Mark
    style: str | None
    anchor: None = None


@dataclass(slots=True)
class SequenceNode:
    value: list[Any]
    start_mark: _Mark
    anchor: None = None


@dataclass(slots=True)
class MappingNode:
    value: list[tuple[Any, Any]]
    start_mark: _Mark
    anchor: None = None


Node = ScalarNode | SequenceNode | MappingNode


class _Line(NamedTuple):
    indent: int
    text: str
    mark: _Mark


class _Beyond(Exception):
    """Not of the plain part."""


def compose(text: str) -> Node | None:
    """The document's node; None where the full reader is needed."""
    if _STRANGE.search(text):
        return None
    lines = []
    for number, line in enumerate(text.split("\n")):
        content = line.lstrip(" ")
        if content and content[0] != "#":
            lines.append(_Line(len(line) - len(content), content.rstrip(" "), _Mark(number)))
    if not lines:
        return None
    try:
        node, end = _block(lines, 0, lines[0].indent, 0)
    except _Beyond:
        return None
    return node if end == len(lines) else None


def _block(lines: list[_Line], place: int, indent: int, depth: int) -> tuple[Node, int]:
    if depth > _DEEPEST:
        raise _Beyond
    if lines[place].text.startswith("- "):
        return _sequence(lines, place, indent, depth)
    return _mapping(lines, place, indent, depth)


def _mapping(lines: list[_Line], place: int, indent: int, depth: int) -> tuple[Node, int]:
    start = lines[place].mark
    items: list[tuple[Any, Any]] = []
    while place < len(lines) and lines[place].indent == indent and not lines[place].text.startswith("- "):
        _, text, mark = lines[place]
        found = _KEY.match(text)
        if found is None:
            raise _Beyond
        key = _key(found, mark)
        value: Node
        if found.end() == len(text) or text[found.end()] == "#":
            value, place = _below(lines, place + 1, indent, depth, mark)
        else:
            value = _inline(text, found.end(), mark)
            place += 1
        items.append((key, value))
        _not_deeper(lines, place, indent)
    if not items:
        raise _Beyond
    return MappingNode(items, start), place


def _below(lines: list[_Line], place: int, indent: int, depth: int, mark: _Mark) -> tuple[Node, int]:
    """What belongs to a key with nothing behind it."""
    if place < len(lines):
        below = lines[place]
        if below.indent > indent:
            return _block(lines, place, below.indent, depth + 1)
        if below.indent == indent and below.text.startswith("- "):
            return _sequence(lines, place, indent, depth + 1)
    return ScalarNode("", mark, None), place


def _sequence(lines: list[_Line], place: int, indent: int, depth: int) -> tuple[Node, int]:
    start = lines[place].mark
    items: list[Any] = []
    while place < len(lines) and lines[place].indent == indent and lines[place].text.startswith("- "):
        _, text, mark = lines[place]
        content = text[2:].lstrip(" ")
        if not content or content[0] in "#-":
            raise _Beyond
        value: Node
        if _KEY.match(content):
            inner = indent + len(text) - len(content)
            lines[place] = _Line(inner, content, mark)
            value, place = _mapping(lines, place, inner, depth + 1)
        else:
            value = _inline(content, 0, mark)
            place += 1
        items.append(value)
        _not_deeper(lines, place, indent)
    return SequenceNode(items, start), place


def _not_deeper(lines: list[_Line], place: int, indent: int) -> None:
    """A deeper line here goes on with a scalar, or is wrong."""
    if place < len(lines) and lines[place].indent > indent:
        raise _Beyond


def _inline(text: str, place: int, mark: _Mark) -> Node:
    """The value that ends a line, and perhaps a comment behind it."""
    first = text[place]
    if first in "{[":
        node, place = _flow(text, place, mark, 0)
    elif first in "\"'":
        node, place = _quoted(text, place, mark)
    else:
        node, place = _plain(_PLAIN, text, place, mark)
    if not _REST.match(text, place):
        raise _Beyond
    return node


def _flow(text: str, place: int, mark: _Mark, depth: int) -> tuple[Node, int]:
    if place >= len(text) or depth > _DEEPEST:
        raise _Beyond
    first = text[place]
    if first == "{":
        return _flow_mapping(text, place, mark, depth)
    if first == "[":
        return _flow_sequence(text, place, mark, depth)
    if first in "\"'":
        return _quoted(text, place, mark)
    return _plain(_FLOW_PLAIN, text, place, mark)


def _flow_mapping(text: str, place: int, mark: _Mark, depth: int) -> tuple[Node, int]:
    items: list[tuple[Any, Any]] = []
    place = _spaces(text, place + 1)
    while text[place:place + 1] != "}":
        found = _FLOW_KEY.match(text, place)
        if found is None:
            raise _Beyond
        value, place = _flow(text, found.end(), mark, depth + 1)
        items.append((_key(found, mark), value))
        place = _next(text, place, "}")
    return MappingNode(items, mark), place + 1


def _flow_sequence(text: str, place: int, mark: _Mark, depth: int) -> tuple[Node, int]:
    items: list[Any] = []
    place = _spaces(text, place + 1)
    while text[place:place + 1] != "]":
        value, place = _flow(text, place, mark, depth + 1)
        items.append(value)
        place = _next(text, place, "]")
    return SequenceNode(items, mark), place + 1


def _next(text: str, place: int, end: str) -> int:
    """Past the comma before the next item, or at the end."""
    place = _spaces(text, place)
    found = text[place:place + 1]
    if found == end:
        return place
    if found != ",":
        raise _Beyond
    place = _spaces(text, place + 1)
    if text[place:place + 1] in (end, ""):
        raise _Beyond
    return place


def _spaces(text: str, place: int) -> int:
    while text[place:place + 1] == " ":
        place += 1
    return place


def _quoted(text: str, place: int, mark: _Mark) -> tuple[Node, int]:
    found = _QUOTED.match(text, place)
    if found is None or text[found.end():found.end() + 1] in ("'", '"'):
        raise _Beyond
    return ScalarNode(found[1] if found[1] is not None else found[2], mark, text[place]), found.end()


def _plain(pattern: re.Pattern[str], text: str, place: int, mark: _Mark) -> tuple[Node, int]:
    found = pattern.match(text, place)
    if found is None:
        raise _Beyond
    return ScalarNode(found[0], mark, None), found.end()


def _key(found: re.Match[str], mark: _Mark) -> ScalarNode:
    double, single, plain = found.groups()
    if plain is not None:
        return ScalarNode(plain, mark, None)
    return ScalarNode(double, mark, '"') if double is not None else ScalarNode(single, mark, "'")
