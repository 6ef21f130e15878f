"""Servers that write real statement logs, and what a known workload on them needs."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from tests.postgres import _free_port

DEBIAN = Path("/usr/lib/postgresql/15/bin")
_NOBODY = 65534


@dataclass(frozen=True)
class LoggingServer:
    """PostgreSQL that writes csvlog, jsonlog and plain text at once; its superuser is ``postgres``."""

    port: int
    logs: Path

    def connect(self, user: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(f"postgresql://{user}@127.0.0.1:{self.port}/postgres", autocommit=True)

    def dsn(self, user: str = "postgres") -> str:
        return f"postgresql://{user}@127.0.0.1:{self.port}/postgres"


@contextmanager
def logging_server(**settings: str) -> Iterator[LoggingServer]:
    """Debian's PostgreSQL 15, whose jsonlog and pgaudit the wheel's build does not have."""
    if not (DEBIAN / "postgres").exists() or not (DEBIAN.parent / "lib" / "pgaudit.so").exists():
        pytest.skip("Debian's PostgreSQL 15 with pgaudit is not installed")
    directory = Path(tempfile.mkdtemp(prefix="hustings-pglog-"))
    try:
        directory.chmod(0o711)
        data, logs = directory / "data", directory / "logs"
        for one in (data, logs):
            one.mkdir(0o700)
            if os.geteuid() == 0:
                os.chown(one, _NOBODY, _NOBODY)
        _run("initdb", "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        port = _free_port()
        chosen = {
            "port": str(port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "off",
            "logging_collector": "on",
            "log_destination": "stderr,csvlog,jsonlog",
            "log_directory": str(logs),
            "log_filename": "pg.log",
            "log_line_prefix": "%m [%p] %q%u@%d ",
            "log_connections": "on",
            "log_disconnections": "on",
            "log_timezone": "UTC",
            **settings,
        }
        with (data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in chosen.items())
        _run("pg_ctl", "-D", str(data), "-w", "-t", "60", "-l", str(directory / "data" / "start"), "start")
        try:
            yield LoggingServer(port, logs)
        finally:
            _run("pg_ctl", "-D", str(data), "-m", "fast", "stop")
    finally:
        shutil.rmtree(directory)


def _run(program: str, *args: str) -> None:
    nobody = os.geteuid() == 0
    subprocess.run(
        [str(DEBIAN / program), *args],
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd="/",
        user=_NOBODY if nobody else None,
        group=_NOBODY if nobody else None,
        extra_groups=[] if nobody else None,
    )
