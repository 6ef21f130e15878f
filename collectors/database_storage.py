"""database_storage: whether the disks under a registration database on this machine are encrypted.

PostgreSQL's core encrypts nothing at rest, so the file systems must. The lock file of the server's Unix socket
names its data directory (its second line: the PostgreSQL sources, ``miscadmin.h``); the write-ahead log and
the tablespaces may lie elsewhere, behind links. MariaDB and MySQL are asked for theirs. Tables that the engine
encrypts by itself are not looked for: a whole device is what keeps logs and temporary files too.
"""

from __future__ import annotations

from functools import partial

from collectors import block_devices
from collectors._backup import answer
from collectors._backup_place import is_this_machine
from collectors._database_address import mariadb
from collectors.base import Collected, Collector, Disclosure, Fact, Missing, Platform, Type, key
from collectors.host.protocol import FileKind, Host, NotThere, Unreadable, Unsupported
from hustings.access.rights import POSTGRESQL
from hustings.declared import Database, Declared

_SOCKETS = ("/var/run/postgresql", "/run/postgresql", "/tmp")  # noqa: S108 - PostgreSQL's own default
_DATA = ("/var/lib/postgresql/*/*/*", "/var/lib/postgresql/*/*/pg_tblspc/*", "/var/lib/pgsql/data/*",
         "/var/lib/pgsql/data/pg_tblspc/*", "/var/lib/pgsql/*/data/*", "/var/lib/pgsql/*/data/pg_tblspc/*")
"""Looked at by name alone: what is in them are voters."""


def collect(host: Host, declared: Declared) -> Collected:
    """Each declared database on its own."""
    return {key("database.storage_encrypted", one.name): answer(partial(_encrypted, host, one))
            for one in declared.databases}


def _encrypted(host: Host, database: Database) -> block_devices.Answer:
    places = _places(host, database) if database.engine == POSTGRESQL else _of_mariadb(host, database)
    mounts = block_devices.parse_mountinfo(host.read("/proc/self/mountinfo"))
    reals = [host.resolve(path) for path in sorted(places)]
    seen = [block_devices.answer(host, block_devices.mount_of(real, mounts), mounts) for real in reals]
    if False in seen:
        return False
    return next((one for one in seen if isinstance(one, Missing)), True)


def _places(host: Host, database: Database) -> set[str]:
    data = _data_directory(host, database)
    return {data, f"{data}/pg_wal", *(f"{data}/pg_tblspc/{name}" for name in host.list(f"{data}/pg_tblspc"))}


def _of_mariadb(host: Host, database: Database) -> set[str]:
    """Where a MariaDB or MySQL on this machine keeps its data, logs and system tablespace: it says so itself."""
    if not database.host.startswith("/") and not is_this_machine(database.host, frozenset()):
        raise Unsupported(f"{database.name} is on another machine: its own agent sees its disks")
    names = ("datadir", "innodb_data_home_dir", "innodb_log_group_home_dir", "innodb_undo_directory",
             "log_bin_basename")
    with mariadb(host, database) as session:
        told = dict(session.rows("show global variables where variable_name in "
                                 f"({', '.join(repr(name) for name in names)})"))
    data = str(told.get("datadir") or "").rstrip("/")
    if not data.startswith("/"):
        raise Unreadable("the server names no data directory")
    log = str(told.pop("log_bin_basename", None) or "").rpartition("/")[0]
    others = [str(one or "").rstrip("/") for name, one in told.items() if name != "datadir"]
    return {data, *(one for one in (*others, log) if one.startswith("/"))}


def _data_directory(host: Host, database: Database) -> str:
    """The data directory of the server at the declared port. Raises ``LookError``."""
    local = database.host.startswith("/")
    if not local and not is_this_machine(database.host, frozenset()):
        raise Unsupported(f"{database.name} is on another machine: its own agent sees its disks")
    for directory in (database.host,) if local else _SOCKETS:
        try:
            path = f"{directory}/.s.PGSQL.{database.listens}.lock"
            lines = host.read(path, limit=4096).splitlines()
        except NotThere:
            continue
        if len(lines) < 2 or not lines[1].startswith("/"):
            raise Unreadable(f"{path} names no data directory")
        if host.stat(lines[1]).kind is not FileKind.DIRECTORY:
            raise Unreadable(f"{path} names {lines[1]}, which is no directory")
        return lines[1].rstrip("/")
    raise Unsupported(f"no PostgreSQL with a Unix socket for port {database.listens} runs here")


COLLECTOR = Collector(
    name="database_storage",
    platforms=frozenset({Platform.LINUX}),
    facts=(
        Fact("database.storage_encrypted", Type.BOOL, "Whether a registration database on this machine keeps its data, "
             "its write-ahead log and its tablespaces on dm-crypt devices", Disclosure.SHARED, each="database"),
    ),
    collect=collect,
    reads=(*block_devices.READS, *(f"{one}/.s.PGSQL.*.lock" for one in _SOCKETS)),
    stats=_DATA,
    each="database",
    needs="enter the database's data directory",
)
