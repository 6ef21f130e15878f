"""When an account last used a right, as the logs tell."""

from __future__ import annotations

import re

from hustings.access.rights import POSTGRESQL
from hustings.access.usage import Usage

_ADDRESSES = re.compile(r"[0-9.%_/]+|[0-9A-Fa-f:.%_/]*:[0-9A-Fa-f:.%_/]*")
_RECORDED_AS = {
    "SELECT": "read", "INSERT": "write", "UPDATE": "write", "DELETE": "write", "TRUNCATE": "write",
    "EXECUTE": "function",
}
"""The kind of statement (``Usage.covers``) that uses a right; of all others it is ``ddl``."""


def speaks_of(usage: Usage | None, account: str, right: str) -> bool:
    """Whether the logs would show a use of this right by this account: they are whole, cover its kind, and hold no
    statement of the account that was not understood."""
    if usage is None or usage.window is None or usage.too_damaged:
        return False
    kinds = {"all", _RECORDED_AS.get(right, "ddl")}
    return bool(kinds & set(usage.covers)) \
        and not any(may_be(account, name) for one in usage.shapes if not one.understood for name in one.accounts)


def may_be(account: str, logged: str) -> bool:
    """Whether a name in the logs, of MariaDB and MySQL with the host that it came from, may be this account."""
    if account == logged:
        return True
    (user, at, pattern), (known, _, host) = account.rpartition("@"), logged.rpartition("@")
    return bool(at) and user == known and may_admit(pattern, host)


class LastUses:
    """The last use of each right. Without logs, nothing is known of any."""

    def __init__(self, usage: Usage | None, engine: str) -> None:
        self._last: dict[tuple[str, str, str], dict[str | None, str]] = {}
        self._by_user: dict[str, list[str]] = {}
        self._postgresql = engine == POSTGRESQL
        self._names: dict[str, tuple[str, ...]] = {}
        for use in usage.uses if usage is not None else ():
            of_right = self._last.setdefault((use.account, use.object, use.right), {})
            of_right[use.column] = max(of_right.get(use.column, ""), use.last)
        for account in {key[0] for key in self._last}:
            self._by_user.setdefault(account.rpartition("@")[0], []).append(account)

    def last(self, account: str, name: str, column: str | None, right: str) -> str | None:
        """ISO 8601, or None: not used in the logs, or no logs.

        A right on the whole object is used by a use of any of its columns; a right on a column by a use of it, or
        of the object without saying which column.
        """
        if not self._last:
            return None
        found = ""
        for known in self._names_of(account):
            of_right = self._last.get((known, name, right), {})
            for used, last in of_right.items():
                if column is None or used is None or used == column:
                    found = max(found, last)
        return found or None

    def _names_of(self, account: str) -> tuple[str, ...]:
        if self._postgresql:
            return (account,)
        if account not in self._names:
            user, _, host = account.rpartition("@")
            self._names[account] = tuple(name for name in self._by_user.get(user, ())
                                         if may_admit(host, name.rpartition("@")[2]))
        return self._names[account]


def host_matches(pattern: str, host: str) -> bool:
    """Whether the host part of a MariaDB or MySQL account (``%`` any text, ``_`` one character) admits a host.

    A pattern with a netmask admits what lies in its network.
    """
    if pattern == host:
        return True
    if "/" in pattern:
        return _in_network(pattern, host)
    return _like(pattern.lower(), host.lower())


def may_admit(pattern: str, logged: str) -> bool:
    """Whether who came from a host as a log has it may have come as an account with this pattern of hosts.

    A server that looks names up logs a client's name, whichever account let it in by its address (MariaDB's manual,
    "CREATE USER", "Host Name Component"): of a pattern of addresses, a name in the log says nothing.
    """
    return host_matches(pattern, logged) or (bool(_ADDRESSES.fullmatch(pattern)) and not _is_address(logged))


def _is_address(host: str) -> bool:
    from ipaddress import ip_address

    try:
        return bool(ip_address(host))
    except ValueError:
        return False


def _in_network(pattern: str, host: str) -> bool:
    from ipaddress import ip_address, ip_network

    try:
        return ip_address(host) in ip_network(pattern, strict=False)
    except ValueError:
        return False


def _like(pattern: str, text: str) -> bool:
    """SQL's LIKE without escapes; looks at each pair of places once."""
    reached = {0}
    for sign in pattern:
        if sign == "%":
            reached = set(range(min(reached), len(text) + 1)) if reached else set()
        else:
            reached = {place + 1 for place in reached
                       if place < len(text) and (sign == "_" or text[place] == sign)}
    return len(text) in reached
