"""Changes of rights as SQL of the engine, with every name quoted where it needs to be."""

from __future__ import annotations

import re
from collections import Counter

from hustings.access.rights import POSTGRESQL, names
from hustings.access.state import PUBLIC, Membership, Object, State

_SIMPLE = re.compile(r"[a-z_][a-z0-9_]*")
_RESERVED_WORDS = """
all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both case cast char
character check coalesce collate collation column concurrently constraint create cross current_catalog current_date
current_role current_schema current_time current_timestamp current_user dec decimal default deferrable desc distinct do
else end except exists extract false fetch float for foreign freeze from full grant greatest group grouping having ilike
in initially inner inout int integer intersect interval into is isnull join lateral leading least left like limit
localtime localtimestamp national natural nchar none not notnull null nullif numeric offset on only or order out outer
overlaps overlay placing position precision primary public real references returning right row select session_user
setof similar smallint some substring symmetric system_user table tablesample then time timestamp to trailing treat trim
true union unique user using values varchar variadic verbose when where window with
"""
_RESERVED = frozenset(_RESERVED_WORDS.split())
_WORD = {"table": "TABLE ", "view": "TABLE ", "sequence": "SEQUENCE ", "routine": "ROUTINE ", "schema": "SCHEMA ",
         "database": "DATABASE "}
_DEFAULTS = {"table": "TABLES", "view": "TABLES", "sequence": "SEQUENCES", "routine": "ROUTINES", "schema": "SCHEMAS",
             "type": "TYPES"}


def name(text: str) -> str:
    """A name as PostgreSQL takes it."""
    return text if _SIMPLE.fullmatch(text) and text not in _RESERVED else '"' + text.replace('"', '""') + '"'


