"""Every test here that takes ``office`` or ``database`` runs on SQLite and on PostgreSQL."""

from tests.server.conftest import database, database_url, office

__all__ = ["database", "database_url", "office"]
