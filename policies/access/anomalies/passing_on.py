"""LPR-07: rights that their holder may pass on.

Source: PostgreSQL, GRANT: WITH GRANT OPTION on objects, WITH ADMIN OPTION on roles. What an owner may pass on is
its ownership's (LPR-08); superusers are LPR-02's.
"""

from __future__ import annotations

from hustings.access.rights import names
from hustings.access.state import PUBLIC, Entry, State
from policies.access.anomalies._context import POSTGRES, PUBLIC_NAME, Context, Found, Rule
from policies.access.rows import Anomaly

LPR_07 = "LPR-07"


def grant_options(context: Context) -> Found:
    """Grantees, groups included, that may pass on a right on an object of the model."""
    state = context.state
    for place in context.scope.order:
        one = state.objects[place]
        words: dict[str, list[str]] = {}
        for entry in _entries(state, one.acl):
            words.setdefault(entry.grantee, []).extend(names(entry.grantable))
        for column, acl in sorted(one.column_acls.items()):
            for entry in _entries(state, acl):
                words.setdefault(entry.grantee, []).extend(f"{right}({column})" for right in names(entry.grantable))
        for grantee, rights in words.items():
            if rights and grantee != one.owner and not _apart(context, grantee):
                yield Anomaly(LPR_07, one.label, grantee or PUBLIC_NAME,
                              f"may pass on {', '.join(dict.fromkeys(rights))}")


def admin_options(context: Context) -> Found:
    """Accounts and groups that may give a role to others. On PostgreSQL 16 and later whoever makes a role gets this
    option from the server's own account; a superuser's is not counted."""
    for one in context.state.memberships:
        if one.admin and not _apart(context, one.member):
            yield Anomaly(LPR_07, None, one.member, f"may give the role {one.role} to others")


def _apart(context: Context, name: str) -> bool:
    principal = context.principals.get(name)
    return name != PUBLIC and principal is not None and (principal.superuser or principal.system)


def _entries(state: State, acl: int) -> tuple[Entry, ...]:
    return state.acls[acl] if acl >= 0 else ()


RULES = (Rule(LPR_07, grant_options, POSTGRES), Rule(LPR_07, admin_options, POSTGRES))
