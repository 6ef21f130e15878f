"""LPR-08: tables of the model whose owner can sign in.

Source: PostgreSQL, "Privileges": the owner of an object may do anything to it, and so may the members of the
owning role.
"""

from __future__ import annotations

from policies.access.anomalies._context import POSTGRES, Context, Found, Rule
from policies.access.rows import Anomaly

LPR_08 = "LPR-08"
DATABASE_OWNER = "pg_database_owner"
"""The engine's role whose one member is the owner of the database."""
_KINDS = frozenset({"table", "view", "schema"})


def owners(context: Context) -> Found:
    """Owners of tables, views and schemas of the model that can sign in, and accounts that are members of owners."""
    members: dict[str, list[str]] = {}
    for account in context.ordinary:
        for role in context.reach(account):
            members.setdefault(role, []).append(account)
    for place in context.scope.order:
        one = context.state.objects[place]
        if one.kind not in _KINDS or not one.owner:
            continue
        owner = context.principals.get(one.owner)
        if owner is not None and owner.login and not (one.kind == "schema" and owner.bootstrap):
            yield Anomaly(LPR_08, one.label, one.owner, f"owns this {one.kind} and can sign in")
        if one.owner == context.model.owner_role and context.model.owner_members:
            continue
        for account in members.get(one.owner, ()):
            yield Anomaly(LPR_08, one.label, account, f"is a member of {one.owner}, which owns this {one.kind}")


RULES = (Rule(LPR_08, owners, POSTGRES),)