class Writer:
    """Writes for one engine."""

    def __init__(self, state: State) -> None:
        self.postgresql = state.engine == POSTGRESQL
        self._version = int(state.version.partition(".")[0] or 0) if self.postgresql else 0
        self._bootstrap = {one.name for one in state.principals if one.bootstrap}
        self._roles = {one.role for one in state.memberships}
        self._of_one_name = Counter((one.schema, one.name.partition("(")[0]) for one in state.objects
                                    if one.kind == "routine" and "(" in one.name)

    def grantee(self, text: str) -> str:
        """An account, a role or everyone."""
        if text == PUBLIC:
            return "PUBLIC"
        if self.postgresql:
            return name(text)
        user, at, host = text.rpartition("@")
        return f"{_ticked(user)}@{_ticked(host)}" if at and text not in self._roles else _ticked(text)

    def object(self, one: Object) -> str:
        """With the word for its kind, as GRANT and REVOKE take it."""
        if self.postgresql:
            return _WORD[one.kind] + self.plain(one)
        if one.kind == "routine":
            return f"{'PROCEDURE' if one.procedure else 'FUNCTION'} {self.plain(one)}"
        return f"{_ticked(one.name)}.*" if one.kind == "schema" else self.plain(one)

    def plain(self, one: Object) -> str:
        """The name alone; a routine's with its types where it is one of several."""
        if not self.postgresql:
            plain = one.name
            if one.kind == "routine":  # told apart by their type
                plain = plain.removesuffix(" (procedure)").removesuffix(" (function)")
            return f"{_ticked(one.schema)}.{_ticked(plain)}"
        plain, _, types = one.name.partition("(")
        if one.kind == "routine" and self._of_one_name[one.schema, plain] > 1:
            return f"{name(one.schema)}.{name(plain)}({types}"
        return f"{name(one.schema)}.{name(one.name)}" if one.schema else name(one.name)

    def _rights(self, rights: int, columns: tuple[str, ...]) -> str:
        tail = f" ({', '.join(name(one) if self.postgresql else _ticked(one) for one in columns)})" if columns else ""
        return ", ".join(f"{right}{tail}" for right in names(rights))

    def revoke(self, one: Object, rights: int, grantee: str, columns: tuple[str, ...] = (), *,
               option_only: bool = False, cascade: bool = False) -> str:
        option = "GRANT OPTION FOR " if option_only else ""
        if option_only and not self.postgresql:
            return f"REVOKE GRANT OPTION ON {self.object(one)} FROM {self.grantee(grantee)};"
        return (f"REVOKE {option}{self._rights(rights, columns)} ON {self.object(one)} FROM {self.grantee(grantee)}"
                f"{' CASCADE' if cascade and self.postgresql else ''};")

    def grant(self, one: Object, rights: int, grantee: str, columns: tuple[str, ...] = (), *,
              option: bool = False) -> str:
        return (f"GRANT {self._rights(rights, columns)} ON {self.object(one)} TO {self.grantee(grantee)}"
                f"{' WITH GRANT OPTION' if option else ''};")

    def on_pattern(self, verb: str, pattern: str, rights: int, grantee: str, *, option: bool = False) -> str:
        """MariaDB: on everything or on a pattern of schemas. ``verb``: GRANT or REVOKE."""
        where = "*.*" if pattern == "*" else f"{_ticked(pattern)}.*"
        to = "TO" if verb == "GRANT" else "FROM"
        said = self._rights(rights, ()) or "USAGE"
        return f"{verb} {said} ON {where} {to} {self.grantee(grantee)}{' WITH GRANT OPTION' if option else ''};"

    def everywhere(self, verb: str, words: list[str], grantee: str) -> str:
        """MariaDB: rights that are on no object (FILE, SUPER …), and ``grant option``: to pass on everything."""
        to = "TO" if verb == "GRANT" else "FROM"
        said = [one.upper() for one in words if one != "grant option"]
        if verb == "REVOKE":
            said += ["GRANT OPTION"] * ("grant option" in words)
        tail = " WITH GRANT OPTION" if verb == "GRANT" and "grant option" in words else ""
        return f"{verb} {', '.join(said) or 'USAGE'} ON *.* {to} {self.grantee(grantee)}{tail};"

    def option_on_pattern(self, pattern: str, grantee: str) -> str:
        """MariaDB: the grant option alone."""
        where = "*.*" if pattern == "*" else f"{_ticked(pattern)}.*"
        return f"REVOKE GRANT OPTION ON {where} FROM {self.grantee(grantee)};"

    def owner(self, one: Object, owner: str) -> str:
        word = {"schema": "SCHEMA", "routine": "ROUTINE", "database": "DATABASE"}.get(one.kind, "TABLE")
        return f"ALTER {word} {self.plain(one)} OWNER TO {name(owner)};"

    def leave(self, one: Membership, *, admin_only: bool = False) -> str:
        option = "ADMIN OPTION FOR " if admin_only else ""
        by = f" GRANTED BY {name(one.grantor)}" if self._says_grantor(one) else ""
        return f"REVOKE {option}{self.grantee(one.role)} FROM {self.grantee(one.member)}{by};"

    def join(self, one: Membership) -> str:
        """The membership just as it was."""
        start = f"GRANT {self.grantee(one.role)} TO {self.grantee(one.member)}"
        if not self.postgresql:
            return f"{start}{' WITH ADMIN OPTION' if one.admin else ''};"
        by = f" GRANTED BY {name(one.grantor)}" if self._says_grantor(one) else ""
        if self._version < 16:
            return f"{start}{' WITH ADMIN OPTION' if one.admin else ''}{by};"
        return (f"{start} WITH ADMIN {_truth(one.admin)}, INHERIT {_truth(one.inherit)}, SET {_truth(one.set_role)}"
                f"{by};")

    def _says_grantor(self, one: Membership) -> bool:
        return self.postgresql and self._version >= 16 and bool(one.grantor) and one.grantor not in self._bootstrap

    def default_role(self, member: str, role: str) -> str:
        """MariaDB: the role that is active from the start, or none."""
        return f"SET DEFAULT ROLE {_ticked(role) if role else 'NONE'} FOR {self.grantee(member)};"

    def role(self, who: str, words: str) -> str:
        """ALTER ROLE with attributes; MariaDB: ALTER USER."""
        return f"ALTER {'ROLE' if self.postgresql else 'USER'} {self.grantee(who)} {words};"

    def path(self, one: Object, path: tuple[str, ...] = ()) -> str:
        """Fix a routine's search path; without a path: unfix it."""
        said = f"SET search_path = {', '.join(name(part) for part in path)}" if path else "RESET search_path"
        return f"ALTER ROUTINE {self.plain(one)} {said};"

    def default(self, verb: str, owner: str, schema: str, kind: str, rights: int, grantee: str, *,
                option: bool = False) -> str:
        """ALTER DEFAULT PRIVILEGES."""
        where = f" IN SCHEMA {name(schema)}" if schema else ""
        to = "TO" if verb == "GRANT" else "FROM"
        return (f"ALTER DEFAULT PRIVILEGES FOR ROLE {name(owner)}{where} {verb} {', '.join(names(rights))} ON "
                f"{_DEFAULTS[kind]} {to} {self.grantee(grantee)}{' WITH GRANT OPTION' if option else ''};")


def text(value: str) -> str:
    """A string as SQL."""
    return "'" + value.replace("'", "''") + "'"


def _ticked(text: str) -> str:
    return "`" + text.replace("`", "``") + "`"


def _truth(value: bool) -> str:
    return "TRUE" if value else "FALSE"
