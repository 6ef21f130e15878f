"""Which checks rest on which section of a domain or an LDAP directory: found out by judging, not listed.

A made-up directory of which everything is known is judged; then again with a section unread. The facts that are then
no longer known, or not wholly, need that section.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from hustings import roster
from hustings.declared import Tenant
from hustings.directory.ldap import Account, Group, PasswordPolicy, Protected, Settings, State
from hustings.directory.ldap_sections import GRANTS
from hustings.directory.unread import Unread
from hustings.facts import Listing, Missing, Reason
from policies.directory import ldap
from policies.directory.context import Context

_NOW = datetime(2026, 11, 22, tzinfo=UTC)
_DOMAIN = "S-1-5-21-1-2-3"
_ADMINS = f"{_DOMAIN}-512"


def opens(kind: str) -> dict[str, list[str]]:
    """By section the checks that look at a fact which rests on it."""
    from policies import pack as packs
    from policies.conditions import facts_used

    used = {one.id: facts_used(one.require) for one in packs.shipped().checks if one.each == "tenant"}
    return {section: sorted(check for check, looked in used.items() if looked & facts)
            for section, facts in resting(kind).items()}


def resting(kind: str) -> dict[str, set[str]]:
    """By section the facts that are not known without it."""
    whole = _made_up(kind)
    return {section: _known(whole) - _known(msgspec.structs.replace(
        _without(whole, section), unread={section: Unread(Reason.DENIED, section)})) for section in GRANTS[kind]}


def _known(state: State) -> set[str]:
    tenant = Tenant(name="made-up", kind=state.kind, admin_groups=("admins",), break_glass=("glass",))
    people = roster.parse("people: [{id: somebody}]\n", "roster")
    answers = ldap.answers(msgspec.json.encode(state).decode(), Context(tenant, _NOW, people))
    return {fact for fact, answer in answers.items() if _whole(answer)}


def _whole(answer: Any) -> bool:
    if isinstance(answer, Listing):
        return answer.complete and not any(isinstance(value, Missing) for one in answer.items for value in one.values()
                                           if isinstance(one, dict))
    return answer is not None and not isinstance(answer, Missing)


def _without(state: State, section: str) -> State:
    """What is lost with the section besides."""
    if section == "default_policy":
        return msgspec.structs.replace(state, policies=())
    return state


def _made_up(kind: str) -> State:
    """Two administrators and somebody else, with everything that can be known about them."""
    seen: dict[str, Any] = {"created": _NOW, "last_sign_in": _NOW, "idle_since": _NOW, "password_set": _NOW}
    accounts = tuple(Account(name, name, f"cn={name}", **seen) for name in ("first", "glass", "third"))
    members = ("first", "glass")
    groups = (Group("admins", "admins", "cn=admins", members), Group(_ADMINS, "Domain Admins", "cn=da", members))
    return State(
        kind, "dc=example", _NOW, domain=_DOMAIN if kind == "active-directory" else "", accounts=accounts,
        groups=groups,
        protected=(Protected("dc=example", "domain", "the domain", owner=_ADMINS),),
        policies=(PasswordPolicy("default", default=True, min_length=16, lockout=5, history=5, complex=True),),
        settings=Settings(0, laps=True, anonymous=False))
