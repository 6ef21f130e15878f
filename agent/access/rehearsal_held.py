"""Every right of one account, as the server answers it: before the script, and with the script applied."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from agent.access.rehearsal_catalogue import Key
from agent.access.rehearsal_routines import TO_SET, Lost
from agent.access.rehearsal_session import RehearsalSession

ROWS = "rows"
"""The kind of entries that say which rows of a table are seen: a policy's name, or ``all``."""
_HELD = """
with account as (select oid, rolsuper or rolbypassrls as every_row from pg_roles where rolname = %(account)s),
relation as (select c.oid, c.relkind, c.relowner, c.relrowsecurity, c.relforcerowsecurity,
        n.nspname || '.' || c.relname as label
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'f', 'v', 'm', 'S') and n.nspname not in ('pg_catalog', 'information_schema')
    and n.nspname !~ '^pg_(toast|temp)' and (%(every)s or c.oid = any(%(relations)s::oid[])))
select 'relation', label, r.name, '' from relation, account, unnest(%(rights)s::text[]) as r(name)
where relkind <> 'S' and has_table_privilege(account.oid, relation.oid, r.name)
union all
select 'relation', label, r.name, a.attname::text from relation join pg_attribute a on a.attrelid = relation.oid,
    account, unnest(array['SELECT', 'INSERT', 'UPDATE', 'REFERENCES']) as r(name)
where a.attnum > 0 and not a.attisdropped and exists (select from pg_attribute g where g.attrelid = relation.oid
    and g.attacl is not null) and not has_table_privilege(account.oid, relation.oid, r.name)
    and has_column_privilege(account.oid, relation.oid, a.attnum, r.name)
union all
select 'sequence', label, r.name, '' from relation, account, unnest(array['USAGE', 'SELECT', 'UPDATE']) as r(name)
where relkind = 'S' and has_sequence_privilege(account.oid, relation.oid, r.name)
union all
select 'rows', label, 'all', '' from relation, account where relkind in ('r', 'p') and (not relrowsecurity or every_row
    or not relforcerowsecurity and pg_has_role(account.oid, relowner, 'USAGE'))
union all
select 'rows', label, p.polname, '' from relation join pg_policy p on p.polrelid = relation.oid, account
where relrowsecurity and not every_row and (relforcerowsecurity or not pg_has_role(account.oid, relowner, 'USAGE'))
    and exists (select from unnest(p.polroles) as r(oid) where r.oid = 0 or pg_has_role(account.oid, r.oid, 'USAGE'))
union all
select 'routine', n.nspname || '.' || p.proname, 'EXECUTE', '' from pg_proc p join pg_namespace n
    on n.oid = p.pronamespace, account where n.nspname not in ('pg_catalog', 'information_schema')
    and (%(every)s or p.oid = any(%(routines)s::oid[])) and has_function_privilege(account.oid, p.oid, 'EXECUTE')
union all
select 'schema', n.nspname, r.name, '' from pg_namespace n, account, unnest(array['USAGE', 'CREATE']) as r(name)
where n.nspname !~ '^pg_' and has_schema_privilege(account.oid, n.oid, r.name)
"""
_TABLE = ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"]


@dataclass(frozen=True)
class Touched:
    """What a script changes, as far as it can matter to what accounts hold."""

    everything: bool
    """A membership or an attribute of a role: any object may be concerned."""
    relations: frozenset[int]
    routines: frozenset[int]
    policies: frozenset[str] = frozenset()
    """Tables and views whose own entry changed: row-level security may be among it."""

    @staticmethod
    def of(keys: Iterable[Key]) -> Touched:
        """From the keys that differ between two readings of the catalogue's rights."""
        known = list(keys)
        return Touched(any(kind in ("membership", "role", "database") for kind, *_ in known),
                       frozenset(oid for kind, oid, *_ in known if kind in ("relation", "column")),
                       frozenset(oid for kind, oid, *_ in known if kind == "routine"),
                       frozenset(name for kind, _, name, _ in known if kind == "relation"))


def held(session: RehearsalSession, account: str, touched: Touched) -> frozenset[Lost]:
    """What the account holds now, of what a script touches."""
    rights = [*_TABLE, "MAINTAIN"] if session.version >= 170000 else _TABLE
    return frozenset((str(kind), str(label), str(right), str(column)) for kind, label, right, column in
                     session.query(_HELD, {
                         "account": account, "every": touched.everything, "relations": list(touched.relations),
                         "routines": list(touched.routines), "rights": rights}))


def lost(before: frozenset[Lost], after: frozenset[Lost]) -> frozenset[Lost]:
    """What is gone. A column's right that the whole relation now gives is not; nor is a sequence's USAGE while its
    UPDATE is kept, or the other way round: numbers may be taken with either."""
    def kept(kind: str, label: str, right: str, column: str) -> bool:
        if column:
            return (kind, label, right, "") in after
        other = {"USAGE": "UPDATE", "UPDATE": "USAGE"}.get(right, "")
        return kind == "sequence" and (kind, label, other, "") in after

    gone = frozenset(one for one in before - after if one[0] != ROWS and not kept(*one))
    return gone | {(kind, label, TO_SET, "") for kind, label, right, _ in before - after
                   if kind == "sequence" and right == "UPDATE" and (kind, label, "USAGE", "") in after}
