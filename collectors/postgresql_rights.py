"""Who may do what in a PostgreSQL database, asked of the system catalogues.

The access lists themselves are expanded (``aclexplode``, with ``acldefault`` where none was ever set):
the views of information_schema show a role its own grants alone, which reads as if there were none.
Memberships are followed to any depth by ``pg_has_role``.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Any

from collectors.base import Collected
from collectors.host.protocol import LookError
from collectors.postgresql_session import Session
from hustings.facts import Listing, Reason

_OS_ROLES = ("pg_execute_server_program", "pg_read_server_files", "pg_write_server_files")
_DATA_ROLES = ("pg_read_all_data", "pg_write_all_data")

SERVER = """select current_setting('server_version_num')::int, current_setting('ssl') = 'on',
    current_setting('password_encryption'), current_setting('listen_addresses'), current_setting('log_connections')"""

SCHEMAS = """select n.nspname, count(c.oid) from pg_namespace n
    left join pg_class c on c.relnamespace = n.oid and c.relkind in ('r', 'v', 'm', 'p', 'f', 'S')
    where n.nspname = any(%s) group by 1"""

SUPERUSERS = """select r.rolname, r.oid = 10, r.rolsuper from pg_roles r where r.rolcanlogin and (r.rolsuper or exists
    (select from pg_roles s where s.rolsuper and pg_has_role(r.oid, s.oid, 'MEMBER'))) order by 1"""

PUBLIC = """select 'table', n.nspname || '.' || c.relname, a.privilege_type
    from pg_class c join pg_namespace n on n.oid = c.relnamespace,
    aclexplode(coalesce(c.relacl, acldefault(case c.relkind when 'S' then 's' else 'r' end::"char", c.relowner))) a
    where n.nspname = any(%s) and c.relkind in ('r', 'v', 'm', 'p', 'f', 'S') and a.grantee = 0
  union all select 'column', n.nspname || '.' || c.relname || '.' || t.attname, a.privilege_type
    from pg_attribute t join pg_class c on c.oid = t.attrelid join pg_namespace n on n.oid = c.relnamespace,
    aclexplode(t.attacl) a where n.nspname = any(%s) and a.grantee = 0 and not t.attisdropped
  union all select 'schema', n.nspname, a.privilege_type from pg_namespace n,
    aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a
    where n.nspname !~ '^(pg_|information_schema$)' and a.grantee = 0 and a.privilege_type = 'CREATE'
  union all select 'future ' || case d.defaclobjtype when 'r' then 'tables' else 'sequences' end,
    coalesce(n.nspname, 'every schema'), a.privilege_type
    from pg_default_acl d left join pg_namespace n on n.oid = d.defaclnamespace, aclexplode(d.defaclacl) a
    where (n.nspname = any(%s) or n.nspname is null) and d.defaclobjtype in ('r', 'S') and a.grantee = 0
  order by 1, 2, 3"""

GRANTABLE = """select g.rolname, n.nspname || '.' || c.relname, a.privilege_type
    from pg_class c join pg_namespace n on n.oid = c.relnamespace, aclexplode(c.relacl) a
    join pg_roles g on g.oid = a.grantee
    where n.nspname = any(%s) and c.relkind in ('r', 'v', 'm', 'p', 'f', 'S')
      and a.is_grantable and a.grantee <> c.relowner and not g.rolsuper
  union all select g.rolname, n.nspname || '.' || c.relname || '.' || t.attname, a.privilege_type
    from pg_attribute t join pg_class c on c.oid = t.attrelid join pg_namespace n on n.oid = c.relnamespace,
    aclexplode(t.attacl) a join pg_roles g on g.oid = a.grantee
    where n.nspname = any(%s) and a.is_grantable and a.grantee <> c.relowner and not g.rolsuper
  union all select g.rolname, n.nspname, a.privilege_type from pg_namespace n, aclexplode(n.nspacl) a
    join pg_roles g on g.oid = a.grantee
    where n.nspname = any(%s) and a.is_grantable and a.grantee <> n.nspowner and not g.rolsuper
  union all select r.rolname, p.rolname, 'MEMBERSHIP' from pg_auth_members m join pg_roles r on r.oid = m.member
    join pg_roles p on p.oid = m.roleid where m.admin_option and not r.rolsuper
  order by 1, 2, 3"""

OWNERS = """select l.rolname, o.rolname, count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace
    join pg_roles o on o.oid = c.relowner
    join pg_roles l on l.rolcanlogin and not l.rolsuper and pg_has_role(l.oid, o.oid, 'MEMBER')
    where n.nspname = any(%s) and c.relkind in ('r', 'v', 'm', 'p', 'f') group by 1, 2
  union all select o.rolname, o.rolname, count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace
    join pg_roles o on o.oid = c.relowner and o.rolcanlogin and o.rolsuper
    where n.nspname = any(%s) and c.relkind in ('r', 'v', 'm', 'p', 'f') group by 1, 2 order by 1, 2"""

DEFINERS = """select n.nspname || '.' || p.proname,
    exists (select from unnest(p.proconfig) x where x like 'search\\_path=%%'),
    exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
            where a.grantee = 0 and a.privilege_type = 'EXECUTE')
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where p.prosecdef and n.nspname !~ '^(pg_|information_schema$)' order by 1"""

HELD = """select r.rolname, p.rolname from pg_roles r join pg_roles p on p.rolname = any(%s)
    where r.rolcanlogin and not r.rolsuper and pg_has_role(r.oid, p.oid, 'MEMBER') order by 1, 2"""

ATTRIBUTES = """select r.rolname, a.name from pg_roles r,
    lateral (values ('replication', r.rolreplication), ('bypassrls', r.rolbypassrls),
                    ('createrole', r.rolcreaterole), ('createdb', r.rolcreatedb)) a(name, held)
    where a.held and not r.rolsuper and r.rolname !~ '^pg_' and (r.rolcanlogin or exists
      (select from pg_roles l where l.rolcanlogin and not l.rolsuper and pg_has_role(l.oid, r.oid, 'MEMBER')))
    order by 1, 2"""

LANGUAGES = """select lanname from pg_language where not lanpltrusted and lanname not in ('internal', 'c') order by 1"""

HBA = "select line_number, type, array_to_string(user_name, ','), address, netmask, auth_method, error " \
      "from pg_hba_file_rules order by line_number"

PASSWORD_KINDS = "select rolname, kind from hustings.password_kinds() order by 1"


def version(number: int) -> str:
    """``15.18`` for 150018: since version 10 the minor release is the last four digits."""
    return f"{number // 10000}.{number % 10000}" if number >= 100000 else \
        f"{number // 10000}.{number // 100 % 100}.{number % 100}"


def server(session: Session) -> Collected:
    """The version and the settings that every role may read."""
    number, tls, encryption, listens, logs = session.rows(SERVER)[0]
    return {
        "registration.engine": "postgresql", "registration.version": version(number), "registration.tls": tls,
        "registration.password_encryption": encryption,
        "registration.listens_on": Listing([one.strip() for one in listens.split(",") if one.strip()]),
        "registration.logs_connections": logs not in ("off", ""),
    }


def require_tables(session: Session, schemas: Sequence[str]) -> None:
    """Raise unless every declared schema exists and they hold something: an empty answer from the wrong
    database must not read as a clean one."""
    found = dict(session.rows(SCHEMAS, list(schemas)))
    missing = [one for one in schemas if one not in found]
    if missing:
        raise LookError(Reason.ERROR, f"the declared schema {missing[0]} does not exist in this database")
    if not any(found.values()):
        raise LookError(Reason.ERROR, f"the declared schemas ({', '.join(schemas)}) hold no tables")


def public_grants(session: Session, schemas: Sequence[str]) -> Listing:
    """What every account holds: on the declared schemas' objects, and CREATE on any schema."""
    rows = session.rows(PUBLIC, *[list(schemas)] * 3)
    return Listing([{"kind": kind, "object": name, "privilege": privilege} for kind, name, privilege in rows])


