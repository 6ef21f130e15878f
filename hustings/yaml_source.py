"""YAML read so that a person's mistake is found, with its line, and never guessed at.

Refused: duplicate keys, anchors, aliases, tags, and the bare words that some YAML readers take
for booleans (``no``, ``yes``, ``on``, ``off``, ``True``): quote them, or write ``true`` and ``false``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from hustings.errors import ConfigError, HustingsError
from hustings.yaml_quick import compose

LIMIT = 4 << 20
MAX_DEPTH = 16
_AMBIGUOUS = frozenset({"y", "n", "yes", "no", "on", "off"})
_EXACT = frozenset({"true", "false", "null"})
_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"[-+]?[0-9]+\.[0-9]+\Z")

_FAULT_PATH = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")
_UNKNOWN_FIELD = re.compile(r"unknown field `([^`]+)`")
_MISSING_FIELD = re.compile(r"missing required field `([^`]+)`")
T = TypeVar("T")

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Source:
    """Plain values and, for each, the line it stands on (from 1)."""

    name: str
    value: Any
    lines: dict[Path, int] = field(default_factory=dict)
    bare_keys: frozenset[str] = frozenset()
    """Keys that may be written without quotes although their word is ambiguous as a value."""

    def line(self, path: Path) -> int:
        """The line of the nearest value above or at ``path``."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def where(self, path: Path = ()) -> str:
        return f"{self.name}:{self.line(path)}"


def load(text: str, name: str, *, error: type[HustingsError] = ConfigError,
         bare_keys: frozenset[str] = frozenset()) -> Source:
    """Read one YAML document of maps, lists and scalars. Raises ``error`` with file, line and remedy."""
    if len(text) > LIMIT:
        raise error(f"{len(text)} characters; the limit is {LIMIT}", where=name)
    node = compose(text) or _compose_whole(text, name, error)
    source = Source(name, None, bare_keys=bare_keys)
    value = _convert(node, (), source, error) if node is not None else None
    return Source(name, value, source.lines)


def _compose_whole(text: str, name: str, error: type[HustingsError]) -> Any:
    """The document's node by the full reader, which knows all of YAML and says what is wrong."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        node = YAML(typ="safe", pure=True).compose(text)
        tag_line = _first_tag(text) if "!" in text else None
    except MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        line = mark.line + 1 if mark else 1
        raise error(f"not YAML: {problem.problem or problem.context}", where=f"{name}:{line}",
                    remedy="check indentation, quotes and colons on this line and the one above") from problem
    except (YAMLError, ValueError) as problem:
        said = str(problem).partition("\n")[0]
        raise error(f"not YAML: {said}", where=name, remedy="save the file as plain UTF-8 text") from problem
    except RecursionError as problem:
        raise error("nested too deeply", where=name, remedy=f"nest at most {MAX_DEPTH} levels") from problem
    if tag_line is not None:
        raise error("tags are not allowed", where=f"{name}:{tag_line}", remedy="remove the word that starts with !")
    return node


def convert(source: Source, kind: type[T], *, error: type[HustingsError] = ConfigError) -> T:
    """The document as ``kind`` (a msgspec struct). Raises ``error`` with the line of the first fault."""
    try:
        return msgspec.convert(source.value, kind)
    except msgspec.ValidationError as fault:
        raise _fault(fault, source, kind, error) from fault


def _fault(fault: msgspec.ValidationError, source: Source, kind: type[Any],
           error: type[HustingsError]) -> HustingsError:
    """Turn "… - at `$.fix[0].text`" into an error with its line."""
    message, _, place = str(fault).partition(" - at `$")
    path: list[str | int] = [int(index) if index else key for key, index in _FAULT_PATH.findall(place.rstrip("`"))]
    unknown = _UNKNOWN_FIELD.search(message)
    if unknown:
        known = ", ".join(one.name for one in msgspec.structs.fields(kind))
        remedy = "remove it or correct its spelling" + (f"; known keys: {known}" if not path else "")
        return error(f"unknown key {unknown[1]!r}", where=source.where((*path, unknown[1])), remedy=remedy)
    missing = _MISSING_FIELD.search(message)
    if missing:
        return error(f"the key {missing[1]!r} is missing", where=source.where(tuple(path)), remedy=f"add {missing[1]}:")
    spot = ".".join(map(str, path)) or "the document"
    return error(f"{spot}: {message}", where=source.where(tuple(path)), remedy="write a value of that kind")


def _first_tag(text: str) -> int | None:
    """The line of the first explicit tag: a composed node no longer tells whether its tag was written."""
    from ruamel.yaml import YAML
    from ruamel.yaml.tokens import TagToken

    tokens = YAML(typ="safe", pure=True).scan(text)
    return next((token.start_mark.line + 1 for token in tokens if isinstance(token, TagToken)), None)


def _convert(node: Any, path: Path, source: Source, error: type[HustingsError]) -> Any:
    line = node.start_mark.line + 1
    source.lines[path] = line
    where = f"{source.name}:{line}"
    if node.anchor is not None:
        raise error("anchors and aliases are not allowed", where=where, remedy="write the value out")
    if len(path) > MAX_DEPTH:
        raise error(f"nested deeper than {MAX_DEPTH} levels", where=where)
    kind = type(node).__name__
    if kind == "MappingNode":
        return _mapping(node, path, source, error)
    if kind == "SequenceNode":
        return [_convert(item, (*path, index), source, error) for index, item in enumerate(node.value)]
    return _scalar(node, where, error)


def _mapping(node: Any, path: Path, source: Source, error: type[HustingsError]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        where = f"{source.name}:{key_node.start_mark.line + 1}"
        key = _key(key_node, source, error)
        if isinstance(key, int) and not isinstance(key, bool):
            key = str(key)
        if not isinstance(key, str):
            raise error("a key must be text", where=where, remedy="quote it")
        if key in result:
            raise error(f"the key {key!r} appears twice", where=where, remedy="keep one of them")
        result[key] = _convert(value_node, (*path, key), source, error)
        source.lines[(*path, key)] = key_node.start_mark.line + 1
    return result


def _key(node: Any, source: Source, error: type[HustingsError]) -> Any:
    if type(node).__name__ != "ScalarNode":
        return None
    return node.value if node.value in source.bare_keys else _scalar(node, f"{source.name}:{node.start_mark.line + 1}",
                                                                     error)


def _scalar(node: Any, where: str, error: type[HustingsError]) -> Any:
    text = str(node.value)
    if node.style in ("'", '"', "|", ">"):
        return text
    if text.lower() in _AMBIGUOUS:
        raise error(f"bare {text!r} can be read as text or as a truth value", where=where,
                    remedy=f'write "{text}" for the word, or true / false')
    if text.lower() in _EXACT and text not in _EXACT:
        raise error(f"bare {text!r} can be read as text or as a value", where=where,
                    remedy=f'write {text.lower()}, or "{text}" for the word')
    if text in ("true", "false"):
        return text == "true"
    if text in ("", "~", "null"):
        return None
    if _INT.match(text):
        return int(text)
    if _FLOAT.match(text):
        return float(text)
    return text
