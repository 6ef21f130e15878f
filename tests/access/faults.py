"""Faults for the clean registration database, each one statement, with all that it must change in the answer."""

from __future__ import annotations

from dataclasses import dataclass

Found = tuple[str, str | None, str | None]
"""Catalogue row, object, account."""
Right = tuple[str, str, str | None, str]
"""Account, object, column, right."""

ACCOUNTS = ("asmith", "bleblanc", "counter_screen", "dba_ann", "hgagnon", "hustings_audit", "jdoe", "lroy", "mtremblay",
            "nkhan", "pcote", "svc_backup", "svc_dmv", "svc_mirror", "svc_pollbook", "web_lookup")
"""Everyone who can sign in to the clean database and is compared."""
CLERKS = ("asmith", "jdoe")
WHOLE_TABLE = ("DELETE", "INSERT", "MAINTAIN", "REFERENCES", "SELECT", "TRIGGER", "TRUNCATE", "UPDATE")


@dataclass(frozen=True)
class Fault:
    """One thing done wrongly. ``undo`` is for what belongs to the server and not to the copied database."""

    name: str
    sql: str
    anomalies: frozenset[Found] = frozenset()
    excess: frozenset[Right] = frozenset()
    missing: frozenset[Right] = frozenset()
    undo: str = ""
    only: str = ""
    """Where one fault opens everything to one account: its name. What is listed must be found, and whatever else is
    found must be of that account."""
    unread: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return self.name

    @property
    def is_in_database(self) -> bool:
        """Whether it touches more than the server's roles."""
        return not self.undo or " on " in self.sql


def rights(accounts: tuple[str, ...] | str, name: str, *held: str, column: str | None = None) -> frozenset[Right]:
    """A row for each account and right."""
    some = (accounts,) if isinstance(accounts, str) else accounts
    return frozenset((account, name, column, right) for account in some for right in held)


def everyone(name: str, right: str, *, but: tuple[str, ...] = (), column: str | None = None) -> frozenset[Right]:
    """The row of everyone whom the model does not give the right."""
    return rights(tuple(one for one in ACCOUNTS if one not in but), name, right, column=column)


def each(catalogue: str, name: str | None, *accounts: str | None) -> frozenset[Found]:
    """An anomaly of one row and object for each account."""
    return frozenset((catalogue, name, account) for account in accounts or (None,))


def on(catalogue: str, account: str, *names: str) -> frozenset[Found]:
    """An anomaly of one row and account for each object."""
    return frozenset((catalogue, name, account) for name in names)


RESTRICTED = ("vr.voters", "vr.addresses", "vr.signatures")
OWNED = ("vr", "staging", "vr.absentee", "vr.addresses", "vr.audit_log", "vr.counties", "vr.elections", "vr.lookup_v",
         "vr.petition_lines", "vr.pollbook_v", "vr.precincts", "vr.report_v", "vr.signatures", "vr.status_proposals",
         "vr.users", "vr.voter_history", "vr.voters", "staging.inbox_dmv", "staging.inbox_ncoa")

