"""The short notation of an access model: names of objects, and rights such as ``r i u(status,party)``."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from difflib import get_close_matches

import msgspec

from hustings.access.rights import COLUMN_LETTERS, LETTERS, MARIADB, MYSQL, POSTGRESQL, RIGHTS, WORDS

EVERYTHING = "*"
CATALOG = "catalog"
PREFIXES = {
    "table": "table", "view": "table", "seq": "sequence", "sequence": "sequence", "proc": "routine",
    "routine": "routine", "function": "routine", "schema": "schema",
}
"""What may stand before a colon, and the kind of right it means (``Allow.kind``)."""
NARROWED = frozenset(LETTERS[letter] for letter in COLUMN_LETTERS)
"""Rights that a list of columns may narrow."""

_TABLE = ("SELECT", "INSERT", "UPDATE", "DELETE", "REFERENCES", "TRIGGER")
_MARIADB_TABLE = (*_TABLE, "CREATE", "DROP", "ALTER", "INDEX", "CREATE VIEW", "SHOW VIEW", "DELETE HISTORY")
EXPRESSIBLE: dict[str, dict[str, frozenset[str]]] = {
    POSTGRESQL: {
        "table": frozenset((*_TABLE, "TRUNCATE", "MAINTAIN")),
        "sequence": frozenset(("USAGE", "SELECT", "UPDATE")),
        "routine": frozenset(("EXECUTE",)),
        "schema": frozenset(("USAGE", "CREATE")),
    },
    MARIADB: {
        "table": frozenset(_MARIADB_TABLE),
        "sequence": frozenset(_MARIADB_TABLE),
        "routine": frozenset(("EXECUTE", "ALTER ROUTINE")),
        "schema": frozenset(RIGHTS) - {"TRUNCATE", "MAINTAIN", "USAGE", "CONNECT", "TEMPORARY"},
    },
}
"""Which rights exist, by engine and kind of object. PostgreSQL: documentation, "Privileges", table 5.2.
MariaDB: documentation of GRANT, "Privilege Levels"; MySQL 8 has the same but DELETE HISTORY."""
EXPRESSIBLE[MYSQL] = {kind: rights - {"DELETE HISTORY"} for kind, rights in EXPRESSIBLE[MARIADB].items()}

_PREFIX = re.compile(r"([a-z]+):(.+)\Z", re.DOTALL)
_TERM = re.compile(r"""[\s,]*([^\s(),"]+)\s*(?:\(((?:[^()"]|"(?:[^"]|"")*")*)\))?""")
_QUOTED = re.compile(r'\s*"((?:[^"]|"")+)"\s*')
_BARE = re.compile(r'[^",]+')


