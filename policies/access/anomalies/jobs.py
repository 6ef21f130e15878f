"""LPR-19: each interface job has an account of its own, with bounds.

Its hosts are looked at together with those of other accounts (``reachable_from``).
"""

from __future__ import annotations

from hustings.access.rights import BIT
from policies.access.anomalies._context import Context, Found, Rule
from policies.access.rows import Anomaly, Holding

LPR_19 = "LPR-19"


def sessions(context: Context) -> Found:
    """More sessions at once than the model allows, or as many as anyone likes."""
    for login in context.judged:
        limits = [role.max_connections for role in context.roles(login) if role.max_connections is not None]
        if not limits:
            continue
        declared, limit = max(limits), context.principals[login].connection_limit
        if limit is None:
            yield Anomaly(LPR_19, None, login, f"has no limit of sessions; the model says {declared}")
        elif limit > declared:
            yield Anomaly(LPR_19, None, login, f"may have {limit} sessions at once; the model says {declared}")


def beyond_the_job(context: Context) -> Found:
    """Roles of the database that carry more than the job: others than those the model names for it, or, where it
    names none, roles with rights that the job is not given."""
    for login in context.ordinary:
        roles = context.roles(login)
        if not any(role.who == "job" for role in roles):
            continue
        named = {name for role in roles for name in role.database_roles}
        for membership in context.state.memberships:
            group = context.principals.get(membership.role)
            if membership.member != login or group is None or group.system or group.superuser:
                continue
            if named and membership.role not in named:
                yield Anomaly(LPR_19, None, login, f"is a member of {membership.role}, which is not of its job")
            elif not named and _carries_more(context, login, membership.role):
                yield Anomaly(LPR_19, None, login, f"is a member of {membership.role}, which may do more than its job")


def _carries_more(context: Context, login: str, role: str) -> bool:
    for place, holding in context.effective.held(role):
        if place in context.scope and not context.state.objects[place].trigger_function \
                and undeclared(context, login, place, holding):
            return True
    return False


def undeclared(context: Context, login: str, place: int, holding: Holding) -> list[str]:
    """The rights of a holding that the model does not give the account: ``DELETE``, ``UPDATE(status)``."""
    intent = context.intent(login, place)
    found = [right for right, bit in BIT.items() if holding.rights & bit and not intent.permits(bit)]
    for column, held in sorted(holding.columns.items()):
        found += [f"{right}({column})" for right, bit in BIT.items()
                  if held & bit and not holding.rights & bit and not intent.permits(bit, column)]
    return found


RULES = (Rule(LPR_19, sessions), Rule(LPR_19, beyond_the_job))