GRANTS = (
    Fault("LPR-01 a group is given a table", "grant select on vr.counties to r_report",
          excess=rights("nkhan", "vr.counties", "SELECT")),
    Fault("LPR-01 an account outside the model", "create role extra login; grant insert on vr.voter_history to extra",
          excess=rights("extra", "vr.voter_history", "INSERT"), undo="drop role extra"),
    Fault("LPR-01 one more column", "grant update (county) on vr.voters to r_clerk",
          excess=rights(CLERKS, "vr.voters", "UPDATE", column="county")),
    Fault("LPR-01 a sequence", "grant usage on sequence vr.status_proposals_proposal_id_seq to r_report",
          excess=rights("nkhan", "vr.status_proposals_proposal_id_seq", "USAGE")),
    Fault("LPR-01 a table emptied that is not restricted", "grant truncate on vr.voter_history to r_propose",
          excess=rights("lroy", "vr.voter_history", "TRUNCATE")),
    Fault("LPR-01 a schema opened", "grant usage on schema staging to r_report",
          excess=rights("nkhan", "staging", "USAGE")),
    Fault("LPR-01 objects may be made", "grant create on schema vr to r_users",
          excess=rights("hgagnon", "vr", "CREATE")),
    Fault("LPR-01 one of two functions of a name", "grant execute on function vr.full_years(date) to r_report",
          excess=rights("nkhan", "vr.full_years(date)", "EXECUTE")),
    Fault("LPR-01 within reach of SET ROLE", "grant r_audit to nkhan with inherit false",
          each("LPR-01", None, "nkhan"), undo="revoke r_audit from nkhan"),
    Fault("LPR-01 what the model denies, by a group of a group",
          "grant update on vr.audit_log to r_dba; grant r_dba to pcote",
          each("LPR-01", None, "dba_ann") | each("LPR-20", "vr.audit_log", "pcote") | each("LPR-22", None, "pcote"),
          undo="revoke r_dba from pcote", only="pcote"),
    Fault("a view is missing", "revoke select on vr.lookup_v from r_lookup",
          missing=rights(("counter_screen", "web_lookup"), "vr.lookup_v", "SELECT")),
    Fault("a schema is missing", "revoke usage on schema vr from r_report", missing=rights("nkhan", "vr", "USAGE")),
    Fault("a column is missing", "revoke update (party) on vr.voters from r_clerk",
          missing=rights(CLERKS, "vr.voters", "UPDATE", column="party")),
    Fault("a table is missing", "drop table staging.inbox_dmv",
          missing=rights("svc_dmv", "staging.inbox_dmv", "INSERT")),
)

SUPERUSERS = (
    Fault("LPR-02 a clerk is superuser", "alter role asmith superuser", each("LPR-02", None, "asmith"), only="asmith",
          undo="alter role asmith nosuperuser"),
    Fault("LPR-02 an old administrator", "create role oldadmin superuser login", each("LPR-02", None, "oldadmin"),
          only="oldadmin", undo="drop role oldadmin"),
    Fault("LPR-02 may become superuser", "grant emergency to hgagnon", each("LPR-02", None, "hgagnon"),
          undo="revoke emergency from hgagnon"),
    Fault("LPR-02 may become superuser by a group", "grant emergency to r_users", each("LPR-02", None, "hgagnon"),
          undo="revoke emergency from r_users"),
)

EVERYONE = (
    Fault("LPR-04 a table", "grant select on vr.status_proposals to public",
          each("LPR-04", "vr.status_proposals", "PUBLIC"),
          everyone("vr.status_proposals", "SELECT", but=("mtremblay", "svc_backup"))),
    Fault("LPR-04 a column", "grant select (party) on vr.voters to public", each("LPR-04", "vr.voters", "PUBLIC"),
          everyone("vr.voters", "SELECT", column="party", but=(*CLERKS, "lroy", "mtremblay", "svc_backup"))),
    Fault("LPR-04 a schema outside the model", "grant create on schema public to public",
          each("LPR-04", "public", "PUBLIC")),
    Fault("LPR-04 a schema of the model", "grant create on schema staging to public",
          each("LPR-04", "staging", "PUBLIC"), everyone("staging", "CREATE", but=("dba_ann",))),
    Fault("LPR-04 a function", "grant execute on function vr.full_years(date, date) to public",
          each("LPR-04", "vr.full_years(date, date)", "PUBLIC"),
          everyone("vr.full_years(date, date)", "EXECUTE", but=CLERKS)),
    Fault("LPR-04 a function made carelessly", "create function vr.helper() returns int language sql as 'select 1'",
          each("LPR-04", "vr.helper", "PUBLIC"), everyone("vr.helper", "EXECUTE")),
    Fault("LPR-04 tables to come in a schema",
          "alter default privileges for role vr_owner in schema vr grant select on tables to public",
          each("LPR-04", "vr", "PUBLIC")),
    Fault("LPR-04 tables to come anywhere",
          "alter default privileges for role vr_owner grant insert on tables to public",
          each("LPR-04", None, "PUBLIC")),
    Fault("LPR-04 a sequence", "grant usage on sequence vr.audit_log_id_seq to public",
          each("LPR-04", "vr.audit_log_id_seq", "PUBLIC"),
          everyone("vr.audit_log_id_seq", "USAGE", but=(*CLERKS, "bleblanc"))),
)

