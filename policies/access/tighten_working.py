"""A state that changes are tried on before they are written down: what the engine would keep after each.

The rules are the engines' own. PostgreSQL (manual, REVOKE and ALTER TABLE; source ``aclchk.c``, ``acl.c``): a
revocation by a superuser is one by the owner, and takes what the owner granted; taking a right on a whole table takes
it on each column too; what a grantee passed on goes with CASCADE; a new owner takes the old one's place in every list,
and a table's own sequences go with it. MariaDB: each level of the grant tables is by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from msgspec.structs import replace

from hustings.access.rights import POSTGRESQL
from hustings.access.state import Entry, Membership, Object, Principal, State

EVERYTHING = "*"


@dataclass
class _Line:
    grantee: str
    grantor: str
    rights: int
    grantable: int


class Working:
    """One database's rights, to be changed. ``state`` gives them as they are now."""

    def __init__(self, state: State) -> None:
        self._start = state
        self.objects: list[Object] = list(state.objects)
        self._acls: list[tuple[Entry, ...]] = list(state.acls)
        self._known: dict[tuple[Entry, ...], int] = {}
        self.principals: dict[str, Principal] = {one.name: one for one in state.principals}
        self.memberships: list[Membership] = list(state.memberships)
        self.patterns: dict[str, dict[str, Entry]] = {
            pattern: {one.grantee: one for one in entries} for pattern, entries in state.patterns}
        self.defaults: list[tuple[str, str, str, tuple[Entry, ...]]] = list(state.defaults)

    def state(self) -> State:
        """A state like any other."""
        return replace(
            self._start, objects=tuple(self.objects), acls=tuple(self._acls), memberships=tuple(self.memberships),
            principals=tuple(self.principals.values()), defaults=tuple(self.defaults),
            patterns=tuple((pattern, tuple(entries.values())) for pattern, entries in self.patterns.items()))

    def entries(self, place: int, column: str | None = None) -> tuple[Entry, ...]:
        """The access list of an object or of one of its columns."""
        one = self.objects[place]
        acl = one.acl if column is None else one.column_acls.get(column, -1)
        return self._acls[acl] if acl >= 0 else ()

    def dependents(self, place: int, column: str | None, grantor: str, rights: int) -> bool:
        """Whether somebody was granted any of these rights by this role, which is not the owner."""
        return grantor != self.objects[place].owner and any(
            entry.grantor == grantor and entry.rights & rights and entry.grantee != grantor
            for entry in self.entries(place, column))

    def take(self, place: int, column: str | None, grantee: str, rights: int, *, option_only: bool = False,
             grantor: str = "") -> None:
        """REVOKE … CASCADE: what ``grantor`` (empty: the owner) gave."""
        columns = [column] if column is not None or self._start.engine != POSTGRESQL \
            else [None, *self.objects[place].column_acls]
        for each in columns:
            lines = [_Line(one.grantee, one.grantor, one.rights, one.grantable) for one in self.entries(place, each)]
            owner = self.objects[place].owner
            _revoke(lines, owner, grantee, grantor or owner, rights, option_only=option_only)
            self._put(place, each, lines)

    def give(self, place: int, column: str | None, grantee: str, rights: int, grantable: int = 0,
             grantor: str = "") -> None:
        """GRANT, by ``grantor`` (empty: the owner)."""
        lines = [_Line(one.grantee, one.grantor, one.rights, one.grantable) for one in self.entries(place, column)]
        by = grantor or self.objects[place].owner
        for line in lines:
            if line.grantee == grantee and line.grantor in (by, ""):
                line.rights |= rights
                line.grantable |= grantable
                break
        else:
            lines.append(_Line(grantee, by, rights, grantable))
        self._put(place, column, lines)

    def new_owner(self, place: int, owner: str) -> list[int]:
        """ALTER … OWNER TO. Returns the places that changed: a table takes its sequences along."""
        old, label = self.objects[place].owner, self.objects[place].label
        along = [at for at, one in enumerate(self.objects) if one.kind == "sequence" and one.of == label] \
            if self.objects[place].kind == "table" else []
        for at in (place, *along):
            one = self.objects[at]
            for column in (None, *one.column_acls):
                merged: dict[tuple[str, str], _Line] = {}
                for entry in self.entries(at, column):
                    key = (owner if entry.grantee == old else entry.grantee,
                           owner if entry.grantor == old else entry.grantor)
                    line = merged.setdefault(key, _Line(*key, 0, 0))
                    line.rights |= entry.rights
                    line.grantable |= entry.grantable
                self._put(at, column, list(merged.values()))
            self.objects[at] = replace(self.objects[at], owner=owner)
        return [place, *along]

    def leave(self, role: str, member: str, *, admin_only: bool = False) -> list[Membership]:
        """REVOKE a membership, or its admin option. Returns what was taken."""
        taken = [one for one in self.memberships if (one.role, one.member) == (role, member)
                 and (one.admin or not admin_only)]
        for one in taken:
            place = self.memberships.index(one)
            if admin_only:
                self.memberships[place] = replace(one, admin=False)
            else:
                del self.memberships[place]
        return taken

    def attribute(self, name: str, **values: object) -> None:
        """ALTER ROLE or ALTER USER."""
        self.principals[name] = replace(self.principals[name], **values)

    def take_default(self, owner: str, schema: str, kind: str, grantee: str) -> int:
        """ALTER DEFAULT PRIVILEGES … REVOKE ALL. Returns the rights taken."""
        taken = 0
        for place, (of, where, what, entries) in enumerate(self.defaults):
            if (of, where, what) == (owner, schema, kind):
                taken |= sum(one.rights for one in entries if one.grantee == grantee)
                self.defaults[place] = (of, where, what, tuple(one for one in entries if one.grantee != grantee))
        return taken

    def take_pattern(self, pattern: str, grantee: str, rights: int, *, option_only: bool = False) -> None:
        """MariaDB: REVOKE on everything (``*``) or on a pattern of schemas."""
        entry = self.patterns.get(pattern, {}).get(grantee)
        if entry is not None:
            left = entry.rights if option_only else entry.rights & ~rights
            self.patterns[pattern][grantee] = replace(entry, rights=left, grantable=entry.grantable & left & (
                ~rights if option_only else -1))
            if not left:
                del self.patterns[pattern][grantee]

    def _put(self, place: int, column: str | None, lines: list[_Line]) -> None:
        acl = tuple(Entry(one.grantee, one.rights, one.grantable & one.rights, one.grantor) for one in lines
                    if one.rights)
        at = self._known.get(acl)
        if at is None:
            at = self._known[acl] = len(self._acls)
            self._acls.append(acl)
        one = self.objects[place]
        if column is None:
            self.objects[place] = replace(one, acl=at)
        else:
            self.objects[place] = replace(one, column_acls={**one.column_acls, column: at})


def _revoke(lines: list[_Line], owner: str, grantee: str, grantor: str, rights: int, *, option_only: bool) -> None:
    """Take rights from a grantee, and what it passed on and can no longer have been allowed to."""
    for line in lines:
        if line.grantee == grantee and line.grantor in (grantor, ""):
            line.grantable &= ~rights
            if not option_only:
                line.rights &= ~rights
    if grantee == owner:
        return
    still = 0
    for line in lines:
        if line.grantee == grantee:
            still |= line.grantable
    gone = rights & ~still
    for line in [one for one in lines if one.grantor == grantee and one.grantee != grantee and one.rights & gone]:
        _revoke(lines, owner, line.grantee, grantee, gone, option_only=False)


def differing(before: State, after: Working) -> Iterator[tuple[int, str | None]]:
    """The access lists that are no longer what they were: (place, column or None)."""
    for place, one in enumerate(before.objects):
        for column in (None, *sorted(set(one.column_acls) | set(after.objects[place].column_acls))):
            acl = one.acl if column is None else one.column_acls.get(column, -1)
            if set(before.acls[acl] if acl >= 0 else ()) != set(after.entries(place, column)):
                yield place, column
