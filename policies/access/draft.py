"""A first access model, from what a database grants today.

A draft says what is, not what should be: whoever holds a right by a grant of the account's own, by a role of the
database or by ownership is given it here too, so that the difference of a draft and its database has no right in
excess. Two things are never drafted, and stay in excess until a person decides: what is held through PUBLIC alone,
and what is held by being superuser. What should not stay as it is carries ``decide`` in a comment.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from hustings.access.rights import BIT, POSTGRESQL, mask, names
from hustings.access.state import Principal, State
from policies.access.rows import Effective, Holding

AUDITORS = "hustings"
"""The schema of the auditor's own functions: in no draft."""
DIRECT, PUBLIC, SUPERUSER, OWNER = "", "PUBLIC", "superuser", "owner"
_SEQUENCE_USE = BIT["USAGE"] | BIT["SELECT"]

Key = tuple[int, str | None]
"""An object by its place in ``State.objects``, and a column of it or None."""
Rights = dict[Key, int]


@dataclass
class DraftRole:
    """A role of the draft: a role of the database, or what several accounts hold of their own."""

    name: str
    source: str
    """The database's role, or empty."""
    accounts: list[str] = field(default_factory=list)
    rights: Rights = field(default_factory=dict)


@dataclass
class Draft:
    """What goes into the file; ``draft_text`` writes it."""

    state: State
    schemas: tuple[str, ...]
    objects: list[int]
    """Tables and views of the schemas, in order of name."""
    roles: list[DraftRole]
    accounts: list[Principal]
    left_out: list[Principal]
    """The account that asked, and those the server and the engine were made with."""
    owner_role: str
    public: dict[int, int]
    """What accounts hold through PUBLIC alone, by object."""
    superusers: frozenset[str]

    def roles_of(self, login: str) -> list[str]:
        return [one.name for one in self.roles if login in one.accounts]


def draft(state: State, effective: Effective, schemas: tuple[str, ...] = ()) -> Draft:
    """Work the draft out. ``schemas`` empty: every one that holds something, but the auditor's own.

    Raises ``ValueError`` where there is nothing to draft.
    """
    chosen = schemas or _schemas(state)
    if not chosen:
        raise ValueError("no schema holds a table, view, sequence or routine")
    scope = {place for place, one in enumerate(state.objects) if one.kind != "database" and not one.trigger_function
             and (one.name if one.kind == "schema" else one.schema) in chosen}
    accounts, left_out = _accounts(state, effective)
    gathered = _Gathered(state, effective, scope)
    for one in accounts:
        gathered.add(one.name)
    logins = {one.name for one in (*accounts, *left_out)}
    for other in state.principals:
        account = state.engine != POSTGRESQL and "@" in other.name
        if other.name not in logins and not (account or other.system or other.superuser):
            gathered.add_unused(other.name)
    objects = sorted((place for place in scope if state.objects[place].kind in ("table", "view")),
                     key=lambda place: state.objects[place].label)
    return Draft(state, chosen, objects, gathered.roles(), accounts, left_out, _owner(state, scope), gathered.public,
                 frozenset(one.name for one in accounts if effective.is_superuser(one.name)))


