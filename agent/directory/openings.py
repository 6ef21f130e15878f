"""Which checks rest on which section of an Entra tenant: found out by judging, not listed.

A made-up tenant of which everything is known is judged; then again without a section. What was decided and no longer
is needs that section.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec

from hustings.declared import Declared, Tenant
from hustings.directory import entra
from hustings.directory.unread import Unread
from hustings.facts import Facts, Observation, Reason, key
from hustings.verdicts import Verdict
from policies.derive.base import derive_all
from policies.evaluate import Context, judge_all
from policies.model import Pack

_NOW = datetime(2026, 11, 22, tzinfo=UTC)
_NAME = "made-up"
_GLOBAL = "62e90394-69f5-4237-9190-012177145e10"
_APP = "registration"
_TENANT = Tenant(name=_NAME, kind="entra", break_glass=("glass",), registration_apps=(_APP,),
                 trusted_locations=("office",))


def known() -> tuple[entra.State, ...]:
    """Tenants with a little of everything, all of it read: one asks for a second factor by conditional access, one by
    security defaults, one account by account."""
    people = [entra.User(name, name, created=_NOW, last_sign_in=_NOW, mailbox=name == "clerk",
                         per_user_mfa="disabled") for name in ("first", "second", "glass", "clerk")]
    visitor = entra.User("visitor", "visitor#EXT#", guest=True, external=True, created=_NOW, last_sign_in=_NOW,
                         per_user_mfa="disabled")
    by_policy = entra.State(
        id=_NAME, read_at=_NOW, domains=(entra.TenantDomain("example.org"),),
        licences=("AAD_PREMIUM", "AAD_PREMIUM_P2", "INTUNE_A"), users=(*people, visitor),
        registrations=tuple(entra.Registration(one.id, registered=True, capable=True, methods=("fido2SecurityKey",))
                            for one in (*people, visitor)),
        roles=tuple(entra.RoleAssignment(_GLOBAL, "Global Administrator", one.id, "user", one.name)
                    for one in people[:3]),
        groups=(entra.Group("left-out", "left out", members=("glass",)),),
        policies=(entra.Policy("all", "all", "enabled", include_users=("All",), exclude_groups=("left-out",),
                               include_apps=("All",), exclude_locations=("place",), clients=("all",),
                               strength="strong"),),
        locations=(entra.Location("place", "office", trusted=True),),
        strengths=(entra.Strength("strong", "strong", ("fido2",)),),
        applications=(entra.Application(_APP, "registration", delegated=("User.Read",), credentials=(
            entra.Credential("certificate", _NOW, _NOW.replace(year=2027)),)),),
        authorization=entra.Authorization("adminsAndGuestInviters", ""), passwords=entra.Passwords(banned_list=True),
        devices=(entra.Device("PC", "Windows", "10.0.22631.4460", encrypted=True, compliant=True, last_seen=_NOW),),
    )
    admins = {one.principal for one in by_policy.roles}
    by_default = msgspec.structs.replace(
        by_policy, policies=(), security_defaults=True, groups=(entra.Group("administrators", direct=("second",)),),
        roles=(by_policy.roles[0], by_policy.roles[2], entra.RoleAssignment(
            _GLOBAL, "Global Administrator", "administrators", "group")))
    by_account = msgspec.structs.replace(by_policy, policies=(), groups=(), users=tuple(
        msgspec.structs.replace(one, per_user_mfa="enforced") for one in by_policy.users), registrations=tuple(
        one if one.user in admins else entra.Registration(one.user, registered=False, capable=False)
        for one in by_policy.registrations))
    return by_policy, by_default, by_account


def without(state: entra.State, sections: Iterable[str]) -> entra.State:
    """The state as it is read where these sections are refused."""
    fields: dict[str, Any] = {}
    for section in sections:
        if section in _WITHIN:
            field, change = _WITHIN[section]
            fields[field] = tuple(change(one) for one in fields.get(field, getattr(state, field)))
        elif section == "eligible":
            fields["roles"] = tuple(one for one in fields.get("roles", state.roles) if not one.eligible)
        elif section in _DEFAULTS:
            fields[section] = _DEFAULTS[section]
    return msgspec.structs.replace(state, **fields, unread={
        one: Unread(Reason.DENIED, one, grant=one) for one in sections})


_WITHIN: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "sign_ins": ("users", lambda one: msgspec.structs.replace(one, last_sign_in=None)),
    "mailboxes": ("users", lambda one: msgspec.structs.replace(one, mailbox=False)),
    "per_user_mfa": ("users", lambda one: msgspec.structs.replace(one, per_user_mfa="")),
    "delegated": ("applications", lambda one: msgspec.structs.replace(one, delegated=())),
}
_DEFAULTS = {one.name: one.default for one in msgspec.structs.fields(entra.State)
             if one.name not in ("id", "read_at", "requests", "unread")}


class Openings:
    """The checks of a pack that a tenant is judged by."""

    def __init__(self, pack: Pack) -> None:
        self._pack = pack
        self._only = [check.id for check in pack.checks if check.each == "tenant"]
        self._states = known()
        self._decided = [self._judged(one) for one in self._states]

    def of(self, sections: Iterable[str]) -> list[str]:
        """The checks that cannot be decided without these sections, in one tenant or another."""
        lost = tuple(sections)
        needed: set[str] = set()
        for state, decided in zip(self._states, self._decided, strict=True):
            needed |= decided - self._judged(without(state, lost)) if lost else set()
        return sorted(needed)

    def _judged(self, state: entra.State) -> set[str]:
        declared = Declared(roles=("directory",), tenants=(_TENANT,), roster="roster")
        facts: Facts = {"people.roster": Observation(value="people:\n  - id: somebody\n", as_of=_NOW)}
        facts["people.roster_declared"] = Observation(value=True, as_of=_NOW)
        facts |= {key(one, _NAME): Observation(absent=True, as_of=_NOW)
                  for one in ("directory.google_state", "directory.ldap_state")}
        facts[key("directory.entra_state", _NAME)] = Observation(value=msgspec.json.encode(state).decode(), as_of=_NOW)
        facts = derive_all(facts, declared, self._pack.tables, _NOW)
        context = Context(now=_NOW, roles=declared.roles, declared={"tenant": (_NAME,)})
        results = judge_all(self._pack, facts, context, only=self._only)
        return {one.check for one in results if one.verdict is not Verdict.UNKNOWN}
