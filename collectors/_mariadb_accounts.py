"""Accounts and roles of MariaDB and MySQL, from the rows that the server answers. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hustings.access.rights import BIT
from hustings.access.state import PUBLIC, Entry, Principal
from hustings.times import utc_text

GLOBAL = (
    "SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "RELOAD", "SHUTDOWN", "PROCESS", "FILE", "GRANT OPTION",
    "REFERENCES", "INDEX", "ALTER", "SHOW DATABASES", "SUPER", "CREATE TEMPORARY TABLES", "LOCK TABLES", "EXECUTE",
    "REPLICATION SLAVE", "BINLOG MONITOR", "CREATE VIEW", "SHOW VIEW", "CREATE ROUTINE", "ALTER ROUTINE",
    "CREATE USER", "EVENT", "TRIGGER", "CREATE TABLESPACE", "DELETE HISTORY", "SET USER", "FEDERATED ADMIN",
    "CONNECTION ADMIN", "READ_ONLY ADMIN", "REPLICATION SLAVE ADMIN", "REPLICATION MASTER ADMIN", "BINLOG ADMIN",
    "BINLOG REPLAY", "SLAVE MONITOR",
)
"""Rights on everything, in the order of their bits in ``mysql.global_priv`` (MariaDB 10.5 and later)."""
GRANT = 1 << GLOBAL.index("GRANT OPTION")
SUPER = 1 << GLOBAL.index("SUPER")
CONTENT = sum(1 << GLOBAL.index(name) for name in ("SELECT", "INSERT", "UPDATE", "DELETE"))
ALL = (1 << 64) - 1
"""What the account that a server is made with has: every right there is and will be."""
DATABASE = tuple(name for name in BIT if name in GLOBAL)
"""Rights on everything that are rights on objects too."""

TLS = {"0": "", "1": "ANY", "2": "X509", "3": "SPECIFIED"}
_PASSWORDS = frozenset({"mysql_native_password", "mysql_old_password", "ed25519", "caching_sha2_password",
                        "sha256_password", "parsec"})
"""Plugins whose stored text is a password: an empty one lets anybody in."""
_ENGINE_MADE = frozenset({"mariadb.sys", "mysql.sys", "mysql.session", "mysql.infoschema"})
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class Names:
    """How accounts and roles are called: ``user@host``, and roles by name."""

    roles: frozenset[tuple[str, str]]
    """(user, host) of those that are roles."""

    def of(self, user: str, host: str) -> str:
        if user == "PUBLIC" and not host:
            return PUBLIC
        if not host or ((user, host) in self.roles and host == "%"):
            return user
        return f"{user}@{host}"


@dataclass(frozen=True)
class Account:
    """A row of the server's accounts."""

    host: str
    user: str
    access: int
    role: bool
    default_role: str
    locked: bool
    sign_in: str
    alternatives: str
    tls: str
    connections: int
    changed: str
    lifetime: int


def accounts(rows: Iterable[tuple[Any, ...]]) -> list[Account]:
    """Rows of ``collectors._mariadb_sql.ACCOUNTS_…``."""
    found = []
    for row in rows:
        (host, user, access, role, default, locked, sign_in, others, tls, connections, changed,
         lifetime) = map(_text, row)
        found.append(Account(host, user, int(access or 0), role == "1", default, locked == "1", sign_in, others, tls,
                             int(connections or 0), changed, int(lifetime or -1)))
    return found


def is_public(account: Account) -> bool:
    """MariaDB 10.11 and later: the role that everyone has."""
    return account.role and account.user == "PUBLIC"


def principal(account: Account, names: Names, *, hostname: str, settings: dict[str, str],
              further: tuple[str, ...] = ()) -> Principal:
    """What the account is. ``further``: MySQL's dynamic rights in small letters, and ``proxy user@host`` for accounts
    that it may act as."""
    bits = [bit for bit, name in enumerate(GLOBAL) if account.access >> bit & 1 and name not in DATABASE]
    attributes = (*(GLOBAL[bit].lower() for bit in bits), *further)
    role = account.role or (account.user, account.host) in names.roles
    limit = account.connections or int(settings.get("max_user_connections", "0") or 0)
    every = bool(account.access & GRANT) and account.access & CONTENT == CONTENT
    return Principal(
        name=names.of(account.user, account.host),
        login=not role and not account.locked,
        superuser=bool(account.access & SUPER) or every or "system user" in further,
        bootstrap=bool(account.access & SUPER) and account.host in _HERE | {hostname}
        and (account.access == ALL or account.user == "root"),
        system=account.user in _ENGINE_MADE,
        attributes=attributes,
        connection_limit=limit if limit > 0 else None,
        valid_until=_valid_until(account, settings),
        locked=account.locked,
        password=None if role else password(account.sign_in, account.alternatives),
        tls=TLS.get(account.tls, "SPECIFIED"),
    )


def password(sign_in: str, alternatives: str) -> str:
    """The plugins that let somebody in, joined by commas; ``none`` for an empty password, ``invalid`` for nobody."""
    ways = alternatives.split(",") if alternatives else [sign_in]
    kinds = []
    for way in ways:
        plugin, _, stored = (sign_in if way == ":empty" else way).rpartition(":")
        plugin = plugin or "mysql_native_password"
        if stored == "empty" and plugin in _PASSWORDS:
            kinds.append("none")
        elif stored != "invalid":
            kinds.append(plugin)
    return ",".join(dict.fromkeys(kinds)) or "invalid"


def entry(name: str, access: int) -> Entry | None:
    """Rights on everything as a line of the list ``*``; None where there is none on objects."""
    rights = sum(BIT[right] for right in DATABASE if access >> GLOBAL.index(right) & 1)
    grantable = (rights or ALL & sum(BIT.values())) if access & GRANT else 0
    return Entry(name, rights, grantable) if rights or grantable else None


def _valid_until(account: Account, settings: dict[str, str]) -> str | None:
    lifetime = account.lifetime
    if lifetime < 0:
        lifetime = int(settings.get("default_password_lifetime", "0") or 0)
    if account.changed == "0":
        return utc_text(datetime(1970, 1, 1, tzinfo=UTC))
    if lifetime <= 0 or not account.changed:
        return None
    return utc_text(datetime.fromtimestamp(int(float(account.changed)), UTC) + timedelta(days=lifetime))


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value.decode() if isinstance(value, bytes) else str(value)
