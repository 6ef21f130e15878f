"""The text of sudoers files: logical lines, and reading one from left to right (sudoers(5))."""

from __future__ import annotations

import re
from collections.abc import Iterator

INCLUDE = re.compile(r"\s*[#@](include|includedir)\s+(.+?)\s*\Z")
_COMMENT = re.compile(r"#(?!-?[0-9])")


class Fault(ValueError):
    """A line sudo's grammar does not allow."""


def logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """(number of the first physical line, text) with comments gone and continued lines joined.

    A comment is not continued by a backslash at its end, and ``#`` before a number is a user id.
    """
    first, joined = 0, ""
    for number, physical in enumerate(text.split("\n"), 1):
        first = first or number
        joined += physical.rstrip("\r")
        if not INCLUDE.match(joined):
            code = _without_comment(joined)
            if code == joined and _continued(joined):
                joined = joined.rstrip(" \t")[:-1] + " "
                continue
            joined = code
        if joined.strip():
            yield first, joined.strip()
        first, joined = 0, ""
    if joined.strip():
        yield first, joined.strip()


def _without_comment(line: str) -> str:
    position, quoted = 0, False
    while position < len(line):
        if line[position] == "\\":
            position += 2
            continue
        if line[position] == '"':
            quoted = not quoted
        elif not quoted and _COMMENT.match(line, position):
            return line[:position]
        position += 1
    return line


def _continued(line: str) -> bool:
    code = line.rstrip(" \t")
    return (len(code) - len(code.rstrip("\\"))) % 2 == 1


class Cursor:
    """A position in one logical line."""

    def __init__(self, text: str, position: int = 0) -> None:
        self.text = text
        self.position = position

    def blanks(self) -> None:
        while self.position < len(self.text) and self.text[self.position] in " \t":
            self.position += 1

    def at(self, sign: str) -> bool:
        """Whether ``sign`` comes next after blanks; if so it is passed."""
        self.blanks()
        if not self.text.startswith(sign, self.position):
            return False
        self.position += len(sign)
        return True

    def ended(self) -> bool:
        self.blanks()
        return self.position >= len(self.text)

    def rest(self) -> str:
        return self.text[self.position:self.position + 40]

    def expect(self, sign: str) -> None:
        if not self.at(sign):
            raise Fault(f"expected {sign!r} before {self.rest()!r}")

    def negations(self) -> bool:
        odd = False
        while self.at("!"):
            odd = not odd
        self.blanks()
        return odd

    def value(self, stops: str = ',:=()!" \t') -> str:
        """A word without its quotes and escapes, up to an unescaped character of ``stops``."""
        self.blanks()
        if self.text.startswith('"', self.position):
            return self._quoted()
        found = ""
        while self.position < len(self.text) and self.text[self.position] not in stops:
            if found and self.text[self.position] == "#":
                raise Fault(f"an unescaped # before {self.rest()!r}")
            found += self._character()
        if not found:
            raise Fault(f"a name is missing before {self.rest()!r}" if self.rest() else "the line ends too early")
        return found

    def _character(self) -> str:
        sign = self.text[self.position]
        self.position += 1
        if sign != "\\" or self.position >= len(self.text):
            return sign
        hexadecimal = re.compile(r"x([0-9A-Fa-f]{2})").match(self.text, self.position)
        if hexadecimal:
            self.position = hexadecimal.end()
            return chr(int(hexadecimal[1], 16))
        self.position += 1
        return self.text[self.position - 1]

    def _quoted(self) -> str:
        self.position += 1
        found = ""
        while self.position < len(self.text):
            sign = self.text[self.position]
            if sign == '"':
                self.position += 1
                return found
            if sign == "\\" and self.text[self.position + 1:self.position + 2] not in ('"', "x"):
                self.position += 1
                found += sign
            else:
                found += self._character()
        raise Fault("a quote is not closed")
