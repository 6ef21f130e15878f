"""LPR-08 and LPR-09 in MariaDB and MySQL: views and routines that run with somebody's rights.

Source: MariaDB's manual, "Stored Routine Privileges" and "CREATE VIEW" (SQL SECURITY DEFINER). Nobody owns a table
here; what there is of ownership is the definer, whose account should be one that nobody signs in as.
"""

from __future__ import annotations

from hustings.access.rights import BIT
from hustings.access.state import PUBLIC, Object
from policies.access.anomalies._context import HUSTINGS, MARIA, PUBLIC_NAME, Context, Found, Rule
from policies.access.mariadb_patterns import fits
from policies.access.rows import Anomaly

LPR_08, LPR_09 = "LPR-08", "LPR-09"
_EXECUTE = BIT["EXECUTE"]


def definers(context: Context) -> Found:
    """Views and routines of the model whose definer can sign in, or is no account at all: whoever makes one of that
    name gets what they give."""
    for one in _lifted(context):
        definer = context.principals.get(one.owner)
        if definer is None:
            yield Anomaly(LPR_08, one.label, one.owner, f"is the definer of this {one.kind} and no account")
        elif context.open(one.owner) and not definer.bootstrap:
            yield Anomaly(LPR_08, one.label, one.owner, f"is the definer of this {one.kind} and can sign in")


def callable_by_all(context: Context) -> Found:
    """Definer routines that every account may call."""
    for one in _lifted(context):
        if one.kind == "routine" and one.schema != HUSTINGS and _public_calls(context, one):
            yield Anomaly(LPR_09, one.label, PUBLIC_NAME,
                          "runs with its definer's rights and every account may call it")


def _lifted(context: Context) -> list[Object]:
    return [one for one in (context.state.objects[place] for place in context.scope.order)
            if one.definer and one.kind in ("view", "routine")]


def _public_calls(context: Context, one: Object) -> bool:
    own = context.state.acls[one.acl] if one.acl >= 0 else ()
    wider = (entry for pattern, entries in context.state.patterns if pattern == "*" or fits(pattern, one.schema)
             for entry in entries)
    return any(entry.grantee == PUBLIC and entry.rights & _EXECUTE for entry in (*own, *wider))


RULES = (Rule(LPR_08, definers, MARIA), Rule(LPR_09, callable_by_all, MARIA))
