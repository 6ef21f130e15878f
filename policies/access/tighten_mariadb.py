"""Faults of MariaDB that a script can close: rights on everything, on patterns of schemas, and of everyone."""

from __future__ import annotations

import re

from hustings.access.rights import BIT, names
from hustings.access.state import PUBLIC
from policies.access.rows import Anomaly
from policies.access.tighten_faults import held, leave_any, path, places, said
from policies.access.tighten_plan import Planner

_PUBLIC_NAME = "PUBLIC"
_GRANT_TABLES = "mysql"
_ON_GRANT_TABLES = re.compile(rf" on {_GRANT_TABLES}(?!\.)\b")
"""On all of them; rights on single ones are left to a person."""


def superuser(plan: Planner, one: Anomaly) -> bool:
    """Take all that goes around grants on objects; those rights themselves are rows of excess."""
    principal = plan.working.principals.get(one.account or "")
    if principal is not None and principal.superuser and not principal.bootstrap:
        _take(plan, principal.name, list(principal.attributes), one)
        plan.working.attribute(principal.name, superuser=False)
        return True
    above = [name for name, each in plan.working.principals.items() if each.superuser]
    return leave_any(plan, one, [name for name in above if path(plan, one.account or "", name)])


def attributes(plan: Planner, one: Anomaly) -> bool:
    """FILE, CREATE USER …; rights on every table and on the grant tables: from the account or its role."""
    closed = False
    for holder in _holders(plan, one.account or ""):
        principal = plan.working.principals.get(holder)
        named = [each for each in (principal.attributes if principal is not None else ())
                 if f"holds {each.upper()}" in one.actual]
        if named:
            _take(plan, holder, named, one)
            closed = True
        pattern = _GRANT_TABLES if _ON_GRANT_TABLES.search(one.actual) else "*"
        entry = plan.working.patterns.get(pattern, {}).get(holder)
        words = [right for right in names(entry.rights) if right in one.actual] if entry is not None else []
        if words and ("every table" in one.actual or pattern == _GRANT_TABLES):
            rights = sum(BIT[right] for right in words)
            plan.working.take_pattern(pattern, holder, rights)
            plan.step(plan.write.on_pattern("REVOKE", pattern, rights, holder), (said(one),))
            closed = True
    return closed


def public(plan: Planner, one: Anomaly) -> bool:
    """What PUBLIC holds on an object or a pattern of schemas, and the roles that everyone has."""
    grantee = PUBLIC if one.account == _PUBLIC_NAME else one.account or ""
    if "lets anybody in" in one.actual:
        plan.working.attribute(grantee, locked=True)
        plan.step(plan.write.role(grantee, "ACCOUNT LOCK"), (said(one),))
        return True
    if one.object is None:
        roles = [each.role for each in plan.working.memberships if each.member == grantee
                 and one.actual.endswith(f"the role {each.role}")]
        for role in roles:
            plan.leave(role, grantee, said(one))
        return bool(roles)
    closed = False
    entry = plan.working.patterns.get(one.object, {}).get(grantee)
    if entry is not None and entry.rights:
        plan.working.take_pattern(one.object, grantee, entry.rights)
        plan.step(plan.write.on_pattern("REVOKE", one.object, entry.rights, grantee), (said(one),))
        closed = True
    for place in places(plan, one):
        for column in (None, *plan.working.objects[place].column_acls):
            if rights := held(plan, place, column, grantee):
                plan.take(place, column, grantee, rights, why=said(one))
                closed = True
    return closed


def passing_on(plan: Planner, one: Anomaly) -> bool:
    """GRANT OPTION on an object or a pattern of schemas, ADMIN OPTION of a role."""
    grantee = PUBLIC if one.account == _PUBLIC_NAME else one.account or ""
    if "may give the role" in one.actual:
        given = [each for each in plan.working.memberships if each.member == grantee and each.admin
                 and f"role {each.role} " in one.actual]
        for each in given:
            plan.working.leave(each.role, grantee, admin_only=True)
            plan.step(plan.write.leave(each, admin_only=True), (said(one),))
        return bool(given)
    closed = False
    for pattern, entries in plan.working.patterns.items():
        entry = entries.get(grantee)
        if entry is not None and entry.grantable and (pattern == one.object or (pattern == "*" and not one.object)):
            plan.working.take_pattern(pattern, grantee, entry.grantable, option_only=True)
            plan.step(plan.write.option_on_pattern(pattern, grantee), (said(one),))
            closed = True
            break
    for place in places(plan, one):
        grantable = sum({entry.grantable for entry in plan.working.entries(place) if entry.grantee == grantee})
        if grantable:
            plan.take(place, None, grantee, grantable, why=said(one), option_only=True)
            closed = True
    return closed


def _holders(plan: Planner, account: str) -> list[str]:
    effective = plan.before.effective
    return [account, *sorted(effective.inherits(account) | effective.may_become(account)), PUBLIC]


def _take(plan: Planner, holder: str, words: list[str], one: Anomaly) -> None:
    principal = plan.working.principals[holder]
    plan.working.attribute(holder, attributes=tuple(each for each in principal.attributes if each not in words))
    plan.step(plan.write.everywhere("REVOKE", words, holder), (said(one),))
