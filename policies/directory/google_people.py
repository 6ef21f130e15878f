"""The accounts of a Google Workspace tenant that can sign in, who administers it, and what the office declared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from functools import cached_property
from typing import Any

from hustings.declared import MaySkip
from hustings.directory.google import Group, State, User
from hustings.facts import Listing, Missing, Reason
from policies.directory.context import Context

LIMIT = 5_000
"""Entries of a list that are kept."""
ALL_ADMINS = "WORKSPACE_ALL_ADMIN_GROUP"
"""What stands for all administrators where a setting names a group."""
_NO_SUCH = Missing(Reason.ERROR, "high_value names somebody whom the tenant does not have, or a group of which not all "
                   "members are known")
_CUT = Missing(Reason.TRUNCATED, f"only {LIMIT} are kept")


class People:
    """Enabled accounts and what is said of them."""

    def __init__(self, state: State, context: Context) -> None:
        self.state, self.context = state, context
        self.users = [one for one in state.users if one.enabled]
        self.groups = {one.id: one for one in state.groups}
        self._skipping = [(one, *self._declared([one.who])) for one in context.tenant.may_skip_mfa]
        self._high_value, self._high_value_open = self._declared(context.tenant.high_value, _NO_SUCH)

    @cached_property
    def super_admins(self) -> dict[str, set[str]]:
        """By user id those who can do everything, with the groups through which (none: by themselves)."""
        found: dict[str, set[str]] = {one.id: set() for one in self.state.users if one.super_admin}
        for role in self.state.roles:
            if role.super_admin and not role.scope:
                for user in self._holders(role.holder, role.group):
                    via = found.setdefault(user, set())
                    if role.group:
                        via.add(self.group_name(role.holder))
        return found

    @cached_property
    def admins(self) -> frozenset[str]:
        """The ids of all who administer something, by themselves or through a group."""
        found = {one.id for one in self.state.users if one.super_admin or one.delegated_admin}
        for role in self.state.roles:
            found.update(self._holders(role.holder, role.group))
        return frozenset(found)

    @cached_property
    def unseen_admins(self) -> Missing | None:
        """Why it is not known who all administer, or None if it is."""
        return self._unseen(top=False)

    @cached_property
    def unseen_super_admins(self) -> Missing | None:
        """Why it is not known who all can do everything, or None if it is."""
        return self._unseen(top=True)

    def is_admin(self, user: User) -> bool | dict[str, str]:
        """Whether the account administers; as a reason where that is not known."""
        if user.id in self.admins:
            return True
        return reason(self.unseen_admins) if self.unseen_admins is not None else False

    def within(self, group: str, user: User) -> bool | None:
        """Whether an account is in a group, through nested ones too; None where that is not known."""
        if group == ALL_ADMINS:
            return True if user.id in self.admins else None if self.unseen_admins is not None else False
        known = self.groups.get(group)
        if known is None:
            return None
        if not known.exists:
            return False
        if known.everyone or user.id in self._members[group]:
            return True
        return False if known.complete else None

    def group_name(self, group: str) -> str:
        """A group's address, else its name, else its id."""
        found = self.groups.get(group)
        return (found.mail or found.name if found is not None else "") or group

    def unknown_groups(self) -> list[str]:
        """The groups that can do everything and whose members are not known."""
        return sorted(self.group_name(one.holder) for one in self.state.roles
                      if one.super_admin and one.group and not one.scope and not self._seen(one.holder))

    def declared(self, user: User) -> bool | dict[str, str]:
        """Whether the account is declared as break-glass, as one that may skip the second step, or as no person's.
        A reason where it may be, because groups were not read."""
        if self.context.break_glass(*names(user)) or self.service(user) or self.skipping(user) is not None:
            return True
        today = self.context.now.date()
        for one, _, unread in self._skipping:
            if unread is not None and not _over(one, today):
                return reason(unread)
        return False

    def skipping(self, user: User) -> MaySkip | None:
        """The declaration that lets it skip, if it holds today."""
        today = self.context.now.date()
        return next((one for one, who, _ in self._skipping if user.id in who and not _over(one, today)), None)

    def expired(self, user: User) -> MaySkip | None:
        """A declaration that would have let it skip and is over."""
        today = self.context.now.date()
        return next((one for one, who, _ in self._skipping if user.id in who and _over(one, today)), None)

    def high_value(self, user: User) -> bool:
        """Whether it must use a phishing-resistant method by declaration."""
        return user.id in self._high_value

    @property
    def unseen_high_value(self) -> Missing | None:
        """Why it is not known who all are declared of high value, or None if it is."""
        return self._high_value_open

    def service(self, user: User) -> bool:
        """Whether it is declared to be no person's."""
        return self.context.service(*names(user))

    def listing(self, items: Iterable[dict[str, Any]], *why: Missing | None) -> Listing:
        """A bounded list, what is not declared first; ``why`` says what it lacks besides accounts not read."""
        kept = sorted(items, key=lambda one: bool(one.get("declared") is True))
        lacks = next((one for one in (self.state.missing("users"), *why) if one is not None), None)
        if len(kept) > LIMIT:
            return Listing(kept[:LIMIT], False, lacks or _CUT)
        return Listing(kept, lacks is None, lacks)

    @cached_property
    def _members(self) -> dict[str, frozenset[str]]:
        found: dict[str, frozenset[str]] = defaultdict(frozenset)
        for one in self.state.groups:
            found[one.id] = frozenset(one.members)
        return found

    def _holders(self, holder: str, group: bool) -> Iterable[str]:
        if not group:
            return (holder,)
        known = self.groups.get(holder)
        if known is None or not known.exists:
            return ()
        return (one.id for one in self.state.users) if known.everyone else known.members

    def _seen(self, group: str) -> bool:
        known = self.groups.get(group)
        return known is not None and (known.complete or not known.exists)

    def _unseen(self, *, top: bool) -> Missing | None:
        missing = self.state.missing("roles")
        if missing is not None:
            return missing
        if all(self._seen(one.holder) for one in self.state.roles if one.group and (one.super_admin or not top)):
            return None
        return self.state.missing("groups") or Missing(
            Reason.ERROR, "the members of a group that holds a role could not be read")

    def _declared(self, wanted: Iterable[str], lost: Missing | None = None) -> tuple[frozenset[str], Missing | None]:
        """The ids of the accounts that these declarations mean, by account or by group; and why that may not be all:
        ``lost`` where all was read and one of them means nobody."""
        folded = {one.casefold() for one in wanted}
        if not folded:
            return frozenset(), None
        meant: set[str] = set()
        found: set[str] = set()
        for user in self.state.users:
            hit = folded & {name.casefold() for name in names(user)}
            if hit:
                meant.add(user.id)
                found |= hit
        for group in self.state.groups:
            hit = folded & {name.casefold() for name in group_names(group)}
            if hit and group.exists:
                meant.update(one.id for one in self.state.users) if group.everyone else meant.update(group.members)
                found |= hit if group.complete else set()
        return frozenset(meant), (self.state.missing("groups") or lost) if folded - found else None


def names(user: User) -> tuple[str, ...]:
    """By what an account may be declared."""
    return (user.id, user.name, *user.aliases)


def group_names(group: Group) -> tuple[str, ...]:
    """By what a group may be declared."""
    return tuple(one for one in (group.id, group.mail, group.name, group.asked) if one)


def reason(missing: Missing) -> dict[str, str]:
    """A reason as the field of a record holds it."""
    return {"reason": str(missing.reason), **({"detail": missing.detail} if missing.detail else {})}


def _over(one: MaySkip, today: date) -> bool:
    return one.until is not None and one.until < today
