"""Every test here that takes ``office`` or ``database`` runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.store.database import Database
from server.store.migrate import migrate
from tests.server import setups
from tests.server.setups import Office


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'hustings.db'}"
    server = request.getfixturevalue("postgres_server")
    return str(server.dsn(server.create_database()))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A migrated database."""
    opened = Database(database_url)
    migrate(opened)
    yield opened
    opened.close()


@pytest.fixture
def office(database_url: str, tmp_path: Path) -> Iterator[Office]:
    """A server with one tenant, over plain loopback HTTP."""
    with setups.office(Database(database_url), tmp_path / "data") as found:
        yield found