VOTER_DATA = (
    Fault("LPR-05 clerks may delete voters", "grant delete on vr.voters to r_clerk",
          each("LPR-05", "vr.voters", *CLERKS), rights(CLERKS, "vr.voters", "DELETE")),
    Fault("LPR-05 addresses may be emptied", "grant truncate on vr.addresses to r_propose",
          each("LPR-05", "vr.addresses", "lroy"), rights("lroy", "vr.addresses", "TRUNCATE")),
    Fault("LPR-05 a limit to columns is overridden", "grant update on vr.voters to r_clerk",
          each("LPR-05", "vr.voters", *CLERKS), rights(CLERKS, "vr.voters", "UPDATE")),
    Fault("LPR-05 one account by itself", "grant delete, truncate on vr.signatures to jdoe",
          each("LPR-05", "vr.signatures", "jdoe"), rights("jdoe", "vr.signatures", "DELETE", "TRUNCATE")),
    Fault("LPR-05 through two groups", "grant r_approve to r_report; grant update on vr.voters to r_approve",
          on("LPR-05", "nkhan", "vr.voters") | on("LPR-05", "mtremblay", "vr.voters")
          | on("LPR-06", "nkhan", "vr.voters"),
          rights(("mtremblay", "nkhan"), "vr.voters", "UPDATE") | rights("nkhan", "vr.voters", "SELECT")
          | rights("nkhan", "vr.status_proposals", "SELECT") | rights("nkhan", "vr.approve_status", "EXECUTE"),
          undo="revoke r_approve from r_report"),
    Fault("LPR-06 a column", "grant select (ssn4) on vr.voters to r_entry", each("LPR-06", "vr.voters", "bleblanc"),
          rights("bleblanc", "vr.voters", "SELECT", column="ssn4")),
    Fault("LPR-06 the whole table over its columns", "grant select on vr.voters to r_entry",
          each("LPR-06", "vr.voters", "bleblanc"), rights("bleblanc", "vr.voters", "SELECT")),
    Fault("LPR-06 signatures", "grant select on vr.signatures to r_report", each("LPR-06", "vr.signatures", "nkhan"),
          rights("nkhan", "vr.signatures", "SELECT")),
    Fault("LPR-06 one column of signatures", "grant select (image) on vr.signatures to r_report",
          each("LPR-06", "vr.signatures", "nkhan"), rights("nkhan", "vr.signatures", "SELECT", column="image")),
    Fault("LPR-06 password hashes", "grant select (password_hash) on vr.users to r_users",
          each("LPR-06", "vr.users", "hgagnon"),
          rights("hgagnon", "vr.users", "SELECT", column="password_hash")),
    Fault("LPR-06 protected addresses", "grant select (line1) on vr.addresses to r_approve",
          each("LPR-06", "vr.addresses", "mtremblay"),
          rights("mtremblay", "vr.addresses", "SELECT", column="line1")),
    Fault("LPR-06 through a new view",
          "create view vr.leak_v as select voter_id, ssn4 as extra from vr.voters; alter view vr.leak_v owner to "
          "vr_owner; grant select on vr.leak_v to r_report",
          each("LPR-06", "vr.leak_v", "nkhan"), rights("nkhan", "vr.leak_v", "SELECT")),
    Fault("LPR-06 through a view of a view, under another name",
          "create view vr.inner_v as select voter_id as id, ssn4 as extra from vr.voters; "
          "create view vr.outer_v as select extra as more from vr.inner_v; alter view vr.inner_v owner to vr_owner; "
          "alter view vr.outer_v owner to vr_owner; grant select on vr.outer_v to r_report",
          each("LPR-06", "vr.outer_v", "nkhan"), rights("nkhan", "vr.outer_v", "SELECT")),
    Fault("LPR-06 a public view shows more",
          "create or replace view vr.lookup_v as select voter_id, last_name, first_name, status, dl_no from vr.voters",
          each("LPR-06", "vr.lookup_v", "counter_screen", "web_lookup")),
)