def grantable(session: Session, schemas: Sequence[str]) -> Listing:
    """Rights that their holder may pass on."""
    rows = session.rows(GRANTABLE, *[list(schemas)] * 3)
    return Listing([{"role": role, "object": name, "privilege": privilege} for role, name, privilege in rows])


def owner_logins(session: Session, schemas: Sequence[str]) -> Listing:
    """Accounts that own the declared schemas' tables, themselves or through the owning role."""
    rows = session.rows(OWNERS, list(schemas), list(schemas))
    return Listing([{"role": role, "owner": owner, "tables": tables} for role, owner, tables in rows])


def superusers(session: Session) -> Listing:
    """Accounts that are, or may become, superuser."""
    return Listing([{"role": role, "bootstrap": first, "itself": itself}
                    for role, first, itself in session.rows(SUPERUSERS)])


def definers(session: Session) -> Listing:
    """Functions that run with their owner's rights."""
    return Listing([{"function": name, "pinned": pinned, "public": public}
                    for name, pinned, public in session.rows(DEFINERS)])


def os_access(session: Session) -> Listing:
    """Accounts that may run programs or touch files on the server."""
    return Listing([{"role": role, "through": through} for role, through in session.rows(HELD, list(_OS_ROLES))])


def special_rights(session: Session) -> Listing:
    """Accounts with rights that go around grants."""
    rows = session.rows(ATTRIBUTES) + session.rows(HELD, list(_DATA_ROLES))
    return Listing([{"role": role, "right": right} for role, right in rows])


def languages(session: Session) -> Listing:
    """Languages whose functions may do anything the server process may."""
    return Listing([name for (name,) in session.rows(LANGUAGES)])


def sign_in_rules(session: Session) -> Listing:
    """The lines of pg_hba.conf, with what each means for other machines."""
    return Listing([sign_in_rule(*row) for row in session.rows(HBA)])


def password_kinds(session: Session) -> Listing:
    """How each account's password is stored, through the office's small definer function."""
    return Listing([{"role": role, "kind": kind} for role, kind in session.rows(PASSWORD_KINDS)])


def sign_in_rule(line: int, kind: str | None, users: str | None, address: str | None, netmask: str | None,
          method: str | None, error: str | None) -> dict[str, Any]:
    if error is not None and not method:  # hostssl while ssl is off is understood, and reported with an error
        return {"line": line, "type": "error", "users": "", "method": "error", "remote": False, "anywhere": False}
    return {"line": line, "type": kind, "users": users or "", "method": method,
            "remote": kind != "local" and not _loopback(address), "anywhere": _anywhere(address, netmask)}


def _loopback(address: str | None) -> bool:
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address or "").is_loopback
    except ValueError:
        return False


def _anywhere(address: str | None, netmask: str | None) -> bool:
    return address in ("all", "samenet") or netmask in ("0.0.0.0", "::")  # noqa: S104
