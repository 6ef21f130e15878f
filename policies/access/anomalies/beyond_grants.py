"""LPR-10 and LPR-11: ways around the rights on objects.

Source: PostgreSQL, "Predefined Roles" and "Role Attributes"; CREATE LANGUAGE: an untrusted language does what the
server's own account may do.
"""

from __future__ import annotations

from policies.access.anomalies._context import POSTGRES, Context, Found, Rule
from policies.access.rows import Anomaly, Unread

LPR_10, LPR_11 = "LPR-10", "LPR-11"
TO_THE_SYSTEM = ("pg_execute_server_program", "pg_read_server_files", "pg_write_server_files")
ALL_DATA = ("pg_read_all_data", "pg_write_all_data")
BACKUP_MAY = frozenset({"replication", "pg_read_all_data"})


def to_the_system(context: Context) -> Found:
    """Accounts that may run programs or touch files on the server, and languages that confine nothing."""
    yield from _members(context, LPR_10, TO_THE_SYSTEM)
    missing = context.missing("untrusted_languages")
    if missing is not None:
        yield Unread(LPR_10, f"untrusted languages: {missing}")
    for language in context.state.untrusted_languages:
        yield Anomaly(LPR_10, None, None, f"the untrusted language {language} is installed")


def all_data(context: Context) -> Found:
    """Accounts that may read or write every table by a role of the engine."""
    yield from _members(context, LPR_11, ALL_DATA)


def attributes(context: Context) -> Found:
    """Attributes that no role of the account allows, its own and those of roles it may become."""
    for account in context.ordinary:
        allowed = allowed_beyond(context, account)
        own = set(context.principals[account].attributes)
        for attribute in sorted(own - allowed):
            yield Anomaly(LPR_11, None, account, f"has the attribute {attribute}")
        for role in sorted(context.effective.may_become(account)):
            principal = context.principals.get(role)
            if principal is None or principal.superuser:
                continue
            for attribute in sorted(set(principal.attributes) - allowed - own):
                yield Anomaly(LPR_11, None, account, f"may become {role}, which has the attribute {attribute}")


def allowed_beyond(context: Context, account: str) -> frozenset[str]:
    """Attributes and roles of the engine that the model allows this account."""
    allowed: set[str] = set()
    for role in context.roles(account):
        allowed.update(role.attributes, role.member_of)
        if any("backup" in one.rights for one in role.allow):
            allowed |= BACKUP_MAY
    return frozenset(allowed)


def _members(context: Context, catalogue: str, roles: tuple[str, ...]) -> Found:
    """Accounts that have or may become one of the roles; and roles in it that no account is in, which would give it
    to the next one."""
    reached = {role for account in context.judged for role in context.reach(account)}
    for membership in context.state.memberships:
        member = context.principals.get(membership.member)
        if membership.role in roles and member is not None and not (member.login or member.system or member.superuser) \
                and member.name not in reached:
            yield Anomaly(catalogue, None, member.name, f"is a member of {membership.role}; nobody is in it today")
    for account in context.ordinary:
        allowed = allowed_beyond(context, account)
        direct = {one.role for one in context.state.memberships if one.member == account}
        for role in roles:
            if role in context.reach(account) and role not in allowed:
                through = "" if role in direct else " through another role"
                yield Anomaly(catalogue, None, account, f"is a member of {role}{through}")


RULES = (Rule(LPR_10, to_the_system, POSTGRES), Rule(LPR_11, all_data, POSTGRES), Rule(LPR_11, attributes, POSTGRES))
