"""MySQL's own tables, in the form of its manual (8.0 and later): no MySQL runs here."""

from __future__ import annotations

from typing import Any

import pytest

from collectors import _mariadb_sql as sql
from collectors._mariadb_accounts import GLOBAL
from collectors._mariadb_objects import OWN
from collectors.access_mariadb import state_of
from collectors.host.protocol import Denied
from collectors.mariadb_session import Absent
from hustings.access.rights import BIT
from hustings.access.state import State
from hustings.facts import Reason
from policies.access.engines import effective

HIDDEN = ", ".join(f"'{name}'" for name in OWN)
WHO_AM_I = "select version(), current_user(), date_format(utc_timestamp(), '%Y-%m-%dT%H:%i:%sZ')"
DATABASE_RIGHTS = [name for name in sql.DATABASE_RIGHTS if name != "DELETE HISTORY"]


def account(host: str, user: str, access: tuple[str, ...] = (), *, locked: int = 0,
            sign_in: str = "caching_sha2_password:set", tls: str = "0", connections: int = 0,
            changed: int = 1_790_000_000, lifetime: int = -1) -> tuple[Any, ...]:
    mask = sum(1 << GLOBAL.index(name) for name in access)
    return host, user, mask, "0", "", locked, sign_in, "", tls, connections, changed, lifetime


def on_schema(host: str, pattern: str, user: str, *rights: str) -> tuple[str, ...]:
    return host, pattern, user, "".join("Y" if name in rights else "N" for name in DATABASE_RIGHTS)


ANSWERS: dict[str, Any] = {
    WHO_AM_I: [("8.4.3", "auditor@%", "2026-11-22T10:00:00Z")],
    sql.VARIABLES: [("mandatory_roles", "everyone,`ro`@`localhost`"), ("activate_all_roles_on_login", "OFF"),
                    ("default_password_lifetime", "0"), ("hostname", "db1"), ("secure_file_priv", None)],
    sql.PLUGINS: [("caching_sha2_password",), ("audit_log",)],
    sql.SCHEMAS: [("information_schema",), ("mysql",), ("vr",)],
    "show grants": [("GRANT REFERENCES, REPLICATION CLIENT ON *.* TO `auditor`@`%`",),
                    ("GRANT SHOW_ROUTINE ON *.* TO `auditor`@`%`",),
                    ("GRANT SELECT ON `mysql`.`db` TO `auditor`@`%`",)],
    sql.ACCOUNTS_MYSQL: Denied("SELECT command denied to user for table 'user'"),
    sql.ACCOUNTS_HELPER: [
        account("localhost", "root", ("SELECT", "SUPER", "GRANT OPTION")), account("%", "auditor", ("REFERENCES",)),
        account("localhost", "mysql.sys", locked=1), account("10.%", "jdoe", tls="1", connections=3),
        account("%", "app", ("SELECT", "UPDATE"), lifetime=30), account("%", "lax", sign_in="x:empty"),
        account("%", "open", sign_in="caching_sha2_password:empty", changed=0), account("%", "clerk", locked=1),
        account("%", "everyone", locked=1), account("localhost", "ro", locked=1), account("%", "inner", locked=1)],
    sql.RESTRICTIONS_MYSQL: Denied("SELECT command denied"),
    sql.RESTRICTIONS_HELPER: [("%", "app", '[{"Database": "vr", "Privileges": ["UPDATE"]}]')],
    sql.DYNAMIC_MYSQL: [("%", "app", "BINLOG_ADMIN", "N"), ("%", "app", "ROLE_ADMIN", "Y")],
    sql.MEMBERS_MYSQL: [("10.%", "jdoe", "%", "clerk", "N"), ("%", "clerk", "%", "inner", "Y")],
    sql.DEFAULT_ROLES_MYSQL: [("10.%", "jdoe", "%", "clerk")],
    sql.databases(DATABASE_RIGHTS): [on_schema("%", "vr", "inner", "INSERT"),
                                     on_schema("%", "v%", "everyone", "DELETE"),
                                     on_schema("10.%", "vr", "jdoe", "GRANT", "EXECUTE")],
    sql.PROXIES: [("localhost", "root", "", "")],
    sql.TABLE_RIGHTS: [("%", "vr", "clerk", "voters", "Select,Create View,Trigger"),
                       ("localhost", "vr", "ro", "voters", "Select")],
    sql.COLUMN_RIGHTS: [("10.%", "vr", "jdoe", "voters", "status", "Update,References")],
    sql.ROUTINE_RIGHTS: [("10.%", "vr", "jdoe", "approve", "PROCEDURE", "Execute,Grant")],
    sql.TABLES.format(own=HIDDEN): [("vr", "voters", "BASE TABLE"), ("vr", "lookup_v", "VIEW")],
    sql.COLUMNS.format(own=HIDDEN): [("vr", "lookup_v", "id"), ("vr", "voters", "id"), ("vr", "voters", "status")],
    sql.VIEWS.format(own=HIDDEN): [("vr", "lookup_v", "DEFINER", "root@localhost")],
    sql.ROUTINES_MYSQL.format(own=HIDDEN): [("vr", "approve", "PROCEDURE", "DEFINER", "root@localhost", "ab" * 32)],
    sql.TRIGGERS_HELPER: [("vr", "voters", "UPDATE")],
    "show replica status": [],
}


