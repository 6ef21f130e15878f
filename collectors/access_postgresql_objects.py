"""PostgreSQL's objects and the rights on them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from collectors import access_postgresql_queries as queries
from collectors.access_postgresql_acl import Lists
from collectors.access_postgresql_views import shown
from hustings.access.state import PUBLIC, Entry, Object, RowPolicy

Rows = list[tuple[Any, ...]]

KINDS = {"r": "table", "p": "table", "f": "table", "v": "view", "m": "view", "S": "sequence"}
DEFAULT_KINDS = {"r": "table", "S": "sequence", "f": "routine", "n": "schema", "T": "type", "L": "large object"}
COMMANDS = {"*": "ALL", "r": "SELECT", "a": "INSERT", "w": "UPDATE", "d": "DELETE"}
EVENTS = ((4, "INSERT"), (8, "DELETE"), (16, "UPDATE"))
"""Bits of ``pg_trigger.tgtype``."""


class Names(dict[int, str]):
    """Roles by their number. One that went away meanwhile is shown by its number, as the server does."""

    def __missing__(self, oid: int) -> str:
        return str(oid)


@dataclass(frozen=True)
class Catalogue:
    """How to ask, and what is needed to understand the answers."""

    rows: Callable[[str, Any], Rows]
    stream: Callable[[str, Any], Iterator[tuple[Any, ...]]]
    optional: Callable[[str, str, Any], Rows | None]
    names: Names
    number: int


@dataclass(frozen=True)
class Found:
    objects: tuple[Object, ...]
    acls: tuple[tuple[Entry, ...], ...]
    defaults: tuple[tuple[str, str, str, tuple[Entry, ...]], ...]
    database_owner: str

    def has_schema(self, name: str) -> bool:
        """Whether there is a schema of this name."""
        return any(one.kind == "schema" and one.name == name for one in self.objects)


def read_objects(ask: Catalogue, scope: dict[str, Any]) -> Found:
    """The database, every schema that is not the engine's own, and what is in those of the scope."""
    lists = Lists()
    database, database_owner, acl = ask.rows(queries.DATABASE, None)[0]
    objects = [Object(schema="", name=database, kind="database", owner=ask.names[database_owner],
                      acl=lists.place(acl))]
    objects += [Object(schema="", name=name, kind="schema", owner=ask.names[owner], acl=lists.place(acl))
                for name, owner, acl in ask.rows(queries.SCHEMAS, scope)]
    objects += _relations(ask, scope, lists)
    objects += _routines(ask, scope, lists)
    defaults = tuple((ask.names[role], schema, DEFAULT_KINDS.get(kind) or kind, lists.entries(acl))
                     for role, schema, kind, acl in ask.rows(queries.DEFAULTS, None))
    return Found(tuple(objects), tuple(lists.lists), defaults, ask.names[database_owner])


def _relations(ask: Catalogue, scope: dict[str, Any], lists: Lists) -> list[Object]:
    same: dict[tuple[str, ...], tuple[str, ...]] = {}
    columns: dict[int, tuple[str, ...]] = {}
    for oid, names in ask.stream(queries.COLUMNS, scope):
        one = tuple(names)
        columns[oid] = same.setdefault(one, one)
    column_acls: dict[int, dict[str, int]] = defaultdict(dict)
    for oid, name, acl in ask.stream(queries.COLUMN_ACLS, scope):
        column_acls[oid][name] = lists.place(acl)
    rows = [(oid, schema, name, kind, owner, lists.place(acl), *rest)
            for oid, schema, name, kind, owner, acl, *rest in ask.stream(queries.RELATIONS, scope)]
    labels = {oid: f"{schema}.{name}" for oid, schema, name, *_ in rows}
    sequences = {oid: labels.get(table, "") for oid, table in ask.rows(queries.SEQUENCES, scope)}
    policies, events, shows = _policies(ask, scope), _events(ask, scope), _shows(ask, scope)
    result = []
    for oid, schema, name, letter, owner, place, enabled, forced, invoker, extension, parent in rows:
        kind = KINDS[letter]
        table, fired = letter in "rp", events.get(oid, [])
        result.append(Object(
            schema=schema, name=name, kind=kind, owner=ask.names[owner], acl=place,
            column_acls=column_acls.get(oid, {}), columns=columns.get(oid, ()), of=sequences.get(oid, ""),
            row_security=enabled if table else None, row_security_forced=forced if table else None,
            row_policies=policies.get(oid, ()), policies=_using(policies.get(oid, ())),
            triggers=len(fired),
            trigger_events=tuple(event for bit, event in EVENTS if any(one & bit for one in fired)),
            definer=not invoker if kind == "view" else None, shows=shows.get(oid, {}), extension=extension,
            part_of=labels.get(parent, "") if parent else "",
        ))
    return result


def _policies(ask: Catalogue, scope: dict[str, Any]) -> dict[int, tuple[RowPolicy, ...]]:
    found: dict[int, list[RowPolicy]] = defaultdict(list)
    for table, name, command, permissive, roles, using, check in ask.optional("objects.policies", queries.POLICIES,
                                                                              scope) or ():
        found[table].append(RowPolicy(
            name=name, roles=tuple(ask.names[one] if one else PUBLIC for one in roles), command=COMMANDS[command],
            permissive=permissive, using=using, check=check))
    return {table: tuple(some) for table, some in found.items()}


def _using(policies: tuple[RowPolicy, ...]) -> tuple[str, ...]:
    """What each permissive policy lets through, after the restrictive ones that hold for everyone."""
    limits = [one.using for one in policies
              if not one.permissive and one.using is not None and PUBLIC in one.roles and one.command == "ALL"]
    return tuple(" AND ".join([one.using, *limits]) for one in policies if one.permissive and one.using is not None)


def _events(ask: Catalogue, scope: dict[str, Any]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for table, kind in ask.rows(queries.TRIGGERS, scope):
        found[table].append(kind)
    return found


def _shows(ask: Catalogue, scope: dict[str, Any]) -> dict[int, dict[str, tuple[str, str]]]:
    """By view, the columns of tables that it shows as they are, by the names it gives them."""
    views = {view: shown(text) for view, text in ask.stream(queries.VIEWS, scope)}
    named = sorted({*views, *(table for some in views.values() for _, table, _ in some)})
    names = {(table, number): (label, column)
             for table, label, number, column in (ask.rows(queries.ATTRIBUTES, [named]) if views else ())}
    return {view: {names[view, own][1]: names[table, column] for own, table, column in some
                   if (view, own) in names and (table, column) in names} for view, some in views.items()}


def _routines(ask: Catalogue, scope: dict[str, Any], lists: Lists) -> Iterator[Object]:
    body = queries.BODY_14 if ask.number >= 140000 else queries.BODY
    for schema, name, types, several, owner, acl, definer, pinned, trigger, digest, extension in ask.stream(
            queries.ROUTINES.format(body=body), scope):
        yield Object(schema=schema, name=f"{name}({types})" if several else name, kind="routine", arguments=types,
                     owner=ask.names[owner], acl=lists.place(acl), definer=definer, pinned=pinned if definer else None,
                     body=digest, trigger_function=trigger, extension=extension)
