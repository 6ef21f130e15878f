"""A real MariaDB for tests, from Debian's own package: for root and ordinary users alike.

``mariadb_server`` is one server for the whole run (a fixture, shared through ``tests/conftest.py``);
take a fresh database of it with ``create_database``. ``running`` starts another, with settings of its own.
Accounts are the whole server's: a test takes away those it made.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.postgres import _free_port

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_NOBODY = 65534
_START_SECONDS = 60.0
_numbers = count(1)


@dataclass(frozen=True)
class MariadbServer:
    """A running server; its superuser is ``root@localhost``, through the socket and without a password."""

    host: str
    port: int
    unix_socket: Path
    directory: Path
    """Of its data; ``server_audit.so`` writes its log there unless told otherwise."""

    def dsn(self, database: str = "", user: str = "root", password: str = "") -> str:
        """``mariadb://…``: by TCP, for an account with a password; ``root`` by the socket."""
        if user == "root":
            return f"mariadb://root@localhost/{database}?unix_socket={quote(str(self.unix_socket), safe='')}"
        return f"mariadb://{quote(user, safe='')}:{quote(password, safe='')}@{self.host}:{self.port}/{database}"

    def connect(self, user: str = "root", password: str = "", database: str | None = None) -> Any:
        """A PyMySQL connection that commits each statement; to be closed by the caller."""
        import pymysql

        if user == "root":
            return pymysql.connect(unix_socket=str(self.unix_socket), user=user, database=database, autocommit=True,
                                   charset="utf8mb4")
        return pymysql.connect(host=self.host, port=self.port, user=user, password=password, database=database,
                               autocommit=True, charset="utf8mb4")

    def execute(self, sql: str, *more: str, database: str | None = None) -> None:
        """Run statements as the superuser, each on its own."""
        connection = self.connect(database=database)
        try:
            with connection.cursor() as cursor:
                for statement in (sql, *more):
                    cursor.execute(statement)
        finally:
            connection.close()

    def query(self, sql: str, database: str | None = None) -> list[tuple[Any, ...]]:
        """The rows of a statement, as the superuser."""
        connection = self.connect(database=database)
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return list(cursor.fetchall())
        finally:
            connection.close()

    def script(self, text: str, database: str = "") -> None:
        """Run a whole script (``delimiter`` lines too) with the ``mariadb`` client, as the superuser.

        Raises ``CalledProcessError`` with the client's words in ``stderr`` when a statement fails.
        """
        argv = ["mariadb", "--no-defaults", f"--socket={self.unix_socket}", "--user=root",
                "--default-character-set=utf8mb4", *([database] if database else [])]
        subprocess.run(argv, check=True, input=text.encode(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                       env={"PATH": SYSTEM_PATH})

    def create_database(self) -> str:
        """The name of a new, empty database."""
        name = f"test_{os.getpid()}_{next(_numbers)}"
        self.execute(f"create database {name}")
        return name


def available() -> bool:
    """Whether the programs are installed."""
    return all(shutil.which(name, path=SYSTEM_PATH) for name in ("mariadbd", "mariadb-install-db", "mariadb"))


@contextmanager
def running(**settings: str) -> Iterator[MariadbServer]:
    """Start a server with these settings (``plugin_load_add="server_audit"``), and stop it at the end."""
    if not available():
        pytest.skip("mariadbd is not installed (package mariadb-server)")
    directory = Path(tempfile.mkdtemp(prefix="hustings-my-"))
    try:
        directory.chmod(0o711)
        data, tmp = directory / "data", directory / "tmp"
        for made in (data, tmp):
            made.mkdir(0o700)
            if os.geteuid() == 0:
                os.chown(made, _NOBODY, _NOBODY)
        environment = {"PATH": SYSTEM_PATH, "TMPDIR": str(tmp), "HOME": str(tmp), "LC_ALL": "C.UTF-8"}
        _run(environment, "mariadb-install-db", "--no-defaults", f"--datadir={data}", "--skip-test-db",
             "--auth-root-authentication-method=normal", "--skip-name-resolve")
        port, path = _free_port(), data / "s"
        chosen = {"port": str(port), "bind-address": "127.0.0.1", "socket": str(path), "datadir": str(data),
                  "pid-file": str(data / "pid"), "tmpdir": str(tmp), "log-error": str(data / "error.log"),
                  "innodb-flush-log-at-trx-commit": "0", "innodb-buffer-pool-size": "32M", "sync-binlog": "0",
                  "innodb-flush-method": "fsync", "character-set-server": "utf8mb4",
                  **{name.replace("_", "-"): value for name, value in settings.items()}}
        if os.geteuid() == 0:
            data.chmod(0o711)
        program = shutil.which("mariadbd", path=SYSTEM_PATH)
        assert program is not None
        process = subprocess.Popen(
            [program, "--no-defaults", *(f"--{name}={value}" for name, value in chosen.items())],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", env=environment,
            **_as_nobody())
        try:
            server = MariadbServer("127.0.0.1", port, path, data)
            _wait(server, process)
            yield server
        finally:
            process.kill()
            process.wait(_START_SECONDS)
    finally:
        shutil.rmtree(directory)


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[MariadbServer]:
    """One server for every test of this run that asks."""
    with running() as server:
        yield server


def _wait(server: MariadbServer, process: subprocess.Popen[bytes]) -> None:
    """Until it answers; raises ``RuntimeError`` with its own log if it stops or takes too long."""
    import pymysql

    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.05)
        if not _listens(server.unix_socket):  # PyMySQL leaves a socket open when nobody is at the other end
            continue
        try:
            server.connect().close()
        except pymysql.err.OperationalError:
            continue
        return
    log = server.directory / "error.log"
    raise RuntimeError(f"mariadbd did not start:\n{log.read_text(errors='replace') if log.exists() else ''}")


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as one:
        return one.connect_ex(str(path)) == 0


def _as_nobody() -> dict[str, Any]:
    """As ``nobody`` where we are root: MariaDB refuses to run as root."""
    return {"user": _NOBODY, "group": _NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}


def _run(environment: dict[str, str], program: str, *args: str) -> None:
    path = shutil.which(program, path=SYSTEM_PATH)
    assert path is not None
    subprocess.run([path, *args], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.PIPE, cwd="/", env=environment, **_as_nobody())
