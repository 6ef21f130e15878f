"""Effective rights in PostgreSQL, 12 to 18: what the server would answer, worked out from what it keeps.

The rules are those of its access checks (PostgreSQL documentation, "Database Roles" and "Privileges"; source
``aclchk.c``, ``acl.c``):

- A superuser holds everything. Being one is not inherited.
- An account holds what an access list grants to itself, to PUBLIC, or to a role whose rights it inherits.
  Up to 15 a role that is NOINHERIT inherits nothing; since 16 each membership says for itself.
- The owner holds what the list says, which by default is everything, and may have been taken away.
- Who owns the database is in ``pg_database_owner`` without being listed (since 14).
- ``pg_read_all_data``, ``pg_write_all_data`` (14) and ``pg_maintain`` (17) grant on every relation, the first two
  also USAGE of every schema; nobody but a superuser writes to the engine's own tables.
- SET ROLE reaches every role that the account is in; since 16 by memberships alone that say so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from hustings.access.rights import BIT, mask
from hustings.access.state import PUBLIC, Entry, Object, State
from policies.access.postgresql_roles import Roles
from policies.access.rows import Holding

READ_ALL, WRITE_ALL, MAINTAIN = "pg_read_all_data", "pg_write_all_data", "pg_maintain"

_RELATION = mask("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
_WRITES = mask("INSERT", "UPDATE", "DELETE", "TRUNCATE", "USAGE")
_ALL = {
    "table": _RELATION, "view": _RELATION, "sequence": mask("SELECT", "UPDATE", "USAGE"), "routine": mask("EXECUTE"),
    "schema": mask("USAGE", "CREATE"), "database": mask("CREATE", "CONNECT", "TEMPORARY"),
}
_BY_ROLE = {
    READ_ALL: {"table": mask("SELECT"), "view": mask("SELECT"), "sequence": mask("SELECT"), "schema": mask("USAGE")},
    WRITE_ALL: {"table": mask("INSERT", "UPDATE", "DELETE"), "view": mask("INSERT", "UPDATE", "DELETE"),
                "sequence": mask("UPDATE"), "schema": mask("USAGE")},
    MAINTAIN: {"table": mask("MAINTAIN"), "view": mask("MAINTAIN")},
}
MOST_WAYS = 64
"""Ways to one right that are told apart: memberships may lead to a role over very many."""


Way = tuple[str, ...]
Parts = tuple[tuple[str | None, int, Way], ...]
"""Rights of one account on one object that come the same way: (column or None, rights, way)."""
_Grant = tuple[Way, int, str]


class PostgresqlRights:
    """``policies.access.rows.Effective`` for PostgreSQL. Every method takes roles as well as accounts."""

    def __init__(self, state: State) -> None:
        self._objects = state.objects
        self._acls = state.acls
        self._roles = Roles(state)
        self._logins = tuple(sorted(one.name for one in state.principals if one.login))
        self._all = dict(_ALL)
        if self._roles.major >= 17:
            for kind in ("table", "view"):
                self._all[kind] |= BIT["MAINTAIN"]
        self._granted: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
        """By grantee and rights: the places of the lists that grant them."""
        for place, entries in enumerate(state.acls):
            for entry in entries:
                self._granted[entry.grantee][entry.rights].append(place)
        self._with_list: dict[int, list[int]] = defaultdict(list)
        self._with_columns: dict[int, list[tuple[int, str]]] = defaultdict(list)
        for index, one in enumerate(state.objects):
            if one.acl >= 0:
                self._with_list[one.acl].append(index)
            for column, place in one.column_acls.items():
                if place >= 0:
                    self._with_columns[place].append((index, column))
        self._lists = [(one.acl, one.owner, one.kind) for one in state.objects]
        self._engines = frozenset(index for index, one in enumerate(state.objects) if _is_the_engines(one))
        self._same: dict[int, Holding] = {}
        self._owners = frozenset(one.owner for one in state.objects)
        self._plain = False
        """Whether each of the latest account's ways ends where it was granted: it inherits from no owner, and from
        none of the engine's roles."""
        self._latest: tuple[str | None, dict[int, tuple[_Grant, ...]]] = (None, {})

    def accounts(self) -> tuple[str, ...]:
        return self._logins

    def is_superuser(self, account: str) -> bool:
        return self._roles.is_superuser(account)

    def inherits(self, account: str) -> frozenset[str]:
        return frozenset(self._roles.ways(account)) - {account}

    def may_become(self, account: str) -> frozenset[str]:
        return self._roles.may_become(account)

    def holding(self, account: str, index: int) -> Holding:
        one = self._objects[index]
        if self.is_superuser(account):
            return self._whole(self._all[one.kind])
        rights = self._extra(account).get(one.kind, 0) | self._of_list(account, one.acl)
        if index in self._engines:
            rights &= ~_WRITES
        columns = {column: held for column, place in one.column_acls.items()
                   if (held := self._of_list(account, place) & ~rights)}
        return Holding(rights, columns) if columns else self._whole(rights)

    def held(self, account: str) -> Iterator[tuple[int, Holding]]:
        if self.is_superuser(account):
            for index, one in enumerate(self._objects):
                yield index, self._whole(self._all[one.kind])
            return
        grants, extra, known = self._grants(account), self._extra(account), dict[int, int]()
        columns: dict[int, dict[str, int]] = defaultdict(dict)
        for place in grants.keys() & self._with_columns.keys():
            for index, column in self._with_columns[place]:
                columns[index][column] = _union(grants[place])
        for index in self._touched(grants, columns, everywhere=bool(extra)):
            place, _, kind = self._lists[index]
            given = grants.get(place, ())
            rights = known.get(id(given))
            if rights is None:
                rights = known[id(given)] = _union(given)
            if extra:
                rights |= extra.get(kind, 0)
            if index in self._engines:
                rights &= ~_WRITES
            further = {column: more for column, held in columns[index].items() if (more := held & ~rights)} \
                if index in columns else {}
            if rights or further:
                yield index, Holding(rights, further) if further else self._whole(rights)

    def _touched(self, grants: Mapping[int, object], columns: Mapping[int, object], *,
                 everywhere: bool) -> Iterable[int]:
        """The objects on which something may be held, in order."""
        listed = grants.keys() & self._with_list.keys()
        if everywhere or 3 * len(listed) > len(self._objects):
            return range(len(self._objects))
        return sorted({one for place in listed for one in self._with_list[place]} | columns.keys())

    def explained(self, account: str) -> Iterator[tuple[int, Parts]]:
        """As ``held``, with the shortest way to each right: what ``via`` says, all at once."""
        if self.is_superuser(account):
            for index, one in enumerate(self._objects):
                yield index, ((None, self._all[one.kind], ("superuser",)),)
            return
        ways, grants = self._roles.ways(account), self._grants(account)
        everywhere = [(ways[role], by_kind, role) for role, by_kind in _BY_ROLE.items()
                      if role in ways and self._roles.is_predefined(role)]
        further: dict[int, list[tuple[str, int]]] = defaultdict(list)
        for place in grants.keys() & self._with_columns.keys():
            for index, column in self._with_columns[place]:
                further[index].append((column, place))
        known: dict[tuple[int, str, str], Parts] = {}
        for index in self._touched(grants, further, everywhere=bool(everywhere)):
            place, owner, kind = self._lists[index]
            given = grants.get(place, ())
            # Grants are alike when they are one thing: those of a list that gives one right differ by nothing else.
            alike = id(given), kind if everywhere else "", owner if owner in ways else ""
            parts = known.get(alike)
            if parts is None:
                parts = known[alike] = _first_come(None, _ranked(given, owner, [
                    (way, by_kind[kind], role) for way, by_kind, role in everywhere if kind in by_kind]), 0)
            if index in further:
                parts += self._of_columns(further[index], grants, parts, owner)
            if index in self._engines:
                parts = _unwritten(parts)
            if parts:
                yield index, parts

    def _of_columns(self, columns: list[tuple[str, int]], grants: dict[int, tuple[_Grant, ...]], whole: Parts,
                    owner: str) -> Parts:
        already = _union((way, rights, "") for _, rights, way in whole)
        found: Parts = ()
        for column, place in sorted(columns):
            found += _first_come(column, _ranked(grants[place], owner, []), already)
        return found

    def via(self, account: str, index: int, right: str, column: str | None = None) -> tuple[str, ...]:
        if self._roles.is_superuser(account):
            return ("superuser",)
        bit = BIT[right]
        if account == self._latest[0] and self._plain:
            grants, place = self._latest[1], self._lists[index][0]
            found = next(([way] for way, rights, _ in grants.get(place, ()) if rights & bit), [])
            if column is not None:
                of_column = grants.get(self._objects[index].column_acls.get(column, -1), ())
                found += [way for way, rights, _ in of_column if rights & bit]
        else:
            ways = self._roles.ways(account)
            found = [self._end(ways[grantee], grantee, index) if grantee else ("PUBLIC",)
                     for grantee in self._grantees(account, index, bit, column)]
        return found[0] if len(found) == 1 else min(found, key=_rank, default=())

    def sources(self, account: str, index: int, right: str, column: str | None = None) -> tuple[tuple[str, ...], ...]:
        found: list[tuple[str, ...]] = [("superuser",)] if self.is_superuser(account) else []
        for grantee in self._grantees(account, index, BIT[right], column):
            if grantee == PUBLIC:
                found.append(("PUBLIC",))
            else:
                found += [self._end(way, grantee, index)
                          for way in self._roles.every_way(account, grantee, MOST_WAYS)]
        return tuple(sorted(set(found), key=_rank))

    def _grants(self, account: str) -> dict[int, tuple[_Grant, ...]]:
        """By list, what it gives to the account, the shortest way first. Kept for one account: whoever asks goes
        from one to the next."""
        if self._latest[0] != account:
            ways = self._roles.ways(account)
            grants: dict[int, tuple[_Grant, ...]] = {}
            for way, grantee in sorted([*((way, role) for role, way in ways.items()), (("PUBLIC",), PUBLIC)],
                                       key=lambda one: _rank(one[0])):
                for rights, places in self._granted.get(grantee, {}).items():
                    one = ((way, rights, grantee),)
                    more = {place: grants[place] + one for place in places if place in grants}
                    grants.update(dict.fromkeys(places, one))
                    grants.update(more)
            self._latest = account, grants
            self._plain = not ways.keys() & (self._owners | _BY_ROLE.keys())
        return self._latest[1]

    def _grantees(self, account: str, index: int, bit: int, column: str | None) -> Iterator[str]:
        """Whom it is granted to, of those whose rights the account has."""
        one, ways = self._objects[index], self._roles.ways(account)
        places = (one.acl,) if column is None else (one.acl, one.column_acls.get(column, -1))
        for place in places:
            for entry in self._entries(place):
                if entry.rights & bit and (entry.grantee == PUBLIC or entry.grantee in ways):
                    yield entry.grantee
        for role, by_kind in _BY_ROLE.items():
            if by_kind.get(one.kind, 0) & bit and self._roles.is_predefined(role) and role in ways:
                yield role

    def _end(self, way: tuple[str, ...], grantee: str, index: int) -> tuple[str, ...]:
        return (*way, "owner") if grantee == self._objects[index].owner else way

    def _entries(self, place: int) -> tuple[Entry, ...]:
        return self._acls[place] if place >= 0 else ()

    def _of_list(self, account: str, place: int) -> int:
        ways, rights = self._roles.ways(account), 0
        for entry in self._entries(place):
            if entry.grantee == PUBLIC or entry.grantee in ways:
                rights |= entry.rights
        return rights

    def _extra(self, account: str) -> dict[str, int]:
        """Rights on every object of a kind."""
        ways, found = self._roles.ways(account), dict[str, int]()
        for role, by_kind in _BY_ROLE.items():
            if role in ways and self._roles.is_predefined(role):
                for kind, rights in by_kind.items():
                    found[kind] = found.get(kind, 0) | rights
        return found

    def _whole(self, rights: int) -> Holding:
        """One holding for all that are alike: there may be millions."""
        found = self._same.get(rights)
        if found is None:
            found = self._same[rights] = Holding(rights, {})
        return found


