"""Effective rights in MariaDB and MySQL, as the server would answer.

A right holds if the account has it on everything, on the schema, on the object or on the column: granted to
itself, to its default role (and the roles in that one), or to PUBLIC. Of several lines of the grant tables that
fit an account at one level only the most specific counts: by host, then by schema pattern. Sources: the manuals of
MariaDB ("GRANT", "Roles Overview") and MySQL ("Access Control, Stage 2"); tried against a server in
``tests/access/test_mariadb_rights.py``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property

import msgspec

from hustings.access.rights import BIT, MYSQL, mask
from hustings.access.state import PUBLIC, Entry, Object, State
from policies.access.mariadb_patterns import covers, fits, generality
from policies.access.rows import Holding

RELATION = mask("SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "REFERENCES", "INDEX", "ALTER",
                "CREATE VIEW", "SHOW VIEW", "TRIGGER", "DELETE HISTORY")
ROUTINE = mask("EXECUTE", "ALTER ROUTINE")
SCHEMA = mask("CREATE", "DROP", "ALTER", "CREATE VIEW", "CREATE ROUTINE", "EVENT", "LOCK TABLES",
              "CREATE TEMPORARY TABLES")
ON_KIND = {"table": RELATION, "view": RELATION, "sequence": RELATION, "routine": ROUTINE, "schema": SCHEMA}
"""The rights that mean something on each kind of object."""
OF_COLUMNS = mask("SELECT", "INSERT", "UPDATE", "REFERENCES")

Parts = tuple[tuple[str | None, int, tuple[str, ...]], ...]
"""Rights by where they come from: (column or None, mask of rights, way)."""
EVERYTHING, ON_SCHEMA, ON_OBJECT, ON_COLUMN = "everything", "schema", "object", "column"


class Grant(msgspec.Struct, frozen=True):
    """One place of the grant tables that a right comes from: revoking it there takes it away, if no other stands."""

    grantee: str
    """As in ``Entry.grantee``."""
    level: str
    """``everything``, ``schema``, ``object`` or ``column``."""
    on: str
    """``*``, the pattern of schemas as stored, or ``schema.name``."""
    via: tuple[str, ...]
    """The way from the account to the grantee: the roles in between, and ``PUBLIC``."""


class _Holder(msgspec.Struct, frozen=True):
    """Who a right may come through: the account itself, a role, or everyone."""

    name: str
    via: tuple[str, ...]
    account: bool
    """Whether lines for patterns of hosts are its own."""


_Way = tuple[str, tuple[str, ...], _Holder, bool]
_Piece = tuple[tuple[str, ...], int]
"""A way, and the rights that come by it."""


def _shortest(piece: _Piece) -> tuple[int, tuple[str, ...]]:
    return len(piece[0]), piece[0]


class MariadbRights:
    """Implements ``policies.access.rows.Effective``."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._principals = {one.name: one for one in state.principals}
        self._fold = state.settings.get("lower_case_table_names", "0") != "0"
        self._exact_first = state.engine == MYSQL
        self._given: dict[str, dict[str, bool]] = defaultdict(dict)
        for one in state.memberships:
            self._given[one.member][one.role] = one.inherit
        every = state.settings.get("activate_all_roles_on_login") == "ON"
        for role in state.mandatory_roles:
            for account in self.accounts():
                self._given[account].setdefault(role, every)
        self._holders: dict[str, tuple[_Holder, ...]] = {}
        self._names: dict[str, list[_Way]] = {}
        self._last: tuple[tuple[str, int], Parts] = ("", -1), ()
        self._bases: dict[tuple[str, str], list[_Piece]] = {}

    # Who there is

    def accounts(self) -> tuple[str, ...]:
        return tuple(sorted(name for name, one in self._principals.items() if one.login))

    def inherits(self, account: str) -> frozenset[str]:
        return frozenset(name for one in self._of(account) for name, _ in self._within(one)) - {PUBLIC, account}

    def may_become(self, account: str) -> frozenset[str]:
        """Only roles granted to the account itself, or to one of the same user whose hosts take in its own, can be
        set; what is in them comes along. (Roles granted to PUBLIC cannot.)"""
        if not self._of(account)[0].account:
            return frozenset(self._given.get(account, {}))
        user, _, host = account.rpartition("@")
        return frozenset(role for other in self._accounts_of.get(user, ()) if covers(other.rpartition("@")[2], host)
                         for role in self._given.get(other, {}))

    def is_superuser(self, account: str) -> bool:
        return any(one.name in self._principals and self._principals[one.name].superuser for one in self._of(account))

    @cached_property
    def _accounts_of(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for name in self._principals:
            user, at, _ = name.rpartition("@")
            if at and name not in self._roles:
                found[user].append(name)
        return found

    # What they hold

    def holding(self, account: str, index: int) -> Holding:
        rights = 0
        columns: dict[str, int] = {}
        for column, held, _ in self._parts(account, index):
            if column is None:
                rights |= held
            else:
                columns[column] = columns.get(column, 0) | held
        return Holding(rights, columns)

    def held(self, account: str) -> Iterator[tuple[int, Holding]]:
        for index in self._candidates(account):
            if self._parts(account, index):
                yield index, self.holding(account, index)

    def explained(self, account: str) -> Iterator[tuple[int, Parts]]:
        """As ``policies.access.rows.Explaining``."""
        for index in self._candidates(account):
            if parts := self._parts(account, index):
                yield index, parts

    def via(self, account: str, index: int, right: str, column: str | None = None) -> tuple[str, ...]:
        bit = BIT[right]
        return next((way for on, held, way in self._parts(account, index) if held & bit and on in (column, None)), ())

    def grants(self, account: str, index: int, right: str, column: str | None = None) -> tuple[Grant, ...]:
        """Every place that a held right comes from, the shortest way first."""
        one, bit = self._state.objects[index], BIT[right]
        found: list[Grant] = []
        for holder in self._of(account):
            for role, via in self._within(holder):
                if self._everywhere.get(role, 0) & bit & ~self._revoked(role, self._schema(one)):
                    found.append(Grant(role, EVERYTHING, "*", via))
                for pattern, entry in self._on_schema(holder, role, self._schema(one)):
                    if entry.rights & bit:
                        found.append(Grant(entry.grantee, ON_SCHEMA, pattern, via))
                for entry in self._of_object(holder, role, one.acl, one):
                    if entry.rights & bit:
                        found.append(Grant(entry.grantee, ON_OBJECT, one.label, via))
                if column is not None and column in one.column_acls:
                    for entry in self._of_object(holder, role, one.column_acls[column], one):
                        if entry.rights & bit:
                            found.append(Grant(entry.grantee, ON_COLUMN, one.label, via))
        return tuple(dict.fromkeys(sorted(found, key=lambda grant: (len(grant.via), grant.via))))

    def sources(self, account: str, index: int, right: str, column: str | None = None) -> tuple[tuple[str, ...], ...]:
        ways = [("superuser",) if not grant.via and grant.level == EVERYTHING and self._principals[account].superuser
                else grant.via for grant in self.grants(account, index, right, column)]
        return tuple(dict.fromkeys(sorted(ways, key=lambda way: (len(way), way))))

    # Worked out for one account at a time

    def _parts(self, account: str, index: int) -> Parts:
        """Its rights on one object by the shortest way to each: the whole object's first, then those of columns. The
        last answer is kept: it is asked for right by right."""
        if self._last[0] != (account, index):
            self._last = (account, index), self._work_out(account, index)
        return self._last[1]

    def _work_out(self, account: str, index: int) -> Parts:
        one = self._state.objects[index]
        names = self._ways(account)
        pieces = self._base(account, self._schema(one))
        if one.acl >= 0 and (more := self._pieces(names, one.acl, one)):
            pieces = sorted((*pieces, *more), key=_shortest)
        left = ON_KIND.get(one.kind, 0)
        parts: list[tuple[str | None, int, tuple[str, ...]]] = []
        for way, held in pieces:
            if got := held & left:
                parts.append((None, got, way))
                left &= ~got
        further = OF_COLUMNS & left
        for column, acl in one.column_acls.items():
            of_column = further
            for way, held in sorted(self._pieces(names, acl, one), key=_shortest):
                if got := held & of_column:
                    parts.append((column, got, way))
                    of_column &= ~got
        return tuple(parts)

    def _ways(self, account: str) -> list[_Way]:
        """Every name whose lines count, with the way to it; and whether there are lines of its user for other hosts."""
        if account not in self._names:
            self._names[account] = [
                (name, via, holder, holder.account and len(self._hosts.get(name.rpartition("@")[0], ())) > 1)
                for holder in self._of(account) for name, via in self._within(holder)]
        return self._names[account]

    def _pieces(self, names: list[_Way], acl: int, one: Object) -> list[_Piece]:
        lines = self._lines[acl]
        found = []
        for name, via, holder, several in names:
            if several:
                found += [(via, entry.rights) for entry in self._of_object(holder, name, acl, one)]
            elif name in lines:
                found.append((via, lines[name]))
        return found

    def _base(self, account: str, schema: str) -> list[_Piece]:
        """What the account has by rights on everything and on the schema, the shortest way first."""
        key = account, schema
        if key not in self._bases:
            found: list[_Piece] = []
            for name, via, holder, _ in self._ways(account):
                way = ("superuser",) if holder.account and self._principals[account].superuser else via
                found.append((way, self._everywhere.get(name, 0) & ~self._revoked(name, schema)))
                found += [(via, entry.rights) for _, entry in self._on_schema(holder, name, schema)]
            self._bases[key] = sorted(((way, held) for way, held in found if held), key=_shortest)
        return self._bases[key]

    def _candidates(self, account: str) -> list[int]:
        """The objects on which the account may hold anything."""
        places: set[int] = set()
        for schema, members in self._by_schema.items():
            if self._base(account, schema):
                places.update(members)
        for name, *_ in self._ways(account):
            places.update(self._named.get(self._user_of(name), ()))
        return sorted(places)

    # How the grant tables are read

    def _of(self, account: str) -> tuple[_Holder, ...]:
        """The account or role, its default roles, and everyone."""
        if account not in self._holders:
            principal = self._principals.get(account)
            itself = _Holder(account, (), principal is not None and "@" in account and account not in self._roles)
            found = [itself]
            if itself.account:
                given = sorted(self._given.get(account, {}).items())
                found += [_Holder(role, (role,), False) for role, inherit in given if inherit]
                found.append(_Holder(PUBLIC, ("PUBLIC",), False))
            self._holders[account] = tuple(found)
        return self._holders[account]

    @cached_property
    def _roles(self) -> frozenset[str]:
        return frozenset(one.role for one in self._state.memberships) | frozenset(self._state.mandatory_roles)

    def _within(self, holder: _Holder) -> list[tuple[str, tuple[str, ...]]]:
        """The holder, and for a role those in it at any depth: each with the shortest way to it."""
        if holder.account:
            return [(holder.name, holder.via)]
        ways = {holder.name: holder.via}
        queue = [holder.name]
        for name in queue:
            for role in sorted(self._given.get(name, {})):
                if role not in ways:
                    ways[role] = (*ways[name], role)
                    queue.append(role)
        return list(ways.items())

    def _schema(self, one: Object) -> str:
        return one.name if one.kind == "schema" else one.schema

    @cached_property
    def _everywhere(self) -> dict[str, int]:
        """Rights on everything are those of the very account, whatever other accounts its name and host fit."""
        return {entry.grantee: entry.rights for pattern, entries in self._state.patterns if pattern == "*"
                for entry in entries}

    def _revoked(self, name: str, schema: str) -> int:
        return self._restrictions.get((name, schema), 0)

    @cached_property
    def _restrictions(self) -> dict[tuple[str, str], int]:
        return {(entry.grantee, schema): entry.rights for schema, entries in self._state.revoked for entry in entries}

    def _on_schema(self, holder: _Holder, role: str, schema: str) -> list[tuple[str, Entry]]:
        """The line on schemas that counts. A role's are first joined with those of the roles in it, pattern by
        pattern: the most specific pattern of them all is the one that counts for each."""
        if holder.account:
            user, _, host = holder.name.rpartition("@")
            fitting = [(pattern, entry, at) for pattern, entry, name, at in self._schema_lines_of(user)
                       if self._fits(pattern, schema) and covers(at, host)]
            return [(pattern, entry) for pattern, entry, _ in [min(
                fitting, key=lambda one: (generality(one[2], "host"), *self._rank(one[0], schema),
                                          not one[1].grantee.rpartition("@")[0]))]] if fitting else []
        names = {name for name, _ in self._within(holder)}
        patterns = {pattern for pattern, entries in self._patterns.items()
                    if self._fits(pattern, schema) and not names.isdisjoint(entries)}
        if not patterns:
            return []
        first = min(patterns, key=lambda pattern: self._rank(pattern, schema))
        entry = self._patterns[first].get(role)
        return [(first, entry)] if entry is not None else []

    def _fits(self, pattern: str, schema: str) -> bool:
        return pattern != "*" and fits(pattern, schema, fold=self._fold)

    def _rank(self, pattern: str, schema: str) -> tuple[bool, tuple[int, int, int, int]]:
        return self._exact_first and pattern != schema, generality(pattern, "schema")

    @cached_property
    def _patterns(self) -> dict[str, dict[str, Entry]]:
        return {pattern: {entry.grantee: entry for entry in entries} for pattern, entries in self._state.patterns
                if pattern != "*"}

    @cached_property
    def _schema_lines(self) -> dict[str, list[tuple[str, Entry, str, str]]]:
        """By user: (pattern, entry, grantee, its host)."""
        found: dict[str, list[tuple[str, Entry, str, str]]] = defaultdict(list)
        for pattern, entries in self._patterns.items():
            for name, entry in entries.items():
                user, at, host = name.rpartition("@")
                if at and name not in self._roles:
                    found[user].append((pattern, entry, name, host))
        return found

    def _schema_lines_of(self, user: str) -> list[tuple[str, Entry, str, str]]:
        """Lines without a user name are everybody's."""
        return [*self._schema_lines.get(user, ()), *(self._schema_lines.get("", ()) if user else ())]

    @cached_property
    def _lines(self) -> list[dict[str, int]]:
        return [{entry.grantee: entry.rights for entry in entries} for entries in self._state.acls]

    @cached_property
    def _hosts(self) -> dict[str, set[str]]:
        """User to the hosts for which there are accounts of it or rights on objects."""
        found: dict[str, set[str]] = defaultdict(set)
        for name in (*self._principals, *(entry.grantee for entries in self._state.acls for entry in entries)):
            user, at, host = name.rpartition("@")
            if at and name not in self._roles:
                found[user].add(host)
        return found

    def _of_object(self, holder: _Holder, name: str, acl: int, one: Object) -> list[Entry]:
        """The lines of a list that count for the holder."""
        if acl < 0:
            return []
        entries = self._state.acls[acl]
        if not holder.account:
            return [entry for entry in entries if entry.grantee == name]
        user, _, host = holder.name.rpartition("@")
        # A line on a column makes one on its table: the nearest host is that of all lines on the object.
        here = {entry.grantee for place in (one.acl, *one.column_acls.values()) if place >= 0
                for entry in self._state.acls[place]}
        hosts = [at for at in (grantee.rpartition("@")[2] for grantee in here
                               if "@" in grantee and grantee.rpartition("@")[0] == user) if covers(at, host)]
        if not hosts:
            return []
        nearest = f"{user}@{min(hosts, key=lambda at: generality(at, 'host'))}"
        return [entry for entry in entries if entry.grantee == nearest]

    @cached_property
    def _by_schema(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = defaultdict(list)
        for index, one in enumerate(self._state.objects):
            found[self._schema(one)].append(index)
        return found

    @cached_property
    def _named(self) -> dict[str, set[int]]:
        """User or role to the objects with lines for it."""
        grantees = [{self._user_of(entry.grantee) for entry in entries} for entries in self._state.acls]
        found: dict[str, set[int]] = defaultdict(set)
        for index, one in enumerate(self._state.objects):
            for acl in {one.acl, *one.column_acls.values()} - {-1}:
                for name in grantees[acl]:
                    found[name].add(index)
        return found

    def _user_of(self, grantee: str) -> str:
        """Accounts by their user (lines for another host may count too), roles by name."""
        user, at, _ = grantee.rpartition("@")
        return f"{user}@" if at and grantee not in self._roles else grantee
