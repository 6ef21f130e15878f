"""LPR-02, LPR-10 and LPR-11 in MariaDB and MySQL: accounts above the rights on objects.

Source: MariaDB's manual, "GRANT", "Global Privileges" (MySQL's, "Privileges Provided by MySQL"): SUPER goes around
most checks, FILE reads and writes files of the server, CREATE USER makes and changes accounts, REPLICATION SLAVE
receives every change of every table, PROCESS shows the statements of others with what is in them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hustings.access.rights import mask, names
from hustings.access.state import PUBLIC
from policies.access.anomalies._context import MARIA, PUBLIC_NAME, Context, Found, Rule
from policies.access.anomalies.superusers import BREAK_GLASS
from policies.access.difference_scope import CATALOG
from policies.access.mariadb_patterns import fits
from policies.access.rows import Anomaly, Unread

LPR_02, LPR_10, LPR_11 = "LPR-02", "LPR-10", "LPR-11"
FILE = "file"
BEYOND = {
    "create user", "set user", "replication slave", "replication slave admin", "replication master admin",
    "binlog admin", "binlog replay", "federated admin", "connection admin", "read_only admin", "process", "reload",
    "shutdown", "create tablespace", "system user", "role admin", "set user id", "set any definer",
    "allow nonexistent definer", "system variables admin", "persist ro variables admin", "binlog encryption admin",
    "encryption key admin", "group replication admin", "replication applier", "audit admin", "clone admin",
    "service connection admin", "session variables admin", "table encryption admin", "firewall admin", "backup admin",
}
"""Rights on everything that go around those on objects."""
MEANT = {
    "replication": {"replication slave", "replication slave admin", "replication master admin", "binlog monitor",
                    "replication applier", "slave monitor"},
    "createrole": {"create user", "role admin"},
}
"""What the model's words for attributes mean here."""
FOR_A_COPY = frozenset({"reload", "process", "backup admin", "binlog monitor", "replication slave"})
"""What taking a copy needs: mariadb-backup's and mysqldump's manuals."""
CONTENT = mask("SELECT", "INSERT", "UPDATE", "DELETE")
CHANGES = mask("INSERT", "UPDATE", "DELETE", "DROP", "ALTER")
GRANT_TABLES = "mysql"
"""The schema of the grant tables: who changes them holds everything."""
_SHOWING = frozenset({GRANT_TABLES, f"{GRANT_TABLES}.global_priv", f"{GRANT_TABLES}.user"})
"""Where what is stored of passwords is read."""
SELECT = mask("SELECT")


def superusers(context: Context) -> Found:
    """Accounts with SUPER (or with every right and the option to pass it on), themselves or by a role."""
    above = {one.name for one in context.state.principals if one.superuser}
    for account in context.judged:
        principal = context.principals[account]
        if principal.superuser:
            if not principal.bootstrap:
                yield Anomaly(LPR_02, None, account, "can sign in and is superuser (SUPER, or every right with the "
                                                     "option to pass it on)")
            continue
        if any(role.superuser == BREAK_GLASS for role in context.roles(account)):
            continue
        if become := sorted(above & context.reach(account)):
            yield Anomaly(LPR_02, None, account, f"may become {', '.join(become)}, which is superuser")


def to_the_system(context: Context) -> Found:
    """Accounts that read and write files on the server."""
    place = context.state.settings.get("secure_file_priv", "")
    where = f"within {place}" if place else "anywhere (secure_file_priv is empty)"
    for account in context.ordinary:
        for _, words in _held(context, account, {FILE}):
            yield Anomaly(LPR_10, None, account, f"holds FILE{words}: reads and writes files of the server {where}")


def attributes(context: Context) -> Found:
    """Rights on everything that no role of the account allows."""
    for account in context.ordinary:
        allowed = _allowed(context, account)
        for right, words in _held(context, account, BEYOND - allowed):
            yield Anomaly(LPR_11, None, account, f"holds {right.upper()} on everything{words}")


