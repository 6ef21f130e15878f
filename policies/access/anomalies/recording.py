"""LPR-20: changes to voter data are recorded, and the record only grows.

Source: pgaudit's README (``pgaudit.log`` = write); PostgreSQL, "CREATE TRIGGER". A table's triggers count where they
fire on every kind of change that some account may make. ALTER ROLE … SET takes an account out of pgaudit's log, and
``session_replication_role`` = replica keeps ordinary triggers from firing in its sessions.
"""

from __future__ import annotations

from hustings.access.rights import BIT, POSTGRESQL, mask
from hustings.access.state import Object
from policies.access.anomalies._context import POSTGRES, Context, Found, Rule, setting
from policies.access.anomalies.jobs import undeclared
from policies.access.rows import Anomaly, Holding, Unread

LPR_20 = "LPR-20"
PGAUDIT_LOG = "pgaudit.log"
_CHANGES = ("INSERT", "UPDATE", "DELETE")


def recorded(context: Context) -> Found:
    """Restricted tables whose changes neither pgaudit nor a row trigger records, and accounts that pgaudit passes
    over."""
    audited, reason = pgaudit_writes(context)
    passed_over = _passed_over(context) if audited else {}
    hidden = context.missing("overrides") if audited else None
    if audited and not passed_over and hidden is None:
        return
    for model in context.model.objects:
        if model.sensitivity != "restricted":
            continue
        for whole, place in context.of(model):
            one = context.state.objects[place]
            fault = unrecorded(context, one, whole, place) if one.kind == "table" else ""
            if fault and hidden is not None:
                yield Unread(LPR_20, f"{one.label}: {fault}, and which accounts pgaudit passes over: {hidden}")
            elif fault and audited:
                for account, value in passed_over.items():
                    if _may_change(context, account, whole, place):
                        yield Anomaly(LPR_20, one.label, account,
                                      f"{fault}, and pgaudit does not record its writes (pgaudit.log = {value})")
            elif fault and reason:
                yield Unread(LPR_20, f"{one.label}: {fault}, and {reason}")
            elif fault:
                yield Anomaly(LPR_20, one.label, None, f"{fault}, and pgaudit does not record writes")


def silenced(context: Context) -> Found:
    """Accounts in whose sessions ordinary row triggers do not fire, where nothing else records what they change."""
    if pgaudit_writes(context)[0]:
        return
    silent = [one for one in sorted(context.effective.accounts())
              if setting(context, one, "session_replication_role") == "replica"]
    for model in context.model.objects if silent else ():
        for whole, place in context.of(model) if model.sensitivity == "restricted" else ():
            one = context.state.objects[place]
            for account in silent if one.kind == "table" and one.triggers else ():
                if _may_change(context, account, whole, place):
                    yield Anomaly(LPR_20, one.label, account, "row triggers do not fire in its sessions "
                                                              "(session_replication_role = replica)")


def only_grows(context: Context) -> Found:
    """UPDATE, DELETE or TRUNCATE of evidence that the model does not give."""
    further = ("TRUNCATE",) if context.state.engine == POSTGRESQL else ("DROP", "DELETE HISTORY")
    change = mask("UPDATE", "DELETE", *further)
    evidence = [place for model in context.model.objects if model.sensitivity == "evidence"
                for _, place in context.of(model)]
    for account in context.ordinary if evidence else ():
        for place in evidence:
            holding = context.holdings[account].get(place)
            if holding is None:
                continue
            of_change = Holding(holding.rights & change,
                                {column: held & change for column, held in holding.columns.items()})
            found = undeclared(context, account, place, of_change)
            if found:
                yield Anomaly(LPR_20, context.state.objects[place].label, account,
                              f"may change the record it is kept in: {', '.join(found)}")


def pgaudit_writes(context: Context) -> tuple[bool, str]:
    """Whether pgaudit records writes of accounts without a setting of their own; and the reason where that is not
    known."""
    settings, user = context.state.settings, context.state.user
    for name in ("shared_preload_libraries", PGAUDIT_LOG):
        missing = context.missing(f"settings.{name}")
        if missing is not None:
            return False, f"{name}: {missing}"
    if "shared_preload_libraries" not in settings:
        return False, "shared_preload_libraries was not read"
    loaded = {one.strip().strip('"') for one in settings["shared_preload_libraries"].split(",")}
    if "pgaudit" not in loaded:
        return False, ""
    of_everyone = setting(context, "", PGAUDIT_LOG)
    if of_everyone is None and setting(context, user, PGAUDIT_LOG) is not None:
        return False, f"{PGAUDIT_LOG} is set for {user} alone, which hides what it is for others"
    return _has_writes(settings.get(PGAUDIT_LOG, "") if of_everyone is None else of_everyone), ""


def _has_writes(value: str) -> bool:
    classes = {one.strip().strip('"').lower() for one in value.split(",")}
    return bool(classes & {"write", "all"}) and "-write" not in classes


def _passed_over(context: Context) -> dict[str, str]:
    """Accounts that can sign in and whose own ``pgaudit.log`` leaves writes out, with that setting. A role's settings
    are for those who sign in as it, not for its members."""
    own = {name: setting(context, name, PGAUDIT_LOG) for name in sorted(context.effective.accounts())}
    return {name: value for name, value in own.items() if value is not None and not _has_writes(value)}


def _may_change(context: Context, account: str, *places: int) -> bool:
    """Superusers may; of others, what they hold on a table or a column of it."""
    if context.effective.is_superuser(account):
        return True
    changes, held = mask(*_CHANGES, "TRUNCATE"), 0
    for place in places:
        holding = context.holdings.get(account, {}).get(place)
        if holding is not None:
            held |= holding.rights
            for of_column in holding.columns.values():
                held |= of_column
    return bool(held & changes)


def unrecorded(context: Context, one: Object, *places: int) -> str:
    """Why the table's triggers do not record every change that some account may make, by way of any of these
    places; empty if they do. A change of a partitioned table fires the triggers of the partition."""
    if not one.triggers:
        return "no enabled row trigger"
    if not one.trigger_events:
        return ""
    possible = 0
    for place in places:
        possible |= context.held_by_anyone.get(place, 0)
    unseen = [change for change in _CHANGES if possible & BIT[change] and change not in one.trigger_events]
    return f"no row trigger on {', '.join(unseen)}" if unseen else ""


RULES = (Rule(LPR_20, recorded, POSTGRES), Rule(LPR_20, silenced, POSTGRES), Rule(LPR_20, only_grows))
