"""Rules that rest on the model, on time or on logs; those that a database shows are in ``tests/access``."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime

import pytest
from msgspec.structs import replace

from hustings.access.model import Account, Counting, Limits, ObjectModel, OpenWindow, Role, VendorWindow
from hustings.access.rights import MARIADB, POSTGRESQL
from hustings.access.state import Membership, Object, Principal, RowPolicy, SignInRule
from hustings.access.usage import SignIn, Usage, Use, Window
from hustings.facts import Missing, Reason
from policies.access.anomalies import Roster, row_security, rules
from policies.access.notes import notes
from policies.access.rows import Unread
from policies.access.severity import severity
from policies.loader import catalogue_rows
from policies.pack import shipped
from tests.policies.access.small import LOG, SCHEMA, VOTERS, allow, compare, database, declares, found, logs, person

VENDOR = Role("vendor", who="vendor", window=VendorWindow(max_hours=8, needs=("ticket", "approver")))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def window(opens: str, closes: str, ticket: str = "T-1", approver: str = "p-002") -> OpenWindow:
    return OpenWindow("acme", at(opens), at(closes), ticket, approver)


@pytest.mark.parametrize(("windows", "is_found"), [
    ((), True),
    ((window("2026-11-22T09:00", "2026-11-22T12:00"),), False),
    ((window("2026-11-22T10:00", "2026-11-22T12:00"),), True),
    ((window("2026-11-22T08:00", "2026-11-22T09:30"),), True),
    ((window("2026-11-22T01:00", "2026-11-22T23:00"),), True),
    ((window("2026-11-22T09:00", "2026-11-22T12:00", ticket=""),), True),
    ((window("2026-11-22T09:00", "2026-11-22T12:00", approver=""),), True),
])
def test_a_vendor_is_let_in_only_in_a_window_as_agreed(windows: tuple[OpenWindow, ...], is_found: bool) -> None:
    model = declares(VENDOR, accounts=(Account(login="acme", roles=("vendor",)),), windows=windows)
    assert (("LPR-17", None, "acme") in found(compare(model, database(person("acme"))))) is is_found


def test_an_account_that_cannot_be_signed_in_to_is_closed() -> None:
    model = declares(VENDOR, accounts=(Account(login="acme", roles=("vendor",)),))
    for closed in (person("acme", login=False), person("acme", valid_until="2026-11-22T09:00:00Z"),
                   replace(person("acme"), locked=True)):
        assert found(compare(model, database(closed))) == set()


def test_an_account_is_open_to_the_end_of_its_last_day() -> None:
    def said(until: date, end: str | None = None) -> set[tuple[str, str | None, str | None]]:
        model = declares(Role("clerk"), accounts=(Account(login="ann", roles=("clerk",), until=until),))
        return found(compare(model, database(person("ann", valid_until=end))))

    assert said(date(2026, 11, 21)) == {("LPR-18", None, "ann")}
    assert said(date(2026, 11, 22)) == set()
    assert said(date(2026, 12, 31), "2027-01-01T05:00:00Z") == set()
    assert said(date(2026, 12, 31), "2027-01-03T00:00:00Z") == {("LPR-18", None, "ann")}
    assert said(date(2026, 11, 21), "2026-11-21T00:00:00Z") == set()


def test_people_who_left_are_known_by_person_and_by_roster() -> None:
    accounts = (Account(login="ann", roles=("clerk",), person="p-1"),
                Account(login="bob", roles=("clerk",), email="Bob@Example.org"),
                Account(login="eve", roles=("clerk",), person="p-3", email="eve@example.org"))
    state = database(person("ann"), person("bob"), person("eve"))
    model = declares(Role("clerk"), accounts=accounts, leavers={"p-1": date(2026, 6, 30), "p-3": date(2026, 12, 1)})
    assert found(compare(model, state)) == {("IAM-12", None, "ann")}
    roster = Roster("salt", frozenset({hashlib.sha256(b"saltbob@example.org").hexdigest()}))
    assert found(compare(model, state, roster=roster)) == {("IAM-12", None, "ann"), ("IAM-12", None, "bob")}


def test_a_roster_that_was_not_read_is_unknown() -> None:
    model = declares(leavers_file="leavers.txt")
    assert [one.catalogue for one in compare(model, database()).unread] == ["IAM-12"]
    assert compare(model, database(), roster=Roster("salt", frozenset())).unread == ()


def test_superusers_sign_in_only_within_a_window_with_a_ticket() -> None:
    state = database(person("postgres", superuser=True, bootstrap=True), person("ann"))
    usage = logs(SignIn("postgres", "", "2026-11-20T09", 2), SignIn("ann", "10.0.0.1", "2026-11-20T09", 1))
    accounts = (Account(login="ann", roles=("clerk",)),)
    opened = OpenWindow("postgres", at("2026-11-20T09:10"), at("2026-11-20T09:40"), "T-7", "p-002")
    for windows, expected in (((), True), ((opened,), False), ((replace(opened, ticket=""),), True),
                              ((replace(opened, opens=at("2026-11-20T10:00"), closes=at("2026-11-20T11:00")),), True)):
        model = declares(Role("clerk"), accounts=accounts, windows=windows)
        assert (("LPR-03", None, "postgres") in found(compare(model, state, usage))) is expected
    assert found(compare(declares(Role("clerk"), accounts=accounts), state)) == set()


def test_logs_without_sign_ins_leave_superusers_sessions_unknown() -> None:
    assert "LPR-03" in {one.catalogue for one in compare(declares(), database(), logs()).unread}


def test_work_as_a_superuser_by_set_role_needs_a_window() -> None:
    emergency = Principal(name="emergency", superuser=True)
    state = replace(database(person("ann")), principals=(*database(person("ann")).principals, emergency))
    model = declares(Role("dba", superuser="break_glass"), accounts=(Account(login="ann", roles=("dba",)),))
    ticket = replace(model, windows=(OpenWindow(login="ann", opens=datetime(2026, 11, 2, 7, tzinfo=UTC),
                                                closes=datetime(2026, 11, 2, 9, tzinfo=UTC), ticket="T-1"),))
    at = "2026-11-02T08:10:00Z"
    work = Use("ann", "vr.voters", None, "DELETE", at, at, role="emergency")
    usage = logs(SignIn("ann", "10.0.0.1", "2026-11-02T08", 1), uses=(work,))
    assert found(compare(model, state, usage)) == {("LPR-03", None, "ann")}
    assert found(compare(ticket, state, usage)) == set()
    later = replace(usage, uses=(replace(work, last="2026-11-03T08:10:00Z"),))
    assert found(compare(ticket, state, later)) == {("LPR-03", None, "ann")}
    own = replace(usage, uses=(replace(work, role="r_clerk"),))
    assert found(compare(model, state, own)) == set()


def test_accounts_not_used_for_45_days_are_named_where_the_logs_reach_that_far() -> None:
    state = database(person("ann"), person("bob"), person("eve"), person("web"), person("gone", login=False))
    model = declares(Role("clerk"), Role("mirror", on="replica"), accounts=(
        *(Account(login=name, roles=("clerk",)) for name in ("ann", "bob", "eve")),
        Account(login="web", roles=("mirror",))))
    seen = (SignIn("ann", "10.0.0.1", "2026-11-01T08", 1), SignIn("bob", "10.0.0.1", "2026-10-01T08", 9))
    used = (Use("eve", "vr.voters", None, "SELECT", "2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z"),)
    usage = logs(*seen, uses=used)
    of_logs = compare(model, state, usage)
    assert found(of_logs) == {("IAM-11", None, "bob")}
    assert [one.reason for one in of_logs.unread] == ["web works on a replica and is not in the logs that were read"]
    short = compare(model, state, logs(*seen, uses=used, days=44))
    assert found(short) == set()
    assert [(one.catalogue, one.reason) for one in short.unread] == [
        ("IAM-11", "the logs speak for 44 days, not for 45")]
    damaged = compare(model, state, replace(usage, damaged=3))
    assert found(damaged) == set()
    assert [one.reason for one in damaged.unread] == ["3 records of the logs could not be made out"]
    assert found(compare(model, state, Usage(engine=POSTGRESQL, window=None))) == set()
    assert found(compare(model, state)) == set()


def test_days_without_logs_are_no_days_of_an_account_unused() -> None:
    state = database(person("ann"), person("bob"))
    model = declares(Role("clerk"), accounts=tuple(Account(login=name, roles=("clerk",)) for name in ("ann", "bob")))
    seen = (SignIn("ann", "10.0.0.1", "2026-08-20T08", 1), SignIn("bob", "10.0.0.1", "2026-08-05T08", 1))
    window = Window("2026-08-01T00:00:00Z", "2026-11-22T00:00:00Z", 53, gaps=(
        ("2026-08-22T00:00:00Z", "2026-10-15T00:00:00Z"), ("2026-11-01T00:00:00Z", "2026-11-07T00:00:00Z")))
    assert found(compare(model, state, replace(logs(*seen), window=window))) == {("IAM-11", None, "bob")}


def test_a_persons_account_in_two_places_within_an_hour_is_shared_unless_somebody_answers_for_it() -> None:
    state = database(person("ann"), person("feed"))
    seen = logs(*(SignIn(name, host, "2026-11-20T09", 1)
                  for name in ("ann", "feed") for host in ("10.0.0.1", "10.0.0.2")))
    apart = logs(SignIn("ann", "10.0.0.1", "2026-11-20T09", 1), SignIn("ann", "10.0.0.2", "2026-11-20T10", 1),
                 SignIn("feed", "10.0.0.1", "2026-11-20T09", 1))
    here = logs(*(SignIn("ann", host, "2026-11-20T09", 1) for host in ("[local]", "127.0.0.1", "::1", "")),
                SignIn("feed", "10.0.0.1", "2026-11-20T09", 1))
    ann, feed = Account(login="ann", roles=("clerk",)), Account(login="feed", roles=("job",))
    roles = (Role("clerk"), Role("job", who="job"))
    assert found(compare(declares(*roles, accounts=(ann, feed)), state, seen)) == {("IAM-13", None, "ann")}
    assert found(compare(declares(*roles, accounts=(replace(ann, owner="p-2"), feed)), state, seen)) == set()
    assert found(compare(declares(*roles, accounts=(ann, feed)), state, here)) == set()
    assert found(compare(declares(*roles, accounts=(ann, feed)), state, apart)) == set()


def test_one_person_with_two_accounts_joins_duties() -> None:
    propose = Role("propose", allow=(allow("vr.log", "INSERT"),))
    approve = Role("approve", allow=(allow("vr.voters", UPDATE=("status",)),))
    pair = (("propose", "approve"), ("propose", "nobody_defined_this"))
    given = {("vr", one): ("USAGE",) for one in ("ann", "bob")} | {
        ("vr.log", "ann"): ("INSERT",), ("vr.voters", "bob"): ("UPDATE(status)",)}
    state = database(person("ann"), person("bob"), grants=given)

    def said(ann: str, bob: str) -> set[tuple[str, str | None, str | None]]:
        accounts = (Account(login="ann", roles=("propose",), person=ann),
                    Account(login="bob", roles=("approve",), person=bob))
        return {one for one in found(compare(declares(propose, approve, accounts=accounts, never_together=pair), state))
                if one[0] == "LPR-22"}

    assert said("p-1", "p-2") == set()
    assert said("p-1", "p-1") == {("LPR-22", None, "ann"), ("LPR-22", None, "bob")}
    assert said("", "") == set()


def test_who_holds_what_sets_both_duties_apart_joins_them_whatever_the_model_says() -> None:
    propose = Role("propose", allow=(allow("vr.log", "INSERT"), allow("vr.voters", "SELECT")))
    approve = Role("approve", allow=(allow("vr.voters", "SELECT", UPDATE=("status",)),))
    model = declares(propose, approve, accounts=(Account(login="ann", roles=("propose",)),),
                     never_together=(("propose", "approve"),))
    granted = {("vr", "ann"): ("USAGE",), ("vr.log", "ann"): ("INSERT",), ("vr.voters", "ann"): ("SELECT",)}
    assert found(compare(model, database(person("ann"), grants=granted))) == set()
    granted["vr.voters", "ann"] = ("SELECT", "UPDATE")
    assert ("LPR-22", None, "ann") in found(compare(model, database(person("ann"), grants=granted)))


@pytest.mark.parametrize(("listening", "is_found"), [
    ("127.0.0.1", False), ("*", True), ("10.0.0.5, ::", True), ("0.0.0.0", True), ("", False), ("localhost", False)])
def test_listening_on_every_address_for_nobody_is_found(listening: str, is_found: bool) -> None:
    said = found(compare(declares(), database(settings={"listen_addresses": listening})))
    assert (said == {("LPR-14", None, None)}) is is_found


def test_a_server_for_other_machines_has_to_listen_to_the_network() -> None:
    rule = SignInRule(1, "hostssl", ("roll",), ("ann",), "10.1.1.1", "255.255.255.255", "scram-sha-256")
    state = replace(database(settings={"listen_addresses": "*", "ssl": "on"}), sign_in_rules=(rule,))
    assert found(compare(declares(), state)) == set()


@pytest.mark.parametrize(("loaded", "classes", "is_recorded"), [
    ("pgaudit", "write, ddl, role", True), ("pg_stat_statements,pgaudit", "ALL", True), ("pgaudit", "ddl", False),
    ("pgaudit", "all, -write", False), ("", "write", False), ("pgaudit", "none", False)])
def test_pgaudit_records_writes_for_a_table_without_triggers(loaded: str, classes: str, is_recorded: bool) -> None:
    state = database(settings={"shared_preload_libraries": loaded, "pgaudit.log": classes})
    state = replace(state, objects=tuple(replace(one, triggers=0, trigger_events=()) for one in state.objects))
    assert (found(compare(declares(), state)) == set()) is is_recorded


@pytest.mark.parametrize(("overrides", "faults"), [
    ((("ann", "", "none"),), {("LPR-20", "vr.voters", "ann")}),
    ((("ann", "roll", "ddl"), ("ann", "", "write")), {("LPR-20", "vr.voters", "ann")}),
    ((("ann", "", "none"), ("ann", "roll", "all")), set()),
    ((("bob", "", "none"), ("clerks", "", "none")), set()),
    ((("root", "", "none"),), {("LPR-20", "vr.voters", "root")}),
    ((("", "roll", "none"), ("ann", "", "write")), {("LPR-20", "vr.voters", None)}),
    ((("", "", "none"), ("audit", "", "write")), {("LPR-20", "vr.voters", None)})])
def test_pgaudit_may_pass_over_accounts_that_change_voters(overrides: tuple[tuple[str, str, str], ...],
                                                           faults: set[tuple[str, str | None, str | None]]) -> None:
    state = database(person("ann"), person("bob"), Principal(name="clerks"), grants={
        ("vr.voters", "clerks"): ("UPDATE(status)",), ("vr.log", "bob"): ("INSERT",)},
        settings={"shared_preload_libraries": "pgaudit", "pgaudit.log": "write"},
        memberships=(Membership("clerks", "ann"),))
    root = Principal(name="root", login=True, superuser=True, bootstrap=True, password="scram")
    state = replace(state, principals=(*state.principals, root), overrides=tuple(
        (role, where, "pgaudit.log", value) for role, where, value in overrides))
    bare = replace(state, objects=tuple(replace(one, triggers=0, trigger_events=()) for one in state.objects))
    said = compare(declares(), bare)
    assert {one for one in found(said) if one[0] == "LPR-20" and one[1] == "vr.voters"} == faults
    assert "LPR-20" not in {one.catalogue for one in said.unread}
    assert {one for one in found(compare(declares(), state)) if one[1:] == ("vr.voters", "root")} == set()


def test_what_hides_the_setting_of_pgaudit_leaves_it_unknown() -> None:
    state = database(settings={"shared_preload_libraries": "pgaudit", "pgaudit.log": "write"})
    state = replace(state, objects=tuple(replace(one, triggers=0, trigger_events=()) for one in state.objects))
    own = replace(state, overrides=(("audit", "", "pgaudit.log", "write"),))
    unread = replace(state, missing={"overrides": Missing(Reason.DENIED, "no")})
    for one in (own, unread):
        said = compare(declares(), one)
        assert found(said) == set()
        assert {one.catalogue for one in said.unread} == {"LPR-20"}


def test_members_of_the_owner_are_a_fault_unless_the_model_allows_them() -> None:
    state = database(person("ann"), memberships=(Membership("vr_owner", "ann", inherit=False),))
    accounts = (Account(login="ann", roles=("dba",)),)
    owned = {("LPR-08", name, "ann") for name in ("vr", "vr.voters", "vr.log")}
    assert found(compare(declares(Role("dba"), accounts=accounts), state)) == owned
    assert found(compare(declares(Role("dba"), accounts=accounts, owner_members=True), state)) == set()


def test_a_count_without_an_answer_is_unknown_with_its_reason() -> None:
    model = declares(counts={"x": Counting("select 1"), "y": Counting("select 2", at_most=3, catalogue="LPR-21")})
    state = replace(database(), answers={"y": 4}, missing={"answers.x": Missing(Reason.DENIED, "no function")})
    said = compare(model, state)
    assert found(said) == {("LPR-21", None, None)}
    assert said.unread == (Unread("IAM-09", "the count x: denied: no function"),)


def test_a_guarded_column_that_is_not_there_is_unknown_and_no_pass() -> None:
    model = declares(objects=(ObjectModel("vr.voters", "restricted", columns={"secret": ("dob", "totp")}),
                              ObjectModel("vr.votres", "restricted")))
    assert {one.catalogue for one in compare(model, database()).unread} == {"LPR-01", "LPR-06"}
    users = declares(objects=(ObjectModel("vr.log", "internal", columns={"secret": ("totp",)}),))
    said = compare(users, database(person("ann"), grants={("vr.log", "ann"): ("SELECT",)}))
    assert (found(said), [one.catalogue for one in said.unread]) == (set(), ["LPR-06"])


def test_the_first_line_that_matches_decides() -> None:
    feed = Role("feed", who="job", hosts=("10.20.4.11",))
    model = declares(feed, accounts=(Account(login="feed", roles=("feed",)),))

    def line(number: int, address: str, method: str = "scram-sha-256", users: str = "all",
             kind: str = "hostssl") -> SignInRule:
        mask = {"32": "255.255.255.255", "16": "255.255.0.0", "8": "255.0.0.0"}
        network, _, bits = address.partition("/")
        return SignInRule(number, kind, ("all",), (users,), network, mask.get(bits), method)

    def said(*lines: SignInRule) -> set[tuple[str, str | None, str | None]]:
        return found(compare(model, replace(database(person("feed")), sign_in_rules=lines)))

    elsewhere = {("LPR-14", None, "feed"), ("LPR-19", None, "feed")}
    assert said(line(1, "10.20.4.11/32")) == set()
    assert said(line(1, "10.20.0.0/16")) == elsewhere
    assert said(line(1, "10.0.0.0/8", "reject", "feed"), line(2, "10.20.0.0/16")) == set()
    assert said(line(1, "10.20.0.0/16"), line(2, "10.0.0.0/8", "reject", "feed")) == elsewhere
    assert said(line(1, "10.0.0.0/8", "reject", "feed", "hostnossl"), line(2, "10.20.0.0/16")) == elsewhere
    assert said(line(1, "10.0.0.0/8", "reject", "feed", "host"), line(2, "10.20.0.0/16")) == set()
    assert said(line(1, "10.20.0.0/16", users="/^fe")) == elsewhere
    assert said(line(1, "10.20.0.0/16", users="/^zz")) == set()


def test_every_rule_is_found_by_discovery_and_is_of_a_row_of_the_catalogue() -> None:
    known = {row.id for row in catalogue_rows(shipped().tables)}
    of_rules = {rule.catalogue for rule in rules()}
    assert of_rules <= known
    assert {"LPR-02", "LPR-09", "LPR-22", "IAM-12"} <= of_rules
    assert {engine for rule in rules() for engine in rule.engines} >= {POSTGRESQL, MARIADB}
    assert (severity("LPR-05"), severity("LPR-18"), severity("LPR-99")) == ("critical", "medium", "high")


def test_rows_are_kept_apart_where_a_column_says_whose_they_are() -> None:
    """A restricted table without such a column is a note; with a trace of row security it is judged."""
    plain = replace(VOTERS, columns=("id", "county"))
    image = replace(VOTERS, name="signatures", columns=("id", "image"))
    clerk = Role("clerk", rows="county = own", allow=(allow("vr.voters", "SELECT"), allow("vr.signatures", "SELECT"),
                                                      allow("vr.log", "INSERT")))
    objects = (ObjectModel("vr.voters", "restricted"), ObjectModel("vr.signatures", "restricted"),
               ObjectModel("vr.log", "evidence"))

    def said(rows: str, *tables: Object) -> tuple[set[str | None], list[str]]:
        state = replace(database(person("ann")), objects=(SCHEMA, *tables, LOG))
        one = compare(declares(replace(clerk, rows=rows), objects=objects,
                               accounts=(Account(login="ann", roles=("clerk",)),)), state)
        return {name for row, name, _ in found(one) if row == "LPR-12"}, row_security.notes(one.context)

    off = {"row_security": False, "row_security_forced": False}
    plain, image = replace(plain, **off), replace(image, **off)
    of_image = ["vr.signatures: clerk sees 'county = own', and no column of this table says whose a row is"]
    assert said("county = own", plain, image) == ({"vr.voters"}, of_image)
    assert said("their own", plain, image) == ({"vr.voters", "vr.signatures"}, [])
    assert said("", plain, image) == (set(), [])
    policy = RowPolicy("own", ("clerks",), "ALL", True, "(county = 'x'::text)")
    closed = {"row_security": True, "row_security_forced": True, "row_policies": (policy,)}
    assert said("county = own", replace(plain, **closed), image) == (set(), of_image)
    assert said("county = own", replace(plain, **closed), replace(image, row_policies=(policy,))) == (
        {"vr.signatures"}, [])


@pytest.mark.parametrize(("policy", "is_found"), [
    (RowPolicy("own", ("ann",), "ALL", True, "(county = 'x'::text)"), False),
    (RowPolicy("all", ("ann",), "SELECT", True, "true"), True),
    (RowPolicy("all", ("",), "ALL", True, "(true)"), True),
    (RowPolicy("all", ("clerks",), "ALL", True, "true"), True),
    (RowPolicy("all", ("others",), "ALL", True, "true"), False),
    (RowPolicy("own", ("ann",), "ALL", False, "(county = 'x'::text)"), True),
    (RowPolicy("all", ("ann",), "ALL", True, "(1 = 1)"), True),
    (RowPolicy("all", ("ann",), "ALL", True, "((county = 'x'::text) OR true)"), True),
    (RowPolicy("all", ("ann",), "ALL", True, "(county = county)"), True),
    (RowPolicy("own", ("ann",), "ALL", True, "((county = 'x'::text) OR (id = 1))"), False),
    (RowPolicy("own", ("ann",), "ALL", True, "((county = 'x'::text) AND (true OR (id = 1)))"), False),
])
def test_a_policy_that_hides_nothing_from_the_role_is_none(policy: RowPolicy, is_found: bool) -> None:
    own = RowPolicy("base", ("ann",), "ALL", True, "(county = 'y'::text)")
    policies = (policy,) if not policy.permissive else (own, policy)
    limit = RowPolicy("limit", ("",), "ALL", False, "(county = 'z'::text)")
    table = replace(VOTERS, columns=("id", "county"), row_security=True, row_security_forced=True,
                    row_policies=policies)
    state = replace(database(person("ann"), Principal(name="clerks"), Principal(name="others"),
                             memberships=(Membership("clerks", "ann"),)), objects=(SCHEMA, table, LOG))
    model = declares(Role("clerk", rows="county = own", allow=(allow("vr.voters", "SELECT"),)),
                     accounts=(Account(login="ann", roles=("clerk",)),),
                     objects=(ObjectModel("vr.voters", "restricted"),))
    assert (("LPR-12", "vr.voters", None) in found(compare(model, state))) is is_found
    if policy.permissive:
        limited = replace(table, row_policies=(*policies, limit))
        assert found(compare(model, replace(state, objects=(SCHEMA, limited, LOG)))) == set()


def test_a_way_out_that_nobody_has_today_is_found_on_the_group() -> None:
    memberships = (Membership("pg_execute_server_program", "support"), Membership("pg_read_all_data", "readers"),
                   Membership("readers", "ann"))
    engine = tuple(Principal(name=name, system=True) for name in ("pg_execute_server_program", "pg_read_all_data"))
    state = database(person("ann"), Principal(name="support"), Principal(name="readers"), *engine,
                     memberships=memberships)
    model = declares(Role("clerk"), accounts=(Account(login="ann", roles=("clerk",)),))
    assert {one for one in found(compare(model, state)) if one[0] in ("LPR-10", "LPR-11")} == {
        ("LPR-10", None, "support"), ("LPR-11", None, "ann")}


def test_a_name_for_many_is_no_fault_where_one_person_has_it() -> None:
    state = database(person("clerk1"), person("temp_help"), person("jclerkson"))
    clerk = Role("clerk")
    named = declares(clerk, accounts=(Account(login="clerk1", roles=("clerk",), person="p-1"),
                                      Account(login="temp_help", roles=("clerk",)),
                                      Account(login="jclerkson", roles=("clerk",))))
    assert found(compare(named, state)) == {("IAM-13", None, "temp_help")}


@pytest.mark.parametrize(("overrides", "said"), [
    ((), ["web: statement_timeout is not set for it, not 2s", "web: default_transaction_read_only is not on for it"]),
    ((("web", "", "statement_timeout", "2000"), ("web", "", "default_transaction_read_only", "on")), []),
    ((("", "roll", "statement_timeout", "1500ms"), ("", "", "default_transaction_read_only", "true")), []),
    ((("web", "", "statement_timeout", "1s"), ("web", "roll", "statement_timeout", "1min"),
      ("web", "", "default_transaction_read_only", "on")), ["web: statement_timeout is 1min, not 2s"]),
    ((("web", "other", "statement_timeout", "1s"), ("web", "", "statement_timeout", "0"),
      ("web", "", "default_transaction_read_only", "on")), ["web: statement_timeout is 0, not 2s"]),
])
def test_settings_that_a_role_asks_for_are_a_note(overrides: tuple[tuple[str, str, str, str], ...],
                                                  said: list[str]) -> None:
    model = declares(Role("web", who="job", limits=Limits(statement_timeout="2s", read_only=True)),
                     accounts=(Account(login="web", roles=("web",)),))
    one = compare(model, replace(database(person("web")), overrides=overrides))
    assert notes(one.context) == said
    assert found(one) == set()


def test_a_partition_holds_the_rows_of_its_table() -> None:
    """Neither a right on it nor a change in it goes around what the model says of the whole."""
    whole = replace(VOTERS, columns=("id", "dob"))
    part = replace(whole, name="voters_n", part_of="vr.voters", triggers=0, trigger_events=())
    grants = {("vr.voters_n", "ann"): ("DELETE",), ("vr.voters_n", "bob"): ("SELECT(dob)",),
              ("vr.voters", "cyd"): ("SELECT",), ("vr.voters_n", "cyd"): ("SELECT",)}
    state = database(person("ann"), person("bob"), person("cyd"), grants=grants, objects=(SCHEMA, whole, part, LOG))
    model = declares(Role("clerk"), Role("reader", allow=(allow("vr.voters", "SELECT"),)),
                     accounts=(Account(login="ann", roles=("clerk",)), Account(login="bob", roles=("clerk",)),
                               Account(login="cyd", roles=("reader",))))
    assert found(compare(model, state)) == {
        ("LPR-05", "vr.voters_n", "ann"), ("LPR-06", "vr.voters_n", "bob"), ("LPR-20", "vr.voters_n", None)}


@pytest.mark.parametrize("written", ["vr.approve", "vr.approve(integer, character varying)",
                                     "vr.approve(int,varchar)", "vr.approve( int4 , varchar )"])
def test_a_routine_is_known_by_its_types_also_where_it_is_the_only_one(written: str) -> None:
    one = Object(schema="vr", name="approve", kind="routine", owner="vr_owner",
                 arguments="integer, character varying", definer=True, pinned=True, body="ab")
    state = database(person("ann"), grants={("vr", "ann"): ("USAGE",), ("vr.approve", "ann"): ("EXECUTE",)},
                     objects=(SCHEMA, VOTERS, LOG, one))
    model = declares(Role("clerk", allow=(replace(allow(written, "EXECUTE"), kind="routine"),)),
                     accounts=(Account(login="ann", roles=("clerk",)),), reviewed_routines={written: "ab"})
    result = compare(model, state)
    assert {row.state for row in result.rows()} == {"declared"}
    assert found(result) == set()
