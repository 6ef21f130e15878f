"""LPR-12: rows kept apart by the database, for roles that say which rows they see.

Asked of the tables that such a role reads or changes and that the model lists as restricted or internal, if they
have a column that the role's words name (``county = own``: the column ``county``); of every one where the words name
no column of any; and of each table that has row security or a policy already. Which are left is in ``notes``.

Source: PostgreSQL, "Row Security Policies": policies bind everyone but the owner unless forced; permissive policies
are joined by OR, so that one ``true`` for an account opens the table to it, unless a restrictive policy limits it.
"""

from __future__ import annotations

import re

from hustings.access.model import Role
from hustings.access.rights import mask
from hustings.access.state import PUBLIC, Object
from policies.access.anomalies._context import POSTGRES, Context, Found, Rule
from policies.access.rows import Anomaly, Unread

LPR_12 = "LPR-12"
_SEES = mask("SELECT", "UPDATE", "DELETE")
_WORD = re.compile(r"[a-z_][a-z0-9_]*")


def row_security(context: Context) -> Found:
    """Tables that a role with ``rows`` reads or changes, whose rows the database does not keep apart."""
    missing = context.missing("objects.policies")
    for place, accounts in _bound(context).items():
        one = context.state.objects[place]
        if one.row_security is None or (one.row_security and missing is not None):
            yield Unread(LPR_12, f"row security of {one.label}: {missing or 'not read'}")
            continue
        fault = _fault(one, _roles_of(context, accounts))
        if fault:
            yield Anomaly(LPR_12, one.label, None, fault)


def notes(context: Context) -> list[str]:
    """Restricted tables that such a role sees whole, since nothing in them says whose rows they are."""
    bound = _bound(context)
    return [f"{context.state.objects[place].label}: {role.name} sees {role.rows!r}, and no column of this table says "
            f"whose a row is" for role in context.model.roles if role.rows for place in _seen(context, role)
            if place not in bound and _sensitivity(context, context.state.objects[place]) == "restricted"]


def _bound(context: Context) -> dict[int, list[str]]:
    """Tables whose rows some role sees in part, and the accounts that have it."""
    bound: dict[int, list[str]] = {}
    for role in context.model.roles:
        if not role.rows:
            continue
        accounts = [name for name in context.judged if role in context.roles(name)]
        seen = _seen(context, role)
        words = frozenset(_WORD.findall(role.rows.lower()))
        naming = [place for place in seen if words & {one.lower() for one in context.state.objects[place].columns}]
        for place in seen:
            one = context.state.objects[place]
            listed = _sensitivity(context, one) in ("restricted", "internal")
            if one.row_security or one.policies or one.row_policies or (listed and (place in naming or not naming)):
                bound.setdefault(place, []).extend(accounts)
    return dict(sorted(bound.items()))


def _seen(context: Context, role: Role) -> list[int]:
    """Tables that the role reads or changes; a right to insert alone sees no row."""
    return sorted(place for place, intent in context.declared.of_role(role).items()
                  if context.state.objects[place].kind == "table" and _SEES & (intent.allowed | _any(intent.columns)))


def _sensitivity(context: Context, one: Object) -> str:
    model = context.classed.get(one.label)
    return model.sensitivity if model is not None else ""


def _any(columns: dict[str, int]) -> int:
    held = 0
    for rights in columns.values():
        held |= rights
    return held


def _roles_of(context: Context, accounts: list[str]) -> frozenset[str]:
    roles = {PUBLIC, *accounts}
    for account in accounts:
        roles |= context.effective.inherits(account)
    return frozenset(roles)


def _fault(one: Object, bound: frozenset[str]) -> str:
    if not one.row_security:
        return "row security is off"
    if not one.row_security_forced:
        return "row security is not forced: it does not bind the owner"
    permissive = [policy for policy in one.row_policies if policy.permissive]
    if not one.row_policies and not one.policies:
        return "row security is on without a policy"
    if one.row_policies and not permissive:
        return "row security is on without a policy that lets rows through"
    limits = [policy for policy in one.row_policies if not policy.permissive and bound & set(policy.roles)
              and policy.using is not None and not _everything(policy.using)]
    for policy in permissive if not limits else ():
        if policy.command != "INSERT" and _everything(policy.using) and bound & set(policy.roles):
            return f"the policy {policy.name} lets every row through"
    if not one.row_policies and any(_everything(using) for using in one.policies):
        return "a policy lets every row through"
    return ""


def _everything(using: str | None) -> bool:
    """Whether the expression, as the engine writes it, is ``true``, compares something with itself, or is joined to
    such a thing by OR. What calls a function or asks further is not looked into."""
    if using is None:
        return False
    parts = [part.replace("(", " ").replace(")", " ") for part in using.split(" OR ")]
    return (len(parts) == 1 or " AND " not in using) and any(_is_true(" ".join(part.split())) for part in parts)


def _is_true(comparison: str) -> bool:
    left, equals, right = comparison.partition(" = ")
    return comparison.lower() == "true" or (bool(equals) and left == right and "SELECT" not in left)


RULES = (Rule(LPR_12, row_security, POSTGRES),)
