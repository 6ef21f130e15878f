"""LPR-12: rows kept apart by the database, for roles that say which rows they see.

Source: PostgreSQL, "Row Security Policies": policies bind everyone but the owner unless forced; permissive policies
are joined by OR, so that one ``true`` for an account opens the table to it.
"""

from __future__ import annotations

from hustings.access.rights import mask
from hustings.access.state import PUBLIC, Object
from policies.access.anomalies._context import POSTGRES, Context, Found, Rule
from policies.access.rows import Anomaly, Unread

LPR_12 = "LPR-12"
_SEES = mask("SELECT", "UPDATE", "DELETE")


def row_security(context: Context) -> Found:
    """Tables that a role with ``rows`` reads or changes, whose rows the database does not keep apart."""
    for place, accounts in _bound(context).items():
        one = context.state.objects[place]
        if one.row_security is None:
            yield Unread(LPR_12, f"row security of {one.label}")
            continue
        fault = _fault(one, _roles_of(context, accounts))
        if fault:
            yield Anomaly(LPR_12, one.label, None, fault)


def _bound(context: Context) -> dict[int, list[str]]:
    """Tables whose rows some role sees in part, and the accounts that have it. A right to insert alone sees none."""
    bound: dict[int, list[str]] = {}
    for role in context.model.roles:
        if not role.rows:
            continue
        accounts = [name for name in context.judged if role in context.roles(name)]
        for place, intent in context.declared.of_role(role).items():
            one = context.state.objects[place]
            if one.kind == "table" and _SEES & (intent.allowed | _any(intent.columns)) and _is_kept_apart(context, one):
                bound.setdefault(place, []).extend(accounts)
    return dict(sorted(bound.items()))


def _is_kept_apart(context: Context, one: Object) -> bool:
    """Tables that the model lists as restricted or internal, and any that was given policies; lists of counties and
    the like, which the model need not name, are the same for everyone."""
    model = context.model.object(one.label)
    return bool(one.policies or one.row_policies) or (
        model is not None and model.sensitivity in ("restricted", "internal"))


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
    for policy in permissive:
        if policy.command != "INSERT" and _everything(policy.using) and bound & set(policy.roles):
            return f"the policy {policy.name} lets every row through"
    if not one.row_policies and any(_everything(using) for using in one.policies):
        return "a policy lets every row through"
    return ""


def _everything(using: str | None) -> bool:
    return using is not None and using.strip().strip("()").strip().lower() == "true"


RULES = (Rule(LPR_12, row_security, POSTGRES),)
