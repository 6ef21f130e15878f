"""Faults planted in a registration database on a real MariaDB, each with what has to be found.

``registration_mariadb.sql`` makes the clean database, ``registration_mariadb.yaml`` is its access model. Take an
``Office`` from the fixture ``office``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent.access.grant_script_mariadb import script
from collectors.access_reader import read
from hustings.access.model import AccessModel
from hustings.access.reading import load
from hustings.access.state import State
from hustings.access.usage import Usage
from policies.access.difference import Difference, difference
from policies.access.engines import effective
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
    fault("an auditor changes one of the grant tables", f"grant insert on mysql.global_priv to pcote@'{CLERKS}'",
          f"revoke insert on mysql.global_priv from pcote@'{CLERKS}'", ("LPR-11", None, PCOTE)),
    fault("an auditor changes a column of the grant tables", f"grant update (db) on mysql.db to pcote@'{CLERKS}'",
          f"revoke update (db) on mysql.db from pcote@'{CLERKS}'", ("LPR-11", None, PCOTE)),
    fault("an analyst reads what is stored of passwords", f"grant select on mysql.* to nkhan@'{CLERKS}'",
          f"revoke select on mysql.* from nkhan@'{CLERKS}'", ("LPR-11", None, NKHAN)),
    fault("an analyst reads the table of passwords", f"grant select on mysql.user to nkhan@'{CLERKS}'",
          f"revoke select on mysql.user from nkhan@'{CLERKS}'", ("LPR-11", None, NKHAN)),
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

    def read(self) -> State:
        """What the auditing account is told."""
        state = read("mariadb", self.dsn, schemas=self.model.database.scope, counts=tuple(self.model.counts))
        assert state.missing == {}
        return state

    def look(self, usage: Usage | None = None) -> Difference:
        state = self.read()
        return difference(self.model, effective(state), state, usage)


@pytest.fixture(scope="module")
def office() -> Iterator[Office]:
    model = load(MODEL)[0]
    with running(plugin_load="server_audit;auth_ed25519", server_audit_logging="ON",
                 server_audit_file_path="audit.log") as server:
        server.script((HERE / "registration_mariadb.sql").read_text())
        server.script(script("mariadb", AUDITOR, model.counts, "vr"))
        yield Office(server, model)
