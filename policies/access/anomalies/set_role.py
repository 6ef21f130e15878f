"""LPR-01: rights within reach of SET ROLE that the model does not give, and parts of the database that were not read.

Source: PostgreSQL, SET ROLE. Roles of the engine and superusers are said by LPR-02, LPR-10 and LPR-11. What an
account holds without SET ROLE is in the rows of the difference.
"""

from __future__ import annotations

from hustings.access.model import ObjectModel
from policies.access.anomalies._context import Context, Found, Rule
from policies.access.anomalies.jobs import undeclared
from policies.access.anomalies.voter_data import guarded_of
from policies.access.rows import Anomaly, Holding, Unread

LPR_01 = "LPR-01"
_OF_RIGHTS = ("principals", "memberships", "objects", "acls", "patterns", "defaults", "database_owner",
              "mandatory_roles")
"""Parts of a state without which effective rights are not whole."""
_OF_OTHERS = ("principals.password", "principals.tls", "objects.policies")
"""Parts of those that say nothing about rights, and are asked for by other rules."""


def within_reach(context: Context) -> Found:
    """Roles that an account may become and whose rights the model does not give it."""
    for login in context.ordinary:
        if context.is_auditor(login):
            continue
        inherited = context.effective.inherits(login)
        for role in sorted(context.effective.may_become(login) - inherited):
            group = context.principals.get(role)
            if group is None or group.system or group.superuser:
                continue
            found = []
            for place, holding in context.effective.held(role):
                if place in context.scope and not context.state.objects[place].trigger_function:
                    name = context.state.objects[place].label
                    beyond = _beyond(holding, context.effective.holding(login, place))
                    found += [f"{right} on {name}" for right in undeclared(context, login, place, beyond)]
            if found:
                more = f" and {len(found) - 3} more" if len(found) > 3 else ""
                yield Anomaly(LPR_01, None, login, f"may SET ROLE {role}: {', '.join(found[:3])}{more}")


def _beyond(theirs: Holding, mine: Holding) -> Holding:
    """What the role has and the account has not already."""
    return Holding(theirs.rights & ~mine.rights, {column: held & ~mine.rights & ~mine.columns.get(column, 0)
                                                  for column, held in theirs.columns.items()})


def unread(context: Context) -> Found:
    """Parts of the rights that were not read, and classed objects that the database does not have."""
    for part, missing in sorted(context.state.missing.items()):
        if part.split(".")[0] in _OF_RIGHTS and part not in _OF_OTHERS:
            yield Unread(LPR_01, f"{part}: {missing}")
    for model in context.model.objects:
        if _matters(model) and not context.scope.places(model.name, model.kind):
            yield Unread(LPR_01, f"{model.name} is in the model but not in the database")


def _matters(model: ObjectModel) -> bool:
    return model.sensitivity in ("restricted", "evidence") or bool(guarded_of(model))


RULES = (Rule(LPR_01, within_reach), Rule(LPR_01, unread))
