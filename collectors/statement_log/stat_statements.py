"""pg_stat_statements, where there are no logs: which statements each account ran since the statistics began.

It has no times of single statements: every use stands from when the statistics were last reset until they were
read, since it may have been then. It forgets the rarest statements when it is full; once it has forgotten any,
nothing is said of what was not used (PostgreSQL documentation, "pg_stat_statements", ``dealloc``).
"""

from __future__ import annotations

from pathlib import Path

from collectors.database_dsn import postgresql
from collectors.statement_log.names import Names
from collectors.statement_log.reader import read_rows
from hustings.access.rights import POSTGRESQL
from hustings.errors import CannotFinish

_INFO_SINCE = 140000
_STATEMENTS = """
select r.rolname, s.query, sum(s.calls)::bigint
from {schema}.pg_stat_statements s join pg_catalog.pg_roles r on r.oid = s.userid
join pg_catalog.pg_database d on d.oid = s.dbid
where d.datname = pg_catalog.current_database() group by 1, 2 order by 1, 2"""
_INFO = """
select to_char(stats_reset at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"'), dealloc
from {schema}.pg_stat_statements_info"""
_HIDDEN = "<insufficient privilege>"


def read_statistics(dsn: str, store: Path, *, names: Names, variable: str = "", within: float = 60) -> int:
    """Read them into the store, instead of what an earlier reading put there. The number of statements.

    Raises ``CannotFinish`` where the extension is not there, its view may not be read, or it shows other accounts'
    statements as hidden (that needs the role ``pg_read_all_stats``).
    """
    import psycopg

    where = f"${variable}" if variable else "the database"
    with postgresql(dsn, variable, within=within) as connection:
        try:
            found = connection.execute(
                "select n.nspname, current_setting('server_version_num')::int, current_database(), "
                "to_char(now() at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS \"UTC\"'), "
                "(select setting from pg_catalog.pg_settings where name = 'pg_stat_statements.track') "
                "from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace "
                "where e.extname = 'pg_stat_statements'"
            ).fetchone()
            if found is None:
                raise CannotFinish(
                    "the extension pg_stat_statements is not in this database",
                    where=where,
                    remedy="CREATE EXTENSION pg_stat_statements, with it in shared_preload_libraries",
                )
            schema = '"' + str(found[0]).replace('"', '""') + '"'
            rows = [
                (str(account), str(query), int(calls))
                for account, query, calls in connection.execute(_STATEMENTS.format(schema=schema).encode())
            ]
            since, forgotten = None, 1
            if int(found[1]) >= _INFO_SINCE:
                info = connection.execute(
                    _INFO.format(schema=schema).encode()
                ).fetchone()
                assert info is not None
                since, forgotten = info
        except psycopg.Error as error:
            raise CannotFinish(
                f"the statistics cannot be read: {str(error).splitlines()[0]}",
                where=where,
                remedy="grant pg_read_all_stats to the auditing role",
            ) from None
    if any(query == _HIDDEN for _, query, _ in rows):
        raise CannotFinish(
            "the statements of other accounts are hidden from this one",
            where=where,
            remedy="grant pg_read_all_stats to the auditing role",
        )
    covers = {"slow:every"} if not forgotten and found[4] in ("top", "all") else set()
    read_rows(
        store,
        POSTGRESQL,
        names,
        rows,
        database=str(found[2]),
        first=str(since or found[3]),
        last=str(found[3]),
        covers=covers,
        name=f"pg_stat_statements of {found[2]}",
    )
    return len(rows)
