"""The tokens of a statement: strings, numbers, names and signs, as the engine tells them apart.

Rules: PostgreSQL documentation, "Lexical Structure"; MariaDB and MySQL documentation, "String literals", "Comment
syntax". Escapes by backslash are understood in ``E''`` strings and in every string of MariaDB and MySQL, whose double
quotes are strings too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from hustings.access.rights import POSTGRESQL

CUT = "\0"
"""At the end of a statement that its log has only the beginning of."""
WORD, QUOTED, STRING, NUMBER, PARAMETER, SIGN = "word", "quoted", "string", "number", "parameter", "sign"

_POSTGRESQL = re.compile(
    r"""(?P<space>\s+|--[^\n]*)
      |(?P<comment>/\*)
      |(?P<string>(?:[eE]'(?:[^'\\]|\\.|'')*(?:'|\Z))|(?:[uU]&|[bBxXnN])?'(?:[^']|'')*(?:'|\Z))
      |(?P<dollar>\$(?:[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_\x80-\U0010ffff]*)?\$)
      |(?P<quoted>"(?:[^"]|"")*(?:"|\Z))
      |(?P<parameter>\$[0-9]+)
      |(?P<word>[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_$\x80-\U0010ffff]*)
      |(?P<number>0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|(?:[0-9][0-9_]*(?:\.(?!\.)[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9]+)?)
      |(?P<sign>::|:=|=>|<=|>=|<>|!=|\|\||.)""",
    re.VERBOSE | re.DOTALL,
)
_MYSQL = re.compile(
    r"""(?P<space>\s+|--(?=\s|\Z)[^\n]*|\#[^\n]*)
      |(?P<comment>/\*(?!!|M!))
      |(?P<hint>/\*M?![0-9]*|\*/)
      |(?P<string>(?:[xXbBnN]|_[A-Za-z0-9]+\s*)?'(?:[^'\\]|\\.|'')*(?:'|\Z)|(?:_[A-Za-z0-9]+\s*)?"(?:[^"\\]|\\.|"")*(?:"|\Z))
      |(?P<quoted>`(?:[^`]|``)*(?:`|\Z))
      |(?P<parameter>\?)
      |(?P<number>0[xX][0-9a-fA-F]+(?![A-Za-z0-9_$])|0b[01]+(?![A-Za-z0-9_$])|(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?(?![A-Za-z_$\x80-\U0010ffff]))
      |(?P<word>[A-Za-z0-9_$\x80-\U0010ffff@]+)
      |(?P<sign>:=|<=>|<=|>=|<>|!=|\|\||&&|.)""",
    re.VERBOSE | re.DOTALL,
)

class Token(NamedTuple):
    kind: str
    text: str
    space: bool
    """Whether space or a comment stood before it."""
    whole: bool = True
    """False: the statement ended inside it."""


def tokens(sql: str, engine: str) -> Iterator[Token]:
    """The tokens of a statement, without comments."""
    postgresql = engine == POSTGRESQL
    match_at = (_POSTGRESQL if postgresql else _MYSQL).match
    at, end, space = 0, len(sql), False
    while at < end:
        found = match_at(sql, at)
        assert found is not None
        kind, text, at = str(found.lastgroup), found.group(), found.end()
        if kind in ("space", "hint"):
            space = True
            continue
        if kind == "comment":
            at, space = _after_comment(sql, at, nested=postgresql), True
            continue
        whole = True
        if kind == "dollar":
            close = sql.find(text, at)
            at, whole = (end, False) if close < 0 else (close + len(text), True)
            kind, text = STRING, "$$"
        elif kind in (STRING, QUOTED) and at == end:
            whole = len(text) > 1 and text[-1] in "'\"`" and _closed(text)
        yield Token(kind, text, space, whole)
        space = False


def _closed(text: str) -> bool:
    """Whether the last quote ends the string, rather than being one half of a doubled or an escaped one."""
    quote = text[-1]
    inner = text[text.index(quote) + 1 :]
    escaped = "\\" in inner and (text[0] in "eE" or quote == '"')
    if escaped:
        inner = re.sub(r"\\.", "", inner, flags=re.DOTALL)
    return inner.replace(quote * 2, "").endswith(quote)


def _after_comment(sql: str, at: int, *, nested: bool) -> int:
    depth = 1
    while depth:
        close, inner = sql.find("*/", at), sql.find("/*", at) if nested else -1
        if close < 0:
            return len(sql)
        if 0 <= inner < close:
            depth, at = depth + 1, inner + 2
        else:
            depth, at = depth - 1, close + 2
    return at


def split(sql: str, engine: str) -> Iterator[list[Token]]:
    """The tokens of each statement of a text sent to the server. Empty ones are left out."""
    one = list[Token]()
    for token in tokens(sql, engine):
        if token.text == ";" and token.kind == SIGN and not _in_body(one):
            if one:
                yield one
            one = []
        else:
            one.append(token)
    if one:
        yield one


def parts(sql: str, engine: str) -> list[str]:
    """The statements of a text as texts, without comments and with nothing in dollar quotes."""
    return [
        "".join((" " if part.space else "") + ("''" if part.text == "$$" else part.text) for part in one)
        for one in split(sql, engine)
    ]


def _in_body(tokens_so_far: list[Token]) -> bool:
    """Whether a semicolon here is inside the body of a routine that stands without quotes."""
    words = [token.text.lower() for token in tokens_so_far if token.kind == WORD]
    if not words or words[0] not in ("create", "begin") or (words[0] == "begin" and words[1:2] != ["not"]):
        return False
    if not {"function", "procedure", "trigger", "event"} & set(words[:12]):
        return False
    opened = words.count("begin") + words.count("case")
    closed = words.count("end") - sum(
        words[n : n + 2] in (["end", "if"], ["end", "loop"], ["end", "while"], ["end", "repeat"])
        for n in range(len(words))
    )
    return opened > closed
