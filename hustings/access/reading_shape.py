"""Every fault of keys and kinds in a document at once, and what is left of it without them.

``msgspec`` stops at the first fault; a person who mends a file wants them all. What is at fault is left out, so
that the rest can still be read for faults of sense.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any, NamedTuple, TypeVar

import msgspec
from msgspec import inspect

from hustings.errors import ConfigError
from hustings.yaml_source import Path, Source

T = TypeVar("T")
_GONE = object()


class _Kind(NamedTuple):
    type: type[Any]
    said: str
    remedy: str


_KINDS: dict[type[inspect.Type], _Kind] = {
    inspect.StrType: _Kind(str, "text", "put it in quotes"),
    inspect.IntType: _Kind(int, "a whole number", "write digits alone, without quotes"),
    inspect.BoolType: _Kind(bool, "true or false", "write true or false, without quotes"),
    inspect.DateType: _Kind(date, "a date", "write a date such as 2027-06-30"),
    inspect.DateTimeType: _Kind(datetime, "a time", "write a time such as 2027-06-30T09:00:00-04:00"),
}


def read(source: Source, kind: type[T]) -> tuple[T | None, list[ConfigError]]:
    """The document as ``kind`` without what is at fault, and the faults. None: too little is left."""
    faults: list[ConfigError] = []
    rest = _mend(source.value, inspect.type_info(kind), (), source, faults)
    return (None if rest is _GONE else msgspec.convert(rest, kind)), faults


def _mend(value: Any, kind: inspect.Type, path: Path, source: Source, faults: list[ConfigError]) -> Any:
    words: list[str] | None = None
    while isinstance(kind, inspect.Metadata):
        words = (kind.extra_json_schema or {}).get("enum", words)
        kind = kind.type
    if isinstance(kind, inspect.UnionType):
        if value is None:
            return None
        kind = next(one for one in kind.types if not isinstance(one, inspect.NoneType))
    if isinstance(kind, inspect.StructType):
        return _mend_struct(value, kind, path, source, faults)
    if isinstance(kind, inspect.DictType):
        if not isinstance(value, dict):
            return _wrong(value, "a map", "write name: value lines below it, or {}", path, source, faults)
        mended = {key: _mend(one, kind.value_type, (*path, key), source, faults) for key, one in value.items()}
        return {key: one for key, one in mended.items() if one is not _GONE}
    if isinstance(kind, (inspect.VarTupleType, inspect.TupleType)):
        return _mend_list(value, kind, path, source, faults)
    return _mend_scalar(value, kind, words, path, source, faults)


def _mend_struct(value: Any, kind: inspect.StructType, path: Path, source: Source, faults: list[ConfigError]) -> Any:
    if not isinstance(value, dict):
        return _wrong(value, "a map", "write key: value lines below it, or {}", path, source, faults)
    fields = {one.encode_name: one for one in kind.fields}
    result = {}
    usable = True
    for key in value:
        if key not in fields:
            faults.append(ConfigError(f"unknown key {key!r}", where=source.where((*path, key)),
                                      remedy=nearest(key, fields, "key", "keys here")))
    for key, one in fields.items():
        if key in value:
            mended = _mend(value[key], one.type, (*path, key), source, faults)
            if mended is not _GONE:
                result[key] = mended
            usable = usable and not (mended is _GONE and one.required)
        elif one.required:
            usable = False
            faults.append(ConfigError(f"{_spot(path)}: the key {key!r} is missing", where=source.where(path),
                                      remedy=f"add {key}:"))
    return result if usable else _GONE


def _mend_list(value: Any, kind: inspect.VarTupleType | inspect.TupleType, path: Path, source: Source,
               faults: list[ConfigError]) -> Any:
    if not isinstance(value, list):
        return _wrong(value, "a list", "write it in brackets: [first, second]", path, source, faults)
    if isinstance(kind, inspect.TupleType):
        if len(value) != len(kind.item_types):
            many = f"a list of {len(kind.item_types)}"
            return _wrong(value, many, "write both: [first, second]", path, source, faults)
        inner: Iterator[inspect.Type] = iter(kind.item_types)
    else:
        inner = iter([kind.item_type] * len(value))
    mended = [_mend(one, each, (*path, place), source, faults)
              for place, (one, each) in enumerate(zip(value, inner, strict=True))]
    if isinstance(kind, inspect.TupleType) and _GONE in mended:
        return _GONE
    return [one for one in mended if one is not _GONE]


def _mend_scalar(value: Any, kind: inspect.Type, words: list[str] | None, path: Path, source: Source,
                 faults: list[ConfigError]) -> Any:
    wanted = _KINDS[type(kind)]
    if words is not None and isinstance(value, str) and value not in words:
        faults.append(ConfigError(f"{_spot(path)}: {value!r} is not a word for it", where=source.where(path),
                                  remedy=nearest(value, [one for one in words if one], "value", "values")))
        return _GONE
    try:
        msgspec.convert(value, wanted.type)
    except msgspec.ValidationError:
        return _wrong(value, wanted.said, wanted.remedy, path, source, faults)
    if isinstance(kind, inspect.IntType) and not _within(value, kind):
        return _wrong(value, _range(kind), "write a number in that range", path, source, faults)
    if isinstance(kind, inspect.StrType) and len(value) < (kind.min_length or 0):
        return _wrong(value, "a name", "write it", path, source, faults)
    return value


def _within(value: int, kind: inspect.IntType) -> bool:
    return (kind.ge is None or value >= kind.ge) and (kind.le is None or value <= kind.le)


def _range(kind: inspect.IntType) -> str:
    if kind.ge == kind.le:
        return f"{kind.ge}"
    return f"{kind.ge} or more"


def _wrong(value: Any, said: str, remedy: str, path: Path, source: Source, faults: list[ConfigError]) -> Any:
    if value is None:
        shown = "nothing is written"
    elif isinstance(value, dict):
        shown = "a map is written"
    elif isinstance(value, list):
        shown = f"a list of {len(value)} is written"
    else:
        shown = f"{str(value)[:60]!r} is written" if isinstance(value, str) else f"{value} is written"
    faults.append(ConfigError(f"{_spot(path)}: {shown} where {said} belongs", where=source.where(path), remedy=remedy))
    return _GONE


def nearest(word: str, known: Any, one: str, many: str) -> str:
    """The remedy for a word that is not known: the nearest one, or all of them."""
    names = [str(name) for name in known]
    close = get_close_matches(word, names, 1, 0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    shown = ", ".join(names[:12]) + (" …" if len(names) > 12 else "")
    return f"{many}: {shown}" if names else f"remove the {one}"


def _spot(path: Path) -> str:
    return ".".join(f"{part + 1}" if isinstance(part, int) else part for part in path) or "the file"