class NotationError(ValueError):
    """What is wrong with a piece of notation, and how to mend it."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.what, self.remedy = what, remedy


class Named(msgspec.Struct, frozen=True):
    """An object as named: its label in the database, and the kind its prefix says (``""`` without one)."""

    label: str
    kind: str


class Term(msgspec.Struct, frozen=True):
    """A right, with the columns or groups it is narrowed to (None: not narrowed)."""

    right: str
    columns: tuple[str, ...] | None
    exact: frozenset[str] = frozenset()
    """Those of them in double quotes: columns, never groups."""


def read_name(text: str, schemas: tuple[str, ...]) -> Named:
    """``voters``, ``staging.inbox``, ``proc:approve``, ``"a.b"."c"``, ``schema:vr``, ``*``, ``catalog``.

    Raises ``NotationError``; a name without a schema belongs to the first of ``schemas``.
    """
    if text == EVERYTHING:
        return Named(EVERYTHING, "table")
    if text == CATALOG:
        return Named(CATALOG, "catalog")
    kind, name = "", text
    found = _PREFIX.match(text)
    if found and found[1] in PREFIXES:
        kind, name = PREFIXES[found[1]], found[2].strip()
    elif found and (close := get_close_matches(found[1], PREFIXES, 1)):
        raise NotationError(f"{text!r} starts with the unknown prefix {found[1]!r}", f"write {close[0]}:{found[2]}")
    if not name:
        raise NotationError(f"{text!r} names nothing", "write the name of a table, view, routine or schema")
    if kind == "schema":
        return Named(_unquoted(name), kind)
    schema, rest = _split(name)
    if not schema:
        if not schemas:
            raise NotationError(f"{text!r} does not say which schema it is in",
                                f"write schema.{name}, or database: {{schema: …}}")
        schema = schemas[0]
    if not rest:
        raise NotationError(f"{text!r} has nothing after its schema", f"write {schema}.name")
    return Named(f"{schema}.{rest}", kind)


def read_rights(text: str) -> tuple[Term, ...]:
    """``r i u(last_name,"odd, name") SHOW_VIEW``, ``ddl``, ``backup``. Raises ``NotationError``."""
    terms: list[Term] = []
    place = 0
    end = len(text.rstrip(" ,\t\n"))
    while place < end:
        found = _TERM.match(text, place)
        if not found:
            rest = text[place:].strip()
            raise NotationError(f"a bracket is opened and not closed: {rest!r}" if rest.startswith("(") else
                                f"{rest!r} is not a right",
                                'write letters apart by spaces, columns in brackets: "r i u(status,party)"')
        place = found.end()
        terms.append(_term(found[1], found[2]))
    if not terms:
        raise NotationError("no right is named", 'write letters such as "r i", or remove the line')
    return tuple(terms)


def write_name(schema: str, name: str, kind: str, schemas: tuple[str, ...]) -> str:
    """The shortest notation that ``read_name`` turns into this object again; a schema is its own name."""
    if kind == "schema":
        return "schema:" + (_quoted(name) if '"' in name or name != name.strip() else name)
    prefix = {"sequence": "seq:", "routine": "proc:"}.get(kind, "")
    plain, bracket, _ = name.partition("(") if kind == "routine" else (name, "", "")
    if "." in schema or "(" in schema or any('"' in one or one != one.strip() for one in (schema, plain)):
        return f"{prefix}{_quoted(schema)}.{_quoted(name)}"
    if schemas[:1] != (schema,) or "." in plain or (bracket and not plain):
        return f"{prefix}{schema}.{name}"
    if not prefix and (name in (EVERYTHING, CATALOG) or _PREFIX.match(name)):
        prefix = "table:"
    return prefix + name


def write_columns(columns: Iterable[str], groups: Collection[str] = ()) -> str:
    """``(a,b)``, a name in double quotes where it holds what the notation uses or is also that of a group."""
    return "(" + ",".join(one if re.fullmatch(r"[^\s(),\"]+", one) and one not in groups else _quoted(one)
                          for one in columns) + ")"


def write_right(right: str) -> str:
    """Its letter, or its name in capitals with ``_`` for spaces."""
    letters = {name: letter for letter, name in LETTERS.items()}
    return letters.get(right) or right.replace(" ", "_")


def _term(word: str, columns: str | None) -> Term:
    right = LETTERS.get(word) or word.replace("_", " ")
    if right not in RIGHTS and word not in WORDS:
        raise NotationError(f"{word!r} is not a right", _which(word))
    if columns is None:
        return Term(right, None)
    if right not in NARROWED:
        raise NotationError(f"{word} cannot be narrowed to columns: no engine has {right} of columns",
                            f"write {word} alone, or remove it")
    names, exact = _columns(columns, word)
    return Term(right, names, exact)


def _which(word: str) -> str:
    known = ", ".join(f"{letter} ({right})" for letter, right in LETTERS.items())
    if len(word) > 1 and set(word) <= set(LETTERS):
        return f'write the letters apart: "{" ".join(word)}"'
    upper = word.upper().replace("_", " ")
    letter = next((one for one, right in LETTERS.items() if right == upper), word.lower())
    if letter in LETTERS:
        return f"write {letter}"
    close = get_close_matches(upper, RIGHTS, 1)
    return f"did you mean {close[0].replace(' ', '_')}?" if close else f"write one of {known}"


def _columns(text: str, word: str) -> tuple[tuple[str, ...], frozenset[str]]:
    names: list[str] = []
    exact: set[str] = set()
    place = 0
    while place <= len(text):
        found = _QUOTED.match(text, place) or _BARE.match(text, place)
        name = "" if found is None else (found[1].replace('""', '"') if found.re is _QUOTED else found[0].strip())
        if found is None or not name:
            raise NotationError(f"a column is missing in {word}({text})", f"write {word}(first,second)")
        if name not in names:
            names.append(name)
        if found.re is _QUOTED:
            exact.add(name)
        place = found.end()
        if place < len(text) and text[place] != ",":
            raise NotationError(f"{text[place:]!r} in {word}({text}) is not understood",
                                "put commas between columns, and odd names in double quotes")
        place += 1
    return tuple(names), frozenset(exact)


def _split(name: str) -> tuple[str, str]:
    """The schema (empty if none is said) and the rest, up to a routine's argument types."""
    if name.startswith('"'):
        found = _QUOTED.match(name)
        if found is None:
            raise NotationError(f"{name!r} opens a quote and does not close it", 'write "schema"."name"')
        first, rest = found[1].replace('""', '"'), name[found.end():]
        return (first, _unquoted(rest[1:])) if rest.startswith(".") else ("", first + rest)
    head, bracket, arguments = name.partition("(")
    schema, dot, rest = head.partition(".")
    if not dot:
        return "", name
    return schema, _unquoted(rest) + bracket + arguments


def _unquoted(name: str) -> str:
    found = _QUOTED.fullmatch(name)
    return found[1].replace('""', '"') if found else name


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