def proxies(context: Context) -> Found:
    """Accounts that may act as others (PROXY)."""
    missing = context.missing("principals.proxies")
    if missing is not None:
        yield Unread(LPR_11, f"who may act as whom (PROXY): {missing}")
        return
    for account in context.ordinary:
        for attribute in context.principals[account].attributes:
            if attribute.startswith("proxy ") and attribute not in _allowed(context, account):
                yield Anomaly(LPR_11, None, account, f"may act as {attribute.removeprefix('proxy ')} (PROXY)")


def everything(context: Context) -> Found:
    """Accounts that read or change every table of the server, the grant tables among them."""
    for account in context.ordinary:
        copies = _copies(context, account)
        for name, way in _ways(context, account):
            rights = _on_everything(context, name) & CONTENT & ~(SELECT if copies else 0)
            if rights:
                yield Anomaly(LPR_11, None, account, f"holds {', '.join(names(rights))} on every table of the server"
                                                     f"{way}")
            elif changes := [(held & CHANGES, on) for on, held in _on_grant_tables(context, name) if held & CHANGES]:
                which = "; ".join(f"{', '.join(names(held))} on {on}" for held, on in changes)
                yield Anomaly(LPR_11, None, account, f"may change the grant tables ({which}){way}")
            elif not copies and not _may_look(context, account) and (
                    shown := [on for on, held in _on_grant_tables(context, name) if held & SELECT and on in _SHOWING]):
                yield Anomaly(LPR_11, None, account, f"may read what is stored of passwords (SELECT on "
                                                     f"{', '.join(shown)}){way}")


def _copies(context: Context, account: str) -> bool:
    return any("backup" in one.rights for role in context.roles(account) for one in role.allow)


def _may_look(context: Context, account: str) -> bool:
    """Whether it is there to read the catalogue."""
    return context.is_auditor(account) or any(one.object == CATALOG for role in context.roles(account)
                                              for one in role.allow)


def _allowed(context: Context, account: str) -> set[str]:
    allowed: set[str] = set()
    for role in context.roles(account):
        for word in (*role.attributes, *role.member_of):
            allowed |= {word.lower().replace("_", " ")} | MEANT.get(word, set())
        if any("backup" in one.rights for one in role.allow):
            allowed |= FOR_A_COPY
    return allowed


def _ways(context: Context, account: str) -> Iterator[tuple[str, str]]:
    """The account, everyone, and every role within its reach, each with the words that say so."""
    yield account, ""
    yield PUBLIC, f" through {PUBLIC_NAME}"
    inherited = context.effective.inherits(account)
    for role in sorted(context.reach(account)):
        yield role, f" through {role}" if role in inherited else f" as {role}, which it may become"


def _held(context: Context, account: str, wanted: set[str]) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for name, way in _ways(context, account):
        principal = context.principals.get(name)
        if principal is None or principal.superuser:
            continue
        for right in sorted(wanted.intersection(principal.attributes) - seen):
            seen.add(right)
            yield right, way


def _on_everything(context: Context, name: str) -> int:
    return _line(context, name, lambda pattern: pattern == "*")


def _on_grant_tables(context: Context, name: str) -> Iterator[tuple[str, int]]:
    """Its rights on the schema, and on tables of it."""
    yield GRANT_TABLES, _line(context, name, lambda pattern: pattern != "*" and fits(pattern, GRANT_TABLES))
    for table, entries in context.state.engine_tables.items():
        held = 0
        for entry in entries:
            held |= entry.rights if entry.grantee == name else 0
        yield f"{GRANT_TABLES}.{table}", held


def _line(context: Context, name: str, wanted: Callable[[str], bool]) -> int:
    rights = 0
    for pattern, entries in context.state.patterns:
        if wanted(pattern):
            rights |= sum(entry.rights for entry in entries if entry.grantee == name)
    return rights


RULES = (Rule(LPR_02, superusers, MARIA), Rule(LPR_10, to_the_system, MARIA), Rule(LPR_11, attributes, MARIA),
         Rule(LPR_11, everything, MARIA), Rule(LPR_11, proxies, MARIA))