class _Gathered:
    """Rights, by the role of the database (or the account) that they are granted to."""

    def __init__(self, state: State, effective: Effective, scope: set[int]) -> None:
        self._state, self._effective, self._scope = state, effective, scope
        self._by_role: dict[str, Rights] = defaultdict(dict)
        self._members: dict[str, list[str]] = defaultdict(list)
        self._own: dict[str, Rights] = {}
        self.public: dict[int, int] = {}
        self._known: dict[tuple[object, ...], tuple[str, ...]] = {}

    def add(self, account: str) -> None:
        """Sort what one account holds."""
        own: Rights = {}
        for place, holding in self._effective.held(account):
            if place not in self._scope:
                continue
            for column, rights in _each(holding):
                for right in names(rights):
                    self._sort(account, own, (place, column), right)
        if own:
            self._own[account] = own

    def add_unused(self, role: str) -> None:
        """A role of the database that grants something and that no account has."""
        if role in self._members:
            return
        granted: Rights = {}
        for place, holding in self._effective.held(role):
            if place in self._scope and self._state.objects[place].owner != role:
                for column, rights in _each(holding):
                    own = [right for right in names(rights) if DIRECT in self._givers(role, (place, column), right)]
                    if own:
                        granted[place, column] = mask(*own)
        if granted:
            self._members[role] = []
            self._by_role[role] = granted

    def roles(self) -> list[DraftRole]:
        """The database's roles by name, then what accounts hold of their own, alike ones together."""
        if self._state.engine != POSTGRESQL:
            for name, members in self._members.items():
                self._common(self._by_role[name], members)
        found = [DraftRole(name, name, members, self._by_role[name]) for name, members in sorted(self._members.items())]
        alike: dict[tuple[tuple[Key, int], ...], list[str]] = defaultdict(list)
        for account, rights in self._own.items():
            alike[tuple(sorted(rights.items(), key=_order))].append(account)
        taken = {one.name for one in found}
        for same, accounts in alike.items():
            base = f"direct_{accounts[0]}" + (f"_and_{len(accounts) - 1}_more" if len(accounts) > 1 else "")
            name = next(one for one in (base, *(f"{base}_{number}" for number in range(2, 1000))) if one not in taken)
            taken.add(name)
            found.append(DraftRole(name, "", accounts, dict(same)))
        for role in found:
            _without_what_follows(self._state, role.rights)
        return [one for one in found if one.rights]

    def _common(self, rights: Rights, members: list[str]) -> None:
        """Leave a role what all its members hold. In MariaDB a line of the grant tables that fits an account better
        can hide a role's, so that what a role gives is not the same for all."""
        for (place, column), bits in list(rights.items()):
            held = {one: _on(self._effective.holding(one, place), column) for one in members}
            common = bits
            for one in held.values():
                common &= one
            for account, its in held.items():
                beyond = its & bits & ~common
                if beyond:
                    own = self._own.setdefault(account, {})
                    own[place, column] = own.get((place, column), 0) | beyond
            _keep(rights, (place, column), common)

    def _sort(self, account: str, own: Rights, key: Key, right: str) -> None:
        bit = BIT[right]
        givers = self._givers(account, key, right)
        roles = [one for one in givers if one not in (DIRECT, PUBLIC, SUPERUSER)]
        for role in roles:
            self._by_role[role][key] = self._by_role[role].get(key, 0) | bit
            if self._members[role][-1:] != [account]:
                self._members[role].append(account)
        if not roles and DIRECT in givers:
            own[key] = own.get(key, 0) | bit
        if not roles and PUBLIC in givers and DIRECT not in givers and SUPERUSER not in givers:
            self.public[key[0]] = self.public.get(key[0], 0) | bit

    def _givers(self, account: str, key: Key, right: str) -> tuple[str, ...]:
        """To whom it is granted, of those whose rights the account has."""
        if self._state.engine != POSTGRESQL:
            return self._ask(account, key, right)
        one = self._state.objects[key[0]]
        like = (account, one.acl, one.kind, one.owner, right, one.column_acls.get(key[1]) if key[1] else None)
        if like not in self._known:
            self._known[like] = self._ask(account, key, right)
        return self._known[like]

    def _ask(self, account: str, key: Key, right: str) -> tuple[str, ...]:
        ways = self._effective.sources(account, key[0], right, key[1])
        return tuple(dict.fromkeys(_giver(way) for way in ways))


def _giver(way: tuple[str, ...]) -> str:
    if way[-1:] == (OWNER,):
        way = way[:-1]
    return way[-1] if way else DIRECT


def _on(holding: Holding, column: str | None) -> int:
    return holding.rights | (holding.columns.get(column, 0) if column is not None else 0)


def _each(holding: Holding) -> list[tuple[str | None, int]]:
    return [(None, holding.rights), *holding.columns.items()]


def _order(one: tuple[Key, int]) -> tuple[int, str, int]:
    (place, column), rights = one
    return place, column or "", rights


def _without_what_follows(state: State, rights: Rights) -> None:
    """Leave out what a model means anyway: USAGE of a schema something is granted in, and the numbers of a table
    into which rows may be put."""
    if state.engine != POSTGRESQL:
        return
    inserts = {state.objects[place].label for (place, _), held in rights.items() if held & BIT["INSERT"]}
    for key, held in list(rights.items()):
        one = state.objects[key[0]]
        if one.kind == "sequence" and one.of in inserts:
            _keep(rights, key, held & ~_SEQUENCE_USE)
    inside = {state.objects[place].schema for place, _ in rights}
    for key, held in list(rights.items()):
        one = state.objects[key[0]]
        if one.kind == "schema" and one.name in inside:
            _keep(rights, key, held & ~BIT["USAGE"])


def _keep(rights: Rights, key: Key, left: int) -> None:
    if left:
        rights[key] = left
    else:
        del rights[key]


def _schemas(state: State) -> tuple[str, ...]:
    full = Counter(one.schema for one in state.objects if one.schema and one.schema != AUDITORS)
    return tuple(name for name, _ in sorted(full.items(), key=lambda item: (-item[1], item[0])))


def _accounts(state: State, effective: Effective) -> tuple[list[Principal], list[Principal]]:
    principals = {one.name: one for one in state.principals}
    logins = [principals[name] for name in effective.accounts()]
    out = [one for one in logins if one.bootstrap or one.system or one.name == state.user]
    return [one for one in logins if one not in out], out


def _owner(state: State, scope: set[int]) -> str:
    """The role that nobody can sign in as and that owns most of the tables; empty if there is none."""
    logins = {one.name for one in state.principals if one.login}
    owners = Counter(state.objects[place].owner for place in scope if state.objects[place].kind == "table"
                     and state.objects[place].owner and state.objects[place].owner not in logins)
    return owners.most_common(1)[0][0] if owners else ""
