"""A directory of Active Directory or LDAP beside its declarations: who is open, who administers, what is not known."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from hustings.directory.ldap import Account, State
from hustings.directory.membership import Found, Membership, administering, named, top
from hustings.facts import Listing, Missing, Reason
from policies.directory.context import Context

LIMIT = 5_000
"""Records of one list that are kept."""
AD = "active-directory"
_UNDECLARED = Missing(Reason.UNSUPPORTED, "machine.yaml does not say which groups administer this directory: add "
                      "admin_groups to the tenant")
_STATE = frozenset({"enabled", "expires"})
"""Sections that tell whether an account is open."""
_LACKING = "a group that admin_groups names does not exist, or cannot be seen"
_MORE = "the members of a group of administrators are not all known"


class View:
    """What several judgements share."""

    def __init__(self, state: State, context: Context) -> None:
        self.state = state
        self.context = context
        self.ad = state.kind == AD
        self.accounts = {one.id: one for one in state.accounts}
        self.membership = Membership(state.groups, state.accounts)

    def open(self, one: Account) -> bool:
        """Whether it can sign in. One of which that is hidden is not taken as open; lists say that they lack it."""
        return self.maybe_open(one) and not _STATE & set(one.hidden)

    def maybe_open(self, one: Account) -> bool:
        """Whether it can sign in, as far as is shown."""
        return one.enabled and (one.expires is None or one.expires > self.context.now)

    def person(self, one: Account) -> bool:
        """Whether it is a person's, as far as directory and declarations say."""
        return one.kind == "person" and not self.context.service(*names(one))

    @cached_property
    def people(self) -> list[Account]:
        """Open accounts of people, and those that are declared as services but are made like a person's."""
        return [one for one in self.state.accounts if one.kind == "person" and self.open(one)]

    @cached_property
    def admins(self) -> Found:
        """Everybody in a group that administers. ``why`` says that there may be more, in words that name nobody."""
        declared, lacking = named(self.state.groups, self.context.tenant.admin_groups)
        starts = [one.id for one in declared]
        if self.ad:
            starts += administering(self.state.domain, self.state.groups)
        found = self.membership.of(*starts)
        return Found(found.principals, _LACKING if lacking else _MORE if found.why else "")

    @cached_property
    def top(self) -> Found:
        """Those who can do everything: the highest groups of Active Directory; of LDAP the declared ones."""
        if not self.ad:
            return self.admins
        found = self.membership.of(*top(self.state.domain))
        return Found(found.principals, _MORE if found.why else "")

    @cached_property
    def admins_unknown(self) -> Missing | None:
        """Why it cannot be said of everybody whether they administer."""
        if not self.ad and not self.context.tenant.admin_groups:
            return _UNDECLARED
        blocked = self.state.missing("groups", "accounts")
        if blocked is None and self.admins.why:
            blocked = Missing(Reason.DENIED, self.admins.why)
        return blocked

    def admin(self, one: Account) -> Any:
        """For the field of a record: true, false, or why it is not known."""
        return one.id in self.admins.principals or self.admins_unknown or False

    def declared(self, one: Account) -> bool:
        """Whether it is declared as break-glass or as no person's."""
        return self.context.break_glass(*names(one)) or self.context.service(*names(one))

    @cached_property
    def high_value(self) -> frozenset[str]:
        """Ids of the accounts that are declared of high value, by themselves or through a group."""
        wanted = {one.casefold() for one in self.context.tenant.high_value}
        groups, _ = named(self.state.groups, self.context.tenant.high_value)
        found = {one.id for one in self.state.accounts if any(name.casefold() in wanted for name in names(one))}
        return frozenset(found | self.membership.of(*(one.id for one in groups)).principals.keys())

    def listing(self, records: Iterable[dict[str, Any]], *sections: str, why: Missing | None = None) -> Any:
        """The records, with why there may be more: accounts that could not be read, or these sections."""
        why = self.state.missing("accounts", "enabled", "expires", *sections) or why
        items = list(records)
        if len(items) > LIMIT:
            return Listing(items[:LIMIT], False, Missing(Reason.TRUNCATED, f"only {LIMIT} are kept"))
        if why is not None and not items:
            return why
        return Listing(items, why is None, why)


def names(one: Account) -> tuple[str, ...]:
    """By what a declaration or the roster may call it."""
    return (one.name, *one.names, one.dn, one.id)
