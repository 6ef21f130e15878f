"""LPR-13, LPR-14, LPR-15, LPR-18 and IAM-14 in MariaDB and MySQL: who gets in, from where and how.

Source: MariaDB's manual, "Authentication Plugins" (mysql_native_password stores an unsalted SHA-1), "CREATE USER",
"Secure Connections Overview"; the catalogue's rows. An account whose host is this machine is reached by nobody else:
how it is let in is looked at only where it has no password at all. Of a server that listens to this machine alone the
same holds for every account, unless others there are kept better: then the weaker one stands out. The account that
the server was made with is the machine's own matter.
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from policies.access.anomalies._context import MARIA, Context, Found, Rule
from policies.access.anomalies.account_life import SEASONAL
from policies.access.anomalies.shared_accounts import DEFAULTS
from policies.access.mariadb_patterns import covers
from policies.access.rows import Anomaly, Unread

LPR_13, LPR_14, LPR_15, LPR_18, LPR_19, IAM_14 = "LPR-13", "LPR-14", "LPR-15", "LPR-18", "LPR-19", "IAM-14"
NO_PASSWORD = "none"
WEAK = {"mysql_native_password": "an unsalted SHA-1 of its password is stored (mysql_native_password)",
        "mysql_old_password": "its password is stored in the form of before 2004 (mysql_old_password)"}
_ALL_ADDRESSES = frozenset({"", "*", "0.0.0.0", "::", "none"})  # noqa: S104


def passwords(context: Context) -> Found:
    """Accounts that other machines may use with a weakly stored password, or with none; and those of this machine
    with none."""
    missing = context.missing("principals")
    if missing is not None:
        yield Unread(LPR_13, f"how passwords are stored: {missing}")
        return
    if context.state.settings.get("skip_grant_tables") == "ON":
        yield Anomaly(LPR_13, None, None, "the server looks at no rights at all (skip_grant_tables)")
    ways_of = {account: (context.principals[account].password or "").split(",") for account in _open(context)}
    asked = _listens_beyond(context) or any(is_remote(one) and not {NO_PASSWORD, "", *WEAK} & set(ways)
                                            for one, ways in ways_of.items())
    for account, ways in ways_of.items():
        if NO_PASSWORD in ways:
            yield Anomaly(LPR_13, None, account, "has an empty password")
        for way in ways:
            if way in WEAK and ((asked and is_remote(account)) or way == "mysql_old_password"):
                yield Anomaly(LPR_13, None, account, WEAK[way])


def default_accounts(context: Context) -> Found:
    """Accounts without a name or password, and those outside the model with a product's first name."""
    for account in _open(context):
        user = account.rpartition("@")[0]
        if not user:
            yield Anomaly(IAM_14, None, account, "has no name: anybody is let in as it")
        if NO_PASSWORD in (context.principals[account].password or "").split(","):
            yield Anomaly(IAM_14, None, account, "has an empty password")
        if context.account(account) is None and user.lower() in DEFAULTS:
            yield Anomaly(IAM_14, None, account, "has the name of a default account and is not in the model")


def listening(context: Context) -> Found:
    """A server that listens on every address, for accounts of every address or for none."""
    settings = context.state.settings
    missing = context.missing("settings.bind_address")
    if missing is not None or "bind_address" not in settings:
        yield Unread(LPR_14, f"bind_address: {missing or 'not read'}")
        return
    if settings.get("skip_networking") == "ON":
        return
    addresses = {one.strip().lower() for one in settings["bind_address"].split(",")}
    remote = [account for account in _open(context) if is_remote(account)]
    anywhere = [account for account in remote if account.endswith("@%")]
    if addresses & _ALL_ADDRESSES and (anywhere or not remote):
        whom = f"{len(anywhere)} accounts may come from anywhere" if anywhere else "no account from another machine"
        yield Anomaly(LPR_14, None, None, "the server listens on every address "
                                          f"(bind_address = {settings['bind_address'] or 'not set'}), and {whom}")