OPTIONS = (
    Fault("LPR-07 a table", "grant select on vr.counties to r_clerk with grant option",
          each("LPR-07", "vr.counties", "r_clerk")),
    Fault("LPR-07 a column", "grant update (status) on vr.voters to jdoe with grant option",
          each("LPR-07", "vr.voters", "jdoe")),
    Fault("LPR-07 a role", "grant r_entry to jdoe with admin option, inherit false, set false",
          each("LPR-07", None, "jdoe"), undo="revoke r_entry from jdoe"),
    Fault("LPR-08 one table", "alter table vr.elections owner to hgagnon", each("LPR-08", "vr.elections", "hgagnon"),
          rights("hgagnon", "vr.elections", *WHOLE_TABLE)),
    Fault("LPR-08 a member of the owner", "grant vr_owner to nkhan",
          on("LPR-08", "nkhan", *OWNED) | on("LPR-05", "nkhan", *RESTRICTED) | on("LPR-20", "nkhan", "vr.audit_log"),
          only="nkhan", undo="revoke vr_owner from nkhan"),
    Fault("LPR-08 the owner can sign in", "alter role vr_owner login", on("LPR-08", "vr_owner", *OWNED),
          only="vr_owner", undo="alter role vr_owner nologin"),
    Fault("LPR-09 the caller's search path", "alter function vr.approve_status(bigint) reset search_path",
          each("LPR-09", "vr.approve_status", None)),
    Fault("LPR-09 everyone may call", "grant execute on function vr.propose_status(bigint, text) to public",
          each("LPR-09", "vr.propose_status", "PUBLIC") | each("LPR-22", None, "mtremblay"),
          everyone("vr.propose_status", "EXECUTE", but=("lroy",))),
    Fault("LPR-09 another body", "create or replace function vr.own_county() returns text language sql stable security "
          "definer set search_path = pg_catalog as $$ select 'all' $$", each("LPR-09", "vr.own_county", None)),
    Fault("LPR-09 nobody reviewed it", "create function vr.quick() returns void language sql security definer "
          "set search_path = pg_catalog as 'select'; revoke all on function vr.quick from public",
          each("LPR-09", "vr.quick", None)),
    Fault("LPR-09 outside the model", "create function public.fix() returns void language sql security definer "
          "as 'select'", each("LPR-09", "public.fix", None, "PUBLIC")),
)

AROUND = (
    Fault("LPR-10 programs", "grant pg_execute_server_program to asmith", each("LPR-10", None, "asmith"),
          undo="revoke pg_execute_server_program from asmith"),
    Fault("LPR-10 files, through a group", "grant pg_write_server_files to r_users", each("LPR-10", None, "hgagnon"),
          undo="revoke pg_write_server_files from r_users"),
    Fault("LPR-10 files, by SET ROLE", "grant pg_read_server_files to dba_ann", each("LPR-10", None, "dba_ann"),
          undo="revoke pg_read_server_files from dba_ann"),
    Fault("LPR-10 a language", "create language unbound handler plpgsql_call_handler", each("LPR-10", None, None)),
    Fault("LPR-11 replication", "alter role svc_dmv replication", each("LPR-11", None, "svc_dmv"),
          undo="alter role svc_dmv noreplication"),
    Fault("LPR-11 past row security", "alter role asmith bypassrls", each("LPR-11", None, "asmith"),
          undo="alter role asmith nobypassrls"),
    Fault("LPR-11 makes roles", "alter role hgagnon createrole", each("LPR-11", None, "hgagnon"),
          undo="alter role hgagnon nocreaterole"),
    Fault("LPR-11 makes databases, by a group", "alter role r_dba createdb", each("LPR-11", None, "dba_ann"),
          undo="alter role r_dba nocreatedb"),
    Fault("LPR-11 reads everything", "grant pg_read_all_data to nkhan",
          each("LPR-11", None, "nkhan") | on("LPR-06", "nkhan", "vr.voters", "vr.addresses", "vr.signatures",
                                             "vr.users", "vr.pollbook_v"),
          only="nkhan", undo="revoke pg_read_all_data from nkhan"),
    Fault("LPR-11 writes everything", "grant pg_write_all_data to pcote",
          each("LPR-11", None, "pcote") | on("LPR-05", "pcote", *RESTRICTED) | on("LPR-20", "pcote", "vr.audit_log"),
          only="pcote", undo="revoke pg_write_all_data from pcote"),
)

