"""LPR-02 and LPR-03: accounts that are above all grants, and their sessions.

Source: PostgreSQL, "Role Attributes": a superuser bypasses every check but that of signing in. The account that
the server was made with is the one that breaks the glass.
"""

from __future__ import annotations

from hustings.access.rights import POSTGRESQL
from policies.access.anomalies._context import POSTGRES, Context, Found, Rule
from policies.access.rows import Anomaly, Unread

LPR_02, LPR_03 = "LPR-02", "LPR-03"
BREAK_GLASS = "break_glass"


def superusers(context: Context) -> Found:
    """Logins that are superuser, or that may become one where no role of theirs is for breaking the glass."""
    above = {one.name for one in context.state.principals if one.superuser}
    for account in context.judged:
        principal = context.principals[account]
        if principal.superuser:
            if not principal.bootstrap:
                yield Anomaly(LPR_02, None, account, "can sign in and is superuser")
            continue
        if any(role.superuser == BREAK_GLASS for role in context.roles(account)):
            continue
        become = sorted(above & context.effective.may_become(account))
        if become:
            yield Anomaly(LPR_02, None, account, f"may become {', '.join(become)}, a superuser")


def sessions(context: Context) -> Found:
    """Sessions of superusers in the logs, outside every declared window."""
    usage = context.usage
    if usage is None:
        return
    above = {one.name for one in context.state.principals if one.superuser and one.login}
    if not usage.sign_ins and usage.window is not None:
        yield Unread(LPR_03, "the logs that were read hold no sign-ins (log_connections)")
    outside: dict[str, list[tuple[str, str]]] = {}
    for one in context.sign_ins:
        if one.account in above and not _in_window(context, one.account, one.hour):
            outside.setdefault(one.account, []).append((one.hour, one.host))
    for account, seen in outside.items():
        hour, host = max(seen)
        yield Anomaly(LPR_03, None, account,
                      f"signed in during {len({when for when, _ in seen})} hour(s) without a declared window, last at "
                      f"{hour}:00Z{f' from {host}' if host else ''}")


def became(context: Context) -> Found:
    """Accounts that the logs show at work as a superuser by SET ROLE, outside every declared window."""
    above = {one.name: one.login for one in context.state.principals if one.superuser}
    outside: dict[str, tuple[str, str]] = {}
    for one in context.usage.uses if context.usage is not None else ():
        if one.role not in above or above.get(one.account):
            continue
        for at in (one.first, one.last):
            if not _in_window(context, one.account, at[:13]):
                outside[one.account] = max(outside.get(one.account, ("", "")), (at[:13], one.role))
    for account, (hour, role) in outside.items():
        yield Anomaly(LPR_03, None, account,
                      f"worked as {role}, a superuser, without a declared window, last at {hour}:00Z")


def _in_window(context: Context, account: str, hour: str) -> bool:
    """A window that touches the hour counts, if it names a ticket."""
    named = {account} if context.state.engine == POSTGRESQL else {account, account.rpartition("@")[0]}
    return any(one.login in named and one.ticket
               and one.opens.strftime("%Y-%m-%dT%H") <= hour <= one.closes.strftime("%Y-%m-%dT%H")
               for one in context.model.windows)


RULES = (Rule(LPR_02, superusers, POSTGRES), Rule(LPR_03, sessions), Rule(LPR_03, became, POSTGRES))
