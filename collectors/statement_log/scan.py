"""The shape of a statement: its text without any literal, plannable with placeholders where values stood.

One slow, careful pass for each shape not seen before; ``quick`` recognises the known ones. Comments go, space
is one blank, unquoted words of PostgreSQL are in small letters (the engine folds them). Lists of values of any
length are one shape, and so are inserts of any number of rows.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from collectors.statement_log.tokens import CUT, NUMBER, PARAMETER, QUOTED, SIGN, STRING, WORD, Token, split
from hustings.access.rights import POSTGRESQL

_TYPED = frozenset(
    {
        "date",
        "time",
        "timestamp",
        "timestamptz",
        "timetz",
        "interval",
        "integer",
        "int",
        "int2",
        "int4",
        "int8",
        "smallint",
        "bigint",
        "numeric",
        "decimal",
        "real",
        "float4",
        "float8",
        "text",
        "varchar",
        "bpchar",
        "uuid",
        "inet",
        "cidr",
        "json",
        "jsonb",
        "bool",
        "boolean",
        "bytea",
        "regclass",
        "money",
        "macaddr",
        "point",
        "xml",
    }
)
"""Words that make the string after them a value of that type: ``date '2026-11-22'``."""
_BEFORE_LIST = frozenset({
    "in", "values", "and", "or", "on", "not", "any", "all", "some", "using", "where", "exists"})
"""Words before a bracket that is no call's."""
_UNITS = frozenset({"year", "month", "day", "hour", "minute", "second"})
_COMPARING = frozenset(
    {"=", "<", ">", "<=", ">=", "<>", "!=", "like", "ilike", "between", "limit", "offset", "from", "by"}
)
_LENGTHS = frozenset(
    {
        "numeric",
        "decimal",
        "varchar",
        "char",
        "character",
        "varying",
        "bit",
        "varbit",
        "timestamp",
        "time",
        "timestamptz",
        "timetz",
        "float",
        "interval",
        "bpchar",
        "nchar",
        "binary",
        "varbinary",
    }
)
_ORDINALS_END = frozenset(
    {
        "limit",
        "offset",
        "fetch",
        "for",
        "having",
        "window",
        "union",
        "intersect",
        "except",
        "rows",
        "range",
        "groups",
        "separator",
    }
)
_PLAIN_VALUES = frozenset({"default", "null", "true", "false", "cast", "as"}) | _TYPED
_SEQUENCES = frozenset({"nextval", "currval", "setval"})
_LONGEST_ORDINAL = 2


class Shaped(NamedTuple):
    """One statement of what was sent together."""

    text: str
    words: tuple[str, ...]
    """Its first words, in small letters."""
    sequences: tuple[tuple[str, str], ...]
    """(function, sequence) of ``nextval('…')`` and its kin: a name, not a value."""
    whole: bool


def shapes(sql: str, engine: str) -> list[Shaped]:
    """Every statement of a text sent to the server, in order. Empty ones are left out."""
    found = [_Writer(one, engine).write() for one in split(sql.removesuffix(CUT), engine)]
    if sql.endswith(CUT) and found:
        found[-1] = found[-1]._replace(whole=False)
    return found


