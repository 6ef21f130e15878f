"""LPR-09: routines that run with their owner's rights.

Source: PostgreSQL, "Writing SECURITY DEFINER Functions Safely": fix the search path, and revoke EXECUTE from PUBLIC.
"""

from __future__ import annotations

from hustings.access.rights import BIT
from hustings.access.state import PUBLIC, Object
from policies.access.anomalies._context import HUSTINGS, POSTGRES, PUBLIC_NAME, Context, Found, Rule
from policies.access.rows import Anomaly, Unread

LPR_09 = "LPR-09"


def definers(context: Context) -> Found:
    """Definer routines, of any schema, whose search path is the caller's or which everyone may call."""
    for one in _definers(context):
        if one.pinned is None:
            yield Unread(LPR_09, f"whether {one.label} has a fixed search path")
        elif not one.pinned:
            yield Anomaly(LPR_09, one.label, None, "runs with its owner's rights and the caller's search_path")
        entries = context.state.acls[one.acl] if one.acl >= 0 else ()
        if not one.trigger_function and any(entry.grantee == PUBLIC and entry.rights & BIT["EXECUTE"]
                                            for entry in entries):
            yield Anomaly(LPR_09, one.label, PUBLIC_NAME, "runs with its owner's rights and every account may call it")


def reviewed(context: Context) -> Found:
    """Definer routines of the model's schemas whose body is not the one that was read through."""
    bodies = {place: digest for name, digest in context.model.reviewed_routines.items()
              for place in context.scope.places(name, "routine")}
    if not context.model.reviewed_routines:
        return
    for place, one in enumerate(context.state.objects):
        if not _is_definer(one) or one.schema == HUSTINGS or one.schema not in context.scope.schemas:
            continue
        expected = bodies.get(place)
        if expected is None:
            yield Anomaly(LPR_09, one.label, None, "runs with its owner's rights and is no reviewed routine")
        elif not one.body:
            yield Unread(LPR_09, f"the body of {one.label}")
        elif expected.lower() != one.body:
            yield Anomaly(LPR_09, one.label, None, "its body is not the one that was reviewed")


def _definers(context: Context) -> list[Object]:
    return [one for one in context.state.objects if _is_definer(one)]


def _is_definer(one: Object) -> bool:
    return one.kind == "routine" and bool(one.definer) and not one.extension


RULES = (Rule(LPR_09, definers, POSTGRES), Rule(LPR_09, reviewed))
