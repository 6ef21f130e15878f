"""From the shape of a statement to the rights it needs: queries by the SQL parser, the others by their grammar.

What is not understood is said so, with the reason: it then counts as a use of everything that its account holds.
"""

from __future__ import annotations

import logging
import re
from typing import NamedTuple

from collectors.statement_log.names import Names
from hustings.access.rights import POSTGRESQL

READ, WRITE, DDL, ROLE, FUNCTION, SESSION = "read", "write", "ddl", "role", "function", "session"

_SESSION_WORDS = frozenset(
    {
        "begin",
        "start",
        "commit",
        "end",
        "rollback",
        "abort",
        "savepoint",
        "release",
        "set",
        "reset",
        "show",
        "discard",
        "prepare",
        "execute",
        "deallocate",
        "listen",
        "notify",
        "unlisten",
        "fetch",
        "move",
        "close",
        "checkpoint",
        "load",
        "use",
        "unlock",
        "xa",
        "help",
        "kill",
        "flush",
        "purge",
        "describe",
        "desc",
        "signal",
        "resignal",
        "shutdown",
        "change",
        "stop",
        "binlog",
        "cache",
        "get",
        "open",
        "return",
    }
)
"""Statements that need no right on an object of the office's. ``LOAD DATA`` is told apart from ``LOAD``."""
_QUERY_WORDS = frozenset({"select", "with", "table", "values", "insert", "update", "delete", "merge", "replace", "("})
_ROLE_WORDS = frozenset({"grant", "revoke", "reassign"})
_OWNER_WORDS = frozenset({"alter", "drop", "comment", "security", "import", "rename"})
_MAINTAIN_WORDS = frozenset(
    {"vacuum", "analyze", "analyse", "cluster", "reindex", "refresh", "optimize", "repair", "check", "checksum"}
)
_NAME = r'(?:"(?:[^"]|"")+"|`(?:[^`]|``)+`|[\w$\x80-\U0010ffff]+)'
_OBJECT = rf"{_NAME}(?:\s*\.\s*{_NAME})?"
_ARRAY_TYPE = re.compile(r"(?i)\b(?!array\b)(\w+)(?:\s*\[\s*\])+")
"""``oid[]`` in a cast: which type it is does not matter here."""
_UNKNOWN_TO_PARSER = re.compile(r"(?i)\s(?:overriding\s+(?:system|user)\s+value|where\s+current\s+of\s+\w+)(?=\s|\Z)")
"""Parts that need no right and that the parser does not know."""
_WRITING = frozenset({"INSERT", "UPDATE", "DELETE", "TRUNCATE"})


class Derived(NamedTuple):
    """What a statement needs."""

    needs: frozenset[tuple[str, str | None, str]]
    kind: str
    understood: bool = True
    why: str = ""
    schemas: tuple[str, ...] = ()
    """Where its unqualified names were found: the search path that a plan needs."""


def unwrapped(text: str) -> str:
    """The statement inside ``EXPLAIN``, ``DECLARE … CURSOR FOR`` and ``PREPARE … AS``; any other as it stands."""
    found = re.match(
        r"(?is)explain\s+(?:\([^()]*\)\s*)?(?:(?:analyze|verbose|extended|format\s*=\s*\w+)\s+)*(?=\w|\()", text
    )
    if found and re.match(
        r"(?i)(select|with|insert|update|delete|merge|values|table|execute|create|declare|\(|replace)",
        text[found.end() :],
    ):
        return text[found.end() :]
    found = re.match(
        rf"(?is)declare\s+{_NAME}(?:\s+(?:binary|asensitive|insensitive|no|scroll))*\s+cursor"
        r"(?:\s+with(?:out)?\s+hold)?\s+for\s+",
        text,
    )
    if found:
        return text[found.end() :]
    found = re.match(rf"(?is)prepare\s+{_NAME}\s*(?:\((?:[^()]|\([^()]*\))*\))?\s+as\s+", text)
    return text[found.end() :] if found else text


def derive(
    text: str,
    names: Names,
    path: tuple[str, ...] = (),
    *,
    whole: bool = True,
    sequences: tuple[tuple[str, str], ...] = (),
) -> Derived:
    """The rights that a shape needs; ``path`` is the search path of its session where that is known."""
    word = _first(text)
    if not whole:
        return Derived(frozenset(), READ, False, "the log has only the beginning of the statement")
    if word in _QUERY_WORDS or (word == "do" and names.engine != POSTGRESQL):
        return _query(text, names, path, sequences)
    return _utility(text, word, names, path)


def _first(text: str) -> str:
    found = re.match(r"\s*(\(|[A-Za-z]+)", text)
    return found.group(1).lower() if found else ""


def _not_understood(kind: str, why: str) -> Derived:
    return Derived(frozenset(), kind, False, why)


def _parsed(text: str, engine: str) -> object:
    """The tree. The parser takes two parameters for a dollar quote at times: then they stand as NULL."""
    import sqlglot
    from sqlglot.errors import SqlglotError

    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    if engine != POSTGRESQL:
        return sqlglot.parse_one(text, read="mysql")
    text = _UNKNOWN_TO_PARSER.sub(" ", _ARRAY_TYPE.sub(r"\1", text))
    try:
        return sqlglot.parse_one(text, read="postgres")
    except SqlglotError:
        return sqlglot.parse_one(re.sub(r"\$[0-9]+", "null", text), read="postgres")


