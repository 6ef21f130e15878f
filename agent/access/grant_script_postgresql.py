"""The least rights of the auditing role in PostgreSQL, as a script for psql.

The system catalogues are open to every role. What is not is read through small functions of the auditor's own
schema, which run as roles that nobody can sign in as: the engine's roles for it (``pg_read_all_settings``,
``pg_read_all_stats``) would show more, the replication password and the statements that others run just now.
"""

# ruff: noqa: S608 (a script for a person to read; names are quoted)
from __future__ import annotations

from collections.abc import Mapping

from collectors import access_postgresql_queries as queries
from collectors.access_postgresql_server import COUNT_NAME
from hustings.access.model import Counting
from hustings.errors import CannotFinish, ConfigError

READER, COUNTER = "hustings_reader", "hustings_counter"
SESSIONS = 5
TAG = "$hustings$"


def script(role: str, counts: Mapping[str, Counting] | None = None, schemas: tuple[str, ...] = ()) -> str:
    """The whole script, each line with what it is needed for. ``schemas``: where the tables are that ``counts``
    names without one.

    Raises ``ConfigError`` for a counting question that is not one SELECT.
    """
    parts = [_head(role), _accounts(role), _helpers(role), *_counting(role, counts or {}, schemas), _direct(role)]
    return "\n".join([*parts, "COMMIT;", ""])


def _head(role: str) -> str:
    shown = " ".join(role.split())
    return (f"-- Hustings: the least rights of the auditing role {shown} in PostgreSQL. No right on voter data.\n"
            "-- Run it as a superuser in the registration database, on the primary:\n"
            "--   psql --dbname=DATABASE --set=ON_ERROR_STOP=1 --file=this-script.sql\n"
            "-- It may be run again at any time. It sets no password: do that with psql's \\password, and let the\n"
            "-- role in by a hostssl line (or, on the same machine, a local one) of pg_hba.conf.\n"
            "BEGIN;\n")


def _accounts(role: str) -> str:
    return f"""-- The role that signs in: it may change nothing, and a few sessions are enough.
{_make(role, f"LOGIN CONNECTION LIMIT {SESSIONS}")}
ALTER ROLE {_name(role)} SET default_transaction_read_only = on;
DO {TAG} BEGIN EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), {_text(role)}); END {TAG};

-- The role that the functions below run as: nobody can sign in as it, and nobody is in it.
{_make(READER, "NOLOGIN")}
ALTER ROLE {READER} NOLOGIN;

-- A schema for those functions, in which nobody else has anything.
CREATE SCHEMA IF NOT EXISTS hustings;
REVOKE ALL ON SCHEMA hustings FROM PUBLIC;
GRANT USAGE ON SCHEMA hustings TO {_name(role)};
"""


def _helpers(role: str) -> str:
    names = ",\n        ".join(", ".join(_text(one) for one in queries.SETTINGS[place:place + 5])
                               for place in range(0, len(queries.SETTINGS), 5))
    return "\n".join([
        "-- How each account's password is stored: the kind alone, never the password.",
        f"GRANT SELECT (rolname, rolpassword, rolcanlogin) ON pg_catalog.pg_authid TO {READER};",
        _function("password_kinds", "TABLE (rolname name, kind text)", queries.PASSWORDS_THEMSELVES.replace(
            "rolname::text", "rolname"), READER, role),
        "-- A few settings that are hidden otherwise: what is loaded into the server, and what pgaudit records.",
        f"GRANT pg_read_all_settings TO {READER};",
        _function("settings", "TABLE (name text, setting text)",
                  f"select name, setting from pg_catalog.pg_settings\n    where name in ({names})\n"
                  "      or name like 'pgaudit.%'",
                  READER, role),
        "-- The mirrors: how far behind they are and whether they are reached under TLS. The engine blanks out the\n"
        "-- password in a receiver's connection string.",
        f"GRANT pg_read_all_stats TO {READER};",
        _function("standbys", "TABLE (application_name text, client_addr text, state text, lag float8, tls boolean, "
                  "account text)", queries.STANDBYS, READER, role),
        _function("receiver", "TABLE (status text, conninfo text, lag float8)", queries.RECEIVER, READER, role),
    ])


