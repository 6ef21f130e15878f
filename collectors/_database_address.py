"""The address of a database that machine.yaml declares, as its driver takes it, and a session of MariaDB or MySQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote

from collectors.host.protocol import Host, LookError, Unsupported
from collectors.postgresql_session import is_local
from hustings.access.rights import POSTGRESQL
from hustings.declared import Database
from hustings.errors import HustingsError
from hustings.facts import Reason

if TYPE_CHECKING:
    from collectors.mariadb_session import Session

SECONDS = 5.0


def address(host: Host, database: Database) -> str:
    """The address of a declared database as its driver takes it. It holds the password. Raises ``LookError``."""
    password = host.read(database.password_file).strip("\r\n") if database.password_file else ""
    name = database.database or database.name
    if database.engine == POSTGRESQL:
        try:
            from psycopg.conninfo import make_conninfo
        except ImportError as error:
            raise Unsupported("install hustings[databases] to read databases") from error
        known: dict[str, str | int | None] = {"host": database.host, "port": database.listens, "dbname": name,
                                              "user": database.user, "passfile": "/dev/null"}
        if password:
            known["password"] = password
        if not is_local(database.host):
            known |= {"sslmode": "verify-full", "sslrootcert": database.tls_ca or "system"}
        return make_conninfo("", **known)
    secret = f":{quote(password, safe='')}" if password else ""
    at = f"[{database.host}]" if ":" in database.host else database.host
    options = f"?ssl_ca={quote(database.tls_ca, safe='/')}" if database.tls_ca else ""
    if database.host.startswith("/"):
        at, options = "localhost", f"?unix_socket={quote(database.host, safe='/')}"
    who = quote(database.user, safe="") + secret
    return f"{database.engine}://{who}@{at}:{database.listens}/{quote(name, safe='')}{options}"


@contextmanager
def mariadb(host: Host, database: Database) -> Iterator[Session]:
    """A read-only session with a declared MariaDB or MySQL database. Raises ``LookError``."""
    if host.kind != "live":
        raise Unsupported("a database is asked over a connection, which an image or a recording does not have")
    from collectors import mariadb_session
    from collectors.database_dsn import mariadb_address

    try:
        where = mariadb_address(address(host, database), database.name)
        with mariadb_session.connect(where, variable=database.name, within=SECONDS) as session:
            yield session
    except HustingsError as error:
        raise LookError(getattr(error, "reason", Reason.ERROR), f"{error.where}: {error.what}"[:300]) from error
