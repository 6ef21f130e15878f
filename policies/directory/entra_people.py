"""The accounts of a tenant that can sign in, who administers it, and what the office declared of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from functools import cached_property
from typing import Any, TypeVar

from hustings.declared import MaySkip
from hustings.directory.entra import RoleAssignment, State, User
from hustings.facts import Listing, Missing, Reason
from policies.directory.context import Context
from policies.directory.entra_scope import SYNCHRONISATION, held_roles

LIMIT = 5_000
"""Entries of a list that are kept."""
GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
"""Template id."""
_CUT = Missing(Reason.TRUNCATED, f"only {LIMIT} are kept")

T = TypeVar("T")
Found = TypeVar("Found", bound=tuple[User, Any])


class People:
    """Enabled accounts and what is said of them."""

    def __init__(self, state: State, context: Context) -> None:
        self.state, self.context = state, context
        self.users = [one for one in state.users if one.enabled]
        self._groups = {one.id: one for one in state.groups}
        self._skipping = [(one, self._declared([one.who])) for one in context.tenant.may_skip_mfa]
        self._high_value = self._declared(context.tenant.high_value)

    @cached_property
    def _held(self) -> dict[str, set[str]]:
        return held_roles(self.state)[0]

    @cached_property
    def admins(self) -> dict[str, list[RoleAssignment]]:
        """By user id the privileged roles that an account holds or may activate, by itself or through a group."""
        found: dict[str, list[RoleAssignment]] = defaultdict(list)
        for one in self.state.roles:
            for user in self.holders(one) if one.privileged else ():
                found[user].append(one)
        return found

    def holders(self, assignment: RoleAssignment) -> Iterable[str]:
        """The user ids that an assignment is for, as far as they are known."""
        if assignment.kind == "user":
            return (assignment.principal,)
        group = self._groups.get(assignment.principal)
        return group.direct if group is not None and group.exists and assignment.kind == "group" else ()

    def unseen_holders(self, *roles: str, now: bool = False) -> Missing | None:
        """Why it is not known who all hold these roles (none given: any privileged one) or may activate them, or None
        if it is. ``now``: who holds them without activating anything."""
        missing = self.state.missing("roles") or (None if now else self.state.missing("eligible"))
        if missing is not None:
            return missing
        for one in self.state.roles:
            meant = one.role.casefold() in roles if roles else one.privileged
            if one.kind != "group" or not meant or (now and one.eligible):
                continue
            group = self._groups.get(one.principal)
            if group is None or not group.complete:
                return self.state.missing("groups") or Missing(
                    Reason.ERROR, "the members of a group that holds a role could not be read")
        return None

    def knows(self, group: str) -> bool:
        """Whether all members of the group are known."""
        found = self._groups.get(group)
        return found is not None and found.complete

    def group_name(self, group: str) -> str:
        """A group's name, its id where it has none."""
        found = self._groups.get(group)
        return (found.name if found is not None else "") or group

    def is_admin(self, user: User) -> bool | dict[str, str]:
        """Whether the account administers; as a reason where that is not known."""
        if user.id in self.admins:
            return True
        return reason(self._unseen_admins) if self._unseen_admins is not None else False

    @cached_property
    def _unseen_admins(self) -> Missing | None:
        return self.unseen_holders()

    def declared(self, user: User) -> bool:
        """Whether the office intends that it signs in without a second factor: as break-glass, or in may_skip_mfa,
        which does not excuse an administrator. What synchronises the directory and nothing else is no person, and
        is excused as a declared service account."""
        if self.context.break_glass(*names(user)):
            return True
        if any(one.role.casefold() not in SYNCHRONISATION for one in self.admins.get(user.id, ())):
            return False
        return self.skipping(user) is not None or (
            self.service(user) and not SYNCHRONISATION.isdisjoint(self._held.get(user.id, ())))

    def skipping(self, user: User) -> MaySkip | None:
        """The declaration that lets it skip, if it holds today."""
        return next((one for one, who in self._skipping if user.id in who and not _over(one, self.context.now.date())),
                    None)

    def expired(self, user: User) -> MaySkip | None:
        """A declaration that would have let it skip and is over."""
        return next((one for one, who in self._skipping if user.id in who and _over(one, self.context.now.date())),
                    None)

    def high_value(self, user: User) -> bool:
        """Whether it must use a phishing-resistant method by declaration."""
        return user.id in self._high_value

    @cached_property
    def unseen_high_value(self) -> Missing | None:
        """Why it is not known who all are of high value: a declaration that means nobody, or a group whose members
        are hidden."""
        names_of_all = {name.casefold() for one in self.state.users for name in names(one)}
        known = {name.casefold(): one for one in self.state.groups for name in (one.id, one.name, one.mail) if name}
        for one in self.context.tenant.high_value:
            group = known.get(one.casefold())
            if one.casefold() not in names_of_all and (group is None or not group.exists or not group.complete):
                return self.state.missing("groups", "users") or Missing(
                    Reason.ERROR, "an entry of high_value means no account, and no group whose members are known")
        return None

    def service(self, user: User) -> bool:
        """Whether it is declared to be no person's."""
        return self.context.service(*names(user))

    def listing(self, items: Iterable[dict[str, Any]], why: Missing | None = None) -> Listing:
        """A bounded list, what is not declared first; ``why`` says what it lacks besides accounts not read."""
        return self._bounded(sorted(items, key=lambda one: one.get("declared") is True), lambda one: one, why)

    def of_users(self, found: Iterable[Found], record: Callable[[Found], dict[str, Any]],
                 why: Missing | None = None) -> Listing:
        """The same of pairs of a user and something else; a record is made of those alone that are kept."""
        return self._bounded(sorted(found, key=lambda one: self.declared(one[0])), record, why)

    def _bounded(self, found: list[T], record: Callable[[T], dict[str, Any]], why: Missing | None) -> Listing:
        lacks = self.state.missing("users") or why or (_CUT if len(found) > LIMIT else None)
        return Listing([record(one) for one in found[:LIMIT]], lacks is None, lacks)

    def _declared(self, wanted: Iterable[str]) -> frozenset[str]:
        """The ids of the accounts that these declarations mean, by account or by group."""
        folded = {one.casefold() for one in wanted}
        if not folded:
            return frozenset()
        meant = {one.id for one in self.state.users if any(name.casefold() in folded for name in names(one))}
        for group in self.state.groups:
            if {group.id.casefold(), group.name.casefold(), group.mail.casefold()} & folded - {""}:
                meant.update(group.members)
        return frozenset(meant)


def names(user: User) -> tuple[str, ...]:
    """By what an account may be declared. Of one who was invited also the address that the invitation went to, which
    the name holds as in ``ann_party.example#EXT#@office.example`` even where no mail address is kept."""
    invited = user.name[:user.name.upper().find("#EXT#")] if user.external else ""
    person, _, domain = invited.rpartition("_")
    return tuple(one for one in (user.id, user.name, user.mail, f"{person}@{domain}" if person and domain else "",
                             *user.aliases) if one)


def reason(missing: Missing) -> dict[str, str]:
    """A reason as the field of a record holds it."""
    return {"reason": str(missing.reason), **({"detail": missing.detail} if missing.detail else {})}


def _over(one: MaySkip, today: date) -> bool:
    return one.until is not None and one.until < today
