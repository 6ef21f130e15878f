"""The least rights of the auditing account in MariaDB and MySQL, as a script for the ``mariadb`` client.

What is asked was chosen by trying: of all rights on everything REFERENCES is the one that shows the names of tables
and columns and allows nothing by itself (a foreign key also needs the right to create or alter a table). Stored
passwords and triggers are read by a locked account through a view and a procedure that give out less.
"""

from __future__ import annotations

from collections.abc import Mapping

from collectors import _mariadb_sql as sql
from hustings.access.model import Counting
from hustings.access.rights import MARIADB, MYSQL
from hustings.errors import ConfigError

READER = "'hustings_reader'@'localhost'"
COUNTER = "'hustings_counter'@'localhost'"
_TABLES = {
    MARIADB: ("db", "tables_priv", "columns_priv", "procs_priv", "proxies_priv", "roles_mapping"),
    MYSQL: ("db", "tables_priv", "columns_priv", "procs_priv", "proxies_priv", "role_edges", "default_roles",
            "global_grants"),
}
_MEANING = {
    "db": "rights on whole schemas", "tables_priv": "rights on tables and views", "columns_priv": "rights on columns",
    "procs_priv": "rights on routines", "proxies_priv": "who may act as whom",
    "roles_mapping": "who is in which role", "role_edges": "who is in which role",
    "default_roles": "which roles are active from the start",
    "global_grants": "rights that parts and plugins brought along",
}


def script(engine: str, role: str, counts: Mapping[str, Counting] | None = None, schema: str = "") -> str:
    """The whole script, each line with what it is needed for. ``role``: ``user@host``, or ``user`` for every host
    that there is of it (MySQL: for the account of every host). ``schema``: where the tables are that ``counts``
    names without one.

    Raises ``ConfigError`` for a counting question that is not one SELECT.
    """
    account = _Account(engine, role)
    parts = [_head(engine, role), account.preparation(), _helper(engine), *_counting(engine, counts or {}, schema),
             _rights(engine, account), ""]
    return "\n".join(part for part in parts if part is not None)


_UNTIL_THEN = {
    MARIADB: "until it gets a password, it is open\n-- only to an account of that name of the server's own system.",
    MYSQL: "until it gets a password, it is locked.",
}


class _Account:
    """Who the rights are given to."""

    def __init__(self, engine: str, role: str) -> None:
        user, at, host = role.rpartition("@")
        self._user, self._host = (user, host) if at else (role, "%")
        self._every = not at and engine == MARIADB
        self._engine = engine

    def preparation(self) -> str:
        """Make it where it is not there yet, so that nobody from elsewhere signs in before it gets a password."""
        account = _quoted(self._user, self._host)
        if not self._every:
            return (f"-- The account, where there is none yet: {_UNTIL_THEN[self._engine]}\n"
                    f"CREATE USER IF NOT EXISTS {account}{_closed(self._engine)};\n")
        found = "SELECT GROUP_CONCAT(CONCAT(QUOTE(User), '@', QUOTE(Host)))"
        which = f"User = {_text(self._user)} AND Host <> ''"
        make = _text(f"CREATE USER {account}{_closed(self._engine)}")
        return ("-- The account, at every host that there is of it. Where there is none yet, one for every host:\n-- "
                f"{_UNTIL_THEN[self._engine]}\n"
                f"SET @auditor = ({found}\n    FROM mysql.global_priv WHERE {which});\n"
                f"EXECUTE IMMEDIATE IF(@auditor IS NULL, {make}, 'DO 0');\n"
                f"SET @auditor = COALESCE(@auditor, {_text(account)});\n")

    def grant(self, what: str) -> str:
        if self._every:
            return f"EXECUTE IMMEDIATE CONCAT({_text(f'GRANT {what} TO ')}, @auditor);"
        return f"GRANT {what} TO {_quoted(self._user, self._host)};"


def _head(engine: str, role: str) -> str:
    return (f"-- Hustings: the least rights of the auditing account {_shown(role)} in "
            f"{'MariaDB' if engine == MARIADB else 'MySQL'}. No right on voter data.\n"
            f"-- As an administrator: {'mariadb' if engine == MARIADB else 'mysql'} < this-script.sql (it may be run "
            "again at any time). Then give the\n-- account a password of its own: ALTER USER … IDENTIFIED BY '…'"
            f"{'' if engine == MARIADB else ' ACCOUNT UNLOCK'}.\n")


