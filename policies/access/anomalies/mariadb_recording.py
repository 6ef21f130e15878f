"""LPR-20 in MariaDB and MySQL: changes to voter data are recorded.

Source: MariaDB's manual, "MariaDB Audit Plugin Options and System Variables": ``server_audit_logging`` turns it on,
``server_audit_events`` empty means every kind, ``server_audit_incl_users`` and ``…excl_users`` choose accounts.
"""

from __future__ import annotations

from policies.access.anomalies._context import MARIA, Context, Found, Rule
from policies.access.anomalies.recording import LPR_20, unrecorded
from policies.access.rows import Anomaly, Unread

WRITES = frozenset({"QUERY", "QUERY_DML", "QUERY_DML_NO_SELECT", "TABLE"})
"""Kinds of event that a change of a row is among."""
MYSQL_PLUGIN = "AUDIT_LOG"


def recorded(context: Context) -> Found:
    """Restricted tables whose changes neither the audit plugin nor a row trigger records."""
    lacking = audit_lacks(context)
    if not lacking:
        return
    missing = context.missing("objects.triggers")
    for model in context.model.objects:
        if model.sensitivity != "restricted":
            continue
        for place in context.scope.places(model.name, model.kind):
            one = context.state.objects[place]
            if one.kind != "table":
                continue
            if missing is not None:
                yield Unread(LPR_20, f"{one.label}: {lacking}, and its triggers were not read: {missing}")
            elif fault := unrecorded(context, one, place):
                yield Anomaly(LPR_20, one.label, None, f"{fault}, and {lacking}")


def audit_lacks(context: Context) -> str:
    """Why the audit plugin does not record every account's changes; empty if it does."""
    settings = context.state.settings
    plugins = set(settings.get("plugins", "").upper().split(","))
    if MYSQL_PLUGIN in plugins:
        policy = settings.get("audit_log_policy", "ALL").upper()
        return "" if policy in ("ALL", "QUERIES") else f"the audit plugin records {policy} only"
    if "SERVER_AUDIT" not in plugins:
        return "no audit plugin is at work"
    if settings.get("server_audit_logging") != "ON":
        return "the audit plugin is turned off (server_audit_logging)"
    events = {one.strip().upper() for one in settings.get("server_audit_events", "").split(",")} - {""}
    if events and not events & WRITES:
        return f"the audit plugin records {', '.join(sorted(events))} only"
    return _accounts_left_out(context)


def _accounts_left_out(context: Context) -> str:
    settings = context.state.settings
    users = {account.rpartition("@")[0] for account in context.judged}
    only, without = (_users(settings.get(f"server_audit_{name}_users", "")) for name in ("incl", "excl"))
    left_out = users - only if only else users & without
    return f"the audit plugin leaves out {', '.join(sorted(left_out))}" if left_out else ""


def _users(text: str) -> set[str]:
    return {one.strip() for one in text.split(",")} - {""}


RULES = (Rule(LPR_20, recorded, MARIA),)