def declared_hosts(context: Context) -> Found:
    """Accounts with declared hosts that are let in from elsewhere; of a job, its account is not bounded either."""
    for account in _open(context):
        roles = context.roles(account)
        if not roles or not all(role.hosts for role in roles):
            continue
        hosts = [host for role in roles for host in role.hosts]
        own = account.rpartition("@")[2]
        if not is_remote(account) or any(_lies_in(own, host) for host in hosts):
            continue
        fault = f"may come from {own}, which is more than its declared hosts ({', '.join(hosts)})"
        yield Anomaly(LPR_14, None, account, fault)
        if any(role.who == "job" for role in roles):
            yield Anomaly(LPR_19, None, account, fault)


def encryption(context: Context) -> Found:
    """Accounts that other machines may use without TLS."""
    missing = context.missing("settings.require_secure_transport")
    if missing is not None:
        yield Unread(LPR_15, f"require_secure_transport: {missing}")
        return
    settings = context.state.settings
    if settings.get("require_secure_transport") == "ON" or settings.get("skip_networking") == "ON":
        return
    remote = [account for account in _open(context) if is_remote(account)]
    asked = _listens_beyond(context) or any(context.principals[one].tls for one in remote)
    for account in remote:
        asked_of = asked or any(role.tls for role in context.roles(account))
        if asked_of and not context.principals[account].tls:
            yield Anomaly(LPR_15, None, account, "may sign in from other machines without encryption (no REQUIRE SSL, "
                                                 "require_secure_transport is off)")


def ends(context: Context) -> Found:
    """Seasonal accounts: the engine keeps an end of passwords only."""
    for account in _open(context):
        if context.principals[account].valid_until is None \
                and any(role.expires == SEASONAL for role in context.roles(account)):
            yield Unread(LPR_18, f"{account} is seasonal and this engine keeps no end of accounts: give its password "
                                 "one (PASSWORD EXPIRE INTERVAL … DAY)")


def _listens_beyond(context: Context) -> bool:
    """Whether other machines reach the server at all; what is not known counts as yes."""
    settings = context.state.settings
    if context.missing("settings.bind_address") is not None or "bind_address" not in settings:
        return settings.get("skip_networking") != "ON"
    return settings.get("skip_networking") != "ON" and any(
        is_remote("@" + one.strip()) for one in settings["bind_address"].split(","))


def is_remote(account: str) -> bool:
    """Whether other machines may use the account."""
    host = account.rpartition("@")[2].lower()
    if host == "localhost":
        return False
    try:
        return not ip_address(host).is_loopback
    except ValueError:
        return not host.startswith("127.")


def _lies_in(own: str, declared: str) -> bool:
    """Whether an account's pattern of hosts means nothing outside one declared host or network."""
    if own.lower() == declared.lower():
        return True
    try:
        network = ip_network(declared, strict=False)
    except ValueError:
        return False
    text = own
    if own.endswith(".%") and set(own[:-2]) <= set("0123456789.") and "%" not in own[:-2]:
        known = own[:-2].split(".")
        text = f"{'.'.join([*known, *['0'] * (4 - len(known))])}/{8 * len(known)}"
    try:
        inner = ip_network(text, strict=False)
    except ValueError:
        return False
    return inner.version == network.version and covers(str(network), str(inner))


def _open(context: Context) -> list[str]:
    """Accounts that can be signed in to; not the one that asks, unless the model names it."""
    return [account for account in context.judged
            if context.open(account) and not context.principals[account].bootstrap
            and (account != context.state.user or context.account(account) is not None)]


RULES = (Rule(LPR_13, passwords, MARIA), Rule(IAM_14, default_accounts, MARIA), Rule(LPR_14, listening, MARIA),
         Rule(LPR_14, declared_hosts, MARIA), Rule(LPR_15, encryption, MARIA), Rule(LPR_18, ends, MARIA))
