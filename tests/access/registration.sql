-- A county's voter registration database, small and whole. Run by the superuser in an empty database.
create schema vr authorization vr_owner;
create schema staging authorization vr_owner;
set role vr_owner;

create table vr.counties (county text primary key, clerk_office text);
create table vr.precincts (precinct text primary key, county text references vr.counties, polling_place text);
create table vr.elections (election_id bigint primary key, held_on date, title text);
create table vr.voters (
  voter_id bigint primary key, last_name text, first_name text, dob date, dl_no text, ssn4 text,
  county text references vr.counties, party text, status text default 'active');
create table vr.addresses (
  voter_id bigint primary key references vr.voters, line1 text, confidential boolean default false,
  precinct text references vr.precincts, county text);
create table vr.signatures (voter_id bigint primary key references vr.voters, county text, image bytea);
create table vr.absentee (
  request_id bigserial primary key, voter_id bigint references vr.voters, county text, requested date,
  election_id bigint references vr.elections);
create table vr.voter_history (voter_id bigint references vr.voters, election_id bigint references vr.elections,
  method text);
create table vr.petition_lines (petition text, line int, voter_id bigint references vr.voters, county text,
  accepted boolean);
create table vr.status_proposals (proposal_id bigserial primary key, voter_id bigint references vr.voters,
  new_status text, proposed_by text, approved_by text);
create table vr.users (uname text primary key, county text, role text, active boolean, mfa_enrolled boolean,
  password_hash text, totp_secret text);
create table vr.audit_log (id bigserial primary key, at timestamptz default now(), who text default session_user,
  op text, object text, row_id bigint);
create table staging.inbox_dmv (received timestamptz default now(), payload jsonb);
create table staging.inbox_ncoa (received timestamptz default now(), payload jsonb);

create view vr.lookup_v as select voter_id, last_name, first_name, status from vr.voters;
create view vr.pollbook_v as select v.voter_id, v.last_name, v.first_name, v.dob, a.precinct
  from vr.voters v join vr.addresses a using (voter_id) where not a.confidential;
create view vr.report_v as select county, status, count(*) as voters from vr.voters group by 1, 2;

alter default privileges for role vr_owner revoke execute on routines from public;

create function vr.own_county() returns text language sql stable security definer set search_path = pg_catalog
  as $$ select county from vr.users where uname = session_user $$;
create function vr.propose_status(voter bigint, wanted text) returns bigint language sql security definer
  set search_path = pg_catalog
  as $$ insert into vr.status_proposals (voter_id, new_status, proposed_by) values (voter, wanted, session_user)
        returning proposal_id $$;
create function vr.approve_status(proposal bigint) returns void language sql security definer
  set search_path = pg_catalog
  as $$ update vr.voters v set status = p.new_status from vr.status_proposals p
        where p.proposal_id = proposal and v.voter_id = p.voter_id and p.proposed_by <> session_user $$;
create function vr.record_change() returns trigger language plpgsql security definer set search_path = pg_catalog
  as $$ begin
    insert into vr.audit_log (op, object, row_id)
      values (tg_op, tg_table_name, case when tg_op = 'DELETE' then old.voter_id else new.voter_id end);
    return null;
  end $$;
create function vr.full_years(since date) returns int language sql
  as $$ select extract(year from age(since))::int $$;
create function vr.full_years(since date, till date) returns int language sql
  as $$ select extract(year from age(till, since))::int $$;

create trigger recorded after insert or update or delete on vr.voters for each row execute function vr.record_change();
create trigger recorded after insert or update or delete on vr.addresses for each row execute function vr.record_change();
create trigger recorded after insert or update or delete on vr.signatures for each row execute function vr.record_change();

alter table vr.voters enable row level security, force row level security;
alter table vr.addresses enable row level security, force row level security;
alter table vr.signatures enable row level security, force row level security;
alter table vr.absentee enable row level security, force row level security;
alter table vr.petition_lines enable row level security, force row level security;
create policy own_county on vr.petition_lines to r_clerk using (county = vr.own_county());
create policy own_county on vr.voters to r_clerk, r_entry using (county = vr.own_county());
create policy own_county on vr.addresses to r_clerk, r_entry using (county = vr.own_county());
create policy own_county on vr.signatures to r_clerk, r_entry using (county = vr.own_county());
create policy own_county on vr.absentee to r_clerk, r_entry using (county = vr.own_county());
create policy whole_roll on vr.voters to vr_owner, r_propose, r_approve using (true);
create policy whole_roll on vr.addresses to vr_owner, r_propose using (true);

grant usage on schema vr to r_clerk, r_entry, r_propose, r_approve, r_pollbook, r_lookup, r_report, r_users, r_audit,
  r_dba, r_backup, r_support;
grant usage on schema staging to r_dmv, r_dba, r_backup;

grant select, insert, update (last_name, first_name, status, party) on vr.voters to r_clerk;
grant select, insert, update on vr.addresses, vr.absentee to r_clerk;
grant select, insert on vr.signatures to r_clerk;
grant select on vr.counties, vr.precincts, vr.elections, vr.voter_history to r_clerk;
grant select, insert, update (accepted) on vr.petition_lines to r_clerk;
grant insert on vr.audit_log to r_clerk, r_entry;
grant usage on sequence vr.absentee_request_id_seq to r_clerk, r_entry;
grant usage on sequence vr.audit_log_id_seq to r_clerk, r_entry;
grant execute on function vr.own_county() to r_clerk, r_entry;
grant execute on function vr.full_years(date), vr.full_years(date, date) to r_clerk;

grant select (voter_id, last_name, first_name, county), insert on vr.voters to r_entry;
grant insert on vr.addresses, vr.absentee to r_entry;

grant select on vr.voters, vr.addresses to r_propose;
grant execute on function vr.propose_status(bigint, text) to r_propose;
grant select on vr.voters, vr.status_proposals to r_approve;
grant execute on function vr.approve_status(bigint) to r_approve;

grant insert on staging.inbox_dmv to r_dmv;
grant select on vr.pollbook_v to r_pollbook;
grant select on vr.lookup_v to r_lookup;
grant select on vr.report_v to r_report;
grant select on vr.audit_log to r_audit;
grant select (uname, county, role, active, mfa_enrolled), insert, update (role, active) on vr.users to r_users;

grant create on schema vr, staging to r_dba;
grant references, trigger on all tables in schema vr, staging to r_dba;
grant select on all tables in schema vr, staging to r_backup;
grant select on all sequences in schema vr, staging to r_backup;
reset role;
