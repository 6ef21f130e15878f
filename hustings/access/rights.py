"""The rights of database engines, and the letters an access model writes them with.

Right names are the engines' own, in capitals. PostgreSQL: the privileges of its documentation, chapter
"Privileges". MariaDB and MySQL: those of their GRANT statement; ``TRUNCATE`` does not exist there (it needs DROP).
"""

from __future__ import annotations

from functools import cache

POSTGRESQL = "postgresql"
MARIADB = "mariadb"
MYSQL = "mysql"
ENGINES = (POSTGRESQL, MARIADB, MYSQL)

LETTERS = {
    "r": "SELECT", "i": "INSERT", "u": "UPDATE", "d": "DELETE", "t": "TRUNCATE", "x": "EXECUTE",
    "f": "REFERENCES", "g": "TRIGGER", "m": "MAINTAIN",
}
"""A letter of the model, and the right it stands for."""
COLUMN_LETTERS = frozenset("riuf")
"""Letters that a list of columns may narrow: no engine has DELETE, TRUNCATE or EXECUTE of columns."""

WORDS = ("ddl", "backup")
"""Words for the object ``*``: structure without content, and a copy of everything."""

KINDS = ("table", "view", "sequence", "routine", "schema", "database")
"""What rights are on. Materialized views are views; partitioned and foreign tables are tables."""

RIGHTS = (
    "SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN", "EXECUTE", "USAGE",
    "CREATE", "CONNECT", "TEMPORARY", "DROP", "ALTER", "INDEX", "CREATE VIEW", "SHOW VIEW", "CREATE ROUTINE",
    "ALTER ROUTINE", "EVENT", "LOCK TABLES", "CREATE TEMPORARY TABLES", "DELETE HISTORY",
)
"""Every right an object can carry; the place in this tuple is its bit in a mask."""
BIT = {name: 1 << place for place, name in enumerate(RIGHTS)}


def mask(*names: str) -> int:
    """The rights as one number. Raises ``KeyError`` for a name that is not in ``RIGHTS``."""
    result = 0
    for name in names:
        result |= BIT[name]
    return result


@cache
def names(rights: int) -> tuple[str, ...]:
    """The rights of a mask, in the order of ``RIGHTS``."""
    return tuple(name for name, bit in BIT.items() if rights & bit)