class _Writer:
    """Writes the tokens of one statement as a shape."""

    def __init__(self, read: list[Token], engine: str) -> None:
        self.postgresql = engine == POSTGRESQL
        self.read = read
        self.low = [token.text.lower() if token.kind == WORD else token.text for token in read]
        self.out: list[str] = []
        self.given: dict[str, str] = {}
        self.count = 0
        self.sequences: list[tuple[str, str]] = []

    def write(self) -> Shaped:
        read, low = self.read, self.low
        words = tuple(low[at] for at in range(len(read)) if read[at].kind == WORD)[:6]
        keep = self._kept()
        opened: list[bool] = []
        """For each open bracket, whether it is that of a call."""
        ordinals: int | None = None
        typed: int | None = None
        """Depth of brackets below which values stand that are no table's: their types are their own."""
        previous = ""
        for at, token in enumerate(read):
            if not keep[at]:
                continue
            word, text = low[at], token.text
            if token.kind == WORD:
                if word == "by" and previous in ("order", "group"):
                    ordinals = len(opened)
                elif word in _ORDINALS_END:
                    ordinals = None
                elif word == "values" and previous in ("", "("):
                    typed = len(opened)
                text = word if self.postgresql else token.text
            elif token.kind == SIGN:
                if text == "(":
                    named = at > 0 and read[at - 1].kind in (WORD, QUOTED)
                    opened.append(named and previous not in _BEFORE_LIST)
                elif text == ")" and opened:
                    opened.pop()
                    if ordinals is not None and len(opened) < ordinals:
                        ordinals = None
                    if typed is not None and len(opened) < typed:
                        typed = None
            elif token.kind == STRING:
                text = self._string(at, previous)
            elif token.kind == NUMBER:
                if (
                    ordinals == len(opened) and len(text) <= _LONGEST_ORDINAL and self._alone(at)
                ) or self._length_of_type(at):
                    text = token.text
                elif self.low[max(0, at - 3)] == "tablesample" or self.low[max(0, at - 2)] == "repeatable":
                    text = self._next()
                else:
                    text = self._number(token.text, previous, typed is not None or (bool(opened) and opened[-1]))
            elif token.kind == PARAMETER:
                text = self._parameter(token.text)
            if text:
                self._put(text, token.space)
            previous = word
        whole = all(token.whole for token in read)
        return Shaped("".join(self.out).strip(), words, tuple(self.sequences), whole)

    def _put(self, text: str, space: bool) -> None:
        self.out.append(f" {text}" if space else text)

    def _next(self) -> str:
        self.count += 1
        return f"${self.count}" if self.postgresql else "?"

    def _parameter(self, text: str) -> str:
        if not self.postgresql:
            return "?"
        if text not in self.given:
            self.given[text] = self._next()
        return self.given[text]

    def _string(self, at: int, previous: str) -> str:
        token = self.read[at]
        if previous == "(" and at > 1 and self.low[at - 2] in _SEQUENCES:
            name = token.text.strip("'")
            if re.fullmatch(r'[\w$"]+(?:\.[\w$"]+)?', name):
                self.sequences.append((self.low[at - 2], name))
        if token.text[:1] in "bBxX" and self.postgresql:
            return f"cast({self._next()} as varbit)"
        if previous in _TYPED and at > 0 and self._is_type(at - 1):
            kind = self._take_type()
            unit = self._unit(at + 1)
            return f"cast({self._next()} as {kind}{unit})"
        if previous == "zone" and self.low[max(0, at - 4) : at] in (
            ["timestamp", "with", "time", "zone"],
            ["time", "with", "time", "zone"],
        ):
            for _ in range(3):
                self.out.pop()
            kind = self.out.pop().strip()
            return f"cast({self._next()} as {kind} with time zone)"
        return self._next()

    def _is_type(self, at: int) -> bool:
        """Whether this word is a type before its value, and not a column, an alias or the end of a cast."""
        if self.read[at].kind != WORD:
            return False
        before = self.low[at - 1] if at else ""
        if not self.postgresql and self.low[at] not in ("date", "time", "timestamp"):
            return False
        return before not in ("::", ".", "as")

    def _take_type(self) -> str:
        kind = self.out.pop().strip()
        if not self.postgresql and kind.lower() == "timestamp":
            return "datetime"
        return kind

    def _unit(self, at: int) -> str:
        """``interval '1' day``: the unit, which then belongs to the cast."""
        if not self.postgresql or at >= len(self.low) or self.low[at - 2] != "interval" or self.low[at] not in _UNITS:
            return ""
        self.read[at] = Token(SIGN, "", False)
        return f" {self.low[at]}"

    def _number(self, text: str, previous: str, in_call: bool) -> str:
        """PostgreSQL types a number by how it is written; where nothing else says the type, a cast does."""
        if (
            not self.postgresql
            or (previous in _COMPARING)
            or (not in_call and previous in ("(", ",", "and") and not self._in_select_list())
        ):
            return self._next()
        plain = text.replace("_", "")
        if plain.isdigit():
            kind = "integer" if int(plain) < 2**31 else "bigint" if int(plain) < 2**63 else "numeric"
        elif plain[:2].lower() in ("0x", "0o", "0b"):
            kind = "bigint"
        else:
            kind = "numeric"
        return f"cast({self._next()} as {kind})"

    def _in_select_list(self) -> bool:
        """Whether the innermost clause written so far is a select list."""
        depth = 0
        for text in reversed(self.out):
            word = text.strip().lower()
            if word == ")":
                depth += 1
            elif word == "(":
                if not depth:
                    return False
                depth -= 1
            elif not depth and word in ("select", "returning"):
                return True
            elif not depth and word in ("from", "where", "values", "set", "on", "having", "in", "limit"):
                return False
        return False

    def _alone(self, at: int) -> bool:
        """Whether the number is a whole item of a list: ``order by 1, 2 desc``."""
        before = self.low[at - 1] if at else ""
        after = self.low[at + 1] if at + 1 < len(self.low) else ""
        return before in ("by", ",", "(") and after in (
            "",
            ",",
            ")",
            "asc",
            "desc",
            "nulls",
            "limit",
            "offset",
            "having",
            "for",
            "fetch",
            "order",
            "union",
        )

    def _length_of_type(self, at: int) -> bool:
        """``numeric(10, 2)`` in a cast or a definition: part of a type, no value."""
        back = at - 1
        while back > 0 and (self.low[back] == "," or self.read[back].kind == NUMBER):
            back -= 1
        if back < 1 or self.low[back] != "(" or self.low[back - 1] not in _LENGTHS:
            return False
        before = self.low[back - 2] if back > 1 else ""
        return before in ("::", "as", "character", "bit") or self.low[0] in ("create", "alter")

    def _kept(self) -> list[bool]:
        """Which tokens stand in the shape: of a list of values the first one, of rows of values the first row."""
        keep = [True] * len(self.read)
        at = 0
        while at < len(self.read):
            if (self.low[at] == "(" and at and self.low[at - 1] in ("in", "array")) or (
                self.low[at] == "[" and at and self.low[at - 1] == "array"
            ):
                if self.low[at + 1 : at + 2] == ["("]:
                    self._first_row(at + 1, keep)
                else:
                    self._first_value(at, keep)
            elif self.low[at] in ("values", "value") and at + 1 < len(self.low) and self.low[at + 1] == "(":
                self._first_row(at + 1, keep)
            at += 1
        return keep

    def _first_value(self, at: int, keep: list[bool]) -> None:
        close = self._close(at)
        inside = range(at + 1, close)
        if any(
            self.read[n].kind not in (STRING, NUMBER, PARAMETER) and self.low[n] not in (",", "-", "+", "null")
            for n in inside
        ):
            return
        comma = next((n for n in inside if self.low[n] == ","), close)
        for n in range(comma, close):
            keep[n] = False

    def _first_row(self, at: int, keep: list[bool]) -> None:
        close = self._close(at)
        while close + 2 < len(self.low) and self.low[close + 1] == "," and self.low[close + 2] == "(":
            start, close = close + 1, self._close(close + 2)
            row = range(start, min(close + 1, len(self.low)))
            if not all(
                self.read[n].kind in (STRING, NUMBER, PARAMETER, SIGN) or self.low[n] in _PLAIN_VALUES for n in row
            ):
                return
            for n in row:
                keep[n] = False

    def _close(self, at: int) -> int:
        depth = 0
        for n in range(at, len(self.low)):
            if self.low[n] in ("(", "["):
                depth += 1
            elif self.low[n] in (")", "]"):
                depth -= 1
                if not depth:
                    return n
        return len(self.low)
