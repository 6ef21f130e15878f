"""Objects of MariaDB and MySQL and the rights on them, from the rows that the server answers. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import msgspec

from collectors._mariadb_accounts import Names
from hustings.access.rights import BIT
from hustings.access.state import Entry, Object

OWN = ("mysql", "sys", "information_schema", "performance_schema")
"""Schemas of the engine itself."""
_KINDS = {"BASE TABLE": "table", "SYSTEM VERSIONED": "table", "VIEW": "view", "SEQUENCE": "sequence"}
_WORDS = {"DELETE VERSIONING ROWS": "DELETE HISTORY"}
EVENTS = ("INSERT", "UPDATE", "DELETE")

Lists = dict[tuple[str, ...], list[Entry]]
"""(schema, object) or (schema, table, column) to its access list."""


class _Restriction(msgspec.Struct):
    schema: str = msgspec.field(name="Database")
    rights: list[str] = msgspec.field(name="Privileges")


class Pool:
    """Access lists, each kept once."""

    def __init__(self) -> None:
        self._places: dict[tuple[Entry, ...], int] = {}

    def place(self, entries: list[Entry] | None) -> int:
        return self._places.setdefault(tuple(entries), len(self._places)) if entries else -1

    def lists(self) -> tuple[tuple[Entry, ...], ...]:
        return tuple(self._places)


def words(text: str) -> tuple[int, int]:
    """Rights as ``mysql.tables_priv`` and its like write them: those held, and those that may be passed on."""
    given = [_WORDS.get(one.upper(), one.upper()) for one in text.split(",") if one]
    rights = sum(BIT[one] for one in dict.fromkeys(given) if one in BIT)
    return rights, (rights or sum(BIT.values())) if "GRANT" in given else 0


def object_rights(rows: Iterable[tuple[Any, ...]], names: Names) -> Lists:
    """Rows (host, schema, user, object …, rights) of tables, columns or (with the type after the name) routines."""
    found: Lists = defaultdict(list)
    for host, schema, user, *what, given in rows:
        rights, grantable = words(str(given))
        if rights or grantable:
            found[schema, *map(str, what)].append(Entry(names.of(user, host), rights, grantable))
    return found


def engine_tables(on_tables: Lists, on_columns: Lists) -> dict[str, tuple[Entry, ...]]:
    """As ``State.engine_tables``."""
    reading = BIT["SELECT"] | BIT["REFERENCES"]
    found: Lists = defaultdict(list)
    for (schema, name), entries in on_tables.items():
        if schema == OWN[0]:
            found[name,] += entries
    for (schema, name, _), entries in on_columns.items():
        if schema == OWN[0]:
            found[name,] += [Entry(one.grantee, one.rights & ~reading) for one in entries if one.rights & ~reading]
    return {name: tuple(entries) for (name,), entries in sorted(found.items())}


def database_rights(rows: Iterable[tuple[Any, ...]], rights: list[str], names: Names,
                    ) -> list[tuple[str, tuple[Entry, ...]]]:
    """Rows (host, pattern, user, Y and N in the order of ``rights``) of ``mysql.db``."""
    found: dict[str, list[Entry]] = defaultdict(list)
    for host, pattern, user, marks in rows:
        given = [name for name, mark in zip(rights, marks, strict=True) if mark == "Y"]
        mask = sum(BIT[name] for name in given if name in BIT)
        grantable = (mask or sum(BIT.values())) if "GRANT" in given else 0
        if mask or grantable:
            found[pattern].append(Entry(names.of(user, host), mask, grantable))
    return [(pattern, tuple(entries)) for pattern, entries in sorted(found.items())]


def restrictions(rows: Iterable[tuple[Any, ...]], names: Names) -> tuple[tuple[str, tuple[Entry, ...]], ...]:
    """Rows (host, user, MySQL's ``Restrictions`` as JSON)."""
    found: dict[str, list[Entry]] = defaultdict(list)
    for host, user, text in rows:
        for one in msgspec.json.decode(text, type=list[_Restriction]):
            found[one.schema].append(Entry(names.of(user, host), words(",".join(one.rights))[0]))
    return tuple((schema, tuple(entries)) for schema, entries in sorted(found.items()))


def relations(tables: Iterable[tuple[Any, ...]], columns: Iterable[tuple[Any, ...]], views: Iterable[tuple[Any, ...]],
              triggers: Iterable[tuple[Any, ...]], on_tables: Lists, on_columns: Lists, pool: Pool) -> list[Object]:
    """Tables, views and sequences with what is known of each."""
    of: dict[tuple[str, str], list[str]] = defaultdict(list)
    for schema, table, column in columns:
        of[schema, table].append(column)
    by_column: dict[tuple[str, str], dict[str, list[Entry]]] = defaultdict(lambda: defaultdict(list))
    for (schema, table, column), entries in on_columns.items():
        # Small and capital letters are the same; a grant outlives its column.
        for name in (one for one in of.get((schema, table), ()) if one.lower() == column.lower()):
            by_column[schema, table][name] += entries
    definers = {(schema, name): (security == "DEFINER", definer) for schema, name, security, definer in views}
    fires: dict[tuple[str, str], list[str]] = defaultdict(list)
    for schema, table, event in triggers:
        fires[schema, table].append(event)
    found = []
    for schema, name, kind in sorted(tables):
        at = schema, name
        definer, owner = definers.get(at, (None, ""))
        found.append(Object(
            schema=schema, name=name, kind=_KINDS.get(kind, "table"), owner=owner, acl=pool.place(on_tables.get(at)),
            column_acls={column: pool.place(entries) for column, entries in by_column.get(at, {}).items()},
            columns=tuple(of.get(at, ())) if kind != "SEQUENCE" else (), definer=definer,
            triggers=len(fires.get(at, ())),
            trigger_events=tuple(one for one in EVENTS if one in fires.get(at, ()))))
    return found


def routines(rows: Iterable[tuple[Any, ...]], on_routines: Lists, pool: Pool) -> list[Object]:
    """Procedures, functions and packages. A function and a procedure of one name are told apart by their type; small
    and capital letters are the same."""
    known = list(rows)
    lists = {(schema, name.lower(), kind): entries for (schema, name, kind), entries in on_routines.items()}
    of: dict[tuple[str, str], int] = defaultdict(int)
    for schema, name, *_ in known:
        of[schema, name] += 1
    found = []
    for schema, name, kind, security, definer, body in sorted(known, key=lambda row: row[:3]):
        alone = of[schema, name] == 1
        lifted = security == "DEFINER"
        # An unqualified name in a routine always means its own schema: there is no path to lead astray.
        found.append(Object(
            schema=schema, name=name if alone else f"{name} ({kind.lower()})", kind="routine", owner=definer,
            acl=pool.place(lists.get((schema, name.lower(), kind))), definer=lifted, pinned=True if lifted else None,
            body=(body or "") if lifted else "", procedure=kind == "PROCEDURE"))
    return found
