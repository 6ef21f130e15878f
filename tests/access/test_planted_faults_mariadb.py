"""Faults planted in a registration database on a real MariaDB: each is found and named, and on the clean twin none.

Every fault is a statement or two, taken back afterwards; what is found must be the planted fault, exactly.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from agent.access.cli import access
from agent.access.grant_script_mariadb import script
from collectors.access_reader import read
from hustings.access.model import AccessModel
from hustings.access.reading import load
from hustings.access.usage import SignIn, Usage, Window
from policies.access.difference import Difference, difference
from policies.access.engines import effective
from policies.access.rows import Anomaly
from tests.mariadb import MariadbServer, running

HERE = Path(__file__).parent
MODEL = HERE / "registration_mariadb.yaml"
AUDITOR, PASSWORD = "hustings_audit", "spectacles"
CLERKS = "10.20.1.%"


@dataclass(frozen=True)
class Fault:
    """What is done, how it is taken back, and what must be found: (catalogue, object, account)."""

    name: str
    plant: str
    undo: str
    found: frozenset[tuple[str, str | None, str | None]]
    excess: frozenset[str] = frozenset()
    """Accounts that then have rows of excess."""


def fault(name: str, plant: str, undo: str, *found: tuple[str, str | None, str | None],
          excess: tuple[str, ...] = ()) -> Fault:
    """``plant`` and ``undo``: statements between semicolons. ``excess`` with ``…``: these and any others."""
    return Fault(name, plant, undo, frozenset(found), frozenset(excess))


JDOE, ASMITH, NKHAN, PCOTE = (f"{name}@{CLERKS}" for name in ("jdoe", "asmith", "nkhan", "pcote"))
DMV, WEB, MIRROR = "svc_dmv@10.20.4.11", "web_lookup@10.20.4.20", "svc_mirror@10.20.9.6"
GOOD = "identified via ed25519 using password('x') require ssl"

FAULTS = (
    fault("an account nobody declared reads a table",
          f"create user extra@'10.1.1.1' {GOOD}; grant select on vr.elections to extra@'10.1.1.1'",
          "drop user extra@'10.1.1.1'", excess=("extra@10.1.1.1",)),
    fault("a right too many", f"grant insert on vr.elections to nkhan@'{CLERKS}'",
          f"revoke insert on vr.elections from nkhan@'{CLERKS}'", excess=(NKHAN,)),
    fault("a column too many", f"grant update (held) on vr.elections to nkhan@'{CLERKS}'",
          f"revoke update (held) on vr.elections from nkhan@'{CLERKS}'", excess=(NKHAN,)),
    fault("a routine too many", f"grant execute on procedure vr.approve_status to pcote@'{CLERKS}'",
          f"revoke execute on procedure vr.approve_status from pcote@'{CLERKS}'", excess=(PCOTE,)),
    fault("a right on another schema by a pattern", f"grant select on `stag%`.* to pcote@'{CLERKS}'",
          f"revoke select on `stag%`.* from pcote@'{CLERKS}'", excess=(PCOTE,)),
    fault("a superuser",
          f"create user oldadmin@'{CLERKS}' {GOOD}; grant all on *.* to oldadmin@'{CLERKS}' with grant option",
          f"drop user oldadmin@'{CLERKS}'", ("LPR-02", None, f"oldadmin@{CLERKS}"), excess=(f"oldadmin@{CLERKS}",)),
    fault("a clerk may become superuser",
          f"create role r_all; grant super on *.* to r_all; grant r_all to jdoe@'{CLERKS}'",
          "drop role r_all", ("LPR-02", None, JDOE)),
    fault("everyone reads a table",
          "grant select on vr.elections to public", "revoke select on vr.elections from public",
          ("LPR-04", "vr.elections", "PUBLIC"), excess=(NKHAN, PCOTE, DMV, WEB, MIRROR, "…")),
    fault("everyone reads a column", "grant select (id) on vr.elections to public",
          "revoke select (id) on vr.elections from public", ("LPR-04", "vr.elections", "PUBLIC"), excess=("…",)),
    fault("everyone reads a schema",
          "grant select on `staging`.* to public", "revoke select on `staging`.* from public",
          ("LPR-04", "staging", "PUBLIC"), excess=("…",)),
    fault("an account without a name",
          "create user ''@'10.20.%' identified via ed25519 using password('x') require ssl",
          "drop user ''@'10.20.%'", ("LPR-04", None, "@10.20.%"), ("IAM-14", None, "@10.20.%")),
    fault("clerks may delete voters", "grant delete on vr.voters to r_clerk", "revoke delete on vr.voters from r_clerk",
          ("LPR-05", "vr.voters", JDOE), ("LPR-05", "vr.voters", ASMITH), excess=(JDOE, ASMITH)),
    fault("a clerk may change every column", f"grant update on vr.voters to jdoe@'{CLERKS}'",
          f"revoke update on vr.voters from jdoe@'{CLERKS}'", ("LPR-05", "vr.voters", JDOE), excess=(JDOE,)),
    fault("an analyst may empty the signatures", f"grant drop on vr.signatures to nkhan@'{CLERKS}'",
          f"revoke drop on vr.signatures from nkhan@'{CLERKS}'", ("LPR-05", "vr.signatures", NKHAN), excess=(NKHAN,)),
    fault("the web reads birth dates", "grant select (dob) on vr.voters to web_lookup@'10.20.4.20'",
          "revoke select (dob) on vr.voters from web_lookup@'10.20.4.20'", ("LPR-06", "vr.voters", WEB), excess=(WEB,)),
    fault("an analyst reads all of a voter", f"grant select on vr.voters to nkhan@'{CLERKS}'",
          f"revoke select on vr.voters from nkhan@'{CLERKS}'", ("LPR-06", "vr.voters", NKHAN), excess=(NKHAN,)),
    fault("an auditor reads secrets", f"grant select (totp_secret) on vr.users to pcote@'{CLERKS}'",
          f"revoke select (totp_secret) on vr.users from pcote@'{CLERKS}'", ("LPR-06", "vr.users", PCOTE),
          excess=(PCOTE,)),
    fault("a view shows birth dates",
          "create definer = vr_owner@localhost view vr.birthdays_v as select dob from vr.voters; "
          "grant select on vr.birthdays_v to web_lookup@'10.20.4.20'", "drop view vr.birthdays_v; "
          "revoke select on vr.birthdays_v from web_lookup@'10.20.4.20'",
          ("LPR-06", "vr.birthdays_v", WEB), excess=(WEB,)),
    fault("the public view shows an identity number",
          "create or replace definer = vr_owner@localhost sql security definer view vr.lookup_v as "
          "select voter_id, last_name, status, ssn4 from vr.voters",
          "create or replace definer = vr_owner@localhost sql security definer view vr.lookup_v as "
          "select voter_id, last_name, status from vr.voters",
          ("LPR-06", "vr.lookup_v", WEB), ("LPR-06", "vr.lookup_v", "counter_screen@10.20.1.40")),
    fault("a clerk may pass a table on", f"grant select on vr.absentee to jdoe@'{CLERKS}' with grant option",
          f"revoke select, grant option on vr.absentee from jdoe@'{CLERKS}'", ("LPR-07", "vr.absentee", JDOE)),
    fault("a role may pass a schema on", "grant usage on staging.* to r_clerk with grant option",
          "revoke grant option on staging.* from r_clerk", ("LPR-07", "staging", "r_clerk")),
    fault("a clerk may give a role to others", f"grant r_entry to jdoe@'{CLERKS}' with admin option",
          f"revoke r_entry from jdoe@'{CLERKS}'", ("LPR-07", None, JDOE)),
    fault("a view runs as a clerk", f"create definer = jdoe@'{CLERKS}' view vr.mine_v as select id from vr.elections",
          "drop view vr.mine_v", ("LPR-08", "vr.mine_v", JDOE)),
    fault("a routine runs as nobody", "create definer = gone@'10.1.1.1' procedure vr.ghost() select 1",
          "drop procedure vr.ghost", ("LPR-08", "vr.ghost", "gone@10.1.1.1")),
    fault("everyone may call a definer routine", "grant execute on procedure vr.approve_status to public",
          "revoke execute on procedure vr.approve_status from public",
          ("LPR-04", "vr.approve_status", "PUBLIC"), ("LPR-09", "vr.approve_status", "PUBLIC"),
          ("LPR-22", None, "lroy@10.20.1.%"), excess=("…",)),
    fault("the web writes files", "grant file on *.* to web_lookup@'10.20.4.20'",
          "revoke file on *.* from web_lookup@'10.20.4.20'", ("LPR-10", None, WEB)),
    fault("a clerk may make accounts", f"grant create user on *.* to jdoe@'{CLERKS}'",
          f"revoke create user on *.* from jdoe@'{CLERKS}'", ("LPR-11", None, JDOE)),
    fault("a job receives every change", "grant replication slave on *.* to svc_dmv@'10.20.4.11'",
          "revoke replication slave on *.* from svc_dmv@'10.20.4.11'", ("LPR-11", None, DMV)),
    fault("an analyst sees others' statements", f"grant process on *.* to nkhan@'{CLERKS}'",
          f"revoke process on *.* from nkhan@'{CLERKS}'", ("LPR-11", None, NKHAN)),
    fault("an auditor changes the grant tables", f"grant update on mysql.* to pcote@'{CLERKS}'",
          f"revoke update on mysql.* from pcote@'{CLERKS}'", ("LPR-11", None, PCOTE)),
    fault("an analyst may act as the database's administrator",
          f"grant proxy on dba_ann@'{CLERKS}' to nkhan@'{CLERKS}'",
          f"revoke proxy on dba_ann@'{CLERKS}' from nkhan@'{CLERKS}'", ("LPR-11", None, NKHAN)),
    fault("an empty password", f"create user lax@'{CLERKS}' identified by '' require ssl", f"drop user lax@'{CLERKS}'",
          ("IAM-14", None, f"lax@{CLERKS}"), ("LPR-13", None, f"lax@{CLERKS}")),
    fault("a weakly stored password",
          f"alter user jdoe@'{CLERKS}' identified via mysql_native_password using password('x')",
          f"alter user jdoe@'{CLERKS}' identified via ed25519 using password('x')", ("LPR-13", None, JDOE)),
    fault("a job from more than its host", f"create user svc_dmv@'10.20.%' {GOOD} with max_user_connections 2",
          "drop user svc_dmv@'10.20.%'", ("LPR-14", None, "svc_dmv@10.20.%"), ("LPR-19", None, "svc_dmv@10.20.%")),
    fault("a session without encryption",
          f"alter user nkhan@'{CLERKS}' require none", f"alter user nkhan@'{CLERKS}' require "
          "ssl", ("LPR-15", None, NKHAN)),
    fault("the vendor is open", f"alter user vendor_acme@'{CLERKS}' account unlock",
          f"alter user vendor_acme@'{CLERKS}' account lock", ("LPR-17", None, f"vendor_acme@{CLERKS}")),
    fault("a leaver is open",
          f"alter user rfortin@'{CLERKS}' account unlock", f"alter user rfortin@'{CLERKS}' account lock",
          ("IAM-12", None, f"rfortin@{CLERKS}"), ("LPR-17", None, f"rfortin@{CLERKS}")),
    fault("a job without a limit of sessions", "alter user svc_dmv@'10.20.4.11' with max_user_connections 0",
          "alter user svc_dmv@'10.20.4.11' with max_user_connections 2", ("LPR-19", None, DMV)),
    fault("a job in a clerk's role",
          "grant r_clerk to svc_dmv@'10.20.4.11'", "revoke r_clerk from svc_dmv@'10.20.4.11'",
          ("LPR-01", None, DMV), ("LPR-19", None, DMV)),
    fault("the audit plugin is off", "set global server_audit_logging = off", "set global server_audit_logging = on",
          ("LPR-20", "vr.voters", None), ("LPR-20", "vr.addresses", None), ("LPR-20", "vr.signatures", None)),
    fault("the audit plugin leaves someone out", "set global server_audit_excl_users = 'jdoe'",
          "set global server_audit_excl_users = ''",
          ("LPR-20", "vr.voters", None), ("LPR-20", "vr.addresses", None), ("LPR-20", "vr.signatures", None)),
    fault("a clerk may change the record", f"grant update (op) on vr.audit_log to jdoe@'{CLERKS}'",
          f"revoke update (op) on vr.audit_log from jdoe@'{CLERKS}'", ("LPR-20", "vr.audit_log", JDOE), excess=(JDOE,)),
    fault("one person proposes and approves", f"grant execute on procedure vr.approve_status to lroy@'{CLERKS}'; "
          f"grant select on vr.status_proposals to lroy@'{CLERKS}'",
          f"revoke execute on procedure vr.approve_status from lroy@'{CLERKS}'; revoke select on vr.status_proposals "
          f"from lroy@'{CLERKS}'", ("LPR-22", None, f"lroy@{CLERKS}"), excess=(f"lroy@{CLERKS}",)),
    fault("a shared account", f"create user front_counter@'{CLERKS}' {GOOD}", f"drop user front_counter@'{CLERKS}'",
          ("IAM-13", None, f"front_counter@{CLERKS}")),
    fault("a default account", f"create user admin@'{CLERKS}' {GOOD}", f"drop user admin@'{CLERKS}'",
          ("IAM-14", None, f"admin@{CLERKS}")),
    fault("people without a second factor",
          "insert into vr.users (uname, active, mfa_enrolled) values ('x', true, false)",
          "delete from vr.users where uname = 'x'", ("IAM-09", None, None)),
)


@dataclass
class Office:
    server: MariadbServer
    model: AccessModel

    @property
    def dsn(self) -> str:
        return self.server.dsn("vr", AUDITOR, PASSWORD)

    def run(self, statements: str) -> None:
        self.server.execute(*(one.strip() for one in statements.split(";")))

    def look(self, usage: Usage | None = None) -> Difference:
        state = read("mariadb", self.dsn, schemas=self.model.database.scope, counts=tuple(self.model.counts))
        assert state.missing == {}
        return difference(self.model, effective(state), state, usage)


@pytest.fixture(scope="module")
def office() -> Iterator[Office]:
    model = load(MODEL)[0]
    with running(plugin_load="server_audit;auth_ed25519", server_audit_logging="ON",
                 server_audit_file_path="audit.log") as server:
        server.script((HERE / "registration_mariadb.sql").read_text())
        server.script(script("mariadb", AUDITOR, model.counts, "vr"))
        yield Office(server, model)


def _named(anomalies: tuple[Anomaly, ...]) -> set[tuple[str, str | None, str | None]]:
    return {(one.catalogue, one.object, one.account) for one in anomalies}


def _excess(found: Difference) -> set[str]:
    return {row.account for row in found.rows() if row.state == "excess"}


def _assert_clean(office: Office) -> None:
    found = office.look()
    assert [row for row in found.rows() if row.state != "declared"] == []
    assert (found.anomalies, found.unread) == ((), ())


def test_the_clean_twin_is_clean(office: Office) -> None:
    _assert_clean(office)


@pytest.mark.parametrize("planted", FAULTS, ids=lambda one: one.name)
def test_each_planted_fault_is_found_and_nothing_else(office: Office, planted: Fault) -> None:
    office.run(planted.plant)
    try:
        found = office.look()
        assert _named(found.anomalies) == planted.found, found.anomalies
        assert found.unread == ()
        excess = _excess(found)
        assert planted.excess - {"…"} <= excess
        assert "…" in planted.excess or excess == planted.excess
    finally:
        office.run(planted.undo)


def test_after_all_of_it_the_twin_is_clean_again(office: Office) -> None:
    _assert_clean(office)


def test_logs_tell_of_sessions_of_superusers_of_shared_accounts_and_of_accounts_nobody_uses(office: Office) -> None:
    came = {name: name.replace(CLERKS, "10.20.1.7") for name in office.look().context.judged if name != NKHAN}
    everyone = tuple(SignIn(logged, "10.20.1.7", "2026-11-20T09", 1) for logged in came.values())
    office.run(f"create user oldadmin@'10.%' {GOOD}; grant all on *.* to oldadmin@'10.%' with grant option")
    try:
        sign_ins = (*everyone, SignIn("root@localhost", "localhost", "2026-11-20T09", 2),
                    SignIn("oldadmin@10.1.1.1", "10.1.1.1", "2026-11-20T10", 1),
                    SignIn("jdoe@10.20.1.8", "10.20.1.8", "2026-11-20T09", 3))
        usage = Usage("mariadb", Window("2026-09-01T00:00:00Z", "2026-11-21T00:00:00Z", 81.0), covers=("all",),
                      sign_ins=sign_ins)
        assert _named(office.look(usage).anomalies) == {
            ("IAM-11", None, NKHAN), ("IAM-13", None, JDOE), ("LPR-02", None, "oldadmin@10.%"),
            ("LPR-03", None, "oldadmin@10.%"), ("LPR-03", None, "root@localhost")}
    finally:
        office.run("drop user oldadmin@'10.%'")


def test_that_passwords_get_old_is_no_end_of_an_account(office: Office) -> None:
    office.run("set global default_password_lifetime = 40000")
    try:
        assert office.look().anomalies == ()
    finally:
        office.run("set global default_password_lifetime = 0")


def test_an_account_may_be_seasonal_only_with_an_end_the_engine_knows(office: Office) -> None:
    office.run(f"alter user bleblanc@'{CLERKS}' password expire never")
    try:
        found = office.look()
        assert [one.catalogue for one in found.unread] == ["LPR-18"]
    finally:
        office.run(f"alter user bleblanc@'{CLERKS}' password expire interval 60 day")


def test_the_server_may_not_listen_everywhere(office: Office) -> None:
    state = read("mariadb", office.dsn, schemas=office.model.database.scope, counts=tuple(office.model.counts))
    for address in ("", "*", "0.0.0.0", "::", "127.0.0.1,0.0.0.0"):
        open_state = msgspec.structs.replace(state, settings={**state.settings, "bind_address": address})
        found = difference(office.model, effective(open_state), open_state)
        assert _named(found.anomalies) == {("LPR-14", None, None)}


def test_the_command_says_the_same(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUSTINGS_VR_DSN", office.dsn)
    clean = CliRunner().invoke(access, ["diff", "--model", str(MODEL), "--format", "json"])
    assert (clean.exit_code, clean.stderr) == (0, "")
    document = json.loads(clean.stdout)
    assert (document["schema"], document["engine"]) == ("hustings.access/1", "mariadb")
    assert (document["anomalies"], document["unknown"], document["assumable"]) == ([], [], [])
    assert {row["state"] for row in document["rows"]} == {"declared"}
    by_role = next(row for row in document["rows"] if (row["account"], row["object"]) == (JDOE, "vr.signatures"))
    assert (by_role["kind"], by_role["right"], by_role["via"]) == ("table", "INSERT", ["r_clerk"])
    held = CliRunner().invoke(access, ["diff", "--all", "--engine", "mariadb", "--dsn-env", "HUSTINGS_VR_DSN",
                                       "--schema", "vr", "--format", "json"])
    assert (held.exit_code, held.stderr) == (0, "")
    assert {row["state"] for row in json.loads(held.stdout)["rows"]} == {"held"}
    assert PASSWORD not in held.stdout
