"""The rules for passwords that hold for somebody, the weakest of them, and accounts that are outside of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hustings.directory.ldap import WEAK_SCHEMES, Account, PasswordPolicy
from hustings.facts import Listing, Missing, Reason
from policies.directory.ldap_view import View

WHY = {
    "password_not_required": "An empty password may be set (PASSWD_NOTREQD).",
    "no_preauthentication": "Anybody may ask a ticket that is encrypted with its password (DONT_REQ_PREAUTH).",
    "crackable_ticket": "An administrator with a service name: anybody in the domain may ask such a ticket.",
    "reversible_password": "Its password is kept so that it can be read back.",
    "weak_encryption": "Its tickets may be encrypted with DES.",
    "readable_password": "The account that asks can read its password, kept in a way that is quickly guessed.",
}
"""The reasons of ``directory.no_password_needed``."""
_FLAGS = ("password_not_required", "no_preauthentication", "reversible_password", "weak_encryption")


def facts(view: View) -> dict[str, Any]:
    """The facts about passwords."""
    held = in_force(view)
    missing = held if isinstance(held, Missing) else None
    policies = [] if isinstance(held, Missing) else held
    return {
        "directory.password_min_length": missing or min(one.min_length for one in policies),
        "directory.lockout_threshold": missing or _lockout(policies),
        "directory.weak_password_rules": _rules(view, policies, missing),
        "directory.never_expiring": missing or _ages(policies) or view.listing(_never_expiring(view)),
        "directory.no_password_needed": view.listing(_no_password(view), "services" if view.ad else "passwords",
                                                     why=view.admins_unknown if view.ad else None),
    }


def in_force(view: View) -> list[PasswordPolicy] | Missing:
    """The policies that hold for at least one open account of a person, or why they are not known."""
    blocked = view.state.missing("accounts", "policies", *(("fine_policies",) if view.ad else ()))
    if blocked is not None:
        return blocked
    targets = [target for one in view.state.policies for target in one.applies_to]
    if view.membership.of(*(one for one in targets if one in view.membership.groups)).why:
        return Missing(Reason.DENIED, "whom a fine-grained password policy is for is not wholly known")
    held: dict[int, PasswordPolicy] = {}
    rules = Rules(view)
    for one in view.people:
        policy = rules.of(one)
        if policy is None:
            return _not_known(view, "the password policy of an account is not known")
        held[id(policy)] = policy
    if not held and rules.default is None:
        return _not_known(view, "no password policy is known")
    if not held and rules.default is not None:
        held[id(rules.default)] = rules.default
    for one in view.state.accounts:
        if one.kind == "person" and view.maybe_open(one) and not view.open(one) and id(rules.of(one)) not in held:
            return view.state.missing("enabled", "expires") or _not_known(
                view, "whether an account with a password policy of its own is open is not shown")
    return list(held.values())


def _not_known(view: View, what: str) -> Missing:
    return view.state.missing("default_policy") or Missing(Reason.ERROR, what)


class Rules:
    """Which policy holds for whom ([MS-ADTS] 3.1.1.4.5.36; slapo-ppolicy(5))."""

    def __init__(self, view: View) -> None:
        self._ad = view.ad
        self.default = next((one for one in view.state.policies if one.default), None)
        self._by_id = {one.id: one for one in view.state.policies if one.id}
        self._direct: dict[str, PasswordPolicy] = {}
        self._through: dict[str, PasswordPolicy] = {}
        fine = [one for one in view.state.policies if not one.default] if view.ad else []
        for policy in sorted(fine, key=lambda one: one.precedence, reverse=True):
            groups = [one for one in policy.applies_to if one in view.membership.groups]
            self._through |= dict.fromkeys(view.membership.of(*groups).principals, policy)
            primary = [one.id for one in view.state.accounts if one.primary in policy.applies_to]
            self._through |= dict.fromkeys(primary, policy)
            self._direct |= dict.fromkeys((one for one in policy.applies_to if one not in groups), policy)

    def of(self, one: Account) -> PasswordPolicy | None:
        """The one that holds for an account: its own before a group's, of several the one of lowest precedence."""
        if not self._ad:
            return self._by_id.get(one.policy) if one.policy else self.default
        return self._direct.get(one.id) or self._through.get(one.id) or self.default


def _lockout(policies: list[PasswordPolicy]) -> int:
    return 0 if any(one.lockout == 0 for one in policies) else max(one.lockout for one in policies)


def _ages(policies: list[PasswordPolicy]) -> Missing | None:
    if any(one.max_age_days is None for one in policies):
        return Missing(Reason.DENIED, "how long passwords last is not shown")
    return None


def _rules(view: View, policies: list[PasswordPolicy], missing: Missing | None) -> Any:
    found = []
    if any(one.complex is False for one in policies):
        found.append("passwords need not be complex")
    if any(one.reversible for one in policies):
        found.append("passwords are kept so that they can be read back")
    if any(one.history == 0 for one in policies):
        found.append("an old password may be used again at once")
    if view.state.readable_passwords:
        found.append(f"the account that asks can read how {view.state.readable_passwords} passwords are kept: who may "
                     "read that can guess them at leisure")
    why = missing or (None if view.ad else view.state.missing("passwords"))
    if why is None and any(one.history is None or (view.ad and one.complex is None) for one in policies):
        why = Missing(Reason.DENIED, "a part of the rules for passwords is not shown")
    if why is not None and not found:
        return why
    return Listing(found, why is None, why)


def _never_expiring(view: View) -> Iterator[dict[str, Any]]:
    """Where the rules want passwords to expire and the account's does not. Cards and keys need no password."""
    rules = Rules(view)
    expiring = rules.default is not None and (rules.default.max_age_days or 0) > 0
    for one in view.people:
        policy = rules.of(one)
        outside = "password_never_expires" in one.flags and policy is not None and (policy.max_age_days or 0) > 0 \
            if view.ad else expiring and policy is not None and policy.max_age_days == 0
        if outside and "smart_card_required" not in one.flags:
            yield {"account": one.name, "admin": view.admin(one), "declared": view.declared(one)}


def _no_password(view: View) -> Iterator[dict[str, Any]]:
    for one in view.state.accounts:
        if not view.open(one) or one.kind not in ("person", "service"):
            continue
        reasons = [flag for flag in _FLAGS if flag in one.flags]
        if one.kind == "person" and one.services and one.id in view.admins.principals:
            reasons.append("crackable_ticket")
        if one.scheme in WEAK_SCHEMES:
            reasons.append("readable_password")
        for why in reasons:
            yield {"account": one.name, "admin": view.admin(one), "why": why}
