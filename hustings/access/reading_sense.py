"""Faults of sense in a well-formed access model: each with its line and remedy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_network

from hustings.access.file import AccessFile
from hustings.access.model import CATALOGUE_ROW, AccessModel, Allow, Role
from hustings.access.notation import EVERYTHING
from hustings.access.reading_shape import nearest
from hustings.access.rights import MARIADB, MYSQL, POSTGRESQL
from hustings.errors import ConfigError
from hustings.yaml_source import Path, Source

ATTRIBUTES = ("replication", "bypassrls", "createrole", "createdb")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_TIMEOUT = re.compile(r"[0-9]+ ?(us|ms|s|min|h|d)?\Z")
_ADDRESS = re.compile(r"[0-9.]+(/[0-9.]*)?\Z|[0-9a-fA-F]*:[0-9a-fA-F:.]*(/[0-9]*)?\Z")
_COUNT = re.compile(r"[a-z_][a-z0-9_]*\Z")
_SHA256 = re.compile(r"[0-9a-fA-F]{64}\Z")

Found = tuple[Path, str, str]
"""Where, what, and the remedy."""


def faults_of_sense(written: AccessFile, model: AccessModel, source: Source) -> list[ConfigError]:
    """Everything that contradicts itself or that the engine cannot express."""
    found = [*_database(written), *_roles(written, model), *_accounts(written, source), *_pairs(written),
             *_windows(written), *_exceptions(written), *_counts(written)]
    return [ConfigError(what, where=source.where(path), remedy=remedy) for path, what, remedy in found]


def _database(written: AccessFile) -> Iterator[Found]:
    database = written.database
    if database.dsn_env and not _VARIABLE.match(database.dsn_env):
        yield (("database", "dsn_env"), "dsn_env is not the name of an environment variable",
               "write a name such as HUSTINGS_VR_DSN and put the connection string into that variable, never in here")
    if not database.scope:
        yield ("database",), "no schema is named: the model would speak for no object", "add schema: to database"
    for name in ("schema", "schemas"):
        if "" in getattr(database, name) and name == "schemas":
            yield ("database", name), "an empty name is not a schema", "write its name"
    for name, digest in written.reviewed_routines.items():
        if not _SHA256.match(digest):
            yield (("reviewed_routines", name), f"the digest of {name} is not a SHA-256",
                   "write the 64 hexadecimal digits that `hustings access diff` shows for it")


def _roles(written: AccessFile, model: AccessModel) -> Iterator[Found]:
    for role in model.roles:
        path: Path = ("roles", role.name)
        yield from _hosts(role, path)
        yield from _expressible(written, role, path)
        yield from _denied(role, path)
        if role.limits and role.limits.statement_timeout and not _TIMEOUT.match(role.limits.statement_timeout):
            yield ((*path, "limits", "statement_timeout"), f"{role.limits.statement_timeout!r} is not a length of time",
                   "write a number and its unit: 500ms, 2s, 5min")


def _hosts(role: Role, path: Path) -> Iterator[Found]:
    for place, host in enumerate(role.hosts):
        if not _ADDRESS.match(host):
            continue
        try:
            ip_network(host, strict=False)
        except ValueError:
            yield (*path, "hosts", place), f"{host!r} is not an address", "write one such as 10.20.4.11 or 10.20.9.0/24"


def _expressible(written: AccessFile, role: Role, path: Path) -> Iterator[Found]:
    """What the engine has no means for."""
    engine = written.database.engine
    if engine == POSTGRESQL:
        for place, name in enumerate(role.attributes):
            if name not in ATTRIBUTES:
                yield ((*path, "attributes", place), f"PostgreSQL has no attribute {name!r}",
                       nearest(name, ATTRIBUTES, "attribute", "attributes"))
    if engine in (MARIADB, MYSQL):
        for place, name in enumerate(role.attributes):
            if name in ATTRIBUTES:
                yield ((*path, "attributes", place), f"{engine} has no attribute {name!r}",
                       "write the engine's own right in small letters: replication slave, create user")
        for place, name in enumerate(role.member_of):
            if name.startswith("pg_"):
                yield (*path, "member_of", place), f"{engine} has no role {name!r}", "remove it"


def _denied(role: Role, path: Path) -> Iterator[Found]:
    """A right that is given by name and denied as well."""
    for deny in role.deny:
        for allow in role.allow:
            if allow.object == EVERYTHING or deny.kind != allow.kind or deny.object not in (allow.object, EVERYTHING):
                continue
            given = {*allow.rights, *allow.columns}
            for right in (*deny.rights, *deny.columns):
                if right not in given or _apart(allow, deny, right):
                    continue
                yield ((*path, "deny"), f"{role.name} is given {right} on {allow.object} in line {allow.line} and "
                       "denied it here", "keep one of them; to leave columns out, list those that are given")


def _apart(allow: Allow, deny: Allow, right: str) -> bool:
    """Whether both speak of columns, and not of the same ones."""
    return (right not in allow.rights and right not in deny.rights
            and not set(allow.columns[right]) & set(deny.columns[right]))


def _accounts(written: AccessFile, source: Source) -> Iterator[Found]:
    lines: dict[str, int] = {}
    for place, one in enumerate(written.accounts):
        path: Path = ("accounts", place)
        if one.login in lines:
            yield (path, f"the account {one.login!r} is in line {lines[one.login]} already",
                   "put all its roles on one line")
        lines.setdefault(one.login, source.line(path))
        for number, role in enumerate(one.roles):
            if role not in written.roles:
                yield ((*path, "roles", number), f"{one.login}: there is no role {role!r}",
                       nearest(role, written.roles, "role", "roles"))


def _pairs(written: AccessFile) -> Iterator[Found]:
    for place, (first, second) in enumerate(written.never_together):
        if first == second:
            yield ("never_together", place), f"{first!r} is paired with itself", "name two roles"


def _windows(written: AccessFile) -> Iterator[Found]:
    logins = [one.login for one in written.accounts]
    for place, one in enumerate(written.windows):
        path: Path = ("windows", place)
        if one.login not in logins:
            yield ((*path, "login"), f"there is no account {one.login!r}",
                   nearest(one.login, logins, "window", "accounts"))
        for key in ("opens", "closes"):
            if getattr(one, key).tzinfo is None:
                yield (*path, key), f"{key} does not say in which time zone", "end it with Z, or with -05:00"
        if (one.opens.tzinfo is None) == (one.closes.tzinfo is None) and one.closes <= one.opens:
            yield (*path, "closes"), f"the window of {one.login} closes before it opens", "correct one of the times"


def _exceptions(written: AccessFile) -> Iterator[Found]:
    for place, one in enumerate(written.exceptions):
        if not re.match(CATALOGUE_ROW, one.check):
            yield (("exceptions", place, "check"), f"{one.check!r} is not a row of the catalogue",
                   "write one such as LPR-12")


def _counts(written: AccessFile) -> Iterator[Found]:
    for name, one in written.counts.items():
        path: Path = ("counts", name)
        if not _COUNT.match(name):
            yield path, f"{name!r} cannot be part of a function's name", "use small letters, digits and _"
        sql = one.sql.strip().rstrip(";").strip()
        if ";" in sql or not re.match(r"(select|with)\b", sql, re.IGNORECASE):
            yield (*path, "sql"), "not one SELECT", "write one statement that gives one number: select count(*) from …"
