"""What is asked of PostgreSQL's system catalogues: one query a fact, all as an ordinary role may.

Every catalogue here is open to every role, but for those that ``access_postgresql`` treats as refusable.
The views of information_schema are not used: they hide from a role what is not granted to it. Sources:
PostgreSQL documentation, "System Catalogs" and "System Views", 12 to 18.
"""

# ruff: noqa: S608 (put together from this module's own constants)
from __future__ import annotations

UTC = """to_char({} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')"""

SERVER = f"""select current_setting('server_version_num')::int, current_database()::text,
    {UTC.format('now()')}, session_user::text, pg_is_in_recovery()"""

PRINCIPALS = f"""select oid, rolname::text, rolcanlogin, rolsuper, rolinherit, rolreplication, rolbypassrls,
    rolcreaterole, rolcreatedb, nullif(rolconnlimit, -1),
    case when isfinite(rolvaliduntil) then {UTC.format('rolvaliduntil')}
         when rolvaliduntil = '-infinity' then '0001-01-01T00:00:00Z' end
  from pg_roles order by rolname"""

MEMBERSHIPS_16 = """select roleid, member, bool_or(inherit_option), bool_or(set_option), bool_or(admin_option)
  from pg_auth_members group by roleid, member order by roleid, member"""
MEMBERSHIPS = """select roleid, member, true, true, bool_or(admin_option)
  from pg_auth_members group by roleid, member order by roleid, member"""

_OURS = r"n.nspname !~ '^(pg_catalog$|information_schema$|pg_toast|pg_temp_)'"

SCHEMAS = f"""select n.nspname::text, n.nspowner, coalesce(n.nspacl, acldefault('n', n.nspowner))::text
  from pg_namespace n where {_OURS} or n.nspname = any(%(schemas)s) order by 1"""

DATABASE = """select d.datname::text, d.datdba, coalesce(d.datacl, acldefault('d', d.datdba))::text
  from pg_database d where d.datname = current_database()"""

_SCOPE = f"(case when %(all)s then {_OURS} else n.nspname = any(%(schemas)s) end)"
_RELATIONS = f"""pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'f', 'v', 'm', 'S') and {_SCOPE}"""

_OF_EXTENSION = """exists (select from pg_depend d where d.classid = '{}'::regclass and d.objid = {}.oid
        and d.deptype = 'e')"""

RELATIONS = f"""select c.oid, n.nspname::text, c.relname::text, c.relkind::text, c.relowner,
    coalesce(c.relacl, acldefault((case c.relkind when 'S' then 's' else 'r' end)::"char", c.relowner))::text,
    c.relrowsecurity, c.relforcerowsecurity,
    coalesce((select bool_or(o.option_value::bool) from pg_options_to_table(c.reloptions) o
              where o.option_name = 'security_invoker'), false), {_OF_EXTENSION.format('pg_class', 'c')},
    (select min(i.inhparent) from pg_inherits i where i.inhrelid = c.oid and c.relkind <> 'S')
  from {_RELATIONS} order by 2, 3"""

COLUMNS = f"""select a.attrelid, array_agg(a.attname::text order by a.attnum) from pg_attribute a
  where a.attnum > 0 and not a.attisdropped and a.attrelid in (select c.oid from {_RELATIONS} and c.relkind <> 'S')
  group by 1"""

COLUMN_ACLS = f"""select a.attrelid, a.attname::text, a.attacl::text from pg_attribute a
  where a.attacl is not null and not a.attisdropped and a.attrelid in (select c.oid from {_RELATIONS})
  order by 1, a.attnum"""

SEQUENCES = f"""select d.objid, d.refobjid from pg_depend d where d.classid = 'pg_class'::regclass
    and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i') and d.refobjsubid > 0
    and d.objid in (select c.oid from {_RELATIONS} and c.relkind = 'S')"""

# The body of a function in the SQL standard's form (BEGIN ATOMIC, since 14) is not in prosrc.
BODY_14 = "coalesce(pg_get_function_sqlbody(p.oid), p.prosrc)"
BODY = "p.prosrc"
ROUTINES = f"""select n.nspname::text, p.proname::text,
    oidvectortypes(p.proargtypes), count(*) over (partition by p.pronamespace, p.proname) > 1,
    p.proowner, coalesce(p.proacl, acldefault('f', p.proowner))::text, p.prosecdef,
    exists (select from unnest(p.proconfig) x where x like 'search\\_path=%%'),
    p.prorettype in ('trigger'::regtype, 'event_trigger'::regtype),
    case when p.prosecdef then encode(sha256(convert_to({{body}}, 'UTF8')), 'hex') else '' end,
    {_OF_EXTENSION.format('pg_proc', 'p')}
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace where {_SCOPE}
  order by 1, 2, 3"""

DEFAULTS = """select d.defaclrole, coalesce(n.nspname::text, ''), d.defaclobjtype::text, d.defaclacl::text
  from pg_default_acl d left join pg_namespace n on n.oid = d.defaclnamespace order by 1, 2, 3"""

