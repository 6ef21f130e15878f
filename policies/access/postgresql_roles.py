"""Who is in which role in PostgreSQL: whose rights are inherited, and what SET ROLE reaches.

Source: PostgreSQL source ``acl.c``, ``roles_is_member_of``; memberships form no circle there.
"""

from __future__ import annotations

from collections import defaultdict

from hustings.access.state import State

DATABASE_OWNER = "pg_database_owner"
PER_MEMBERSHIP = 16
"""Since this version each membership says whether it inherits."""

Way = tuple[str, ...]


class Roles:
    """The memberships of one database's moment, followed to any depth once for each account."""

    def __init__(self, state: State) -> None:
        self.major = int(state.version.partition(".")[0])
        self._principals = {one.name: one for one in state.principals}
        self._inherit: dict[str, list[str]] = defaultdict(list)
        self._set: dict[str, list[str]] = defaultdict(list)
        links = [(one.member, one.role, one.inherit, one.set_role) for one in state.memberships]
        if self.is_predefined(DATABASE_OWNER) and state.database_owner:
            links.append((state.database_owner, DATABASE_OWNER, True, True))
        for member, role, inherit, set_role in sorted(links):
            if inherit and (self.major >= PER_MEMBERSHIP or self._inherits_at_all(member)):
                self._inherit[member].append(role)
            if set_role:
                self._set[member].append(role)
        self._ways: dict[str, dict[str, Way]] = {}
        self._reach: dict[str, frozenset[str]] = {}

    def is_superuser(self, name: str) -> bool:
        one = self._principals.get(name)
        return one is not None and one.superuser

    def is_predefined(self, name: str) -> bool:
        """Whether it is the engine's own role of this name."""
        one = self._principals.get(name)
        return one is not None and one.system

    def ways(self, name: str) -> dict[str, Way]:
        """The roles whose rights it has, itself among them, and a shortest way to each: the roles up to and
        with that one."""
        found = self._ways.get(name)
        if found is None:
            found = self._ways[name] = {name: ()}
            edge = [name]
            while edge:
                beyond = []
                for member in edge:
                    for role in self._inherit.get(member, ()):
                        if role not in found:
                            found[role] = (*found[member], role)
                            beyond.append(role)
                edge = beyond
        return found

    def every_way(self, name: str, role: str, most: int) -> list[Way]:
        """All ways to a role whose rights it has, up to ``most``, shortest first."""
        found: list[Way] = []
        edge: list[tuple[str, Way]] = [(name, ())]
        while edge and len(found) < most:
            beyond = []
            for member, way in edge:
                if member == role:
                    found.append(way)
                    continue
                beyond += [(one, (*way, one)) for one in self._inherit.get(member, ())
                           if one not in way and role in self.ways(one)]
            edge = beyond
        return found[:most]

    def may_become(self, name: str) -> frozenset[str]:
        """The roles that SET ROLE reaches, without itself: for a superuser every one."""
        if self.is_superuser(name):
            return frozenset(self._principals) - {name}
        found = self._reach.get(name)
        if found is None:
            seen, edge = {name}, [name]
            while edge:
                for role in self._set.get(edge.pop(), ()):
                    if role not in seen:
                        seen.add(role)
                        edge.append(role)
            found = self._reach[name] = frozenset(seen - {name})
        return found

    def _inherits_at_all(self, name: str) -> bool:
        one = self._principals.get(name)
        return one is None or one.inherit
