"""``office`` and ``database`` on SQLite and on PostgreSQL, as for the server."""

from tests.server.conftest import database, database_url, office

__all__ = ["database", "database_url", "office"]
