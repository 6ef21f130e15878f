"""LPR-04: what every account holds, because PUBLIC does.

Source: PostgreSQL's chapter "Privileges": a grant to PUBLIC is to every role, also those made later, and EXECUTE
of a new function is PUBLIC's until it is revoked. Functions that run with their owner's rights are LPR-09's; those
that only a trigger can call are nobody's to call.
"""

from __future__ import annotations

from hustings.access.rights import BIT, names
from hustings.access.state import PUBLIC, Object, State
from policies.access.anomalies._context import POSTGRES, PUBLIC_NAME, Context, Found, Rule
from policies.access.rows import Anomaly

LPR_04 = "LPR-04"


def on_objects(context: Context) -> Found:
    """Rights of PUBLIC on the model's objects; CREATE on any schema."""
    state = context.state
    for place, one in enumerate(state.objects):
        if one.kind == "schema":
            held = _public(state, one.acl) & BIT["CREATE"]
        elif place not in context.scope or (one.kind == "routine" and (one.definer or one.trigger_function)):
            continue
        else:
            held = _public(state, one.acl)
        words = [*names(held), *_on_columns(state, one)]
        if words:
            yield Anomaly(LPR_04, one.label, PUBLIC_NAME, f"every account holds {', '.join(words)}")


def on_objects_to_come(context: Context) -> Found:
    """Default rights that will be PUBLIC's. EXECUTE of an owner's functions everywhere is the engine's own default,
    which is judged on each function."""
    for owner, schema, kind, entries in context.state.defaults:
        if schema and schema not in context.scope.schemas:
            continue
        held = 0
        for entry in entries:
            held |= entry.rights if entry.grantee == PUBLIC else 0
        if kind == "routine" and not schema:
            held &= ~BIT["EXECUTE"]
        if held:
            yield Anomaly(LPR_04, schema or None, PUBLIC_NAME,
                          f"every account will hold {', '.join(names(held))} on each {kind} that {owner} makes")


def _public(state: State, acl: int) -> int:
    held = 0
    for entry in state.acls[acl] if acl >= 0 else ():
        held |= entry.rights if entry.grantee == PUBLIC else 0
    return held


def _on_columns(state: State, one: Object) -> list[str]:
    return [f"{right}({column})" for column, acl in sorted(one.column_acls.items())
            for right in names(_public(state, acl))]


RULES = (Rule(LPR_04, on_objects, POSTGRES), Rule(LPR_04, on_objects_to_come, POSTGRES))
