"""The day's work on the registration database: several hundred distinct statements, as their accounts send them."""

from __future__ import annotations

from collections.abc import Iterator

from agent.access.rehearsal_workload import Seen

_VOTERS = ("voter_id", "last_name", "first_name", "dob", "county", "party", "status")
_ADDRESSES = ("voter_id", "line1", "precinct", "county")
CLERKS = ("jdoe", "asmith")


def _by_column(table: str, columns: tuple[str, ...]) -> Iterator[str]:
    for one in columns:
        yield f"select {one} from {table} where {columns[0]} = $1"
        yield f"select count(*) from {table} where {one} is not null"
        yield f"select {columns[0]}, {one} from {table} order by {one} limit $1 offset $2"
        yield f"select {one}, count(*) from {table} group by {one}"


def _clerks() -> Iterator[str]:
    yield from _by_column("vr.voters", _VOTERS)
    yield from _by_column("vr.addresses", _ADDRESSES)
    yield from _by_column("vr.absentee", ("request_id", "voter_id", "county", "requested", "election_id"))
    yield from _by_column("vr.signatures", ("voter_id", "county"))
    yield from _by_column("vr.petition_lines", ("petition", "line", "voter_id", "county", "accepted"))
    yield from _by_column("vr.counties", ("county", "clerk_office"))
    yield from _by_column("vr.precincts", ("precinct", "county", "polling_place"))
    yield from _by_column("vr.elections", ("election_id", "held_on", "title"))
    yield from _by_column("vr.voter_history", ("voter_id", "election_id", "method"))
    for one in ("last_name", "first_name", "status", "party"):
        yield f"update vr.voters set {one} = $1 where voter_id = $2"
        yield f"update vr.voters set {one} = $1 where voter_id = $2 returning {one}"
    for one in ("line1", "confidential", "precinct"):
        yield f"update vr.addresses set {one} = $1 where voter_id = $2"
    for one in ("requested", "election_id", "county"):
        yield f"update vr.absentee set {one} = $1 where request_id = $2"
    yield from (
        "insert into vr.voters (voter_id, last_name, first_name, dob, county) values ($1, $2, $3, $4, $5)",
        "insert into vr.voters (voter_id, last_name) values ($1, $2) on conflict (voter_id) do update "
        "set last_name = excluded.last_name",
        "insert into vr.addresses (voter_id, line1, precinct, county) values ($1, $2, $3, $4)",
        "insert into vr.absentee (voter_id, county, requested, election_id) values ($1, $2, $3, $4) "
        "returning request_id",
        "insert into vr.signatures (voter_id, county, image) values ($1, $2, $3)",
        "insert into vr.audit_log (op, object, row_id) values ($1, $2, $3)",
        "insert into vr.petition_lines (petition, line, voter_id, county) values ($1, $2, $3, $4)",
        "update vr.petition_lines set accepted = $1 where petition = $2 and line = $3",
        "select v.last_name, a.line1 from vr.voters v join vr.addresses a using (voter_id) where v.voter_id = $1",
        "select v.last_name from vr.voters v where exists "
        "(select from vr.voter_history h where h.voter_id = v.voter_id)",
        "select v.voter_id from vr.voters v left join vr.absentee b using (voter_id) where b.voter_id is null",
        "with due as (select election_id from vr.elections where held_on > $1) select * from due "
        "join vr.absentee using (election_id)",
        "select vr.full_years(dob) from vr.voters where voter_id = $1",
        "select vr.full_years(dob, $1) from vr.voters where voter_id = $2",
        "select vr.own_county()",
        "select last_name from vr.voters where voter_id = $1 for update",
        "begin", "commit", "show search_path",
        "copy vr.counties to stdout",
    )


def _others() -> Iterator[tuple[str, str]]:
    for one in ("voter_id", "last_name", "first_name", "county"):
        yield "bleblanc", f"select {one} from vr.voters where voter_id = $1"
    yield "bleblanc", "insert into vr.voters (voter_id, last_name, first_name, county) values ($1, $2, $3, $4)"
    yield "bleblanc", "insert into vr.absentee (voter_id, county) values ($1, $2)"
    yield "bleblanc", "insert into vr.audit_log (op) values ($1)"
    for text in _by_column("vr.voters", _VOTERS):
        yield "lroy", text
        yield "mtremblay", text
    yield "lroy", "select vr.propose_status($1, $2)"
    yield "mtremblay", "select * from vr.status_proposals where approved_by is null"
    yield "mtremblay", "select vr.approve_status($1)"
    for text in _by_column("vr.report_v", ("county", "status", "voters")):
        yield "nkhan", text
    for text in _by_column("vr.lookup_v", ("voter_id", "last_name", "status")):
        yield "web_lookup", text
        yield "counter_screen", text
    for text in _by_column("vr.audit_log", ("at", "who", "op", "row_id")):
        yield "pcote", text
    for one in ("uname", "county", "role", "active"):
        yield "hgagnon", f"select {one} from vr.users where uname = $1"
    yield "hgagnon", "insert into vr.users (uname, role) values ($1, $2)"
    yield "hgagnon", "update vr.users set role = $1, active = $2 where uname = $3"
    yield "svc_dmv", "insert into staging.inbox_dmv (payload) values ($1)"
    yield "svc_dmv", "copy staging.inbox_dmv (payload) from stdin"
    yield "svc_pollbook", "select * from vr.pollbook_v order by precinct, last_name"
    for table in ("vr.voters", "vr.addresses", "vr.users", "vr.audit_log", "staging.inbox_dmv"):
        yield "svc_backup", f"copy {table} to stdout"
    yield "dba_ann", "create table vr.scratch (a int)"


def workload() -> tuple[Seen, ...]:
    """Every statement of every account."""
    pairs = [(clerk, text) for text in _clerks() for clerk in CLERKS] + list(_others())
    return tuple(Seen(text, text, account) for account, text in pairs)
