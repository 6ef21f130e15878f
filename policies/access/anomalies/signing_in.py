"""LPR-13 and LPR-15: how accounts prove themselves, and that no session from elsewhere is in the clear.

Source: PostgreSQL, "The pg_hba.conf File" and "Password Authentication": md5 can be replayed, password is readable
on the way, ident believes the other machine, trust asks for nothing.
"""

from __future__ import annotations

from hustings.access.state import SignInRule
from policies.access.anomalies._context import POSTGRES, Context, Found, Rule
from policies.access.anomalies._sign_in import ENCRYPTED, REJECT, WEAK, is_broken, is_remote
from policies.access.rows import Anomaly, Unread

LPR_13, LPR_15 = "LPR-13", "LPR-15"
SCRAM = "scram-sha-256"
_WEAKLY_STORED = {"md5": "its password is stored as md5", "other": "its password is stored in an unknown form"}


def methods(context: Context) -> Found:
    """Lines for other machines with a weak method, and lines that the server could not understand."""
    missing = context.missing("sign_in_rules")
    if missing is not None:
        yield Unread(LPR_13, f"the sign-in rules: {missing}")
        return
    for rule in context.state.sign_in_rules:
        if is_broken(rule):
            yield Anomaly(LPR_13, None, None, f"line {rule.line} of pg_hba.conf is not understood: {rule.error}")
        elif is_remote(rule) and rule.method in WEAK:
            yield Anomaly(LPR_13, None, one_login(context, rule), f"{described(rule)} by {rule.method}")


def stored(context: Context) -> Found:
    """How passwords are stored: new ones by the setting, old ones each for itself."""
    missing = context.missing("settings.password_encryption")
    encryption = context.state.settings.get("password_encryption")
    if missing is not None or encryption is None:
        yield Unread(LPR_13, f"password_encryption: {missing or 'not read'}")
    elif encryption != SCRAM:
        yield Anomaly(LPR_13, None, None, f"new passwords are stored as {encryption} (password_encryption)")
    missing = context.missing("principals.password")
    if missing is not None:
        yield Unread(LPR_13, f"how passwords are stored: {missing}")
        return
    for one in context.state.principals:
        if one.login and one.password in _WEAKLY_STORED:
            yield Anomaly(LPR_13, None, one.name, _WEAKLY_STORED[one.password])


def plain_connections(context: Context) -> Found:
    """Lines that let another machine in without encryption."""
    missing = context.missing("sign_in_rules")
    if missing is not None:
        yield Unread(LPR_15, f"the sign-in rules: {missing}")
        return
    for rule in context.state.sign_in_rules:
        if is_remote(rule) and rule.type not in ENCRYPTED and rule.method != REJECT:
            yield Anomaly(LPR_15, None, one_login(context, rule), f"{described(rule)} without encryption")


def described(rule: SignInRule) -> str:
    """``line 7 of pg_hba.conf lets all in from 10.0.0.0 255.0.0.0``."""
    where = " ".join(part for part in (rule.address, rule.netmask) if part)
    return f"line {rule.line} of pg_hba.conf ({rule.type}) lets {', '.join(rule.users)} in from {where}"


def one_login(context: Context, rule: SignInRule) -> str | None:
    """The login that a line is for, where it is for one alone."""
    name = rule.users[0] if len(rule.users) == 1 else ""
    principal = context.principals.get(name)
    return name if principal is not None and principal.login and name != "all" else None


RULES = (Rule(LPR_13, methods, POSTGRES), Rule(LPR_13, stored, POSTGRES), Rule(LPR_15, plain_connections, POSTGRES))
