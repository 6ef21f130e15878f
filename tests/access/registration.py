"""A realistic registration database on a real PostgreSQL, and the model that fits it: the clean twin.

``registration.sql`` and ``registration_roles.sql`` make it; ``registration.yaml`` is its access model. Take a
``Registration`` from the fixture ``registration`` and databases of it from ``copy``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path

import psycopg
import pytest

from agent.access.grant_script_postgresql import script
from collectors.access_reader import read
from hustings.access.model import AccessModel
from hustings.access.reading import load
from hustings.access.state import State
from tests.postgres import PostgresServer, running

HERE = Path(__file__).parent
MODEL = HERE / "registration.yaml"
AUDITOR = "hustings_audit"
VARIABLE = "HUSTINGS_VR_DSN"
TEMPLATE = "registration"


@dataclass
class Registration:
    """A server with the clean database ``TEMPLATE``, from which copies are made."""

    server: PostgresServer
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def hba(self) -> Path:
        """pg_hba.conf: the view of its rules reads the file anew each time."""
        return self.server.directory / "pg_hba.conf"

    def dsn(self, database: str = TEMPLATE, user: str = AUDITOR) -> str:
        return self.server.dsn(database, user)

    @contextmanager
    def copy(self) -> Iterator[str]:
        """The name of a fresh copy of the clean database, gone afterwards."""
        name = f"copy_{next(self._numbers)}"
        self.server.execute(f"create database {name} template {TEMPLATE} strategy file_copy")
        try:
            yield name
        finally:
            self.server.execute(f"drop database {name} with (force)")

    def run(self, sql: str, database: str = TEMPLATE) -> None:
        """Statements as the superuser, in one go."""
        with psycopg.connect(self.server.dsn(database), autocommit=True) as connection:
            connection.execute(sql)

    def read(self, database: str = TEMPLATE, user: str = AUDITOR) -> State:
        """What the auditing role is told."""
        return read("postgresql", self.dsn(database, user), variable=VARIABLE, counts=tuple(model().counts))


@cache
def model() -> AccessModel:
    """The model of the clean twin."""
    return load(MODEL)[0]


def build(server: PostgresServer) -> Registration:
    """Make the roles and the clean database on a server that has neither."""
    made = Registration(server)
    server.execute((HERE / "registration_roles.sql").read_text())
    server.execute(f"create database {TEMPLATE}")
    made.run((HERE / "registration.sql").read_text())
    made.run(script(AUDITOR, model().counts, model().database.scope))
    return made


@pytest.fixture(scope="session")
def registration() -> Iterator[Registration]:
    """One server with the clean database, for every test of this run that asks."""
    with running(18) as server:
        yield build(server)
