-- The accounts and roles of the server, for registration.sql. Run once by the superuser.
create role vr_owner nologin;
create role r_clerk nologin; create role r_entry nologin; create role r_propose nologin; create role r_approve nologin;
create role r_dmv nologin; create role r_pollbook nologin; create role r_lookup nologin; create role r_report nologin;
create role r_users nologin; create role r_audit nologin; create role r_dba nologin; create role r_backup nologin;
create role r_support nologin;
create role emergency nologin superuser;

create role jdoe login password 'a long one 1' in role r_clerk;
create role asmith login password 'a long one 2' in role r_clerk valid until '2090-01-01';
create role bleblanc login password 'a long one 3' in role r_entry valid until '2090-12-15';
create role lroy login password 'a long one 4' in role r_propose;
create role mtremblay login password 'a long one 5' in role r_approve;
create role hgagnon login password 'a long one 6' in role r_users;
create role nkhan login password 'a long one 7' in role r_report;
create role pcote login password 'a long one 8' in role r_audit;
create role dba_ann login noinherit password 'a long one 9' in role r_dba;
create role svc_dmv login password 'a long one 10' in role r_dmv connection limit 2;
create role svc_pollbook login password 'a long one 11' in role r_pollbook connection limit 1;
create role svc_backup login password 'a long one 12' in role r_backup connection limit 2;
create role svc_mirror login replication password 'a long one 13' connection limit 2;
create role web_lookup login password 'a long one 14' in role r_lookup;
alter role web_lookup set statement_timeout = '2s'; alter role web_lookup set default_transaction_read_only = on;
create role counter_screen login password 'a long one 15' in role r_lookup;
create role vendor_acme nologin password 'a long one 16' in role r_support;
create role rfortin nologin in role r_clerk;
create role hustings_audit login connection limit 2;
grant emergency to dba_ann;
