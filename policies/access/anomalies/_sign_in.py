"""What a line of pg_hba.conf means: for whom, from where, how.

Source: PostgreSQL, "The pg_hba.conf File". The first line that matches by type, database, user and address decides.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from hustings.access.state import SignInRule

Network = IPv4Network | IPv6Network
ENCRYPTED = ("hostssl", "hostgssenc")
WEAK = ("trust", "password", "md5", "ident")
REJECT = "reject"
EVERYWHERE: tuple[Network, ...] = (ip_network("0.0.0.0/0"), ip_network("::/0"))


def is_broken(rule: SignInRule) -> bool:
    """Whether the server could make nothing of the line. One that it understands and that cannot match for now
    (``hostssl`` while ssl is off) is judged as what it will do."""
    return bool(rule.error) and not rule.method


def is_remote(rule: SignInRule) -> bool:
    """Whether the line lets other machines in."""
    return not is_broken(rule) and rule.type != "local" and not _is_loopback(rule.address)


def is_open(rule: SignInRule) -> bool:
    """Whether it is for every address, or for every machine of this server's own networks."""
    return rule.address in ("all", "samenet") or rule.netmask in ("0.0.0.0", "::")  # noqa: S104


def networks(rule: SignInRule) -> tuple[Network, ...] | None:
    """The addresses of the line; None where it names a host or ``samenet``."""
    if rule.address == "all":
        return EVERYWHERE
    try:
        return (ip_network(f"{rule.address}/{_prefix(rule.netmask)}", strict=False),)
    except ValueError:
        return None


def is_for(rule: SignInRule, account: str, roles: frozenset[str], database: str) -> bool:
    """Whether the line is for this account (a member of ``roles``) in this database."""
    return any(_names(one, database, account, roles) for one in rule.databases) \
        and any(_is_user(one, account, roles) for one in rule.users)


def _names(written: str, database: str, account: str, roles: frozenset[str]) -> bool:
    if written == "sameuser":
        return database == account
    if written in ("samerole", "samegroup"):
        return database == account or database in roles
    return written in ("all", database) or _matches(written, database)


def _is_user(written: str, account: str, roles: frozenset[str]) -> bool:
    if written.startswith("+"):
        return written[1:] == account or written[1:] in roles
    return written in ("all", account) or _matches(written, account)


def _matches(written: str, name: str) -> bool:
    """PostgreSQL 16 and later: a name that starts with a slash is a regular expression. One that cannot be tried
    counts as a match: a line is rather looked at in vain than overlooked."""
    if not written.startswith("/"):
        return False
    try:
        return re.search(written[1:], name) is not None
    except re.error:
        return True


def _prefix(netmask: str | None) -> int:
    if netmask is None:
        raise ValueError("no mask")
    return int(ip_address(netmask)).bit_count()


def _is_loopback(address: str | None) -> bool:
    if address in ("localhost", "samehost"):
        return address == "localhost"
    try:
        return ip_address(address or "").is_loopback
    except ValueError:
        return False
