"""What a setting of Google Workspace is for one account: the policies that cover it, reduced as Google does.

Of the policies that cover an account the one with the greatest ``sortOrder`` is in force, field by field
("Reduction" in Google's page "Policy API concepts"): organisational units pass their settings down and the nearest
wins, what an administrator sets goes before Google's own, a group goes before units. Where it is not known whether a
policy covers the account (members or licences that were not read, a query of an unknown form), every value that may
be in force is given.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final

from hustings.directory.google import Policy, State, User
from hustings.directory.google_query import both, covers, groups_in
from hustings.facts import Missing
from policies.directory.google_people import People

Values = tuple[Any, ...]
"""What a field may be; more than one where it cannot be told."""


class _NotSet:
    def __repr__(self) -> str:
        return "NOT_SET"


NOT_SET: Final = _NotSet()
"""No policy that covers the account says anything."""
DEFAULTS: dict[tuple[str, str], Any] = {
    ("security.two_step_verification_enforcement_factor", "allowedSignInFactorSet"): "ALL",
    ("security.two_step_verification_enrollment", "allowEnrollment"): True,
    ("security.less_secure_apps", "allowLessSecureApps"): False,
    ("security.super_admin_account_recovery", "enableAccountRecovery"): False,
    ("gmail.auto_forwarding", "enableAutoForwarding"): True,
}
"""What Google says is in force where no policy is given ("Default field values" of the page above)."""


class Settings:
    """The policies of a tenant, asked account by account."""

    def __init__(self, state: State, people: People) -> None:
        self.missing: Missing | None = state.missing("policies", "units")
        """Why settings are not known, or None if they are."""
        self._people = people
        self._units = {one.id: one.path for one in state.units}
        self._top_known = "/" in self._units.values()
        if not self._top_known:
            self._guess_top(state)
        self._by_type: dict[str, list[Policy]] = defaultdict(list)
        for one in sorted(state.policies, key=self._rank, reverse=True):
            self._by_type[one.type].append(one)
        self._groups = tuple(dict.fromkeys(
            group for one in state.policies for group in (one.group, *groups_in(one.query)) if group))
        self._known: dict[tuple[Any, ...], Values] = {}

    def values(self, user: User, kind: str, field: str) -> Values:
        """What a field of a setting may be for an account; ``NOT_SET`` among them where perhaps nothing says it and
        Google documents no default."""
        key = (kind, field, user.unit, tuple(self._people.within(one, user) for one in self._groups))
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._reduce(user, kind, field)
        return found

    def _reduce(self, user: User, kind: str, field: str) -> Values:
        possible: list[Any] = []
        for policy in self._by_type.get(kind, ()):
            if field not in policy.value:
                continue
            applies = self._covers(policy, user)
            if applies is not False and policy.value[field] not in possible:
                possible.append(policy.value[field])
            if applies:
                return tuple(possible)
        default = DEFAULTS.get((kind, field), NOT_SET)
        return tuple(possible) if default in possible else (*possible, default)

    def _covers(self, policy: Policy, user: User) -> bool | None:
        def unit(name: str) -> bool | None:
            path = self._units.get(name)
            if path is None:
                return False if self._top_known else None
            return path == "/" or user.unit == path or user.unit.startswith(path + "/")

        def group(name: str) -> bool | None:
            return self._people.within(name, user)

        found = covers(policy.query, unit, group)
        if policy.unit:
            found = both(found, unit(policy.unit))
        return both(found, group(policy.group)) if policy.group else found

    def _guess_top(self, state: State) -> None:
        """The list of units need not hold the top one: Google's own policies, which cover everybody, name it."""
        own = {one.unit for one in state.policies if not one.admin and one.unit}
        if len(own) == 1 and not own & self._units.keys():
            self._units[own.pop()] = "/"
            self._top_known = True

    def _rank(self, policy: Policy) -> tuple[float, bool, int, bool]:
        """By Google's order; the rest decides only where that does not."""
        path = self._units.get(policy.unit, "/")
        return policy.order, bool(policy.group or groups_in(policy.query)), 0 if path == "/" else path.count("/"), \
            policy.admin
