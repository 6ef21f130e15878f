"""LPR-04 and LPR-07 in MariaDB and MySQL: what everyone holds, and what may be passed on.

Source: MariaDB's manual, "GRANT": rights of the role PUBLIC are everyone's (10.11 and later); GRANT OPTION passes on
all rights of its level. An account without a name lets anybody in.
"""

from __future__ import annotations

from collections.abc import Iterator

from hustings.access.rights import BIT, names
from hustings.access.state import PUBLIC, Entry
from policies.access.anomalies._context import MARIA, PUBLIC_NAME, Context, Found, Rule
from policies.access.mariadb_patterns import fits
from policies.access.rows import Anomaly

LPR_04, LPR_07 = "LPR-04", "LPR-07"
_SCHEMA = " in the whole schema"


def public(context: Context) -> Found:
    """Rights of PUBLIC on the model's schemas and objects; lines on schemas for no name in particular, which count for
    every account from that host."""
    for label, level, entry in _lines(context):
        if entry.grantee.rpartition("@")[:2] == ("", "@") and level == _SCHEMA and entry.rights:
            yield Anomaly(LPR_04, label, entry.grantee,
                          f"every account from there holds {', '.join(names(entry.rights))}")
        if entry.grantee == PUBLIC and entry.rights:
            yield Anomaly(LPR_04, label, PUBLIC_NAME, f"every account holds {', '.join(names(entry.rights))}")
    for label, column, entry in _on_columns(context):
        if entry.grantee == PUBLIC and entry.rights:
            words = ", ".join(f"{right}({column})" for right in names(entry.rights))
            yield Anomaly(LPR_04, label, PUBLIC_NAME, f"every account holds {words}")
    for one in context.state.memberships:
        if one.member == PUBLIC:
            yield Anomaly(LPR_04, None, PUBLIC_NAME, f"every account has the role {one.role}")


def nameless(context: Context) -> Found:
    """Accounts without a name that are open, and what a line for nobody in particular gives."""
    for account in context.judged:
        if not account.rpartition("@")[0] and context.open(account):
            yield Anomaly(LPR_04, None, account, "lets anybody in, under any name")


def grant_options(context: Context) -> Found:
    """Accounts and roles that may pass on rights on the model's objects."""
    for label, level, entry in _lines(context):
        if entry.grantable and not _apart(context, entry.grantee):
            yield Anomaly(LPR_07, label, entry.grantee or PUBLIC_NAME, f"may pass on {_words(entry)}{level}")


def admin_options(context: Context) -> Found:
    """Accounts and roles that may give a role to others. Whoever makes a role gets this option."""
    for one in context.state.memberships:
        if one.admin and not _apart(context, one.member):
            yield Anomaly(LPR_07, None, one.member or PUBLIC_NAME, f"may give the role {one.role} to others")


def _lines(context: Context) -> Iterator[tuple[str | None, str, Entry]]:
    """Lines on everything, on the model's schemas, and on objects in scope: object (None for everything), the level in
    words, the line. Of the patterns that mean several schemas, one line for each of the model's."""
    state = context.state
    for pattern, entries in state.patterns:
        for entry in entries:
            if pattern == "*":
                yield None, " on everything", entry
            else:
                for schema in sorted(context.scope.schemas):
                    if fits(pattern, schema):
                        yield schema, _SCHEMA, entry
    for place in context.scope.order:
        one = state.objects[place]
        for entry in state.acls[one.acl] if one.acl >= 0 else ():
            yield one.label, "", entry


def _on_columns(context: Context) -> Iterator[tuple[str, str, Entry]]:
    for place in context.scope.order:
        one = context.state.objects[place]
        for column, acl in sorted(one.column_acls.items()):
            for entry in context.state.acls[acl]:
                yield one.label, column, entry


def _words(entry: Entry) -> str:
    return ", ".join(names(entry.rights)) if entry.rights and entry.grantable != sum(BIT.values()) \
        else "any right that it holds"


def _apart(context: Context, name: str) -> bool:
    principal = context.principals.get(name)
    return name != PUBLIC and principal is not None and (principal.superuser or principal.system)


RULES = (Rule(LPR_04, public, MARIA), Rule(LPR_04, nameless, MARIA), Rule(LPR_07, grant_options, MARIA),
         Rule(LPR_07, admin_options, MARIA))
