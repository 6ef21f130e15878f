"""The same office on both databases, as the server's own tests have it."""

from tests.server.conftest import database, database_url, office

__all__ = ["database", "database_url", "office"]
