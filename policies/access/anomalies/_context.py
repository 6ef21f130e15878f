"""What a rule may look at, and the small questions that several rules ask."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

import msgspec

from hustings.access.model import AccessModel, Account, ObjectModel, Role
from hustings.access.rights import MARIADB, MYSQL, POSTGRESQL, names
from hustings.access.state import Principal, State
from hustings.access.usage import SignIn, Usage
from hustings.facts import Missing
from hustings.times import parse_time
from policies.access.difference_declared import NOTHING, Declared, Intent
from policies.access.difference_scope import Scope
from policies.access.difference_uses import host_matches, may_admit
from policies.access.mariadb_patterns import generality
from policies.access.rows import Anomaly, Effective, Holding, Unread

POSTGRES = frozenset({POSTGRESQL})
MARIA = frozenset({MARIADB, MYSQL})
EVERY = POSTGRES | MARIA
PUBLIC_NAME = "PUBLIC"
"""How rights of everyone are named in an anomaly."""
HUSTINGS = "hustings"
"""The schema of the auditor's own functions."""

Found = Iterator[Anomaly | Unread]


@dataclass(frozen=True)
class Rule:
    """One way of looking at one row of the catalogue."""

    catalogue: str
    look: Callable[[Context], Found]
    engines: frozenset[str] = EVERY


@dataclass(frozen=True)
class Roster:
    """The office's list of leavers: salted digests of their e-mail addresses."""

    salt: str
    digests: frozenset[str]

    def names(self, email: str) -> bool:
        """Whether this address is on the list: SHA-256 of the salt and the address in small letters."""
        return bool(email) and hashlib.sha256((self.salt + email.lower()).encode()).hexdigest() in self.digests


@dataclass(frozen=True)
class Context:
    """One model beside one database."""

    model: AccessModel
    effective: Effective
    state: State
    scope: Scope
    declared: Declared
    usage: Usage | None = None
    roster: Roster | None = None

    @cached_property
    def now(self) -> datetime:
        """By the server's clock."""
        return parse_time(self.state.as_of)

    @property
    def today(self) -> date:
        return self.now.date()

    @cached_property
    def principals(self) -> dict[str, Principal]:
        return {one.name: one for one in self.state.principals}

    @cached_property
    def judged(self) -> tuple[str, ...]:
        """The accounts that can sign in, without those that the server or the engine was made with."""
        return tuple(name for name in self.effective.accounts()
                     if self.declared.account(name) is not None
                     or not (self.principals[name].bootstrap or self.principals[name].system))

    @cached_property
    def ordinary(self) -> tuple[str, ...]:
        """Those of ``judged`` that are not superuser: what a superuser can do is said once, by LPR-02."""
        return tuple(name for name in self.judged if not self.effective.is_superuser(name))

    @cached_property
    def holdings(self) -> dict[str, dict[int, Holding]]:
        """Of each ordinary account: what it holds on the objects that rules ask about (``watched``)."""
        watched = self.watched
        return {account: {place: holding for place, holding in self.effective.held(account) if place in watched}
                for account in self.ordinary}

    @cached_property
    def held_by_anyone(self) -> dict[int, int]:
        """Of each watched object: the rights that some ordinary account holds on it or on a column of it."""
        held: dict[int, int] = {}
        for of_account in self.holdings.values():
            for place, holding in of_account.items():
                rights = holding.rights
                for of_column in holding.columns.values():
                    rights |= of_column
                held[place] = held.get(place, 0) | rights
        return held

    @cached_property
    def watched(self) -> frozenset[int]:
        """Objects that the model has classed as more than internal, or that have guarded columns; and views."""
        named = {place for one in self.model.objects for _, place in self.of(one)}
        return frozenset(named | {place for place in self.scope.order if self.state.objects[place].kind == "view"})

    @cached_property
    def classed(self) -> dict[str, ObjectModel]:
        """The objects that the model lists, by label."""
        return {one.name: one for one in self.model.objects}

    def of(self, model: ObjectModel) -> list[tuple[int, int]]:
        """The places that an object of the model speaks for, each with the table whose rows they hold: itself, and
        the parts of a table that the model does not list themselves."""
        return [(whole, place) for whole in self.scope.places(model.name, model.kind)
                for place in (whole, *(part for part in self.scope.parts(whole)
                                       if self.state.objects[part].label not in self.classed))]

    @cached_property
    def wholes(self) -> dict[int, int]:
        """Of each place that the model's objects speak for: the table whose rows it holds, often itself."""
        return {place: whole for model in self.model.objects for whole, place in self.of(model)}

    @cached_property
    def sign_ins(self) -> tuple[SignIn, ...]:
        """The sessions in the logs, each under the engine's name of its account. MariaDB and MySQL log the host that
        a session came from: its account is the one of that user with the narrowest pattern that admits the host."""
        found = self.usage.sign_ins if self.usage is not None else ()
        if self.state.engine == POSTGRESQL:
            return found
        return tuple(msgspec.structs.replace(one, account=self._signed_in_as(one.account)) for one in found)

    def _signed_in_as(self, logged: str) -> str:
        user, _, host = logged.rpartition("@")
        fitting = [name for name in self.principals if name.rpartition("@")[0] == user and "@" in name
                   and may_admit(name.rpartition("@")[2], host)]
        return min(fitting, key=lambda name: (not host_matches(name.rpartition("@")[2], host),
                                              generality(name.rpartition("@")[2], "host")), default=logged)

    def intent(self, account: str, place: int) -> Intent:
        return self.declared.of(account).get(place, NOTHING)

    def is_auditor(self, name: str) -> bool:
        """Whether it is the account that looks, and the model does not name it: its rights are in no row either."""
        return name == self.state.user and self.declared.account(name) is None

    def account(self, name: str) -> Account | None:
        return self.declared.account(name)

    def roles(self, name: str) -> tuple[Role, ...]:
        return self.declared.roles(name)

    def reach(self, name: str) -> frozenset[str]:
        """Every role whose rights the account has, or could have by SET ROLE."""
        return self.effective.inherits(name) | self.effective.may_become(name)

    def open(self, name: str) -> bool:
        """Whether the account can be signed in to now, as far as the engine decides it."""
        one = self.principals.get(name)
        if one is None or not one.login or one.locked:
            return False
        return one.valid_until is None or parse_time(one.valid_until) > self.now

    def missing(self, part: str) -> Missing | None:
        """Why a part of the state (``sign_in_rules``, ``settings.ssl``) was not read; None if it was."""
        return self.state.missing.get(part) or self.state.missing.get(part.split(".")[0])

    def by_way_of(self, account: str, place: int, rights: int) -> str:
        """``DELETE, TRUNCATE through r_clerk``: the rights in words, and where the first comes from."""
        words = names(rights)
        via = self.effective.via(account, place, words[0])
        return f"{', '.join(words)}{way(via)}"


def setting(context: Context, account: str, name: str) -> str | None:
    """What ALTER ROLE and ALTER DATABASE set for sessions of an account in this database (PostgreSQL's order: its own
    for this database, its own, the database's, everybody's); of ``""``: what they set for everybody. None: nothing."""
    said = {(role, database): value for role, database, of, value in context.state.overrides if of == name}
    places = ((account, context.state.database), (account, ""), ("", context.state.database), ("", ""))
    return next((said[place] for place in places if place in said), None)


def way(via: tuple[str, ...]) -> str:
    """Where a right comes from, as the end of a sentence; nothing where it was granted to the account itself."""
    return f" through {' > '.join(via)}" if via else ""