def _union(given: Iterable[_Grant]) -> int:
    rights = 0
    for _, more, _ in given:
        rights |= more
    return rights


def _ranked(given: tuple[_Grant, ...], owner: str, more: list[_Grant]) -> Iterable[_Grant]:
    """The shortest way first, where one may be the owner's, with rights that are on every object."""
    if not more and all(grantee != owner for _, _, grantee in given):
        return given
    return sorted([*(((*way, "owner") if grantee == owner else way, rights, grantee)
                     for way, rights, grantee in given), *more], key=lambda one: _rank(one[0]))


def _first_come(column: str | None, given: Iterable[_Grant], already: int) -> Parts:
    """Each right by the first of the grants that brings it."""
    found = []
    for way, rights, _ in given:
        fresh = rights & ~already
        if fresh:
            already |= fresh
            found.append((column, fresh, way))
    return tuple(found)


def _unwritten(parts: Parts) -> Parts:
    return tuple((column, rest, way) for column, rights, way in parts if (rest := rights & ~_WRITES))


def _is_the_engines(one: Object) -> bool:
    return one.schema == "pg_catalog" and one.kind == "table"


def _rank(way: tuple[str, ...]) -> tuple[int, bool, tuple[str, ...]]:
    """Shorter first; a way of the account's own before one that everyone has."""
    return len(way), way[-1:] == ("PUBLIC",), way
