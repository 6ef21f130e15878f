"""IAM-13 and IAM-14: accounts of nobody in particular, and accounts that a system came with.

A name is that of a shared account when one of its words is (``front_counter``, ``clerk2``): jobs' and vendors'
accounts, and those whose ``person`` or ``owner`` the model names, are left alone. Several machines at once tell of
sharing whatever the name is, unless an ``owner`` answers for it.
"""

from __future__ import annotations

from policies.access.anomalies._context import POSTGRES, Context, Found, Rule
from policies.access.rows import Anomaly
from policies.shared_names import shared_words

IAM_13, IAM_14 = "IAM-13", "IAM-14"
DEFAULTS = frozenset({"postgres", "pgsql", "root", "admin", "administrator", "sa", "test", "guest", "demo", "default",
                      "user", "password"})
"""Names that products, images and guides make accounts with."""
_HERE = frozenset({"[local]", "localhost", "127.0.0.1", "::1"})
"""The server's own machine."""


def shared_names(context: Context) -> Found:
    """Accounts of people, or of nobody in the model, that are named for a counter and not for a person."""
    for login in _of_people(context):
        account = context.account(login)
        if account is not None and account.person:
            continue
        words = shared_words(login)
        if words:
            yield Anomaly(IAM_13, None, login, f"is named for a shared account ({words[0]}) and has no owner")


def several_places(context: Context) -> Found:
    """People's accounts that signed in from several machines within one hour of the logs."""
    people = {login for login in _of_people(context) if context.account(login) is not None}
    hosts: dict[tuple[str, str], set[str]] = {}
    for one in context.sign_ins:
        if one.account in people and one.host:
            hosts.setdefault((one.account, one.hour), set()).add("" if one.host in _HERE else one.host)
    worst: dict[str, tuple[int, str]] = {}
    for (account, hour), seen in hosts.items():
        if len(seen) > 1:
            worst[account] = max(worst.get(account, (0, "")), (len(seen), hour))
    for account, (number, hour) in sorted(worst.items()):
        yield Anomaly(IAM_13, None, account, f"signed in from {number} machines in the hour of {hour}:00Z")


def default_accounts(context: Context) -> Found:
    """Accounts outside the model with the name that a product or a guide gives its first account."""
    for login in context.judged:
        if context.account(login) is None and login != context.state.user and login.lower() in DEFAULTS \
                and context.open(login):
            yield Anomaly(IAM_14, None, login, "has the name of a default account and is not in the model")


def _of_people(context: Context) -> list[str]:
    people = []
    for login in context.judged:
        account, roles = context.account(login), context.roles(login)
        if account is None:
            mine = login != context.state.user
        else:
            mine = not account.owner and all(role.who == "humans" for role in roles)
        if mine and context.open(login):
            people.append(login)
    return people


RULES = (Rule(IAM_13, shared_names), Rule(IAM_13, several_places), Rule(IAM_14, default_accounts, POSTGRES))
