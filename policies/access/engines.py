"""The rules of each engine, by name: SQL Server and Oracle would be further lines here."""

from __future__ import annotations

from hustings.access.rights import MARIADB, MYSQL, POSTGRESQL
from hustings.access.state import State
from policies.access.rows import Effective


def effective(state: State) -> Effective:
    """Work out who holds what. Raises ``ValueError`` for an engine without rules."""
    if state.engine == POSTGRESQL:
        from policies.access.postgresql import PostgresqlRights

        return PostgresqlRights(state)
    if state.engine in (MARIADB, MYSQL):
        from policies.access.mariadb import MariadbRights

        return MariadbRights(state)
    raise ValueError(f"no rules for the engine {state.engine!r}")
