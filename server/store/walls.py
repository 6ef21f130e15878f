"""Row-level security on PostgreSQL: the wall behind the queries' own conditions.

Two roles that may not sign in and own nothing are what transactions run under (``server.store.database``). Every
table that carries a tenant shows ``hustings_app`` the rows of the tenant that the transaction named, and fails where
it named none; ``hustings_server`` sees all, and only while it is the role in force. The owner of the tables is forced
under the same rule: without one of the roles it fails.

Source: PostgreSQL's documentation, "Row Security Policies" and ``ALTER TABLE … FORCE ROW LEVEL SECURITY``.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import ProgrammingError

from hustings.errors import ConfigError
from server.store.database import ONE_TENANT_ROLE, TENANT_SETTING, WHOLE_SERVER_ROLE
from server.store.schema import metadata

_ROLES = (ONE_TENANT_ROLE, WHOLE_SERVER_ROLE)
_BARE = ("alembic_version",)
_TENANT = f"""CREATE OR REPLACE FUNCTION hustings_tenant() RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE named text := current_setting('{TENANT_SETTING}', true);
BEGIN
    IF named IS NULL OR named = '' THEN
        RAISE EXCEPTION 'this transaction names no tenant' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN named;
END $$"""


def raise_walls(connection: Connection) -> None:
    """Put up what is missing, in the open transaction of the tables' owner. A table that stands behind its wall is
    not touched, so that a server that starts does not wait for one that works.

    Raises ``ConfigError`` if the roles do not exist and the login may not make them.
    """
    for role in _ROLES:
        _role(connection, role)
    connection.execute(sa.text(_TENANT))
    walled = set(connection.scalars(sa.text(
        "SELECT c.relname FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid "
        "WHERE c.relnamespace = current_schema()::regnamespace AND c.relrowsecurity AND c.relforcerowsecurity "
        "GROUP BY c.relname HAVING count(*) = 2")))
    for table in metadata.sorted_tables:
        if table.name not in walled:
            _wall(connection, table)
    for name in _BARE:
        connection.execute(sa.text(f"GRANT SELECT ON {name} TO {WHOLE_SERVER_ROLE}"))


def _role(connection: Connection, role: str) -> None:
    there = connection.scalar(sa.text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role})
    try:
        with connection.begin_nested():
            if there is None:
                connection.execute(sa.text(
                    f"DO $$ BEGIN CREATE ROLE {role} NOLOGIN; "
                    "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"))
            if not connection.scalar(sa.text("SELECT pg_has_role(current_user, :role, 'MEMBER')"), {"role": role}):
                connection.execute(sa.text(f"GRANT {role} TO CURRENT_USER"))
    except ProgrammingError as error:
        raise ConfigError(
            f"the role {role} is missing, or this login may not use it", where="PostgreSQL",
            remedy=f"as its administrator: CREATE ROLE {role} NOLOGIN; GRANT {role} TO the login") from error


def _wall(connection: Connection, table: sa.Table) -> None:
    own = "tenant" if "tenant" in table.c else "id"
    name = f'"{table.name}"'
    for statement in (
            f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY",
            f"DROP POLICY IF EXISTS one_tenant ON {name}",
            f"DROP POLICY IF EXISTS whole_server ON {name}",
            f"CREATE POLICY one_tenant ON {name} TO {ONE_TENANT_ROLE} "
            f"USING ({own} = (SELECT hustings_tenant())) WITH CHECK ({own} = (SELECT hustings_tenant()))",
            f"CREATE POLICY whole_server ON {name} TO {WHOLE_SERVER_ROLE} "
            f"USING (current_user = '{WHOLE_SERVER_ROLE}') WITH CHECK (current_user = '{WHOLE_SERVER_ROLE}')",
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO {', '.join(_ROLES)}"):
        connection.execute(sa.text(statement))
    for column in table.c:
        if column.autoincrement is True:
            connection.execute(sa.text(
                f"GRANT USAGE ON SEQUENCE {table.name}_{column.name}_seq TO {', '.join(_ROLES)}"))
