"""IAM-11: accounts that nobody has used for 45 days, where the logs speak for that long."""

from __future__ import annotations

from datetime import datetime, timedelta

from hustings.access.rights import POSTGRESQL
from hustings.access.usage import Usage, Window
from hustings.times import parse_time
from policies.access.anomalies._context import Context, Found, Rule
from policies.access.difference_uses import may_admit
from policies.access.rows import Anomaly, Unread

IAM_11 = "IAM-11"
LIMIT = timedelta(days=45)
"""CIS Controls 8.1, safeguard 5.3."""


def unused(context: Context) -> Found:
    """Open accounts that neither signed in nor used a right in the last 45 days of the logs."""
    usage = context.usage
    if usage is None or usage.window is None:
        return
    if usage.window.days < LIMIT.days:
        yield Unread(IAM_11, f"the logs speak for {usage.window.days:.0f} days, not for {LIMIT.days}")
        return
    if usage.too_damaged:
        yield Unread(IAM_11, f"{usage.damaged} records of the logs could not be made out")
        return
    if not usage.sign_ins and "all" not in usage.covers:
        yield Unread(IAM_11, "the logs that were read hold no sign-ins")
        return
    since = _since(usage.window)
    seen = _seen(usage, since.strftime("%Y-%m-%dT%H"))
    for login in context.judged:
        if login == context.state.user or not context.open(login) or _is_among(context, login, seen):
            continue
        if any(role.on != "primary" for role in context.roles(login)):
            yield Unread(IAM_11, f"{login} works on a replica and is not in the logs that were read")
            continue
        yield Anomaly(IAM_11, None, login, f"not used since {since.date()}, in {usage.window.days:.0f} days of logs")


def _since(window: Window) -> datetime:
    """When the last 45 days of logs begin; gaps in them are none of those days."""
    since, left = parse_time(window.last), LIMIT
    for begin, end in sorted(((parse_time(one), parse_time(other)) for one, other in window.gaps), reverse=True):
        if since - end >= left:
            break
        left -= since - end
        since = begin
    return since - left


def _seen(usage: Usage, since: str) -> set[str]:
    return {one.account for one in usage.sign_ins if one.hour >= since} \
        | {one.account for one in usage.uses if one.last >= since}


def _is_among(context: Context, login: str, seen: set[str]) -> bool:
    if login in seen or context.state.engine == POSTGRESQL:
        return login in seen
    user, _, host = login.rpartition("@")
    return any(name.rpartition("@")[0] == user and may_admit(host, name.rpartition("@")[2]) for name in seen)


RULES = (Rule(IAM_11, unused),)
