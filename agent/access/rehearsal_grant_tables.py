"""MariaDB's grant tables, kept aside and put back: its changes of rights cannot be rolled back.

The copy lies in a scratch database on the server itself, so that password verifiers never leave it, and it is there
for ``--recover`` should this program be killed. Rows are put back before others are taken out: at no moment is an
account missing. Sources: MariaDB's manual, "mysql Database Tables" and "FLUSH PRIVILEGES".
"""

from __future__ import annotations

from dataclasses import dataclass

from agent.access.rehearsal_report import Part
from collectors.mariadb_session import Session
from hustings.errors import CannotFinish, UsageError

SCRATCH = "hustings_rehearsal"
"""The database that is there while a rehearsal is under way, and the start of the names of its procedures."""
TABLES = ("global_priv", "db", "tables_priv", "columns_priv", "procs_priv", "proxies_priv", "roles_mapping")
_WATCHED = (*TABLES, "proc", "event")
_BY_WHOM = ("Grantor", "Timestamp")
_UNEXACT = {"tables_priv": _BY_WHOM, "columns_priv": ("Timestamp",), "procs_priv": _BY_WHOM, "proxies_priv": _BY_WHOM,
            "global_priv": ("Priv",)}
"""Columns that say when and by whom, not what."""
_LONGEST = 1_000_000_000


@dataclass(frozen=True)
class Table:
    """A grant table, its columns and its key."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]


class GrantTables:
    """The grant tables of one server."""

    def __init__(self, session: Session) -> None:
        self._session = session
        session.rows(f"set session group_concat_max_len = {_LONGEST}")
        session.rows("set session lock_wait_timeout = 10")
        self.tables = {name: self._table(name) for name in _WATCHED}

    def _table(self, name: str) -> Table:
        columns = tuple(str(one) for one, in self._session.rows(
            "select column_name from information_schema.columns where table_schema = 'mysql' and table_name = %s "
            "order by ordinal_position", name))
        key = tuple(str(one) for one, in self._session.rows(
            "select distinct column_name from information_schema.key_column_usage where table_schema = 'mysql' and "
            "table_name = %s", name))
        if not columns:
            raise UsageError(f"this server has no table mysql.{name}: it is no MariaDB of 10.4 or later",
                             where="hustings access rehearse", remedy="rehearse on a copy of the server's own version")
        return Table(name, columns, key)

    def digests(self, *, exact: bool = True) -> dict[str, tuple[int, str]]:
        """Each table's rows and SHA-256, worked out by the server. Not exact: without who granted when."""
        found = {}
        for table in self.tables.values():
            left_out = () if exact else _UNEXACT.get(table.name, ())
            said = ", '|', ".join(f"quote(`{column}`)" for column in table.columns if column not in left_out)
            if not exact and table.name == "global_priv":
                said += ", '|', json_value(Priv, '$.access'), '|', coalesce(json_value(Priv, '$.default_role'), ''), " \
                        "'|', if(json_value(Priv, '$.account_locked') in ('1', 'true'), 1, 0), '|', " \
                        "coalesce(json_value(Priv, '$.max_user_connections'), 0)"
            row = f"sha2(concat({said}), 256)"
            count, digest = self._session.rows(
                _DIGEST.replace("<row>", row).replace("<table>", table.name))[0]
            found[table.name] = (int(count), str(digest))
        return found

    def left_behind(self) -> bool:
        """Whether a rehearsal was stopped before it had put everything back."""
        return bool(self._session.rows("select 1 from information_schema.schemata where schema_name = %s", SCRATCH))

    def keep(self) -> None:
        """Put a copy of everything aside, and only then say that it is whole."""
        self._session.rows(f"create database {SCRATCH}")
        for name in TABLES:
            self._session.rows(f"create table {SCRATCH}.{name} like mysql.{name}")
            self._session.rows(_COPY.replace("<to>", f"{SCRATCH}.{name}").replace("<from>", f"mysql.{name}"))
        self._session.rows(f"create table {SCRATCH}.whole (at datetime)")

    def restore(self) -> None:
        """Take our procedures away, put the grant tables back as they were kept, and forget the copy."""
        for schema, name in self._session.rows("select db, name from mysql.proc where type = 'PROCEDURE' and name like "
                                               "%s", f"{SCRATCH.replace('_', chr(92) + '_')}\\_%"):
            self._session.rows(f"drop procedure if exists `{str(schema).replace('`', '``')}`.`{name}`")
        whole = self._session.rows("select 1 from information_schema.tables where table_schema = %s and table_name = "
                                   "'whole'", SCRATCH)
        self._session.rows("use mysql")
        for name in TABLES if whole else ():
            key = self.tables[name].key
            if not key:
                raise CannotFinish(f"mysql.{name} has no key", remedy=f"restore it by hand from {SCRATCH}.{name}")
            same = " and ".join(f"kept.`{column}` = live.`{column}`" for column in key)
            self._session.rows(_REPLACE.replace("<table>", name))
            self._session.rows(_STRANGERS.replace("<table>", name).replace("<same>", same))
        self._session.rows("flush privileges")
        self._session.rows(f"drop database {SCRATCH}")


_DIGEST = ("select count(*), sha2(coalesce(group_concat(<row> order by <row> separator ''), ''), 256) "
           "from mysql.`<table>`")
_COPY = "insert into <to> select * from <from>"
_REPLACE = "replace into mysql.<table> select * from hustings_rehearsal.<table>"
_STRANGERS = ("delete live from mysql.<table> as live where not exists "
              "(select 1 from hustings_rehearsal.<table> as kept where <same>)")


def parts(before: dict[str, tuple[int, str]], after: dict[str, tuple[int, str]]) -> tuple[Part, ...]:
    """Both digests side by side."""
    return tuple(Part(f"mysql.{name}", after[name][0], digest, after[name][1]) for name, (_, digest) in before.items())