ROWS = (
    Fault("LPR-12 off", "alter table vr.voters disable row level security", each("LPR-12", "vr.voters")),
    Fault("LPR-12 not forced", "alter table vr.addresses no force row level security", each("LPR-12", "vr.addresses")),
    Fault("LPR-12 no policy", "drop policy own_county on vr.absentee", each("LPR-12", "vr.absentee")),
    Fault("LPR-12 a policy for everyone", "create policy all_of_it on vr.signatures using (true)",
          each("LPR-12", "vr.signatures")),
    Fault("LPR-12 a policy that hides nothing", "alter policy own_county on vr.petition_lines using ((true))",
          each("LPR-12", "vr.petition_lines")),
    Fault("LPR-12 clerks among those who see all", "alter policy whole_roll on vr.voters to vr_owner, r_clerk",
          each("LPR-12", "vr.voters")),
)

ACCOUNT_FAULTS = (
    Fault("LPR-13 a password stored as md5", "set password_encryption = 'md5'; create role legacy login password 'x'",
          each("LPR-13", None, "legacy"), undo="drop role legacy"),
    Fault("LPR-17 a vendor's account is open", "alter role vendor_acme login", each("LPR-17", None, "vendor_acme"),
          excess=rights("vendor_acme", "vr", "USAGE"), undo="alter role vendor_acme nologin"),
    Fault("LPR-17 IAM-12 a leaver's closed account is open", "alter role rfortin login",
          each("LPR-17", None, "rfortin") | each("IAM-12", None, "rfortin"), undo="alter role rfortin nologin"),
    Fault("LPR-18 seasonal without an end", "alter role bleblanc valid until 'infinity'",
          each("LPR-18", None, "bleblanc"), undo="alter role bleblanc valid until '2090-12-15'"),
    Fault("LPR-18 ends later than declared", "alter role asmith valid until '2095-01-01'",
          each("LPR-18", None, "asmith"), undo="alter role asmith valid until '2090-01-01'"),
    Fault("LPR-19 any number of sessions", "alter role svc_dmv connection limit -1", each("LPR-19", None, "svc_dmv"),
          undo="alter role svc_dmv connection limit 2"),
    Fault("LPR-19 more sessions than declared", "alter role svc_pollbook connection limit 5",
          each("LPR-19", None, "svc_pollbook"), undo="alter role svc_pollbook connection limit 1"),
    Fault("LPR-19 a job in a role that does more", "grant r_report to svc_pollbook",
          each("LPR-19", None, "svc_pollbook"), rights("svc_pollbook", "vr.report_v", "SELECT"),
          undo="revoke r_report from svc_pollbook"),
    Fault("LPR-19 a job in a role not named for it", "grant r_lookup to svc_dmv", each("LPR-19", None, "svc_dmv"),
          rights("svc_dmv", "vr.lookup_v", "SELECT") | rights("svc_dmv", "vr", "USAGE"),
          undo="revoke r_lookup from svc_dmv"),
    Fault("LPR-22 proposes and approves", "grant r_approve to lroy", each("LPR-22", None, "lroy"),
          rights("lroy", "vr.status_proposals", "SELECT") | rights("lroy", "vr.approve_status", "EXECUTE"),
          undo="revoke r_approve from lroy"),
    Fault("LPR-22 by SET ROLE", "grant r_propose to mtremblay with inherit false",
          each("LPR-22", None, "mtremblay") | each("LPR-01", None, "mtremblay"),
          undo="revoke r_propose from mtremblay"),
    Fault("IAM-13 a counter's account", "create role front_counter login", each("IAM-13", None, "front_counter"),
          undo="drop role front_counter"),
    Fault("IAM-13 a temp's account in a group", "create role temp2 login in role r_lookup",
          each("IAM-13", None, "temp2"),
          rights("temp2", "vr.lookup_v", "SELECT") | rights("temp2", "vr", "USAGE"), undo="drop role temp2"),
    Fault("IAM-14 a default account", "create role admin login", each("IAM-14", None, "admin"), undo="drop role admin"),
)

