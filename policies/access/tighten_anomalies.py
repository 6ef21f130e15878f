"""Faults of the catalogue that a script can close, each by its row; the others are left for a person, by name."""

from __future__ import annotations

from collections.abc import Callable

from hustings.access.rights import BIT, POSTGRESQL
from hustings.access.state import PUBLIC
from policies.access import tighten_mariadb as mariadb
from policies.access.rows import Anomaly
from policies.access.tighten_faults import held, leave_any, path, places, said
from policies.access.tighten_plan import Planner
from policies.access.tighten_sql import text

_ATTRIBUTES = ("replication", "bypassrls", "createrole", "createdb")
_PUBLIC_NAME = "PUBLIC"


def close_anomalies(plan: Planner) -> None:
    """Ask for what closes each fault, and make the changes."""
    known = _CLOSING if plan.start.engine == POSTGRESQL else _CLOSING_MARIADB
    for one in plan.before.anomalies:
        if closing := known.get(one.catalogue):
            closing(plan, one)
    plan.flush()


def left_for_a_person(plan: Planner) -> None:
    """The faults that still stand after all changes; those of one kind and account together."""
    alike: dict[tuple[str, str | None, str], list[Anomaly]] = {}
    for one in plan.now().anomalies:
        alike.setdefault((one.catalogue, one.account, one.actual), []).append(one)
    for found in alike.values():
        more = f"; and {len(found) - 3} more objects alike" if len(found) > 3 else ""
        for place, one in enumerate(found[:3], 1):
            plan.by_hand(said(one) + (more if place == 3 else ""))


def _superuser(plan: Planner, one: Anomaly) -> bool:
    principal = plan.working.principals.get(one.account or "")
    if principal is not None and principal.superuser:
        plan.no_superuser(principal.name, "and no role of its own may be (LPR-02)")
        return True
    above = [name for name, each in plan.working.principals.items() if each.superuser]
    return leave_any(plan, one, [name for name in above if path(plan, one.account or "", name)])


def _public(plan: Planner, one: Anomaly) -> bool:
    found = [place for place in places(plan, one) if plan.working.objects[place].kind != "database"]
    closed = False
    for place in found:
        thing = plan.working.objects[place]
        if thing.kind == "routine" and (thing.definer or thing.trigger_function):
            continue
        for column in (None, *thing.column_acls):
            rights = held(plan, place, column, PUBLIC)
            if thing.kind == "schema":
                rights &= BIT["CREATE"]
            if rights:
                plan.take(place, column, PUBLIC, rights, why=said(one))
                closed = True
    if "will hold" in one.actual:
        for owner, schema, kind, entries in list(plan.working.defaults):
            given = sum(entry.rights for entry in entries if entry.grantee == PUBLIC)
            if given and (schema or None) == one.object and f"{kind} that {owner} " in one.actual:
                plan.working.take_default(owner, schema, kind, PUBLIC)
                plan.step(plan.write.default("REVOKE", owner, schema, kind, given, PUBLIC), (said(one),))
                closed = True
    return closed


def _passing_on(plan: Planner, one: Anomaly) -> bool:
    grantee = PUBLIC if one.account == _PUBLIC_NAME else one.account or ""
    if one.object is None:
        owned = [each for each in plan.working.memberships if each.member == grantee and each.admin
                 and f"role {each.role} " in one.actual]
        for membership in owned:
            given = [each.member for each in plan.working.memberships
                     if each.grantor == grantee and each.role == membership.role]
            if given:
                plan.by_hand(f"{said(one)}; it was given on to {', '.join(given)}: decide there first")
                continue
            plan.working.leave(membership.role, grantee, admin_only=True)
            plan.step(plan.write.leave(membership, admin_only=True), (said(one),))
        return bool(owned)
    closed = False
    for place in places(plan, one):
        for column in (None, *plan.working.objects[place].column_acls):
            grantable = sum({entry.grantable for entry in plan.working.entries(place, column)
                             if entry.grantee == grantee})
            if grantable:
                plan.take(place, column, grantee, grantable, why=said(one), option_only=True)
                closed = True
    return closed


