"""LPR-14: from where the database can be reached.

Source: PostgreSQL, ``listen_addresses`` and "The pg_hba.conf File". A server for other machines has to listen to the
network: that it does is a fault only where no line lets any of them in, so that the open port serves nobody. Accounts
of roles with ``hosts`` are let in from those alone, as far as the server decides it; a firewall is not seen from here.
"""

from __future__ import annotations

from ipaddress import ip_network

from policies.access.anomalies._context import POSTGRES, Context, Found, Rule
from policies.access.anomalies._sign_in import REJECT, Network, is_for, is_open, is_remote, networks
from policies.access.anomalies.signing_in import described, one_login
from policies.access.rows import Anomaly, Unread

LPR_14, LPR_19 = "LPR-14", "LPR-19"
_ALL_ADDRESSES = frozenset({"*", "0.0.0.0", "::"})  # noqa: S104


def open_to_all(context: Context) -> Found:
    """Listening on every address for nobody, and lines that let every address in."""
    lets_in = [one for one in context.state.sign_in_rules if is_remote(one) and one.method != REJECT]
    missing = context.missing("settings.listen_addresses")
    listening = context.state.settings.get("listen_addresses")
    if missing is not None or listening is None:
        yield Unread(LPR_14, f"listen_addresses: {missing or 'not read'}")
    elif not lets_in and context.missing("sign_in_rules") is None \
            and _ALL_ADDRESSES & {one.strip() for one in listening.split(",")}:
        yield Anomaly(LPR_14, None, None, f"the server listens on every address (listen_addresses = {listening}), and "
                                          "no sign-in rule lets another machine in")
    missing = context.missing("sign_in_rules")
    if missing is not None:
        yield Unread(LPR_14, f"the sign-in rules: {missing}")
        return
    for rule in lets_in:
        if is_open(rule):
            yield Anomaly(LPR_14, None, one_login(context, rule), f"{described(rule)}: every address")


def declared_hosts(context: Context) -> Found:
    """Accounts with declared hosts that are let in from elsewhere; of a job, its account is not bounded either."""
    bound = {account: hosts for account in context.judged if (hosts := hosts_of(context, account))}
    missing = context.missing("sign_in_rules")
    for account, hosts in bound.items():
        job = any(role.who == "job" for role in context.roles(account))
        rows = (LPR_14, LPR_19) if job else (LPR_14,)
        if missing is not None:
            yield from (Unread(row, f"the sign-in rules: {missing}") for row in rows)
            continue
        for fault in _elsewhere(context, account, hosts):
            yield from (Anomaly(row, None, account, fault) for row in rows)


def hosts_of(context: Context, account: str) -> frozenset[str]:
    """The hosts of all its roles; empty where one of them may come from anywhere."""
    roles = context.roles(account)
    if not roles or not all(role.hosts for role in roles):
        return frozenset()
    return frozenset(host for role in roles for host in role.hosts)


def _elsewhere(context: Context, account: str, hosts: frozenset[str]) -> list[str]:
    allowed = [network for host in hosts if (network := _network(host)) is not None]
    decided: list[tuple[str, Network]] = []
    faults = []
    for rule in context.state.sign_in_rules:
        if not is_remote(rule) or rule.address == "samehost" \
                or not is_for(rule, account, context.reach(account), context.state.database):
            continue
        addresses = networks(rule)
        if addresses is None:
            if rule.method != REJECT and rule.address not in hosts:
                faults.append(f"{described(rule)}, which is not among its declared hosts")
            continue
        left = [one for one in addresses if not _within(one, [network for kind, network in decided
                                                              if kind in ("host", rule.type)])]
        decided += [(rule.type, one) for one in addresses]
        if rule.method != REJECT and not all(_within(one, allowed) for one in left):
            faults.append(f"{described(rule)}, which is more than its declared hosts")
    return faults


def _network(text: str) -> Network | None:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def _within(one: Network, others: list[Network]) -> bool:
    return any(one.version == other.version and one.subnet_of(other) for other in others)  # type: ignore[arg-type]


RULES = (Rule(LPR_14, open_to_all, POSTGRES), Rule(LPR_14, declared_hosts, POSTGRES))
