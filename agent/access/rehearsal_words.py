"""SQL text as words, and a script as its statements: just enough of both engines' lexers to be sure of them.

Pure. PostgreSQL: its documentation, "Lexical Structure"; MariaDB: "Identifier Names" and "String Literals".
Comments are left out; what a client program alone understands (``\\connect``, ``DELIMITER``) is a word like any other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from hustings.errors import UsageError

WORD, NAME, TEXT, NUMBER, PARAMETER, SIGN = "word", "name", "text", "number", "parameter", "sign"
"""A plain word, a quoted name, a string, a number, a place for a value, anything else (one character)."""

_POSTGRESQL = re.compile(r"""
    (?P<space>\s+|--[^\n]*)
  | (?P<comment>/\*)
  | (?P<dollar>\$(?:[^\W\d]\w*)?\$)
  | (?P<escaped>[eE]'(?:[^'\\]|\\.|'')*')
  | (?P<plain>(?:[bBxXnN]|[uU]&)?'(?:[^']|'')*')
  | (?P<quoted>(?:[uU]&)?"(?:[^"]|"")*")
  | (?P<parameter>\$\d+)
  | (?P<number>\d[\w.]*)
  | (?P<word>[^\W\d][\w$]*)
  | (?P<sign>.)
""", re.VERBOSE | re.DOTALL)
_MARIADB = re.compile(r"""
    (?P<space>\s+|--(?=\s|$)[^\n]*|\#[^\n]*)
  | (?P<comment>/\*)
  | (?P<plain>[nNbBxX]?'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*")
  | (?P<quoted>`(?:[^`]|``)*`)
  | (?P<parameter>\?)
  | (?P<number>\d+(?:\.\d+)?(?![\w$]))
  | (?P<word>[\w$]+)
  | (?P<sign>.)
""", re.VERBOSE | re.DOTALL)


@dataclass(frozen=True)
class Word:
    """One word and where it stands in the text."""

    kind: str
    text: str
    """As it is meant: words in small letters, names and strings without their quotes."""
    start: int
    end: int


@dataclass(frozen=True)
class Statement:
    """One statement of a script."""

    text: str
    words: tuple[Word, ...]
    line: int
    """Where it starts, from 1."""

    def starts(self, *words: str) -> bool:
        """Whether it begins with these plain words."""
        return len(self.words) >= len(words) and all(
            one.kind == WORD and one.text == word for one, word in zip(self.words, words, strict=False))


def words(text: str, engine: str = "postgresql") -> Iterator[Word]:
    """Every word of a text. Raises ``UsageError`` for a quote or comment that never ends."""
    pattern = _POSTGRESQL if engine == "postgresql" else _MARIADB
    place = 0
    while place < len(text):
        found = pattern.match(text, place)
        assert found is not None
        kind, piece, start, place = str(found.lastgroup), found.group(), place, found.end()
        if kind == "comment":
            if engine != "postgresql" and text.startswith(("/*!", "/*M!"), start):
                raise UsageError("a comment that the server runs (/*! … */) hides what the statement does",
                                 where=f"line {_line(text, start)}", remedy="write the statement plainly")
            place = _comment_end(text, start, nested=engine == "postgresql")
        elif kind == "dollar":
            end = text.find(piece, place)
            if end < 0:
                raise _unended(text, start)
            place = end + len(piece)
            yield Word(TEXT, text[start + len(piece):end], start, place)
        elif kind in ("escaped", "plain"):
            quote = piece.index(piece[-1])
            yield Word(TEXT, piece[quote + 1:-1].replace(piece[-1] * 2, piece[-1]), start, place)
        elif kind == "quoted":
            quote = piece.index(piece[-1])
            yield Word(NAME, piece[quote + 1:-1].replace(piece[-1] * 2, piece[-1]), start, place)
        elif kind != "space":
            if kind == SIGN and piece in "'\"`" and (engine == "postgresql") == (piece != "`"):
                raise _unended(text, start)
            yield Word(kind, piece.lower() if kind == WORD else piece, start, place)


def statements(text: str, engine: str = "postgresql") -> list[Statement]:
    """The statements of a script, split at its semicolons. Raises ``UsageError``."""
    found: list[Statement] = []
    current: list[Word] = []
    for word in words(text, engine):
        if (word.kind, word.text) != (SIGN, ";"):
            current.append(word)
        elif current:
            found.append(_statement(text, current))
            current = []
    if current:
        found.append(_statement(text, current))
    return found


def _statement(text: str, found: list[Word]) -> Statement:
    start = found[0].start
    return Statement(text[start:found[-1].end], tuple(found), _line(text, start))


def _comment_end(text: str, start: int, *, nested: bool) -> int:
    depth, place = 1, start + 2
    while depth:
        close = text.find("*/", place)
        if close < 0:
            raise _unended(text, start)
        inner = text.find("/*", place, close) if nested else -1
        depth += 1 if inner >= 0 else -1
        place = (inner if inner >= 0 else close) + 2
    return place


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1


def _unended(text: str, place: int) -> UsageError:
    return UsageError("a quote or comment starts here and never ends", where=f"line {_line(text, place)}",
                      remedy="close it")