def _owner(plan: Planner, one: Anomaly) -> bool:
    closed = False
    for place in places(plan, one):
        thing = plan.working.objects[place]
        if thing.kind not in ("table", "view", "schema"):
            continue
        if thing.owner == one.account and thing.owner != plan.model.owner_role:
            plan.new_owner(place, one.actual)
            closed = True
        elif thing.owner == one.account:
            plan.working.attribute(thing.owner, login=False)
            plan.step(plan.write.role(thing.owner, "NOLOGIN"), (said(one),))
            closed = True
        elif one.account:
            closed = leave_any(plan, one, [thing.owner]) or closed
    return closed


def _definer(plan: Planner, one: Anomaly) -> bool:
    closed = False
    for place in places(plan, one):
        thing = plan.working.objects[place]
        if thing.kind != "routine":
            continue
        if one.account == _PUBLIC_NAME:
            plan.take(place, None, PUBLIC, BIT["EXECUTE"], why=said(one))
            closed = True
        elif "search_path" in one.actual and thing.pinned is False:
            from msgspec.structs import replace

            plan.working.objects[place] = replace(thing, pinned=True)
            plan.step(plan.write.path(thing, ("pg_catalog", thing.schema, "pg_temp")), (said(one),))
            closed = True
    return closed


def _member(plan: Planner, one: Anomaly) -> bool:
    """``is a member of ROLE``, ``may become ROLE``, ``may SET ROLE ROLE``, ``has the attribute …``."""
    principal = plan.working.principals.get(one.account or "")
    for attribute in _ATTRIBUTES:
        if principal is not None and attribute in principal.attributes and f"attribute {attribute}" in one.actual:
            plan.working.attribute(principal.name, attributes=tuple(
                each for each in principal.attributes if each != attribute))
            plan.step(plan.write.role(principal.name, f"NO{attribute.upper()}"), (said(one),))
            return True
    words = one.actual.replace(",", " ").replace(":", " ").split()
    return leave_any(plan, one, [name for name in words if name in plan.working.principals])


def _no_login(plan: Planner, one: Anomaly) -> bool:
    principal = plan.working.principals.get(one.account or "")
    if principal is None or principal.bootstrap or not principal.login:
        return False
    if plan.start.engine == POSTGRESQL:
        plan.working.attribute(principal.name, login=False)
        plan.step(plan.write.role(principal.name, "NOLOGIN"), (said(one),))
    elif not principal.locked:
        plan.working.attribute(principal.name, locked=True)
        plan.step(plan.write.role(principal.name, "ACCOUNT LOCK"), (said(one),))
    return True


def _end(plan: Planner, one: Anomaly) -> bool:
    account = plan.before.declared.account(one.account or "")
    if account is None or account.until is None or plan.start.engine != POSTGRESQL:
        return False
    if "should have ended" in one.actual:
        return _no_login(plan, one)
    end = f"{account.until.isoformat()}T23:59:59Z"
    plan.working.attribute(one.account or "", valid_until=end)
    plan.step(plan.write.role(one.account or "", f"VALID UNTIL {text(end)}"), (said(one),))
    return True


def _limit(plan: Planner, one: Anomaly) -> bool:
    if "session" not in one.actual:
        return _member(plan, one)
    limits = [role.max_connections for role in plan.before.declared.roles(one.account or "")
              if role.max_connections is not None]
    if not limits:
        return False
    plan.working.attribute(one.account or "", connection_limit=max(limits))
    words = f"CONNECTION LIMIT {max(limits)}" if plan.start.engine == POSTGRESQL \
        else f"WITH MAX_USER_CONNECTIONS {max(limits)}"
    plan.step(plan.write.role(one.account or "", words), (said(one),))
    return True


_Closing = Callable[[Planner, Anomaly], bool]
_CLOSING: dict[str, _Closing] = {
    "LPR-01": _member, "LPR-02": _superuser, "LPR-04": _public, "LPR-07": _passing_on,
    "LPR-08": _owner, "LPR-09": _definer, "LPR-10": _member, "LPR-11": _member, "LPR-17": _no_login, "LPR-18": _end,
    "LPR-19": _limit, "IAM-12": _no_login,
}
_CLOSING_MARIADB: dict[str, _Closing] = {
    "LPR-01": _member, "LPR-02": mariadb.superuser, "LPR-04": mariadb.public, "LPR-07": mariadb.passing_on,
    "LPR-09": mariadb.public, "LPR-10": mariadb.attributes, "LPR-11": mariadb.attributes, "LPR-17": _no_login,
    "LPR-19": _limit, "IAM-12": _no_login,
}
