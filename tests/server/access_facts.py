"""Facts about the rights in a registration database, as a report carries them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hustings.facts import Facts, Listing, Missing, Observation, Reason
from server import access_difference as names

DIFFERENCE = "3b7e0d5c" * 8
OBJECTS = {"vr.voters": "restricted", "vr.addresses": "restricted", "vr.signatures": "restricted",
           "vr.audit_log": "evidence", "vr.absentee": "internal", "vr.users": "internal", "vr.lookup_v": "public"}
HELD = {
    "clerk": {"vr.voters": "riu", "vr.addresses": "riu", "vr.signatures": "ri", "vr.audit_log": "i",
              "vr.absentee": "riu"},
    "data_entry": {"vr.voters": "ri", "vr.addresses": "i", "vr.absentee": "i", "vr.audit_log": "i"},
    "list_maintenance_propose": {"vr.voters": "r", "vr.addresses": "r"},
    "list_maintenance_approve": {"vr.voters": "r"},
    "dba": {}, "auditor": {"vr.audit_log": "r"}, "lookup_web": {"vr.lookup_v": "r"},
}
EXCESS = {("clerk", "vr.voters"): "d", ("data_entry", "vr.audit_log"): "ud", ("", "vr.voters"): "riud",
          ("", "vr.users"): "r"}
MISSING = {("auditor", "vr.lookup_v"): "r", ("clerk", "vr.absentee"): "x"}


def summary() -> list[dict[str, Any]]:
    roles = (*HELD, "")
    return [{"role": role, "object": name, "class": sensitivity, "kind": "view" if name.endswith("_v") else "table",
             "accounts": 0 if role in ("", "lookup_web") else 2,
             "declared": HELD.get(role, {}).get(name, ""), "excess": EXCESS.get((role, name), ""),
             "missing": MISSING.get((role, name), "")}
            for role in roles for name, sensitivity in OBJECTS.items()]


def right(account: str = "jdoe", name: str = "vr.voters", right: str = "DELETE", **more: Any) -> dict[str, Any]:
    return {"account": account, "object": name, "kind": "table", "right": right, "via": ["clerk"], **more}


def fault(catalogue: str, account: str = "", name: str = "", actual: str = "as it is") -> dict[str, Any]:
    return {"catalogue": catalogue, "object": name, "account": account, "actual": actual}


def leaver(person: str, left: str, *, changes: bool = True) -> dict[str, Any]:
    return {"person": person, "account": f"a-{person}", "left": left, "changes": changes}


FOUND = {
    names.EXCESS: [right(), right("jdoe", right="TRUNCATE", via=["PUBLIC"]),
                   right("reports", "vr.users", "SELECT", column="password_hash", last_used="2026-11-03T10:00:00Z"),
                   right("mtremblay", "vr.audit_log", "DELETE", via=["data_entry", "keepers"])],
    names.MISSING: [right("rauditor", "vr.lookup_v", "SELECT", via=[])],
    names.ASSUMABLE: [{"account": "boss", "role": "vr_owner", "object": "vr.voters", "right": "UPDATE",
                       "column": "status"}],
    names.ANOMALIES: [fault("LPR-02", "boss", actual="a superuser that can log in"),
                      fault("LPR-05", "jdoe", "vr.voters", "DELETE through clerk"),
                      fault("LPR-05", "reports", "vr.voters", "UPDATE of the whole table"),
                      fault("LPR-09", "", "vr.approve_status", "runs as its owner, search path not pinned"),
                      fault("LPR-11", "mirror", "", "replication"),
                      fault("IAM-12", "a-p-014", "", "left 2026-06-30")],
    names.UNREAD: [{"catalogue": "LPR-13", "reason": "denied: needs pg_hba_file_rules"}],
    names.SUMMARY: summary(),
    names.LEAVERS: [leaver("p-014", "2026-06-30"), leaver("p-022", "2026-06-02")],
    names.WINDOW: [{"first": "2026-09-22T00:00:00Z", "last": "2026-11-22T00:00:00Z", "days": 61.2}],
}
CLEAN: dict[str, list[dict[str, Any]]] = {
    names.EXCESS: [], names.MISSING: [], names.ASSUMABLE: [], names.ANOMALIES: [], names.UNREAD: [],
    names.SUMMARY: [{**one, "excess": "", "missing": ""} for one in summary() if one["role"]], names.LEAVERS: [],
    names.WINDOW: FOUND[names.WINDOW],
}


def facts(at: datetime, lists: dict[str, list[Any]], database: str = "roll", **changes: Observation) -> Facts:
    """The facts about ``database`` at a moment. ``changes`` replace one each, by the last part of its name."""
    found: Facts = {name: Observation(listing=Listing(list(items)), as_of=at) for name, items in lists.items()}
    found[names.HASH] = Observation(value=f"sha256:{DIFFERENCE}", as_of=at)
    found[names.ENGINE] = Observation(value="postgresql", as_of=at)
    found[names.DECLARED] = Observation(value=True, as_of=at)
    found[names.REVIEWED] = Observation(value="2026-11-15", as_of=at)
    for name, seen in changes.items():
        found[f"registration.{name}"] = seen
    return {f"{name}@{database}": seen for name, seen in found.items()}


def shared(at: datetime, lists: dict[str, list[Any]], difference: str, model: str = "ab" * 32) -> Facts:
    """The same where names leave as they are: with what the hash can be computed from."""
    return facts(at, lists, shared_names=Observation(listing=Listing(["account", "object"]), as_of=at),
                 difference_hash=Observation(value=difference, as_of=at),
                 difference_of=Observation(as_of=at, listing=Listing(
                     [{"engine": "postgresql", "database": "vr", "model": model}])))


def missing(reason: Reason, detail: str = "") -> Observation:
    return Observation(missing=Missing(reason, detail))


def counted(at: datetime, count: int) -> Observation:
    """A list of which only the number left the machine."""
    return Observation(value={"count": count, "complete": True}, as_of=at)