class Recorded:
    """A session that answers what was recorded."""

    def __init__(self, changed: dict[str, Any] | None = None) -> None:
        self.answers = {**ANSWERS, **(changed or {})}

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        answer = self.answers.get(query, Absent(f"no answer to {query}"))
        if isinstance(answer, Exception):
            raise answer
        return list(answer)


@pytest.fixture
def state() -> State:
    return state_of(Recorded(), engine="mysql", where="V")


def test_accounts_are_told_by_name_and_host_and_roles_by_name(state: State) -> None:
    known = {one.name: one for one in state.principals}
    assert state.missing == {}
    assert {name for name, one in known.items() if one.login} == {
        "root@localhost", "auditor@%", "jdoe@10.%", "app@%", "lax@%", "open@%"}
    assert {"clerk", "everyone", "inner", "ro@localhost"} <= known.keys()
    assert (known["root@localhost"].bootstrap, known["root@localhost"].superuser) == (True, True)
    assert known["mysql.sys@localhost"].system
    assert (known["jdoe@10.%"].tls, known["jdoe@10.%"].connection_limit) == ("ANY", 3)
    assert known["app@%"].attributes == ("binlog admin", "role admin")
    assert known["app@%"].valid_until == "2026-10-21T14:13:20Z"
    assert (known["open@%"].password, known["open@%"].valid_until) == ("none", "1970-01-01T00:00:00Z")
    assert (known["lax@%"].password, known["jdoe@10.%"].password) == ("x", "caching_sha2_password")
    assert state.mandatory_roles == ("everyone", "ro@localhost")
    assert [(schema, [(one.grantee, one.rights) for one in entries]) for schema, entries in state.revoked] == [
        ("vr", [("app@%", BIT["UPDATE"])])]


def test_rights_come_from_roles_and_partial_revokes_take_some_away(state: State) -> None:
    rights = effective(state)
    voters = next(place for place, one in enumerate(state.objects) if one.label == "vr.voters")
    approve = next(place for place, one in enumerate(state.objects) if one.label == "vr.approve")

    def held(name: str) -> int:
        return rights.holding(name, voters).rights

    assert held("jdoe@10.%") == sum(BIT[one] for one in ("SELECT", "CREATE VIEW", "TRIGGER", "INSERT"))
    assert rights.holding("jdoe@10.%", voters).columns == {"status": BIT["UPDATE"] | BIT["REFERENCES"]}
    assert rights.via("jdoe@10.%", voters, "INSERT") == ("clerk", "inner")
    assert held("app@%") == BIT["SELECT"]
    assert rights.may_become("app@%") == {"everyone", "ro@localhost"}
    assert rights.holding("everyone", voters).rights == BIT["DELETE"]
    assert rights.holding("ro@localhost", voters).rights == BIT["SELECT"]
    assert rights.holding("jdoe@10.%", approve).rights == BIT["EXECUTE"]


def test_all_roles_may_be_active_from_the_start() -> None:
    variables = [*ANSWERS[sql.VARIABLES][:1], ("activate_all_roles_on_login", "ON")]
    state = state_of(Recorded({sql.VARIABLES: variables}), engine="mysql", where="V")
    voters = next(place for place, one in enumerate(state.objects) if one.label == "vr.voters")
    assert effective(state).holding("lax@%", voters).rights == BIT["DELETE"] | BIT["SELECT"]


def test_without_the_right_to_see_routines_objects_are_not_taken_for_whole() -> None:
    grants = [("GRANT REFERENCES ON *.* TO `auditor`@`%`",)]
    state = state_of(Recorded({"show grants": grants}), engine="mysql", where="V")
    assert state.missing["objects"].reason is Reason.DENIED
