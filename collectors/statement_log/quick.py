"""A key for a statement, fast: equal keys have the same shape for what it needs, though not always the reverse.

Literals become ``?`` and lists of them one ``?``. Statements with comments, escapes, dollar quotes or unusual
quoted names take the careful way of the tokens; all others a single regular expression without any callback.
"""

from __future__ import annotations

import re

from collectors.statement_log.tokens import NUMBER, STRING, tokens
from hustings.access.rights import POSTGRESQL

_LITERAL = re.compile(r"""['0-9](?:(?<=')[^']*'(?:'[^']*')*|(?<![\w$.]['0-9])[0-9A-Za-z_.]*)""")
_LITERAL_MYSQL = re.compile(
    r"""['0-9](?:(?<=')[^']*'(?:'[^']*')*|(?<![\w$.`@]['0-9])[0-9.]*(?:[xX][0-9a-fA-F]+)?(?![\w$]))"""
)
_DOLLAR_QUOTE = re.compile(r"\$(?![0-9])")
_LIST = re.compile(r"\?(?:\s*,\s*\?)+")
_ROWS = re.compile(r"\(\s*\?\s*\)(?:\s*,\s*\(\s*\?\s*\))+")
_NAMES = re.compile(r'"[A-Za-z_]\w*"')
_TICKED = re.compile(r"`[A-Za-z_]\w*`")
_SEQUENCE = re.compile(r"(?:nextval|currval|setval)\s*\(", re.IGNORECASE)


def key(sql: str, engine: str) -> str:
    """Two statements with the same key need the same rights. Never holds a literal, but for names of sequences."""
    postgresql = engine == POSTGRESQL
    if careful(sql, postgresql):
        plain = " ".join("?" if one.kind in (STRING, NUMBER) else one.text for one in tokens(sql, engine))
    else:
        plain = (_LITERAL if postgresql else _LITERAL_MYSQL).sub("?", sql)
    if "val" in plain and _SEQUENCE.search(plain):
        return sql
    if "?," in plain or "? ," in plain:
        plain = _LIST.sub("?", plain)
        if "), (" in plain or "),(" in plain or ") , (" in plain:
            plain = _ROWS.sub("(?)", plain)
    return plain


def careful(sql: str, postgresql: bool) -> bool:
    """Whether the statement holds anything that the fast way might take for something else."""
    if "\\" in sql or "--" in sql or "/*" in sql:
        return True
    if not postgresql:
        return '"' in sql or "#" in sql or ("`" in sql and len(_TICKED.findall(sql)) * 2 != sql.count("`"))
    if "$" in sql and _DOLLAR_QUOTE.search(sql):
        return True
    return '"' in sql and len(_NAMES.findall(sql)) * 2 != sql.count('"')