def _function(name: str, returns: str, query: str, owner: str, role: str, path: str = "pg_catalog",
              more: str = "") -> str:
    return f"""CREATE OR REPLACE FUNCTION hustings.{name}() RETURNS {returns}
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = {path}{more} AS {TAG}
    {query}
{TAG};
ALTER FUNCTION hustings.{name}() OWNER TO {owner};
REVOKE ALL ON FUNCTION hustings.{name}() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hustings.{name}() TO {_name(role)};
"""


def _counting(role: str, counts: Mapping[str, Counting], schemas: tuple[str, ...]) -> list[str]:
    if not counts:
        return []
    lines = [f"""\
-- The office's counting questions: each answers one number. They run as a role that nobody can sign in as, which
-- may read the tables that they name, and sees every row: a count of some rows would be a wrong one.
{_make(COUNTER, "NOLOGIN")}
ALTER ROLE {COUNTER} NOLOGIN BYPASSRLS;"""]
    path = ", ".join(["pg_catalog", *(_name(one) for one in schemas), "pg_temp"])
    for name, question in counts.items():
        query, tables = _question(name, question.sql, schemas)
        for schema in sorted({schema for schema, _ in tables}):
            lines.append(f"GRANT USAGE ON SCHEMA {_name(schema)} TO {COUNTER};")
        lines += [f"GRANT SELECT ON {_name(schema)}.{_name(table)} TO {COUNTER};" for schema, table in tables]
        lines.append(_function(f"count_{name}", "bigint", f"SELECT ({query})::bigint", COUNTER, role, path,
                               " SET row_security = off"))
    return ["\n".join(lines)]


def _question(name: str, text: str, schemas: tuple[str, ...]) -> tuple[str, list[tuple[str, str]]]:
    """The question as it is written, and the tables (schema, name) it reads."""
    try:
        import sqlglot
        from sqlglot import exp
    except ImportError as error:
        raise CannotFinish("the SQL parser is not installed", where=f"counts.{name}.sql",
                           remedy="install hustings[databases]") from error
    query = text.strip().rstrip(";").strip()
    try:
        parsed = sqlglot.parse(query, read="postgres")
    except sqlglot.errors.SqlglotError as error:
        raise _no_question(name) from error
    if len(parsed) != 1 or not isinstance(parsed[0], exp.Query) or TAG in query or not COUNT_NAME.fullmatch(name):
        raise _no_question(name)
    within = {_folded(one.args["alias"].this) for one in parsed[0].find_all(exp.CTE)}
    tables = set()
    for table in parsed[0].find_all(exp.Table):
        schema = _folded(table.args["db"]) if table.args.get("db") else ""
        if not isinstance(table.this, exp.Identifier) or (not schema and _folded(table.this) in within):
            continue
        if not schema and len(schemas) != 1:
            raise _no_question(name)
        tables.add((schema or schemas[0], _folded(table.this)))
    return query, sorted(tables)


def _folded(identifier: object) -> str:
    """A name as PostgreSQL takes it: in small letters unless it is quoted."""
    from sqlglot import exp

    assert isinstance(identifier, exp.Identifier)
    return str(identifier.this) if identifier.args.get("quoted") else str(identifier.this).lower()


def _no_question(name: str) -> ConfigError:
    return ConfigError("the question is not one SELECT over tables that are known", where=f"counts.{name}.sql",
                       remedy="write one SELECT that gives one number: SELECT count(*) FROM schema.users WHERE …")


def _direct(role: str) -> str:
    return f"""-- The sign-in rules (pg_hba.conf), as the server understands them.
GRANT SELECT ON pg_catalog.pg_hba_file_rules TO {_name(role)};
GRANT EXECUTE ON FUNCTION pg_catalog.pg_hba_file_rules() TO {_name(role)};

-- Not granted, and needed only to read statements from pg_stat_statements instead of logs: pg_read_all_stats. It
-- also shows the statements that others are running, with the values in them.
"""


def _make(role: str, options: str) -> str:
    return (f"DO {TAG} BEGIN IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = {_text(role)}) THEN\n"
            f"    CREATE ROLE {_name(role)} {options}; END IF; END {TAG};")


def _name(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