POLICIES = f"""select p.polrelid, p.polname::text, p.polcmd::text, p.polpermissive, p.polroles::oid[],
    pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)
  from pg_policy p where p.polrelid in (select c.oid from {_RELATIONS}) order by 1, 2"""

# Up to 12 a partition's copy of a trigger is marked internal: those of the engine itself call its own functions.
TRIGGERS = f"""select t.tgrelid, t.tgtype::int from pg_trigger t
  where (not t.tgisinternal or t.tgfoid >= 16384) and t.tgenabled in ('O', 'A') and t.tgtype & 1 = 1
    and t.tgtype & 28 <> 0 and t.tgrelid in (select c.oid from {_RELATIONS})"""

VIEWS = f"""select r.ev_class, r.ev_action::text from pg_rewrite r
  where r.rulename = '_RETURN' and r.ev_class in (select c.oid from {_RELATIONS} and c.relkind in ('v', 'm'))"""

ATTRIBUTES = """select c.oid, n.nspname || '.' || c.relname, a.attnum::int, a.attname::text
  from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
  where a.attrelid = any(%s) and a.attnum > 0"""

SETTINGS = ("ssl", "password_encryption", "listen_addresses", "port", "log_connections", "log_disconnections",
            "log_statement", "row_security", "shared_preload_libraries", "session_preload_libraries",
            "log_destination", "logging_collector", "max_connections")
"""Every server has them; one that ``pg_settings`` does not show is hidden from the role."""
SETTINGS_SHOWN = "select name, setting from pg_settings where name = any(%s) or name like 'pgaudit.%%'"

OVERRIDES = """select coalesce(s.setrole, 0), coalesce(d.datname::text, ''), split_part(x, '=', 1),
    substr(x, strpos(x, '=') + 1) from pg_db_role_setting s left join pg_database d on d.oid = s.setdatabase,
    unnest(s.setconfig) x
  where (s.setdatabase = 0 or d.datname = current_database()) and (split_part(x, '=', 1) = any(%s)
    or x ~ '^(pgaudit|hustings)[.]') order by 1, 2, 3"""
OVERRIDES_OF = ("statement_timeout", "default_transaction_read_only", "row_security", "log_statement", "role",
                "search_path", "session_preload_libraries", "password_encryption", "idle_session_timeout",
                "session_replication_role")

LANGUAGES = "select lanname::text from pg_language where not lanpltrusted and lanname not in ('internal', 'c') " \
            "order by 1"

HBA = """select line_number, type, database, user_name, address, netmask, auth_method, options, error
  from pg_hba_file_rules order by line_number"""

HELPERS = """select p.proname::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
  where n.nspname = 'hustings' and p.pronargs = 0 and has_schema_privilege(n.oid, 'USAGE')
    and has_function_privilege(p.oid, 'EXECUTE')"""
"""The functions that ``hustings access grant-script`` makes, those that this role may call."""

KIND_OF_PASSWORD = """case when rolpassword is null then 'none' when rolpassword like 'SCRAM-SHA-256$%' then 'scram'
         when rolpassword like 'md5%' then 'md5' else 'other' end"""
MAY_SEE_PASSWORDS = "select has_column_privilege('pg_catalog.pg_authid', 'rolpassword', 'SELECT')"
PASSWORDS_THEMSELVES = f"select rolname::text, {KIND_OF_PASSWORD} from pg_catalog.pg_authid where rolcanlogin"
PASSWORD_KINDS = "select rolname::text, kind from hustings.password_kinds()"

SETTINGS_THROUGH = "select name, setting from hustings.settings()"

# To the unprivileged both show that there is something, and nothing of it. An idle replica that has replayed all
# it was sent has no lag of its own: it is in step.
STANDBYS = """select s.application_name::text, coalesce(host(s.client_addr), '')::text, s.state::text,
    case when s.replay_lag is not null then extract(epoch from s.replay_lag)::float8
         when s.replay_lsn >= s.sent_lsn then 0.0::float8 end, t.ssl, s.usename::text
  from pg_catalog.pg_stat_replication s left join pg_catalog.pg_stat_ssl t on t.pid = s.pid
  where s.state is distinct from 'backup' order by 1, 2"""
STANDBYS_THROUGH = "select application_name, client_addr, state, lag, tls, account from hustings.standbys()"
RECEIVER = """select w.status::text, w.conninfo::text, (case
    when pg_catalog.pg_last_wal_replay_lsn() >= pg_catalog.pg_last_wal_receive_lsn()
      then extract(epoch from clock_timestamp() - w.last_msg_receipt_time)
    else extract(epoch from clock_timestamp() - pg_catalog.pg_last_xact_replay_timestamp()) end)::float8
  from pg_catalog.pg_stat_wal_receiver w"""
RECEIVER_THROUGH = "select status, conninfo, lag from hustings.receiver()"
