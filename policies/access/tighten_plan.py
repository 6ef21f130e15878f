"""A change script in the making: changes are asked for, tried on a working copy of the state, and written down."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from hustings.access.model import AccessModel
from hustings.access.rights import BIT, POSTGRESQL, names
from hustings.access.state import PUBLIC, Membership, State
from hustings.access.usage import Usage
from policies.access.anomalies import Roster
from policies.access.difference import Difference, difference
from policies.access.difference_declared import NOTHING
from policies.access.engines import effective
from policies.access.rows import Effective, Holding, Row
from policies.access.tighten_sql import Writer
from policies.access.tighten_words import Words
from policies.access.tighten_working import Working

_LINES = 4
"""Reasons that are given for one statement."""


@dataclass(frozen=True)
class Step:
    """One statement and why it is there."""

    sql: str
    why: tuple[str, ...]


@dataclass
class Tightening:
    """The script, its undo, and what is left for a person."""

    steps: list[Step] = field(default_factory=list)
    undo: list[Step] = field(default_factory=list)
    by_hand: dict[str, None] = field(default_factory=dict)
    after: State | None = None
    """The state as it will be."""


@dataclass
class Take:
    """What is taken from one grantee on one object, gathered over all rows that ask for it."""

    place: int
    grantee: str
    option_only: bool = False
    rights: dict[str | None, int] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    why: dict[str, None] = field(default_factory=dict)


def listed(found: list[str], most: int = 5) -> str:
    """Names, the first of many."""
    return ", ".join(found[:most]) + (f" and {len(found) - most} more" if len(found) > most else "")


class Planner:
    """Works out one script. ``Roster`` as for the difference."""

    def __init__(self, model: AccessModel, state: State, usage: Usage | None = None,
                 roster: Roster | None = None) -> None:
        self.model, self.start, self.usage, self._roster = model, state, usage, roster
        self.before = difference(model, effective(state), state, usage, roster)
        self.working = Working(state)
        self.write = Writer(state)
        self.words = Words(state, usage)
        self.result = Tightening()
        self._takes: dict[tuple[int, str, bool], Take] = {}
        self._left: dict[tuple[str, str], dict[str, None]] = {}
        self._pattern_takes: dict[tuple[str, str], tuple[int, list[Row]]] = {}


    def now(self) -> Difference:
        """The difference as it stands after the changes so far."""
        state = self.working.state()
        return difference(self.model, effective(state), state, self.usage, self._roster)

    # Gathering what goes

    def take(self, place: int, column: str | None, grantee: str, rights: int, *, row: Row | None = None, why: str = "",
             option_only: bool = False) -> None:
        """Ask for rights to be taken, from whoever gave them when that was not the owner."""
        owner = self.working.objects[place].owner
        for entry in self.working.entries(place, column):
            if entry.grantee == grantee and entry.rights & rights and entry.grantor not in ("", owner) \
                    and self.start.engine == POSTGRESQL:
                root = self._root(place, column, entry.grantor, rights)
                if root not in (owner, grantee):
                    self._ask(place, column, root, rights & entry.rights, row, f"passed on by {entry.grantor}", True)
        self._ask(place, column, grantee, rights, row, why, option_only)

    def _ask(self, place: int, column: str | None, grantee: str, rights: int, row: Row | None, why: str,
             option_only: bool) -> None:
        one = self._takes.setdefault((place, grantee, option_only), Take(place, grantee, option_only))
        one.rights[column] = one.rights.get(column, 0) | rights
        if row is not None:
            one.rows.append(row)
        if why:
            one.why[why] = None

    def _root(self, place: int, column: str | None, grantor: str, rights: int) -> str:
        owner, seen = self.working.objects[place].owner, {grantor}
        while True:
            further = next((one.grantor for one in self.working.entries(place, column) if one.grantee == grantor
                            and one.grantable & rights and one.grantor not in ("", owner)), "")
            if not further or further in seen:
                return grantor
            seen.add(further)
            grantor = further

    def take_pattern(self, pattern: str, grantee: str, rights: int, row: Row) -> None:
        """MariaDB: on everything or on a pattern of schemas."""
        held, rows = self._pattern_takes.get((pattern, grantee), (0, []))
        self._pattern_takes[pattern, grantee] = held | rights, [*rows, row]

    def leave(self, role: str, member: str, why: str) -> None:
        """Ask for a membership to end."""
        self._left.setdefault((role, member), {})[why] = None

    def by_hand(self, what: str) -> None:
        self.result.by_hand[what] = None

    # Writing down

    def flush(self) -> bool:
        """Make the changes that were asked for. False if there were none."""
        made = bool(self._left or self._takes or self._pattern_takes)
        for (role, member), why in self._left.items():
            for one in self.working.leave(role, member):
                lines = list(why)
                more = (f"… and {len(lines) - _LINES} more of the kind",) if len(lines) > _LINES else ()
                self.step(self.write.leave(one), (*lines[:_LINES], *more))
        for take in sorted(self._takes.values(), key=lambda each: each.option_only, reverse=True):
            self._take_now(take)
        for (pattern, grantee), (rights, rows) in self._pattern_takes.items():
            self.working.take_pattern(pattern, grantee, rights)
            self.step(self.write.on_pattern("REVOKE", pattern, rights, grantee), self.words.of_rows(rows))
        self._left, self._takes, self._pattern_takes = {}, {}, {}
        return made

    def _take_now(self, one: Take) -> None:
        thing = self.working.objects[one.place]
        whole = one.rights.get(None, 0)
        if one.option_only:
            whole &= self._held(one.place, None, one.grantee, grantable=True)
        else:
            whole &= self._held(one.place, None, one.grantee)
        why = (*one.why, *self.words.of_rows(one.rows))
        if whole:
            cascade = self.working.dependents(one.place, None, one.grantee, whole)
            self.working.take(one.place, None, one.grantee, whole, option_only=one.option_only)
            self.step(self.write.revoke(thing, whole, one.grantee, option_only=one.option_only, cascade=cascade), why)
        by_rights: dict[int, list[str]] = {}
        for column, rights in sorted((name, bits) for name, bits in one.rights.items() if name is not None):
            rights &= self._held(one.place, column, one.grantee, grantable=one.option_only)
            if rights:
                by_rights.setdefault(rights, []).append(column)
        for rights, columns in by_rights.items():
            cascade = any(self.working.dependents(one.place, column, one.grantee, rights) for column in columns)
            for column in columns:
                self.working.take(one.place, column, one.grantee, rights, option_only=one.option_only)
            self.step(self.write.revoke(thing, rights, one.grantee, tuple(columns), option_only=one.option_only,
                                        cascade=cascade), why)

    def _held(self, place: int, column: str | None, grantee: str, *, grantable: bool = False) -> int:
        held = 0
        for entry in self.working.entries(place, column):
            if entry.grantee == grantee:
                held |= entry.grantable if grantable else entry.rights
        return held

    def step(self, sql: str, why: tuple[str, ...]) -> None:
        self.result.steps.append(Step(sql, why))

    # Keeping what is declared

    def keep(self) -> None:
        """Give back what is declared, was held before, and went with something wider. The grantee is the widest role
        all of whose accounts are meant to have it; an account itself where there is none."""
        now = effective(self.working.state())
        lost: dict[tuple[int, str | None, int], list[str]] = {}
        for account in self.before.accounts:
            for place, column, bit in self._lost(account, now):
                lost.setdefault((place, column, bit), []).append(account)
        gifts: dict[tuple[int, str], dict[str | None, int]] = {}
        wanting: dict[tuple[int, str], dict[str, None]] = {}
        for (place, column, bit), accounts in lost.items():
            for grantee in self._grantees(accounts, place, column, bit, now.inherits):
                columns = gifts.setdefault((place, grantee), {})
                columns[column] = columns.get(column, 0) | bit
                wanting.setdefault((place, grantee), {}).update(dict.fromkeys(accounts))
        for (place, grantee), rights in gifts.items():
            who = listed(list(wanting[place, grantee]))
            self.give(place, grantee, rights, f"{who}: declared, and held until here in another way")

    def _lost(self, account: str, now: Effective) -> Iterator[tuple[int, str | None, int]]:
        """(place, column, right) that is meant, was held, and is not any more."""
        was = self.before.effective
        may_become = sorted(now.may_become(account)) if not now.is_superuser(account) else []
        for place, intent in self.before.declared.of(account).items():
            held, holds = was.holding(account, place), now.holding(account, place)
            whole = 0
            for bit in _bits(held.rights & ~holds.rights):
                if intent.permits(bit) and (bit & intent.needed or self._wanted(place, bit, holds, may_become, now)):
                    whole |= bit
                    yield place, None, bit
            for column, rights in intent.columns.items():
                had = held.rights | held.columns.get(column, 0)
                has = holds.rights | holds.columns.get(column, 0) | whole
                for bit in _bits(rights & had & ~has):
                    if intent.permits(bit, column):
                        yield place, column, bit

    def _wanted(self, place: int, bit: int, holds: Holding, may_become: list[str], now: Effective) -> bool:
        """Whether a right that is permitted, not named, is needed for what is named: not the reading of a sequence
        whose numbers may be taken, nor what a role gives that the account takes on."""
        if self.working.objects[place].kind == "sequence" and bit == BIT["SELECT"]:
            return False
        return not any(now.holding(role, place).rights & bit for role in may_become)

    def _grantees(self, accounts: list[str], place: int, column: str | None, bit: int,
                  inherits: Callable[[str], frozenset[str]]) -> Iterator[str]:
        members: dict[str, set[str]] = {}
        for account in self.before.accounts:
            for role in inherits(account):
                members.setdefault(role, set()).add(account)
        open_to = {role: found for role, found in members.items()
                   if not self.working.principals[role].system and not self.working.principals[role].superuser
                   and role != self.model.owner_role
                   and all(self.before.declared.of(account).get(place, NOTHING).permits(bit, column)
                           for account in found)} if len(accounts) > 1 or self.start.engine == POSTGRESQL else {}
        left = set(accounts)
        while left:
            best = max(sorted(open_to), key=lambda role: len(open_to[role] & left), default="")
            if not best or not open_to[best] & left:
                break
            yield best
            left -= open_to.pop(best)
        yield from sorted(left)

    def give(self, place: int, grantee: str, rights: dict[str | None, int], why: str) -> None:
        """Grant, and write it down."""
        one = self.working.objects[place]
        by_rights: dict[int, list[str]] = {}
        for column, bits in rights.items():
            self.working.give(place, column, grantee, bits)
            if column is None:
                self.step(self.write.grant(one, bits, grantee), (why,))
            else:
                by_rights.setdefault(bits, []).append(column)
        for bits, columns in by_rights.items():
            order = {column: at for at, column in enumerate(one.columns)}
            self.step(self.write.grant(one, bits, grantee, tuple(sorted(columns, key=lambda name: (
                order.get(name, 0), name)))), (why,))

    # Where a right comes from

    def cut(self, row: Row, place: int, now: Difference, inheritors: dict[str, set[str]]) -> None:
        """Ask for what takes this right away, on every way that leads to it."""
        if self.start.engine != POSTGRESQL:
            self._cut_mariadb(row, place, now, inheritors)
            return
        bit = BIT[row.right]
        for way in now.effective.sources(row.account, place, row.right, row.column):
            if way[-1:] == ("superuser",):
                self.no_superuser(row.account, "not in the model as one that may do everything")
            elif way[-1:] == ("PUBLIC",):
                self._take_entry(place, row, PUBLIC, bit)
            elif way[-1:] == ("owner",):
                self._no_owner(row, place, way[:-1])
            else:
                self._cut_way(row, place, bit, way, now, inheritors)

    def _cut_way(self, row: Row, place: int, bit: int, way: tuple[str, ...], now: Difference,
                 inheritors: dict[str, set[str]]) -> None:
        holder = way[-1] if way else row.account
        others = inheritors.get(holder, set()) | {holder}
        system = self.working.principals[holder].system if holder in self.working.principals else False
        if not system and (not way or not self._meant(others, place, bit, row.column, now)):
            self._take_entry(place, row, holder, bit)
            return
        chain = (row.account, *way)
        for at in range(len(chain) - 1, 0, -1):
            member, role = chain[at - 1], chain[at]
            if not self._meant(inheritors.get(member, set()) | {member}, place, bit, row.column, now):
                if any((one.role, one.member) == (role, member) for one in self.working.memberships):
                    self.leave(role, member, f"{row.account}: {self.words.right(row)} on {row.object} is not in the "
                                             f"model and comes through {role}, where others are meant to have it"
                               if not system else f"{row.account}: {role} gives {self.words.right(row)} on everything")
                else:
                    self.by_hand(f"{row.account} has {self.words.right(row)} on {row.object} through {role}, which no "
                                 "membership can take away")
                return

    def _take_entry(self, place: int, row: Row, grantee: str, bit: int) -> None:
        """On the whole object, or on the columns where it is granted by column."""
        if self._held(place, None, grantee) & bit:
            self.take(place, None, grantee, bit, row=row)
        if row.column is not None and self._held(place, row.column, grantee) & bit:
            self.take(place, row.column, grantee, bit, row=row)

    def _meant(self, accounts: set[str], place: int, bit: int, column: str | None, now: Difference) -> bool:
        compared = set(now.accounts)
        return any(now.declared.of(account).get(place, NOTHING).permits(bit, column)
                   for account in accounts & compared)

    def _cut_mariadb(self, row: Row, place: int, now: Difference, inheritors: dict[str, set[str]]) -> None:
        from policies.access.mariadb import EVERYTHING, ON_COLUMN, ON_SCHEMA, MariadbRights

        assert isinstance(now.effective, MariadbRights)
        bit = BIT[row.right]
        for grant in now.effective.grants(row.account, place, row.right, row.column):
            others = inheritors.get(grant.grantee, set()) | {grant.grantee}
            direct = grant.grantee == row.account or grant.grantee == PUBLIC
            if not direct and self._meant(others, place, bit, row.column, now):
                first = grant.via[0] if grant.via else grant.grantee
                self.leave(first, row.account, f"{row.account}: {self.words.right(row)} on {row.object} is not in the "
                                               f"model and comes through {first}, where others are meant to have it")
            elif grant.level in (EVERYTHING, ON_SCHEMA):
                self.take_pattern(grant.on, grant.grantee, bit, row)
            else:
                self.take(place, row.column if grant.level == ON_COLUMN else None, grant.grantee, bit, row=row)

    def no_superuser(self, account: str, why: str) -> None:
        """Take the attribute, but from the account that the server was made with."""
        principal = self.working.principals[account]
        if principal.bootstrap or not principal.superuser:
            self.by_hand(f"{account} may do everything: it is the account that the server was made with")
            return
        if self.start.engine == POSTGRESQL:
            self.working.attribute(account, superuser=False)
            self.step(self.write.role(account, "NOSUPERUSER"), (f"{account} is superuser, {why}",))

    def _no_owner(self, row: Row, place: int, way: tuple[str, ...]) -> None:
        one = self.working.objects[place]
        if way:
            members = [each for each in self.working.memberships if each.role == way[-1]
                       and each.member == (way[-2] if len(way) > 1 else row.account)]
            if members:
                self.leave(way[-1], members[0].member, f"{members[0].member} is a member of {way[-1]}, which owns "
                                                       f"{one.label}")
            else:
                self.by_hand(f"{row.account} owns {one.label} through {way[-1]}: give the database another owner")
            return
        self.new_owner(place, f"{one.owner} owns it and can sign in")

    def new_owner(self, place: int, why: str) -> None:
        """Give an object to the role that is meant to own it."""
        one = self.working.objects[place]
        owner = self.model.owner_role
        if one.owner == owner:
            return
        if owner not in self.working.principals:
            self.by_hand(f"{one.label} belongs to {one.owner}: name the role that owns the tables (owner_role) in the "
                         "model, and make it (CREATE ROLE … NOLOGIN)")
            return
        if one.kind == "sequence" and one.of:
            place = next(at for at, each in enumerate(self.working.objects) if each.label == one.of
                         and each.kind == "table")
            one = self.working.objects[place]
            if one.owner == owner:
                return
        self.working.new_owner(place, owner)
        self.step(self.write.owner(one, owner), (f"{one.label}: {why}",))

    def memberships(self, role: str, member: str) -> list[Membership]:
        return [one for one in self.working.memberships if (one.role, one.member) == (role, member)]


def _bits(rights: int) -> Iterator[int]:
    for right in names(rights):
        yield BIT[right]
