"""A realistic registration database on a real PostgreSQL, and the model that fits it: the clean twin.

``registration.sql`` and ``registration_roles.sql`` make it; ``registration.yaml`` is its access model. Take a
``Registration`` from the fixture ``registration`` and databases of it from ``copy``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg
import pytest

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
AUDIT_ROLE = """
grant pg_read_all_settings, pg_read_all_stats to hustings_audit;
grant select on pg_catalog.pg_hba_file_rules to hustings_audit;
grant execute on function pg_catalog.pg_hba_file_rules() to hustings_audit;
create schema hustings;
create function hustings.password_kinds() returns table (rolname name, kind text)
  language sql security definer set search_path = pg_catalog as $$
  select rolname, case when rolpassword is null then 'none' when rolpassword like 'SCRAM-SHA-256$%' then 'scram'
                       when rolpassword like 'md5%' then 'md5' else 'other' end from pg_authid where rolcanlogin $$;
create function hustings.count_without_second_factor() returns bigint
  language sql security definer set search_path = pg_catalog
  as $$ select count(*) from vr.users where active and not mfa_enrolled $$;
create function hustings.count_changed_today() returns bigint
  language sql security definer set search_path = pg_catalog
  as $$ select count(*) from vr.audit_log where at > now() - interval '1 day' $$;
revoke all on all routines in schema hustings from public;
grant usage on schema hustings to hustings_audit;
grant execute on all routines in schema hustings to hustings_audit;
"""
"""What the auditing role needs: no right on voter data."""


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


def model() -> AccessModel:
    """The model of the clean twin."""
    return load(MODEL)[0]


def build(server: PostgresServer) -> Registration:
    """Make the roles and the clean database on a server that has neither."""
    made = Registration(server)
    server.execute((HERE / "registration_roles.sql").read_text())
    server.execute(f"create database {TEMPLATE}")
    made.run((HERE / "registration.sql").read_text())
    made.run(AUDIT_ROLE)
    return made


@pytest.fixture(scope="session")
def registration() -> Iterator[Registration]:
    """One server with the clean database, for every test of this run that asks."""
    with running(18) as server:
        yield build(server)
