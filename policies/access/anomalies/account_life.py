"""LPR-17 and LPR-18: accounts that should be closed by now.

Source: PostgreSQL, CREATE ROLE: VALID UNTIL ends the password, not the role; NOLOGIN closes it. A vendor's account is
open only within a window of the model that its role's ``window`` agrees with.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from hustings.access.model import OpenWindow, VendorWindow
from hustings.access.rights import POSTGRESQL
from hustings.times import parse_time
from policies.access.anomalies._context import Context, Found, Rule
from policies.access.rows import Anomaly

LPR_17, LPR_18 = "LPR-17", "LPR-18"
SEASONAL = "seasonal"
_A_DAY = timedelta(days=1)


def vendors(context: Context) -> Found:
    """Vendors' and closed accounts that can be signed in to outside an approved window."""
    for login, account in sorted(context.declared.logins().items()):
        vendor = [role for role in context.roles(login) if role.who == "vendor"]
        if not (vendor or account.state == "closed") or not context.open(login):
            continue
        windows = [one for one in context.model.windows if one.login == account.login
                   and _moment(one.opens) <= context.now < _moment(one.closes)]
        what = "a vendor's account" if vendor else "an account that the model says is closed"
        if not windows:
            yield Anomaly(LPR_17, None, login, f"{what} is open outside every declared window")
            continue
        for fault in sorted({fault for role in vendor if role.window is not None for one in windows
                             for fault in _faults(one, role.window)}):
            yield Anomaly(LPR_17, None, login, f"{what} is open in a window {fault}")


def ends(context: Context) -> Found:
    """Accounts past their last day, and ends that the database does not have or has later."""
    for login, account in sorted(context.declared.logins().items()):
        principal = context.principals[login]
        if account.state == "closed" or not principal.login:
            continue
        is_open = context.open(login)
        seasonal = any(role.expires == SEASONAL for role in context.roles(login))
        if account.until is not None and context.today > account.until and is_open:
            yield Anomaly(LPR_18, None, login, f"should have ended on {account.until}; it is open")
        elif seasonal and is_open and principal.valid_until is None and context.state.engine == POSTGRESQL:
            yield Anomaly(LPR_18, None, login, "is a seasonal account without an end in the database (VALID UNTIL)")
        elif context.state.engine != POSTGRESQL:
            continue  # the end of a password's life there moves with each new password
        elif account.until is not None and principal.valid_until is not None and is_open:
            end = parse_time(principal.valid_until)
            if end > datetime.combine(account.until, time(), UTC) + 2 * _A_DAY:
                yield Anomaly(LPR_18, None, login, f"ends in the database on {end.date()}, later than {account.until}")


def _moment(when: datetime) -> datetime:
    return when if when.tzinfo is not None else when.replace(tzinfo=UTC)


def _faults(window: OpenWindow, agreed: VendorWindow) -> list[str]:
    faults = []
    if window.closes - window.opens > timedelta(hours=agreed.max_hours):
        faults.append(f"longer than the {agreed.max_hours} hours agreed")
    faults += [f"without a {need}" for need in agreed.needs if need in ("ticket", "approver")
               and not getattr(window, need)]
    return faults


RULES = (Rule(LPR_17, vendors), Rule(LPR_18, ends))
