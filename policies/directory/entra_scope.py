"""To whom conditional access policies apply, as bits, with what is not known.

Source: Microsoft's pages "Conditional Access: Users, groups, and workload identities" and "Authentication and
Conditional Access for B2B users". An exclusion wins over any inclusion; groups count with all who are nested in them;
roles are built-in ones held now over the whole tenant (not over an administrative unit, not custom, not merely
eligible), by oneself or through a group that holds the role; everyone includes guests.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hustings.directory.entra import Guests, Policy, State, User

GUESTS = "GuestsOrExternalUsers"
SYNCHRONISATION = frozenset({"d29b2b05-8046-44ba-8758-1e26182fcf32", "a92aed5d-d78a-4d16-b381-09adb37eb3b0"})
"""Template ids of the roles Directory Synchronization Accounts and On Premises Directory Sync Account."""
KINDS = ("internalGuest", "b2bCollaborationGuest", "b2bCollaborationMember")
"""The kinds of guest who have an account in the tenant. The other kinds have none, and are nobody here."""


@dataclass(frozen=True)
class Source:
    """By what somebody is excluded from policies."""

    kind: str
    """``account``, ``group``, ``role`` or ``guests``."""
    id: str = ""


@dataclass(frozen=True)
class Applies:
    """Of one account: the policies that surely apply to it and those that may, as bits, whatever their state."""

    sure: int
    may: int
    excluded: tuple[tuple[Source, int], ...] = ()
    """By what it is excluded from which policies that otherwise apply."""
    doubts: tuple[tuple[str, int], ...] = ()
    """Sections that would say more, with the policies in question: ``groups``, ``roles``, ``guests``."""


class Scope:
    """The users of a tenant and its policies, in the order given: the first policy is bit 1."""

    def __init__(self, state: State, policies: Sequence[Policy]) -> None:
        self._state = state
        self._include, self._exclude = _Side(), _Side()
        for number, one in enumerate(policies):
            self._include.add(1 << number, one.include_users, one.include_groups, one.include_roles,
                              one.include_guests)
            self._exclude.add(1 << number, one.exclude_users, one.exclude_groups, one.exclude_roles,
                              one.exclude_guests)
        known = {one.id.casefold(): one for one in state.groups}
        wanted = {*self._include.groups, *self._exclude.groups}
        self._unsure_groups = {one for one in wanted if one not in known or not known[one].complete}
        self._groups: dict[str, list[str]] = defaultdict(list)
        for name in sorted(wanted & set(known)):
            for member in known[name].members if known[name].exists else ():
                self._groups[member.casefold()].append(name)
        self._roles, self._unsure_roles = held_roles(state)
        self._seen: dict[tuple[object, ...], Applies] = {}

    def synchronises(self, user: User) -> bool:
        """Whether the account is the one that synchronises a directory: by its role, or by the name that Microsoft's
        programs give it, for roles may be unread."""
        return not SYNCHRONISATION.isdisjoint(self._roles.get(user.id, ())) or user.name.casefold().startswith(
            ("sync_", "adtoaadsyncserviceaccount"))

    def of(self, user: User) -> Applies:
        """What applies to the user."""
        own = user.id.casefold()
        kind, groups = kind_of(user), tuple(self._groups.get(own, ()))
        roles = tuple(sorted(self._roles.get(user.id, ())))
        signature = (kind, self._include.users.get(own, 0), self._exclude.users.get(own, 0), groups, roles)
        found = self._seen.get(signature)
        if found is None:
            found = self._seen[signature] = self._work_out(own, kind, groups, roles)
        return found

    def _work_out(self, user: str, kind: str, groups: tuple[str, ...], roles: tuple[str, ...]) -> Applies:
        inside, outside = self._include, self._exclude
        include = inside.everyone | inside.users.get(user, 0) | inside.guests.get(kind, 0)
        excluded = [(Source("account"), outside.users.get(user, 0) | outside.everyone),
                    (Source("guests"), outside.guests.get(kind, 0))]
        for one in groups:
            include |= inside.groups.get(one, 0)
            excluded.append((Source("group", one), outside.groups.get(one, 0)))
        for one in roles:
            include |= inside.roles.get(one, 0)
            excluded.append((Source("role", one), outside.roles.get(one, 0)))
        exclude = _union(bits for _, bits in excluded)
        unsure_groups = self._unsure_groups.difference(groups)
        unsure_roles = {one for one in {*inside.roles, *outside.roles}.difference(roles)
                        if one in self._unsure_roles or "*" in self._unsure_roles}
        perhaps = {
            "groups": (_of(inside.groups, unsure_groups), _of(outside.groups, unsure_groups)),
            "roles": (_of(inside.roles, unsure_roles), _of(outside.roles, unsure_roles)),
            "guests": (inside.some_guests.get(kind, 0), outside.some_guests.get(kind, 0)),
        }
        may_include = include | _union(one for one, _ in perhaps.values())
        may_exclude = exclude | _union(one for _, one in perhaps.values())
        sure, may = include & ~may_exclude, may_include & ~exclude
        open_ = may & ~sure
        return Applies(sure, may, tuple((source, bits & may_include) for source, bits in excluded
                                        if bits & may_include),
                       tuple((name, (one | other) & open_) for name, (one, other) in perhaps.items()
                             if (one | other) & open_))


class _Side:
    """Inclusions, or exclusions, of all policies."""

    def __init__(self) -> None:
        self.everyone = 0
        self.users: dict[str, int] = defaultdict(int)
        self.groups: dict[str, int] = defaultdict(int)
        self.roles: dict[str, int] = defaultdict(int)
        self.guests: dict[str, int] = defaultdict(int)
        self.some_guests: dict[str, int] = defaultdict(int)

    def add(self, bit: int, users: tuple[str, ...], groups: tuple[str, ...], roles: tuple[str, ...],
            guests: Guests | None) -> None:
        for one in users:
            if one.casefold() == "all":
                self.everyone |= bit
            elif one.casefold() == GUESTS.casefold():
                for kind in KINDS:
                    self.guests[kind] |= bit
            elif one.casefold() != "none":
                self.users[one.casefold()] |= bit
        for one in groups:
            self.groups[one.casefold()] |= bit
        for one in roles:
            self.roles[one.casefold()] |= bit
        if guests is not None:
            for kind in guests.kinds:
                (self.guests if guests.all_tenants else self.some_guests)[kind] |= bit


def kind_of(user: User) -> str:
    """Which kind of guest an account is; "" for one of the tenant's own."""
    if user.external:
        return "b2bCollaborationGuest" if user.guest else "b2bCollaborationMember"
    return "internalGuest" if user.guest else ""


def held_roles(state: State) -> tuple[dict[str, set[str]], frozenset[str]]:
    """By user id the built-in roles held now over the whole tenant; and the roles that others may hold too, because
    the members of a group that holds them are not all known (``*``: because roles were not read)."""
    roles: dict[str, set[str]] = defaultdict(set)
    groups = {one.id: one for one in state.groups}
    unsure = {"*"} if state.missing("roles") else set()
    for one in state.roles:
        if one.eligible or not one.builtin or one.scope != "/":
            continue
        role = one.role.casefold()
        if one.kind == "user":
            roles[one.principal].add(role)
        elif one.kind == "group":
            group = groups.get(one.principal)
            if group is None or not group.complete:
                unsure.add(role)
            for member in group.direct if group is not None and group.exists else ():
                roles[member].add(role)
    return roles, frozenset(unsure)


def _of(bits: dict[str, int], names: Iterable[str]) -> int:
    return _union(bits[one] for one in names if one in bits)


def _union(bits: Iterable[int]) -> int:
    result = 0
    for one in bits:
        result |= one
    return result