def _query(text: str, names: Names, path: tuple[str, ...], sequences: tuple[tuple[str, str], ...]) -> Derived:
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    from collectors.statement_log.changes import Walker
    from collectors.statement_log.needs import Need, OddTree

    replaced = False
    if names.engine != POSTGRESQL:
        if _first(text) == "do":
            text = re.sub(r"(?i)^\s*do\b", "select", text)
        replaced = _first(text) == "replace"
        text = re.sub(r"(?i)^\s*replace(\s+(low_priority|delayed))?(\s+into)?\b", "insert into", text)
        text = re.sub(rf"(?is)\sinto\s+(?:(?:out|dump)file\s+\?|@{_NAME}(?:\s*,\s*@{_NAME})*)", " ", text)
        text = re.sub(
            r"(?i)^(\s*(?:insert|update|delete))(?:\s+(?:low_priority|high_priority|delayed|quick|ignore))+\b",
            r"\1",
            text,
        )
    try:
        tree = _parsed(text, names.engine)
        if isinstance(tree, exp.Command):
            return _not_understood(READ, "the parser does not know this form")
        if isinstance(tree, exp.Expr) and any(
            not str(one.args["operator"]).startswith("pg_catalog.") for one in tree.find_all(exp.Operator)
        ):
            return _not_understood(READ, "an operator of its own, whose function the statement does not name")
        walker = Walker(names, path)
        walker.query(tree, None, {})
    except SqlglotError as error:
        return _not_understood(READ, str(error).partition("\n")[0][:200])
    except OddTree as error:
        return _not_understood(READ, str(error))
    except RecursionError:
        return _not_understood(READ, "nested too deeply for the parser")
    if replaced:
        walker.needs |= {Need(one.object, None, "DELETE") for one in walker.needs if one.right == "INSERT"}
    if isinstance(tree, exp.Select) and tree.args.get("into") is not None and names.engine == POSTGRESQL:
        return _with_creation(walker, tree.args["into"].this.db, path)
    for function, name in sequences:
        schema, _, bare = name.replace('"', "").rpartition(".")
        walker.need(names.find(schema, bare, path), None, "UPDATE" if function == "setval" else "USAGE")
    wrote = any(one.right in _WRITING and (one.right != "UPDATE" or one.column is not None) for one in walker.needs)
    return Derived(frozenset(walker.needs), WRITE if wrote else READ, schemas=tuple(sorted(walker.schemas)))


def _with_creation(walker: object, schema: str, path: tuple[str, ...]) -> Derived:
    from collectors.statement_log.changes import Walker
    from collectors.statement_log.needs import Need

    assert isinstance(walker, Walker)
    at = schema or next((one for one in path if one != "$user"), "public")
    needs = {*walker.needs, Need(at, None, "CREATE"), Need(at, None, "USAGE")}
    return Derived(frozenset(needs), DDL, schemas=tuple(sorted(walker.schemas)))


class _Utility:
    """The names in a statement that the parser is not asked about."""

    def __init__(self, names: Names, path: tuple[str, ...]) -> None:
        from collectors.statement_log.changes import Walker

        self.names, self.path = names, path
        self.walker = Walker(names, path)

    def objects(self, text: str) -> list[tuple[tuple[str, str], ...]]:
        """The tables of a list like ``only a, b.c *``."""
        found = []
        for part in re.split(r",(?![^(]*\))", text):
            one = re.match(rf"(?is)\s*(?:only\s+)?({_OBJECT})", part)
            if one:
                found.append(self.table(one.group(1)))
        return found

    def table(self, name: str) -> tuple[tuple[str, str], ...]:
        schema, bare = split_name(name)
        found = self.names.find(schema, bare, self.path)
        if not schema:
            self.walker.schemas |= {at for at, _ in found}
        return found

    def create_in(self, name: str) -> None:
        from collectors.statement_log.needs import Need

        schema, bare = split_name(name)
        at = schema or next((one for one in self.path if one != "$user"), "public")
        if self.names.engine == POSTGRESQL:
            self.walker.needs |= {Need(at, None, "CREATE"), Need(at, None, "USAGE")}
        else:
            self.walker.need(((at, bare),), None, "CREATE")

    def done(self, kind: str) -> Derived:
        return Derived(frozenset(self.walker.needs), kind, schemas=tuple(sorted(self.walker.schemas)))


def split_name(name: str) -> tuple[str, str]:
    """(schema or "", name) of a name as it is written."""
    parts = re.findall(_NAME, name)
    plain = [one[1:-1].replace(one[0] * 2, one[0]) if one[0] in '"`' else one for one in parts]
    return (plain[0], plain[1]) if len(plain) > 1 else ("", plain[0])


def _utility(text: str, word: str, names: Names, path: tuple[str, ...]) -> Derived:
    from collectors.statement_log import utility

    known = utility.STATEMENTS.get(word)
    if known is not None:
        answer = known(text, _Utility(names, path))
        return answer if answer is not None else _not_understood(DDL, "this form of the statement is not known")
    if word in _SESSION_WORDS:
        return Derived(frozenset(), SESSION)
    if word in _ROLE_WORDS:
        return Derived(frozenset(), ROLE)
    if word in _OWNER_WORDS:
        return utility.by_owner(text, _Utility(names, path))
    if word in _MAINTAIN_WORDS:
        return utility.maintain(text, _Utility(names, path))
    return _not_understood(
        FUNCTION if word == "do" else DDL, "code of its own" if word == "do" else "an unknown statement"
    )
