"""PostgreSQL's catalogue as digests, to show that a rehearsal left nothing behind; and as rights, to see what changed.

``fingerprint`` takes whole rows, without statistics and freezing marks that the server itself moves all the time, and
without password verifiers. ``rights`` takes what grants, memberships, attributes and ownership say, a missing access
list spelt out (``acldefault``), so that lists that mean the same are the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from agent.access.rehearsal_report import Part

_SHORT = {
    "<relations>": "pg_class c join pg_namespace n on n.oid = c.relnamespace and <lasting>",
    "<lasting>": "n.nspname !~ '^pg_(toast|temp)'",
}
"""Abbreviations of the queries below."""
_ACL = re.compile(r"<acl ([\w.]+), (.+?), ([\w.]+)>")
_ACL_SPELT = (r"(select coalesce(string_agg(e::text, ' ' order by e::text), '') "
              r"from unnest(coalesce(\1, acldefault(\2, \3))) e)")
_WHOLE: Mapping[str, str] = {
    "pg_class": "select c.oid, (to_jsonb(c) - '{relpages,reltuples,relallvisible,relallfrozen,relfrozenxid,"
                "relminmxid,relhasindex,relfilenode}'::text[])::text from <relations>",
    "pg_attribute": "select a.attrelid::text || ' ' || a.attnum, a::text from <relations> join pg_attribute a "
                    "on c.oid = a.attrelid where n.nspname <> 'pg_catalog' or a.attacl is not null",
    "pg_proc": "select p.oid, p::text from pg_proc p",
    "pg_namespace": "select n.oid, n::text from pg_namespace n where <lasting>",
    "pg_database": "select d.oid, (to_jsonb(d) - '{datfrozenxid,datminmxid}'::text[])::text from pg_database d",
    "pg_type": "select t.oid, t::text from pg_type t join pg_namespace n on n.oid = t.typnamespace where <lasting>",
    "pg_language": "select l.oid, l::text from pg_language l",
    "pg_largeobject_metadata": "select l.oid, l::text from pg_largeobject_metadata l",
    "pg_foreign_data_wrapper": "select f.oid, f::text from pg_foreign_data_wrapper f",
    "pg_foreign_server": "select f.oid, f::text from pg_foreign_server f",
    "pg_tablespace": "select t.oid, t::text from pg_tablespace t",
    "pg_default_acl": "select d.oid, d::text from pg_default_acl d",
    "pg_auth_members": "select m.roleid || ' ' || m.member || ' ' || m.grantor, m::text from pg_auth_members m",
    "pg_roles": "select r.oid, r::text from pg_roles r",
    "pg_db_role_setting": "select s.setdatabase || ' ' || s.setrole, s::text from pg_db_role_setting s",
    "pg_policy": "select p.oid, p::text from pg_policy p",
    "pg_trigger": "select t.oid, t::text from pg_trigger t",
    "pg_parameter_acl": "select p.oid, p::text from pg_parameter_acl p",
}
_SINCE = {"pg_parameter_acl": 150000}
_DIGEST = """
select count(*),
    encode(sha256(convert_to(coalesce(string_agg(row, E'\\n' order by key collate "C"), ''), 'UTF8')), 'hex')
from (select key::text, encode(sha256(convert_to(key::text || ' ' || row, 'UTF8')), 'hex') as row
      from (<query>) as whole(key, row)) as each
"""
_RIGHTS = """
select 'relation', c.oid, n.nspname || '.' || c.relname, c.relkind::text, c.relowner::text || ' '
    || <acl c.relacl, (case c.relkind when 'S' then 's' else 'r' end)::"char", c.relowner>
    || c.relrowsecurity || c.relforcerowsecurity
from <relations> where c.relkind in ('r','p','f','v','m','S')
union all
select 'column', c.oid, n.nspname || '.' || c.relname, a.attname::text,
    (select string_agg(e::text, ' ' order by e::text) from unnest(a.attacl) e)
from <relations> join pg_attribute a on c.oid = a.attrelid where a.attacl is not null and a.attacl <> '{}'
union all
select 'routine', p.oid, n.nspname || '.' || p.proname, pg_get_function_identity_arguments(p.oid),
    p.proowner::text || ' ' || <acl p.proacl, 'f', p.proowner> || p.prosecdef || coalesce(p.proconfig::text, '')
from pg_proc p join pg_namespace n on n.oid = p.pronamespace
union all
select 'schema', n.oid, n.nspname, '', n.nspowner::text || ' ' || <acl n.nspacl, 'n', n.nspowner>
from pg_namespace n where <lasting>
union all
select 'database', d.oid, d.datname, '', d.datdba::text || ' ' || <acl d.datacl, 'd', d.datdba> from pg_database d
union all
select 'language', l.oid, l.lanname, '', l.lanowner::text || ' ' || <acl l.lanacl, 'l', l.lanowner> from pg_language l
union all
select 'type', t.oid, n.nspname || '.' || t.typname, '', t.typowner::text || ' ' || <acl t.typacl, 'T', t.typowner>
from pg_type t join pg_namespace n on n.oid = t.typnamespace and <lasting>
where (t.typacl is not null or n.nspname <> 'pg_catalog') and t.typrelid = 0 and t.typelem = 0
union all
select 'defaults', d.defaclrole, pg_get_userbyid(d.defaclrole), d.defaclobjtype::text || ' ' || d.defaclnamespace,
    (select coalesce(string_agg(e::text, ' ' order by e::text), '') from unnest(d.defaclacl) e)
from pg_default_acl d
union all
select 'membership', m.roleid, pg_get_userbyid(m.roleid), pg_get_userbyid(m.member) || ' ' || m.grantor,
    (to_jsonb(m) - 'oid')::text
from pg_auth_members m
union all
select 'role', r.oid, r.rolname, '', (to_jsonb(r) - '{rolpassword,rolconfig}'::text[])::text from pg_roles r
union all
select 'settings', s.setrole, coalesce(r.rolname, ''), s.setdatabase::text, s.setconfig::text
from pg_db_role_setting s left join pg_roles r on r.oid = s.setrole
"""

Key = tuple[str, int, str, str]
"""Kind, oid, name, and what tells apart those of one name."""


def fingerprint(connection: Any, version: int) -> dict[str, tuple[int, str]]:
    """Each catalogue's number of rows and SHA-256. Worked out by the server; the rows stay there."""
    found = {}
    for name, query in _WHOLE.items():
        if version < _SINCE.get(name, 0):
            continue
        rows, digest = connection.execute(_spelt(_DIGEST.replace("<query>", query))).fetchone()
        found[name] = (int(rows), str(digest))
    return found


def parts(before: dict[str, tuple[int, str]], after: dict[str, tuple[int, str]]) -> tuple[Part, ...]:
    """Both fingerprints side by side."""
    return tuple(Part(name, after[name][0], digest, after[name][1]) for name, (_, digest) in before.items())


def rights(connection: Any) -> dict[Key, str]:
    """Everything that says who may do what, by what it is about."""
    return {(str(kind), int(oid), str(name), str(sub)): str(said)
            for kind, oid, name, sub, said in connection.execute(_spelt(_RIGHTS)).fetchall()}


def changed(before: dict[Key, str], after: dict[Key, str]) -> list[Key]:
    """What is different, made or gone."""
    return sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))


def _spelt(query: str) -> str:
    """With abbreviations written out."""
    for short, long in _SHORT.items():
        query = query.replace(short, long)
    return _ACL.sub(_ACL_SPELT, query)
