"""From where the accounts of a job come, where the database lets them in from nowhere else."""

from __future__ import annotations

from hustings.access.rights import POSTGRESQL
from hustings.access.state import State
from policies.access.anomalies._sign_in import REJECT, is_open, is_remote, networks


def hosts(state: State, accounts: list[str]) -> tuple[str, ...]:
    """Addresses and networks, in order; empty where any account may come from anywhere, or nothing is said."""
    found: dict[str, None] = {}
    for account in accounts:
        of_account = _rules(state, account) if state.engine == POSTGRESQL else _host(account)
        if not of_account:
            return ()
        found.update(dict.fromkeys(of_account))
    return tuple(sorted(found))


def _rules(state: State, account: str) -> list[str]:
    """The lines of pg_hba.conf that name the account."""
    found = []
    for rule in state.sign_in_rules:
        if account not in rule.users or not is_remote(rule) or rule.method == REJECT:
            continue
        of_rule = networks(rule)
        if is_open(rule) or of_rule is None:
            return []
        found += [str(one.network_address) if one.num_addresses == 1 else str(one) for one in of_rule]
    return found


def _host(account: str) -> list[str]:
    """MariaDB, MySQL: the host is part of the account."""
    host = account.rpartition("@")[2]
    return [] if not host or "%" in host or "_" in host or host == "localhost" else [host]
