-- A registration database in MariaDB as an office might run it: the clean twin of the planted faults.
create user vr_owner@localhost identified via mysql_native_password using 'invalid' account lock;
create database vr;
create database staging;
use vr;
create table voters (
  voter_id bigint primary key, last_name varchar(80), first_name varchar(80), county varchar(40), party varchar(20),
  status varchar(20), dob date, dl_no varchar(20), ssn4 char(4));
create table addresses (voter_id bigint, precinct varchar(20), county varchar(40), line1 varchar(120), confidential bool);
create table signatures (voter_id bigint, img longblob);
create table absentee (voter_id bigint, requested date);
create table users (uname varchar(40) primary key, county varchar(40), role varchar(40), active bool, mfa_enrolled bool,
  password_hash varchar(200), totp_secret varchar(60));
create table audit_log (id bigint auto_increment primary key, at timestamp default current_timestamp, who varchar(100),
  op varchar(10), voter_id bigint);
create table status_proposals (voter_id bigint, status varchar(20), by_whom varchar(100));
create table elections (id int primary key, held date);
create table staging.inbox_dmv (id bigint auto_increment primary key, body text);
create sequence numbers;
insert into users (uname, active, mfa_enrolled) values ('jdoe', true, true);
create definer = vr_owner@localhost sql security definer view lookup_v as select voter_id, last_name, status from voters;
create definer = vr_owner@localhost sql security definer view report_v as
  select county, count(*) as registered from voters group by county;
create definer = vr_owner@localhost procedure propose_status(who bigint, what varchar(20)) sql security definer
  insert into status_proposals values (who, what, user());
create definer = vr_owner@localhost procedure approve_status(who bigint) sql security definer
  update voters set status = (select status from status_proposals p where p.voter_id = who limit 1) where voter_id = who;
create function full_years(born date) returns int deterministic sql security invoker
  return timestampdiff(year, born, current_date);
grant select, insert, update, delete on vr.* to vr_owner@localhost;

create role r_clerk; create role r_entry; create role r_dmv; create role r_backup;
grant select, insert, update (last_name, first_name, status, party) on voters to r_clerk;
grant select, insert, update on addresses to r_clerk;
grant select, insert, update on absentee to r_clerk;
grant select, insert on signatures to r_clerk;
grant insert on audit_log to r_clerk;
grant select on elections to r_clerk;
grant execute on function full_years to r_clerk;
grant select (voter_id, last_name, first_name, county), insert on voters to r_entry;
grant insert on addresses to r_entry;
grant insert on staging.inbox_dmv to r_dmv;
grant select, show view, trigger, lock tables, event on vr.* to r_backup;
grant select, show view, trigger, lock tables, event on staging.* to r_backup;

create user jdoe@'10.20.1.%' identified via ed25519 using password('x') require ssl;
create user asmith@'10.20.1.%' identified via ed25519 using password('x') require ssl;
create user bleblanc@'10.20.1.%' identified via ed25519 using password('x') require ssl password expire interval 60 day;
create user lroy@'10.20.1.%' identified via ed25519 using password('x') require ssl;
create user mtremblay@'10.20.1.%' identified via ed25519 using password('x') require ssl;
create user nkhan@'10.20.1.%' identified via ed25519 using password('x') require ssl;
create user pcote@'10.20.1.%' identified via ed25519 using password('x') require ssl;
create user dba_ann@'10.20.1.%' identified via ed25519 using password('x') require ssl;
create user svc_dmv@'10.20.4.11' identified via ed25519 using password('x') require x509 with max_user_connections 2;
create user svc_backup@localhost identified via unix_socket with max_user_connections 2;
create user svc_mirror@'10.20.9.6' identified via ed25519 using password('x') require ssl with max_user_connections 2;
create user web_lookup@'10.20.4.20' identified via ed25519 using password('x') require ssl with max_user_connections 20;
create user vendor_acme@'10.20.1.%' identified via ed25519 using password('x') require ssl account lock;
create user rfortin@'10.20.1.%' identified via ed25519 using password('x') require ssl account lock;
create user counter_screen@'10.20.1.40' identified via ed25519 using password('x') require ssl;
create user hustings_audit@'127.0.0.1' identified by 'spectacles' with max_user_connections 2;

grant r_clerk to jdoe@'10.20.1.%', asmith@'10.20.1.%', rfortin@'10.20.1.%';
set default role r_clerk for jdoe@'10.20.1.%'; set default role r_clerk for asmith@'10.20.1.%';
set default role r_clerk for rfortin@'10.20.1.%';
grant r_entry to bleblanc@'10.20.1.%'; set default role r_entry for bleblanc@'10.20.1.%';
grant r_dmv to svc_dmv@'10.20.4.11'; set default role r_dmv for svc_dmv@'10.20.4.11';
grant r_backup to svc_backup@localhost; set default role r_backup for svc_backup@localhost;
grant reload, process on *.* to svc_backup@localhost;
grant replication slave on *.* to svc_mirror@'10.20.9.6';
grant select on voters to lroy@'10.20.1.%', mtremblay@'10.20.1.%';
grant execute on procedure propose_status to lroy@'10.20.1.%';
grant execute on procedure approve_status to mtremblay@'10.20.1.%';
grant select on status_proposals to mtremblay@'10.20.1.%';
grant select on lookup_v to web_lookup@'10.20.4.20', counter_screen@'10.20.1.40';
grant select on report_v to nkhan@'10.20.1.%';
grant select on audit_log to pcote@'10.20.1.%';
grant create, alter, drop, index, references, trigger, create view, show view, create routine, alter routine on vr.*
  to dba_ann@'10.20.1.%';
revoke drop on vr.* from dba_ann@'10.20.1.%';
