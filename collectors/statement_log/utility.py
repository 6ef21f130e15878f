"""Statements other than queries: COPY, TRUNCATE, LOCK, CALL, CREATE, and what MariaDB and MySQL add.

Each function gets the shape and answers with what it needs, or None for a form it does not know. Rules: the
documentation of each statement, section on privileges. What only an owner may do uses no right of a list.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from collectors.statement_log.derive import (
    _NAME,
    _OBJECT,
    DDL,
    FUNCTION,
    READ,
    ROLE,
    SESSION,
    WRITE,
    Derived,
    derive,
)
from hustings.access.rights import POSTGRESQL

if TYPE_CHECKING:
    from collectors.statement_log.derive import _Utility
    from collectors.statement_log.needs import Need

_READING_LOCKS = ("access share",)
_ROLE_OBJECTS = (
    r"(?:role|user|group|database|tablespace|extension|server|foreign\s+data|event\s+trigger|"
    r"access\s+method|language|subscription|publication|cast|conversion|"
    r"operator\s+class|operator\s+family|user\s+mapping|text\s+search|transform|schema)"
)


def _copy(text: str, one: _Utility) -> Derived | None:
    query = re.match(r"(?is)copy\s*\((.*)\)\s*to\b", text)
    if query:
        return derive(query.group(1).strip(), one.names, one.path)
    found = re.match(rf"(?is)copy\s+(?:binary\s+)?({_OBJECT})\s*(?:\(([^()]*)\))?\s*(from|to)\b", text)
    if found is None:
        return None
    right = "INSERT" if found.group(3).lower() == "from" else "SELECT"
    columns = [part.strip().strip('"') for part in (found.group(2) or "").split(",") if part.strip()]
    for schema, name in one.table(found.group(1)):
        for column in columns or one.names.columns(schema, name) or (None,):
            one.walker.need(((schema, name),), column, right)
        if right == "INSERT":
            for label in one.names.owned.get(f"{schema}.{name}", ()):
                one.walker.needs.add(_need(label, "USAGE"))
    return one.done(WRITE if right == "INSERT" else READ)


def _need(label: str, right: str) -> Need:
    from collectors.statement_log.needs import Need as Made

    return Made(label, None, right)


def _truncate(text: str, one: _Utility) -> Derived | None:
    found = re.match(
        r"(?is)truncate\s+(?:table\s+)?(.*?)(?:\s+(?:restart|continue)\s+identity)?(?:\s+(?:cascade|restrict))?\s*$",
        text,
    )
    if found is None:
        return None
    for tables in one.objects(found.group(1)):
        one.walker.need(tables, None, "TRUNCATE" if one.names.engine == POSTGRESQL else "DROP")
    return one.done(WRITE)


def _lock(text: str, one: _Utility) -> Derived | None:
    if one.names.engine != POSTGRESQL:
        found = re.match(r"(?is)lock\s+tables?\s+(.*)$", text)
        for tables in one.objects(found.group(1)) if found else ():
            one.walker.need(tables, None, "SELECT")
            one.walker.need(tables, None, "LOCK TABLES")
        return one.done(WRITE)
    found = re.match(r"(?is)lock\s+(?:table\s+)?(.*?)(?:\s+in\s+([a-z ]+?)\s+mode)?(?:\s+nowait)?\s*$", text)
    if found is None:
        return None
    mode = (found.group(2) or "access exclusive").lower()
    rights = (
        ("SELECT",)
        if mode in _READING_LOCKS
        else ("UPDATE", "DELETE", "TRUNCATE") + (("INSERT",) if mode == "row exclusive" else ())
    )
    for tables in one.objects(found.group(1)):
        for right in rights:
            one.walker.need(tables, None, right)
    return one.done(WRITE)


def _call(text: str, one: _Utility) -> Derived | None:
    found = re.match(rf"(?is)call\s+({_OBJECT})\s*(\(.*\))?\s*$", text)
    if found is None:
        return None
    inner = derive(f"select {found.group(1)}{found.group(2) or '()'}", one.names, one.path)
    if not inner.understood:
        return inner
    if one.names.engine != POSTGRESQL and "." not in found.group(1):
        from collectors.statement_log.derive import split_name

        for label in one.names.routine("", split_name(found.group(1))[1], one.path):
            one.walker.needs.add(_need(label, "EXECUTE"))
        return inner._replace(needs=inner.needs | one.walker.needs, kind=FUNCTION)
    return inner._replace(kind=FUNCTION)


def _create(text: str, one: _Utility) -> Derived | None:
    postgresql = one.names.engine == POSTGRESQL
    rest = re.sub(
        r"(?is)^create\s+(?:or\s+replace\s+)?(?:definer\s*=\s*\S+\s+)?(?:(?:global|local|temp|temporary|unlogged|"
        r"constraint|"
        r"recursive|unique|fulltext|spatial|online|aggregate|trusted|procedural|algorithm\s*=\s*\w+|"
        r"sql\s+security\s+\w+)\s+)*",
        "",
        text,
    )
    temporary = re.match(r"(?is)create\s+(?:(?:global|local)\s+)?temp", text) is not None
    if re.match(rf"(?is){_ROLE_OBJECTS}\b", rest):
        return one.done(ROLE if re.match(r"(?is)role|user|group", rest) else DDL)
    found = re.match(rf"(?is)trigger\s+(?:if\s+not\s+exists\s+)?{_OBJECT}\s.*?\son\s+({_OBJECT})", rest)
    if found:
        one.walker.need(one.table(found.group(1)), None, "TRIGGER")
        called = re.search(rf"(?is)\sexecute\s+(?:function|procedure)\s+({_OBJECT})\s*\(", rest)
        if called:
            from collectors.statement_log.derive import split_name

            one.walker.call(*split_name(called.group(1)))
        return one.done(DDL)
    if re.match(r"(?is)(?:index|policy|rule|statistics)\b", rest):
        on = re.search(rf"(?is)\son\s+(?:only\s+)?({_OBJECT})", rest)
        if on and not postgresql:
            one.walker.need(one.table(on.group(1)), None, "INDEX")
        return one.done(DDL)
    found = re.match(
        rf"(?is)(table|materialized\s+view|view|sequence|function|procedure|type|domain|aggregate|operator|"
        rf"collation|foreign\s+table|event)\s+(?:if\s+not\s+exists\s+)?({_OBJECT})?",
        rest,
    )
    if found is None:
        return None
    if found.group(2) and not temporary:
        if postgresql or found.group(1).lower() == "table":
            one.create_in(found.group(2))
        elif found.group(1).lower() == "view":
            one.walker.need(one.table(found.group(2)), None, "CREATE VIEW")
    for target in re.finditer(rf"(?is)\sreferences\s+({_OBJECT})\s*(?:\(([^()]*)\))?", rest):
        for table in one.table(target.group(1)):
            for column in [part.strip() for part in (target.group(2) or "").split(",") if part.strip()] or [None]:
                one.walker.need((table,), column, "REFERENCES")
    query = re.search(r"(?is)\sas\s+\(?\s*((?:select|with|table|values)\b.*)$", rest)
    if query and found.group(1).lower() in ("table", "materialized view", "view"):
        inner = derive(
            re.sub(
                r"(?is)\s+with\s+(?:no\s+)?data\s*$",
                "",
                query.group(1).rstrip(") ")
                if rest.rstrip().endswith(")") and query.group(1).count("(") < query.group(1).count(")")
                else query.group(1),
            ),
            one.names,
            one.path,
        )
        return inner._replace(needs=inner.needs | one.walker.needs, kind=DDL) if inner.understood else inner
    return one.done(DDL)


def by_owner(text: str, one: _Utility) -> Derived:
    """ALTER, DROP, COMMENT: what the owner does. MariaDB and MySQL have rights for it."""
    role = (
        re.match(r"(?is)(?:alter|drop|rename)\s+(?:role|user|group)\b|alter\s+default\s+privileges\b", text) is not None
    )
    if one.names.engine != POSTGRESQL and not role:
        found = re.match(
            rf"(?is)(alter|drop|rename)\s+(?:online\s+|ignore\s+|temporary\s+)*(table|view|index)\s+"
            rf"(?:if\s+exists\s+)?({_OBJECT})",
            text,
        )
        if found:
            on = re.search(rf"(?is)\son\s+({_OBJECT})", text) if found.group(2).lower() == "index" else None
            right = "INDEX" if on else "DROP" if found.group(1).lower() == "drop" else "ALTER"
            one.walker.need(one.table(on.group(1) if on else found.group(3)), None, right)
    return one.done(ROLE if role else DDL)


def maintain(text: str, one: _Utility) -> Derived:
    """VACUUM, ANALYZE, REINDEX … of named tables: MAINTAIN since PostgreSQL 17, before that the owner's."""
    if one.names.engine != POSTGRESQL:
        found = re.match(r"(?is)(analyze|optimize|repair|check|checksum)\s+(?:\w+\s+)?tables?\s+(.*)$", text)
        for tables in one.objects(found.group(2)) if found else ():
            one.walker.need(tables, None, "SELECT")
            if found and found.group(1).lower() not in ("check", "checksum"):
                one.walker.need(tables, None, "INSERT")
        return one.done(DDL)
    rest = re.sub(
        r"(?is)^\w+\s*(?:\([^()]*\)\s*)?(?:(?:full|freeze|verbose|analyze|analyse|materialized\s+view|concurrently|"
        r"table|index|schema|database|system)\s+)*",
        "",
        text,
    )
    if re.match(r"(?is)(?:vacuum|analy[sz]e|cluster|refresh)\b|reindex\s*(?:\([^()]*\)\s*)?table\b", text):
        for tables in one.objects(rest) if re.match(rf"(?is){_NAME}", rest) else ():
            one.walker.need(tables, None, "MAINTAIN")
    return one.done(DDL)


def _load(text: str, one: _Utility) -> Derived | None:
    found = re.match(rf"(?is)load\s+(?:data|xml)\b.*?\sinto\s+table\s+({_OBJECT})", text)
    if found is None:
        return Derived(frozenset(), SESSION)
    one.walker.need(one.table(found.group(1)), None, "INSERT")
    return one.done(WRITE)


def _show(text: str, one: _Utility) -> Derived | None:
    found = re.match(rf"(?is)show\s+create\s+view\s+({_OBJECT})", text)
    if found and one.names.engine != POSTGRESQL:
        one.walker.need(one.table(found.group(1)), None, "SHOW VIEW")
    return one.done(SESSION)


STATEMENTS: dict[str, Callable[[str, _Utility], Derived | None]] = {
    "copy": _copy,
    "truncate": _truncate,
    "lock": _lock,
    "call": _call,
    "create": _create,
    "load": _load,
    "show": _show,
}
"""First word to its rule."""
