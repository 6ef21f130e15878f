"""JSON that means one thing: what two readers could read differently is refused.

Refused are duplicate keys, NaN and infinities, integers past 4,300 digits, lone surrogates, a depth
over ``MAX_DEPTH`` and text over the caller's limit. The standard library accepts all but the last, and msgspec
keeps the last of two duplicate keys, so signed documents pass through here first.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

from hustings.errors import BadJson, TooLarge

MAX_DEPTH = 32
_ONE_BRACKET = bytes.maketrans(b"{}", b"[]")
_NOT_STRUCTURE = bytes(sorted(set(range(256)) - set(b'[]{}"')))


def loads(data: bytes, *, limit: int) -> Any:
    """Decode ``data`` (UTF-8, at most ``limit`` bytes) into plain Python values.

    Raises ``TooLarge`` before any decoding, ``BadJson`` for anything not strict.
    """
    if len(data) > limit:
        raise TooLarge(f"the document has {len(data)} bytes; the limit is {limit}")
    check_depth(data)
    try:
        return _DECODER.decode(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise BadJson(f"not UTF-8 at byte {error.start}") from error
    except json.JSONDecodeError as error:
        raise BadJson(f"not JSON at line {error.lineno}, column {error.colno}: {error.msg}") from error
    except RecursionError as error:
        raise BadJson("nested too deeply") from error


def dumps(value: Any) -> bytes:
    """Encode plain values: UTF-8, no spaces, keys in the order given, no NaN."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8")


def check_depth(data: bytes) -> None:
    """Raise ``BadJson`` unless ``data`` nests at most ``MAX_DEPTH`` levels.

    Take innermost pairs of brackets away ``MAX_DEPTH`` times: then nothing may be left to recurse into.
    Removing two neighbouring quotes leaves every bracket inside or outside of strings as it was.
    """
    if data.count(b"[") + data.count(b"{") <= MAX_DEPTH:
        return
    plain = data.replace(b"\\\\", b"").replace(b'\\"', b"") if b"\\" in data else data
    structure = plain.translate(_ONE_BRACKET, _NOT_STRUCTURE).replace(b'""', b"")
    brackets = b"".join(structure.split(b'"')[::2])
    for _ in range(MAX_DEPTH):
        before, brackets = len(brackets), brackets.replace(b"[]", b"")
        if not brackets:
            return
        if len(brackets) == before:
            break
    raise BadJson(f"nested deeper than {MAX_DEPTH} levels, or with brackets that do not match")


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise BadJson(f"the key {key!r} appears twice in one object")
            seen.add(key)
    return result


def _no_constant(name: str) -> NoReturn:
    raise BadJson(f"{name} is not a JSON number")


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise BadJson(f"a number has {len(text)} digits") from error


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise BadJson(f"the number {text[:20]} does not fit")
    return number


class _Decoder(json.JSONDecoder):
    """The standard decoder, with lone surrogates refused."""

    def decode(self, s: str, *args: Any) -> Any:
        value = super().decode(s, *args)
        if "\\u" in s:
            try:
                json.dumps(value, ensure_ascii=False).encode("utf-8")
            except UnicodeEncodeError as error:
                raise BadJson("a string holds half of a surrogate pair") from error
        return value


_DECODER = _Decoder(
    object_pairs_hook=_no_duplicates, parse_constant=_no_constant, parse_float=_finite, parse_int=_whole
)
