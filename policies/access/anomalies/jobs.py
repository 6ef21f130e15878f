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
    """Roles of the database that are not the job's: others than those the model names for it, or, where it names
    none, roles that give the account rights the model does not and nothing that it does."""
    for login in context.ordinary:
        roles = context.roles(login)
        if not any(role.who == "job" for role in roles):
            continue
        named = {name for role in roles for name in role.database_roles}
        groups = [one.role for one in context.state.memberships if one.member == login
                  and (group := context.principals.get(one.role)) is not None and not (group.system or group.superuser)]
        given = {} if named or not groups else _given(context, login)
        for group_name in sorted(groups):
            if named and group_name not in named:
                yield Anomaly(LPR_19, None, login, f"is a member of {group_name}, which is not of its job")
            elif given.get(group_name) == {False}:
                yield Anomaly(LPR_19, None, login, f"is a member of {group_name}, which is of another job")


def _given(context: Context, login: str) -> dict[str, set[bool]]:
    """Of each role that the account is in: whether the rights that come through it are the model's. USAGE of a schema
    says nothing either way."""
    given: dict[str, set[bool]] = {}
    for place, holding in context.effective.held(login):
        one = context.state.objects[place]
        if place not in context.scope or one.kind == "schema" or one.trigger_function:
            continue
        intent = context.intent(login, place)
        for column, held in [(None, holding.rights), *holding.columns.items()]:
            for right, bit in BIT.items():
                if held & bit:
                    for way in context.effective.sources(login, place, right, column):
                        given.setdefault(way[0] if way else "", set()).add(intent.permits(bit, column))
    return given


def undeclared(context: Context, login: str, place: int, holding: Holding) -> list[str]:
    """The rights of a holding that the model does not give the account: ``DELETE``, ``UPDATE(status)``."""
    intent = context.intent(login, place)
    found = [right for right, bit in BIT.items() if holding.rights & bit and not intent.permits(bit)]
    for column, held in sorted(holding.columns.items()):
        found += [f"{right}({column})" for right, bit in BIT.items()
                  if held & bit and not holding.rights & bit and not intent.permits(bit, column)]
    return found


RULES = (Rule(LPR_19, sessions), Rule(LPR_19, beyond_the_job))
