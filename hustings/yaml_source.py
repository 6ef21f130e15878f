"""YAML read so that a person's mistake is found, with its line, and never guessed at.

Refused: duplicate keys, anchors, aliases, tags, and the bare words that some YAML readers take
for booleans (``no``, ``yes``, ``on``, ``off``, ``True``): quote them, or write ``true`` and ``false``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any, TypeVar

import msgspec

from hustings.errors import ConfigError, HustingsError

LIMIT = 4 << 20
MAX_DEPTH = 16
_AMBIGUOUS = frozenset({"y", "n", "yes", "no", "on", "off"})
_EXACT = frozenset({"true", "false", "null"})
_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"[-+]?[0-9]+\.[0-9]+\Z")

_FAULT_PATH = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")
_UNKNOWN_FIELD = re.compile(r"unknown field `([^`]+)`")
_MISSING_FIELD = re.compile(r"missing required field `([^`]+)`")
_KINDS = (
    ("RFC3339 encoded date", ("not a day", "write it as 2026-09-30")),
    ("Expected `date", ("not a day", "write it as 2026-09-30")),
    ("Expected `array", ("not a list", "write [one, two], or one a line with a dash before each")),
    ("Expected `object", ("not keys with values", "write each as `key: value`, as the documentation shows them")),
    ("Expected `bool", ("neither true nor false", "write true or false")),
)
"""Beginnings of what the reader says of a value of another kind, and how a person is told."""
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
    reading = _Reading(name, error, bare_keys)
    value = reading.document(text)
    return Source(name, value, reading.lines, bare_keys)


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
    said = next((one for part, one in _KINDS if part in message), None)
    return error(f"{spot}: {said[0] if said else message}", where=source.where(tuple(path)),
                 remedy=said[1] if said else "write a value of that kind")


class _Reading:
    """One document, from the parser's events: they still tell quotes, tags, anchors and every line."""

    def __init__(self, name: str, error: type[HustingsError], bare_keys: frozenset[str]) -> None:
        self.name = name
        self.error = error
        self.bare_keys = bare_keys
        self.lines: dict[Path, int] = {}
        self._events: Iterator[Any] = iter(())

    def document(self, text: str) -> Any:
        import yaml

        try:
            self._events = yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
            return self._whole()
        except yaml.MarkedYAMLError as problem:
            mark = problem.problem_mark or problem.context_mark
            if mark and problem.context_mark and mark.line >= len(text.splitlines()):
                mark = problem.context_mark
            raise self.error(
                f"not YAML: {problem.problem or problem.context}", where=f"{self.name}:{mark.line + 1 if mark else 1}",
                remedy="check indentation, quotes and colons on this line and the one above") from problem
        except (yaml.YAMLError, UnicodeError) as problem:
            said = str(problem).partition("\n")[0]
            raise self.error(f"not YAML: {said}", where=self.name,
                             remedy="save the file as plain UTF-8 text") from problem

    def _whole(self) -> Any:
        value: Any = None
        seen = 0
        for event in self._events:
            kind = type(event).__name__
            if kind == "DocumentStartEvent":
                seen += 1
                if seen > 1:
                    raise self.error("another document begins", where=f"{self.name}:{event.start_mark.line + 1}",
                                     remedy="keep one document in the file")
            elif kind not in ("StreamStartEvent", "StreamEndEvent", "DocumentEndEvent"):
                value = self._value(event, ())
        return value

    def _value(self, event: Any, path: Path) -> Any:
        line = event.start_mark.line + 1
        self.lines[path] = line
        where = f"{self.name}:{line}"
        self._plain(event, where)
        if len(path) > MAX_DEPTH:
            raise self.error(f"nested deeper than {MAX_DEPTH} levels", where=where, remedy="write it flatter")
        kind = type(event).__name__
        if kind == "MappingStartEvent":
            return self._mapping(path)
        if kind == "SequenceStartEvent":
            items = iter(lambda: next(self._events), None)
            return [self._value(item, (*path, index)) for index, item in
                    enumerate(takewhile(lambda one: type(one).__name__ != "SequenceEndEvent", items))]
        return self._scalar(event, where)

    def _mapping(self, path: Path) -> dict[str, Any]:
        result: dict[str, Any] = {}
        while type(event := next(self._events)).__name__ != "MappingEndEvent":
            line = event.start_mark.line + 1
            key = self._key(event, f"{self.name}:{line}")
            if key in result:
                raise self.error(f"the key {key!r} appears twice", where=f"{self.name}:{line}",
                                 remedy="keep one of them")
            result[key] = self._value(next(self._events), (*path, key))
            self.lines[(*path, key)] = line
        return result

    def _key(self, event: Any, where: str) -> str:
        self._plain(event, where)
        if type(event).__name__ == "ScalarEvent":
            key = event.value if event.value in self.bare_keys else self._scalar(event, where)
            if isinstance(key, int) and not isinstance(key, bool):
                key = str(key)
            if isinstance(key, str):
                return key
        raise self.error("a key must be text", where=where, remedy="quote it")

    def _plain(self, event: Any, where: str) -> None:
        """Refuse what is more than a value: an anchor, an alias, a tag."""
        if event.anchor is not None:
            raise self.error("anchors and aliases are not allowed", where=where, remedy="write the value out")
        if event.tag is not None:
            raise self.error("tags are not allowed", where=where, remedy="remove the word that starts with !")

    def _scalar(self, event: Any, where: str) -> Any:
        return _scalar(event, where, self.error)


def _scalar(event: Any, where: str, error: type[HustingsError]) -> Any:
    text = str(event.value)
    if event.style in ("'", '"', "|", ">"):
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
