"""A small PostgreSQL database and model, put together by hand for rules that need no server."""

from __future__ import annotations

from msgspec.structs import replace

from hustings.access.model import AccessModel, Account, Allow, Connection, ObjectModel, Role
from hustings.access.rights import POSTGRESQL, mask
from hustings.access.state import Entry, Membership, Object, Principal, State
from hustings.access.usage import SignIn, Usage, Use, Window
from policies.access.anomalies import Roster
from policies.access.difference import Difference, difference
from policies.access.engines import effective

NOW = "2026-11-22T09:30:00Z"
SETTINGS = {"password_encryption": "scram-sha-256", "listen_addresses": "127.0.0.1", "shared_preload_libraries": ""}
VOTERS = Object(schema="vr", name="voters", kind="table", owner="vr_owner", columns=("id", "name", "status", "dob"),
                triggers=1, trigger_events=("INSERT", "UPDATE", "DELETE"))
LOG = Object(schema="vr", name="log", kind="table", owner="vr_owner", columns=("id", "what"))
SCHEMA = Object(schema="", name="vr", kind="schema", owner="vr_owner")
OWNER = Principal(name="vr_owner", password="none")


def person(name: str, *, valid_until: str | None = None, login: bool = True, attributes: tuple[str, ...] = (),
           superuser: bool = False, bootstrap: bool = False) -> Principal:
    """An account with a strong password."""
    return Principal(name=name, login=login, password="scram", valid_until=valid_until, attributes=attributes,
                     superuser=superuser, bootstrap=bootstrap)


def database(*principals: Principal, grants: dict[tuple[str, str], tuple[str, ...]] | None = None,
             memberships: tuple[Membership, ...] = (), settings: dict[str, str] | None = None,
             objects: tuple[Object, ...] = (SCHEMA, VOTERS, LOG)) -> State:
    """``grants``: (label of the object, grantee) to rights; a right such as ``SELECT(name)`` is of a column."""
    acls: list[tuple[Entry, ...]] = []
    placed = []
    for one in objects:
        whole: dict[str, int] = {}
        columns: dict[str, dict[str, int]] = {}
        for (label, grantee), held in (grants or {}).items():
            for right in held if label == one.label else ():
                name, _, column = right.rstrip(")").partition("(")
                rights = columns.setdefault(column, {}) if column else whole
                rights[grantee] = rights.get(grantee, 0) | mask(name)
        acls.append(tuple(Entry(grantee, rights) for grantee, rights in whole.items()))
        acl, column_acls = len(acls) - 1, {}
        for column, entries in columns.items():
            acls.append(tuple(Entry(grantee, rights) for grantee, rights in entries.items()))
            column_acls[column] = len(acls) - 1
        placed.append(replace(one, acl=acl, column_acls=column_acls))
    return State(engine=POSTGRESQL, version="18.0", database="roll", as_of=NOW, user="audit",
                 principals=(OWNER, person("audit"), *principals), memberships=memberships, objects=tuple(placed),
                 acls=tuple(acls), settings={**SETTINGS, **(settings or {})})


def declares(*roles: Role, accounts: tuple[Account, ...] = (), objects: tuple[ObjectModel, ...] = (),
             **rest: object) -> AccessModel:
    """A model of the schema ``vr`` in which voters are restricted and the log is evidence."""
    known = objects or (ObjectModel("vr.voters", "restricted", columns={"identity": ("dob",)}),
                        ObjectModel("vr.log", "evidence"))
    return AccessModel(system="county", database=Connection(engine=POSTGRESQL, schema="vr"), roles=roles,
                       accounts=accounts, objects=known, owner_role="vr_owner", **rest)  # type: ignore[arg-type]


def allow(name: str, *rights: str, **columns: tuple[str, ...]) -> Allow:
    """``allow("vr.voters", "SELECT", UPDATE=("status",))``."""
    return Allow(object=name, rights=rights, columns=dict(columns))


def compare(model: AccessModel, state: State, usage: Usage | None = None, roster: Roster | None = None) -> Difference:
    return difference(model, effective(state), state, usage, roster)


def found(one: Difference) -> set[tuple[str, str | None, str | None]]:
    """Row, object and account of every anomaly."""
    return {(fault.catalogue, fault.object, fault.account) for fault in one.anomalies}


def rows(one: Difference) -> list[tuple[str, str, str | None, str, str]]:
    return [(row.account, row.object, row.column, row.right, row.state) for row in one.rows()]


def logs(*sign_ins: SignIn, uses: tuple[Use, ...] = (), days: float = 61, covers: tuple[str, ...] = ("all",)) -> Usage:
    return Usage(engine=POSTGRESQL, window=Window("2026-09-22T00:00:00Z", "2026-11-22T00:00:00Z", days), uses=uses,
                 sign_ins=sign_ins, covers=covers)
