"""A PostgreSQL of our own in the scratch place, reachable through a socket there and nowhere else.

Of a restored cluster nothing decides how it runs but its data: configuration, access rules and identity maps are
ours. What recovery demands of the settings (as many connections and workers as the primary had) is read from
the control file.
"""

from __future__ import annotations

import re
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from agent import restore_counts
from agent.restore_programs import NotRestored, Programs
from hustings.errors import CannotFinish
from hustings.restore_record import Tally

_PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/lib/postgresql*/bin", "/usr/bin")
"""Debian and Ubuntu; the PostgreSQL project's RPMs; SUSE; RHEL."""
_CONTROL = {"max_connections": "max_connections", "max_worker_processes": "max_worker_processes",
            "max_wal_senders": "max_wal_senders", "max_prepared_xacts": "max_prepared_transactions",
            "max_locks_per_xact": "max_locks_per_transaction"}
_START = 600.0
_COLUMNS = ("select string_agg(quote_ident(attname), ',' order by attnum) from pg_attribute where attrelid = "
            "to_regclass('{}') and attnum > 0 and not attisdropped and attgenerated = ''")
_SETTINGS = ("set datestyle to iso", "set intervalstyle to postgres", "set extra_float_digits to 3",
             "set bytea_output to hex", "set timezone to utc", "set row_security to off")


@cache
def installed() -> dict[int, Path]:
    """The directories of PostgreSQL servers' programs by major version, if root alone can change them."""
    found: dict[int, Path] = {}
    for pattern in _PLACES:
        for directory in sorted(Path("/").glob(pattern.lstrip("/"))):
            if (directory / "initdb").is_file() and _roots(directory / "postgres"):
                said = subprocess.run([directory / "postgres", "--version"], capture_output=True, text=True, check=True)
                version = re.search(r"(\d+)", said.stdout)
                if version:
                    found.setdefault(int(version[1]), directory)
    return found


def _roots(program: Path) -> bool:
    """Whether a program is there and root alone can change it."""
    if not program.is_file():
        return False
    seen = [one.stat() for one in (program.resolve(), program.resolve().parent)]
    return all(one.st_uid == 0 and not one.st_mode & 0o022 for one in seen)


@contextmanager
def running(programs: Programs, data: Path, binaries: Path) -> Iterator[Path]:
    """Run a server on ``data``; the directory of its socket. Raises ``NotRestored`` if it does not come up."""
    place = programs.directory("server")
    configuration = {
        "listen_addresses": "", "unix_socket_directories": str(place), "hba_file": str(place / "hba"),
        "ident_file": str(place / "ident"), "fsync": "off", "archive_mode": "off", "logging_collector": "off",
        "shared_buffers": "64MB", "dynamic_shared_memory_type": "mmap", "hot_standby": "on", "jit": "off",
        "unix_socket_permissions": "0700", "port": "5432", **_demands(programs, data, binaries)}
    for name, text in (("hba", "local all all trust\n"), ("ident", ""),
                       ("conf", "".join(f"{key} = '{value}'\n" for key, value in configuration.items()))):
        (place / name).write_text(text, encoding="ascii")
        (place / name).chmod(0o644)
    with (place / "log").open("wb") as log, programs.started(
            "postgres", "-D", str(data), f"--config-file={place / 'conf'}", path=binaries / "postgres",
            stdout=log, stderr=subprocess.STDOUT) as server:
        _wait(programs, server, place, binaries)
        try:
            yield place
        finally:
            server.send_signal(signal.SIGQUIT)  # at once: nothing of it is kept


def initialised(programs: Programs, binaries: Path) -> Path:
    """A new, empty cluster. Raises ``CannotFinish``."""
    data = programs.directory("server") / "data"
    try:
        programs.run("initdb", "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C",
                     "--no-sync", path=binaries / "initdb")
    except NotRestored as error:
        raise CannotFinish(f"no private PostgreSQL could be made: {error.remedy}", where="initdb") from error
    return data


def counted(programs: Programs, socket: Path, database: str, tables: Iterable[str], binaries: Path | None = None
            ) -> dict[str, Tally]:
    """Rows and digest of each table; one that is not there is not in the answer."""
    found = {}
    for table in tables:
        columns = query(programs, socket, database, columns_of(table), binaries)
        if columns:
            with _psql(programs, socket, database, copy_of(table, columns), binaries) as process:
                assert process.stdout is not None
                tally = restore_counts.rows(process.stdout)
            if process.returncode:
                raise NotRestored(f"{table} cannot be read from the restored database", where=table)
            found[table] = tally
    return found


def columns_of(table: str) -> str:
    """The query for a table's columns, without generated ones, as dumps name them; no answer for no table."""
    return _COLUMNS.format(_quoted(table))


def copy_of(table: str, columns: str) -> tuple[str, ...]:
    """The commands that write a table's rows the way ``pg_dump`` does, whatever the session's settings were."""
    return (*_SETTINGS, f"copy (select {columns} from {_quoted(table)}) to stdout")  # noqa: S608 - checked names


def _quoted(table: str) -> str:
    return ".".join(f'"{part}"' for part in table.split("."))


def query(programs: Programs, socket: Path, database: str, sql: str, binaries: Path | None = None) -> str:
    """What a query answers, as text. Raises ``NotRestored``."""
    with _psql(programs, socket, database, (sql,), binaries) as process:
        assert process.stdout is not None
        said = process.stdout.read().decode().strip()
    if process.returncode:
        raise NotRestored(f"the restored server does not answer for the database {database}", where=database)
    return said


@contextmanager
def _psql(programs: Programs, socket: Path, database: str, commands: Iterable[str], binaries: Path | None
          ) -> Iterator[subprocess.Popen[bytes]]:
    words = [word for one in commands for word in ("-c", one)]
    with programs.started("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", str(socket), "-U", "postgres",
                          "-d", database, *words, path=binaries / "psql" if binaries else None) as process:
        yield process


def _wait(programs: Programs, server: subprocess.Popen[bytes], socket: Path, binaries: Path) -> None:
    """Until it lets us in: recovery may take a while."""
    until = time.monotonic() + _START
    while time.monotonic() < until and server.poll() is None:
        try:
            programs.run("pg_isready", "-q", "-h", str(socket), path=binaries / "pg_isready")
            return
        except NotRestored:
            time.sleep(0.05)
    raise NotRestored("the restored server did not come up", where="postgres", remedy=_tail(socket / "log"))


def _tail(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return " · ".join(line for line in lines if "FATAL" in line or "ERROR" in line or "PANIC" in line)[-500:]


def _demands(programs: Programs, data: Path, binaries: Path) -> dict[str, str]:
    """The settings that recovery demands, from the control file."""
    with programs.started("pg_controldata", str(data), path=binaries / "pg_controldata") as process:
        assert process.stdout is not None
        said = process.stdout.read().decode("utf-8", "replace")
    found = dict(re.findall(r"^(\w+) setting:\s+(\d+)", said, re.MULTILINE))
    return {ours: found[theirs] for theirs, ours in _CONTROL.items() if theirs in found}
