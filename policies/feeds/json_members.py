"""The members of one big JSON object, one after the other, without ever holding the whole.

A feed of 100 MB decoded at once takes ten times that. Here a member's value is cut out by its braces,
strings stepped over whole, and given as bytes; decoding it is what proves it well-formed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import msgspec

CHUNK = 1 << 20
MEMBER_LIMIT = 64 << 20
"""The largest value one member may have, in bytes."""
_BRACE = re.compile(rb'(?:[^"{}]++|"(?:[^"\\]++|\\.)*+")*+[{}]', re.DOTALL)
_KEY = re.compile(rb'\s*("(?:[^"\\]++|\\.)*+")\s*:\s*\{', re.DOTALL)
_OPEN = re.compile(rb"(?:\xef\xbb\xbf)?\s*\{")
_NEXT = re.compile(rb"\s*([,}])")


class NotMembers(ValueError):
    """The text is not one JSON object whose values are objects, or it ends early."""


def members(read: Callable[[int], bytes], *, limit: int = MEMBER_LIMIT) -> Iterator[tuple[str, bytes]]:
    """(name, value) of each member; a value is the bytes of one JSON object, not decoded.

    ``read(n)`` gives at most ``n`` further bytes, none at the end. Raises ``NotMembers``; an object without
    members is no feed either.
    """
    text = _Text(read, limit)
    text.take(_OPEN, "it does not begin as a JSON object")
    while True:
        key = text.take(_KEY, "a member is no object")
        depth = 1
        while depth:
            depth += 1 if text.brace() == b"{" else -1
        try:
            name = msgspec.json.decode(key, type=str)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise NotMembers(f"a name cannot be read: {error}") from error
        yield name, text.cut()
        if text.take(_NEXT, "after a member comes neither a comma nor the end") == b"}":
            text.finish()
            return


class _Text:
    """A window over the text: ``position`` is read so far, ``start`` where the value being cut begins."""

    def __init__(self, read: Callable[[int], bytes], limit: int) -> None:
        self._read, self._limit = read, limit
        self._data = b""
        self.position = 0
        self.start = 0

    def take(self, pattern: re.Pattern[bytes], otherwise: str) -> bytes:
        """Match ``pattern`` here and step over it; its group, or all of it."""
        while True:
            match = pattern.match(self._data, self.position)
            if match is not None:
                self.position = match.end()
                self.start = match.end() - 1
                return match[1] if pattern.groups else match[0]
            if not self._more(self.position):
                raise NotMembers(otherwise if self._data[self.position:].strip() else "it ends early")

    def brace(self) -> bytes:
        """The next brace outside of strings."""
        while True:
            match = _BRACE.match(self._data, self.position)
            if match is not None:
                self.position = match.end()
                return self._data[match.end() - 1:match.end()]
            if len(self._data) - self.start > self._limit:
                raise NotMembers(f"one member has more than {self._limit} bytes")
            if not self._more(self.start):
                raise NotMembers("it ends early")

    def finish(self) -> None:
        """Nothing but blanks may follow."""
        while not self._data[self.position:].strip():
            if not self._more(len(self._data)):
                return
        raise NotMembers("there is more after its end")

    def cut(self) -> bytes:
        return self._data[self.start:self.position]

    def _more(self, keep: int) -> bool:
        """Read on; what lies before ``keep`` is dropped. False at the end."""
        part = self._read(max(CHUNK, (len(self._data) - keep) // 2))
        if not part:
            return False
        self._data = self._data[keep:] + part
        self.position -= keep
        self.start = max(0, self.start - keep)
        return True