def _helper(engine: str) -> str:
    accounts = sql.ACCOUNTS_MARIADB if engine == MARIADB else sql.ACCOUNTS_MYSQL
    table, columns = ("global_priv", "Host, User, Priv") if engine == MARIADB else ("user", "")
    lines = [
        "-- The auditor's own schema, and an account that owns what is in it and that nobody can sign in as.",
        f"CREATE DATABASE IF NOT EXISTS {sql.HELPER};",
        f"CREATE USER IF NOT EXISTS {READER}{_no_password(engine)} ACCOUNT LOCK;",
        "",
        "-- Accounts, their rights on everything, how they sign in and whether a password is stored: never the "
        "password.",
        f"GRANT SELECT{f' ({columns})' if columns else ''} ON mysql.{table} TO {READER};",
        f"CREATE OR REPLACE DEFINER = {READER} SQL SECURITY DEFINER VIEW {sql.HELPER}.accounts AS\n    {accounts};",
    ]
    if engine == MYSQL:
        lines += ["-- Rights on everything that do not hold in some schema (partial revokes).",
                  f"CREATE OR REPLACE DEFINER = {READER} SQL SECURITY DEFINER VIEW {sql.HELPER}.restrictions AS\n    "
                  f"{sql.RESTRICTIONS_MYSQL};"]
    return "\n".join([*lines,
        "",
        "-- Which tables have triggers that record changes: names and events, never the code.",
        f"GRANT TRIGGER ON *.* TO {READER};",
        f"DROP PROCEDURE IF EXISTS {sql.HELPER}.triggers;",
        f"CREATE DEFINER = {READER} PROCEDURE {sql.HELPER}.triggers() READS SQL DATA SQL SECURITY DEFINER\n    "
        f"{sql.TRIGGERS};",
        f"GRANT EXECUTE ON PROCEDURE {sql.HELPER}.triggers TO {READER};",
        ""])


def _closed(engine: str) -> str:
    return _no_password(engine) if engine == MARIADB else " ACCOUNT LOCK"


def _no_password(engine: str) -> str:
    """A server that checks passwords takes neither an empty nor an impossible one."""
    return " IDENTIFIED VIA unix_socket" if engine == MARIADB else ""


def _rights(engine: str, account: _Account) -> str:
    lines = ["-- The view and the procedure above, and the counting functions.",
             account.grant(f"SELECT, EXECUTE ON {sql.HELPER}.*"), ""]
    for table in _TABLES[engine]:
        lines += [f"-- {_MEANING[table][0].upper()}{_MEANING[table][1:]}.", account.grant(f"SELECT ON mysql.{table}")]
    if engine == MARIADB:
        lines += ["-- Routines: whose rights they run with, and the text (read as its SHA-256).",
                  account.grant("SELECT (db, name, type, security_type, definer, body) ON mysql.proc")]
    else:
        lines += ["-- Routines: whose rights they run with, and the text (read as its SHA-256).",
                  account.grant("SHOW_ROUTINE ON *.*")]
    lines += ["-- Names of tables, views and columns. It allows nothing by itself, and without it they are hidden.",
              account.grant("REFERENCES ON *.*"),
              "-- Whether this server is a replica, and of which.",
              account.grant(f"{'SLAVE MONITOR' if engine == MARIADB else 'REPLICATION CLIENT'} ON *.*")]
    return "\n".join(lines)


def _counting(engine: str, counts: Mapping[str, Counting], schema: str) -> list[str]:
    if not counts:
        return []
    lines = ["-- The office's counting questions: each answers one number. They run as an account that nobody can sign "
             "in as.", f"CREATE USER IF NOT EXISTS {COUNTER}{_no_password(engine)} ACCOUNT LOCK;"]
    for name, question in counts.items():
        query, tables = _question(name, question.sql, schema)
        lines += [f"GRANT SELECT ON {table} TO {COUNTER};" for table in tables]
        lines += [f"DROP FUNCTION IF EXISTS {sql.HELPER}.count_{name};",
                  f"CREATE DEFINER = {COUNTER} FUNCTION {sql.HELPER}.count_{name}() RETURNS BIGINT READS SQL DATA "
                  f"SQL SECURITY DEFINER\n    RETURN ({query});",
                  f"GRANT EXECUTE ON FUNCTION {sql.HELPER}.count_{name} TO {COUNTER};"]
    return ["\n".join([*lines, ""])]


def _question(name: str, text: str, schema: str) -> tuple[str, list[str]]:
    """The question with every table's schema said, and the tables."""
    import sqlglot
    from sqlglot import exp

    try:
        parsed = sqlglot.parse(text, read="mysql")
    except sqlglot.errors.SqlglotError as error:
        raise _no_question(name) from error
    if len(parsed) != 1 or not isinstance(parsed[0], exp.Query):
        raise _no_question(name)
    within = {one.alias_or_name for one in parsed[0].find_all(exp.CTE)}
    tables = []
    for table in parsed[0].find_all(exp.Table):
        if not table.db and table.name in within:
            continue
        if not table.db:
            if not schema:
                raise _no_question(name)
            table.set("db", exp.to_identifier(schema, quoted=True))
        tables.append(f"`{table.db.replace('`', '``')}`.`{table.name.replace('`', '``')}`")
    return parsed[0].sql(dialect="mysql"), sorted(set(tables))


def _no_question(name: str) -> ConfigError:
    return ConfigError("the question is not one SELECT over tables that are known", where=f"counts.{name}.sql",
                       remedy="write one SELECT that gives one number: SELECT count(*) FROM schema.users WHERE …")


def _quoted(user: str, host: str) -> str:
    return f"{_text(user)}@{_text(host)}"


def _text(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def _shown(role: str) -> str:
    return " ".join(role.split())
