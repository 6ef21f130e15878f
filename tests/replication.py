"""A real PostgreSQL 15 of Debian's (the wheel's is built without TLS) with a streaming replica."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.postgres import _NOBODY, PostgresServer, _binaries, _free_port, _run, running

ACCOUNT = "svc_mirror"


@dataclass(frozen=True)
class Pair:
    """A primary, and a replica that streams from it as ``ACCOUNT`` under TLS with the name verified."""

    primary: PostgresServer
    replica: PostgresServer

    def stop_replica(self) -> None:
        """Stop the replica: the pair is of no more use afterwards."""
        _run(_binaries(15, self.replica.directory.parent) / "pg_ctl", "-D", str(self.replica.directory), "-m",
             "immediate", "stop")


@contextmanager
def replicating() -> Iterator[Pair]:
    """Start both, and stop them at the end."""
    with running(15, wal_level="replica", max_wal_senders="4", wal_keep_size="64") as primary:
        home = primary.directory.parent
        certificate(home)
        for name, value in (("ssl_cert_file", home / "server.crt"), ("ssl_key_file", home / "server.key"),
                            ("ssl", "on")):
            primary.execute(f"alter system set {name} = '{value}'")
        rules = primary.directory / "pg_hba.conf"
        rules.write_text(f"hostssl replication {ACCOUNT} 127.0.0.1/32 trust\n{rules.read_text()}")
        primary.execute(f"create role {ACCOUNT} login replication")
        primary.execute("select pg_reload_conf()")
        until(primary, "select setting from pg_settings where name = 'ssl'", "on")
        copy = home / "replica"
        copy.mkdir(0o700)
        if os.geteuid() == 0:
            os.chown(copy, _NOBODY, _NOBODY)
        binaries = _binaries(15, home)
        where = (f"host=localhost hostaddr=127.0.0.1 port={primary.port} user={ACCOUNT} sslmode=verify-full "
                 f"sslrootcert={home / 'server.crt'} sslcert={home / 'none'} application_name=mirror")
        _run(binaries / "pg_basebackup", "-D", str(copy), "-d", where, "-R", "-X", "stream", "-c", "fast")
        port = _free_port()
        _run(binaries / "pg_ctl", "-D", str(copy), "-w", "-t", "60", "-l", str(copy / "log"), "-o",
             f"-c port={port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off "
             "-c shared_buffers=16MB -c max_connections=50", "start")
        try:
            yield Pair(primary, PostgresServer("127.0.0.1", port, copy))
        finally:
            if (copy / "postmaster.pid").exists():
                _run(binaries / "pg_ctl", "-D", str(copy), "-m", "immediate", "stop")


def until(server: PostgresServer, sql: str, wanted: object) -> None:
    """Ask again, each time in a new session, until the server answers this."""
    import psycopg

    for _ in range(3000):
        with psycopg.connect(server.dsn()) as connection:
            row = connection.execute(sql).fetchone()
        if row is not None and row[0] == wanted:
            return
        time.sleep(0.01)
    raise AssertionError(f"{sql} never became {wanted!r}")


def certificate(home: Path) -> None:
    """A self-signed certificate for localhost, as the server demands it: its key readable by it alone."""
    key, crt = home / "server.key", home / "server.crt"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-keyout", str(key), "-out", str(crt), "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost"], check=True, capture_output=True)
    key.chmod(0o600)
    crt.chmod(0o644)
    if os.geteuid() == 0:
        os.chown(key, _NOBODY, _NOBODY)