RECORDS = (
    Fault("LPR-20 a trigger is off", "alter table vr.voters disable trigger recorded", each("LPR-20", "vr.voters")),
    Fault("LPR-20 a trigger is gone", "drop trigger recorded on vr.addresses", each("LPR-20", "vr.addresses")),
    Fault("LPR-20 a trigger sees part",
          "drop trigger recorded on vr.signatures; create trigger recorded after update or delete on vr.signatures "
          "for each row execute function vr.record_change()", each("LPR-20", "vr.signatures")),
    Fault("LPR-20 a clerk's triggers are silent", "alter role jdoe set session_replication_role = 'replica'",
          on("LPR-20", "jdoe", "vr.addresses", "vr.signatures", "vr.voters"),
          undo="alter role jdoe reset session_replication_role"),
    Fault("LPR-20 clerks may delete the record", "grant delete on vr.audit_log to r_clerk",
          each("LPR-20", "vr.audit_log", *CLERKS), rights(CLERKS, "vr.audit_log", "DELETE")),
    Fault("LPR-20 the auditor may rewrite who", "grant update (who) on vr.audit_log to r_audit",
          each("LPR-20", "vr.audit_log", "pcote"), rights("pcote", "vr.audit_log", "UPDATE", column="who")),
    Fault("LPR-21 rows changed in bulk", "insert into vr.audit_log (op) select 'UPDATE' from generate_series(1, 501)",
          each("LPR-21", None)),
    Fault("IAM-09 no second factor", "insert into vr.users (uname, active, mfa_enrolled) values ('x', true, false)",
          each("IAM-09", None)),
    Fault("a count cannot be asked", "drop function hustings.count_changed_today()", unread=frozenset({"LPR-21"})),
    Fault("a restricted table is gone", "drop table vr.signatures", unread=frozenset({"LPR-01"}),
          missing=rights(CLERKS, "vr.signatures", "SELECT", "INSERT")),
)

ALL = (*GRANTS, *SUPERUSERS, *EVERYONE, *VOTER_DATA, *OPTIONS, *AROUND, *ROWS, *ACCOUNT_FAULTS, *RECORDS)


@dataclass(frozen=True)
class Line:
    """A line of pg_hba.conf before the server's own, and what it must change."""

    text: str
    anomalies: frozenset[Found] = frozenset()

    def __str__(self) -> str:
        return self.text


_JOBS = {"svc_backup", "svc_dmv", "svc_mirror", "svc_pollbook"}
_TO_JOBS = frozenset((row, None, job) for job in _JOBS for row in ("LPR-14", "LPR-19"))

LINES = (
    Line("hostssl all asmith 10.1.2.0/24 trust", each("LPR-13", None, "asmith")),
    Line("hostssl all all 10.1.2.0/24 md5", each("LPR-13", None) | _TO_JOBS),
    Line("hostssl registration jdoe 10.1.2.3/32 password", each("LPR-13", None, "jdoe")),
    Line("hostssl all +r_clerk 10.1.2.3/32 ident", each("LPR-13", None)),
    Line("hostssl all asmith 0.0.0.0/0 scram-sha-256", each("LPR-14", None, "asmith")),
    Line("hostssl all asmith all scram-sha-256", each("LPR-14", None, "asmith")),
    Line("hostssl all asmith samenet scram-sha-256", each("LPR-14", None, "asmith")),
    Line("hostssl all svc_dmv 10.20.0.0/16 scram-sha-256", _TO_JOBS & each("LPR-14", None, "svc_dmv")
         | each("LPR-19", None, "svc_dmv")),
    Line("hostssl all svc_dmv 10.20.4.11/32 scram-sha-256"),
    Line("hostssl all svc_dmv app.example.org scram-sha-256",
         each("LPR-14", None, "svc_dmv") | each("LPR-19", None, "svc_dmv")),
    Line("host all jdoe 10.1.2.3/32 scram-sha-256", each("LPR-15", None, "jdoe")),
    Line("hostnossl all all 10.1.2.3/32 reject"),
    Line("host other svc_dmv 10.20.0.0/16 scram-sha-256", each("LPR-15", None, "svc_dmv")),
    Line("hostssl all svc_dmv all reject\nhostssl all all 10.20.0.0/16 scram-sha-256",
         _TO_JOBS - each("LPR-14", None, "svc_dmv") - each("LPR-19", None, "svc_dmv")),
    Line("hostssl all all 10.20.0.0/99 scram-sha-256", each("LPR-13", None)),
)
