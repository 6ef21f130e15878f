"""The door to a MariaDB or MySQL server: one read-only session that can change nothing and cannot hang.

The driver is optional (``hustings[databases]``). A server on another machine is spoken to under TLS with its
name verified, or not at all.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from collectors.database_dsn import NAME, MariadbAddress, NotReached
from collectors.host.protocol import Denied, LookError, TimedOut
from hustings.errors import CannotFinish
from hustings.facts import Reason

CONNECT_SECONDS = 10
LOCK_SECONDS = 2

_REFUSED = {1044, 1045, 1698, 1820, 1862, 3118, 4151}
"""Error numbers of a login that is refused: no such account or password, locked, expired."""
_DENIED = {1044, 1095, 1142, 1143, 1227, 1345, 1370, 1419}
"""Error numbers of a right that is lacking."""
_TIMED_OUT = {1205, 1317, 1969, 3024, 2013}
_ABSENT = {1046, 1049, 1054, 1109, 1146, 1193, 1305, 1356, 4031}
"""Error numbers of a table, column, variable or routine that this server does not have."""


class Absent(LookError):
    """This server has no such table, column or routine."""

    def __init__(self, detail: str) -> None:
        super().__init__(Reason.ERROR, detail)


class Asking(Protocol):
    """Answers queries. Raises ``LookError``; what the account may not see is ``Denied``."""

    def rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]: ...


class Session:
    """A connection that only reads."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """The answer to one query. Raises ``LookError``: ``Denied``, ``TimedOut``, ``Absent`` or another."""
        import pymysql

        try:
            with self._connection.cursor() as cursor:
                cursor.execute(sql, parameters or None)
                found = list(cursor.fetchall())
                while cursor.nextset():
                    pass
                return found
        except pymysql.MySQLError as error:
            raise _reason(error) from error


@contextmanager
def connect(where: MariadbAddress, *, variable: str = "", within: float = 60,
            read_only: bool = True) -> Iterator[Session]:
    """A session with the server, closed at the end; ``within``: seconds for any one query.

    Raises ``CannotFinish`` without a driver, ``NotReached`` when nobody answers or it refuses.
    """
    try:
        import pymysql
    except ImportError as error:
        raise CannotFinish("MariaDB's driver is not installed", remedy="install hustings[databases]") from error
    try:
        connection = pymysql.connect(**arguments(where, within), defer_connect=True)
        connection.connect(_by_socket(where.unix_socket) if where.unix_socket else None)
    except pymysql.MySQLError as error:
        raise _unreached(error, where, variable) from error
    except RuntimeError as error:
        raise NotReached("the driver cannot sign in the way this account does (ed25519 and sha256_password need a "
                         "further package)", reason=Reason.ERROR, where=f"{variable}: {where.place}",
                         remedy="install PyMySQL[ed25519], or let the account in by mysql_native_password or "
                         "unix_socket from this machine alone") from error
    except (OSError, ValueError) as error:
        raise NotReached(f"the database cannot be reached ({type(error).__name__})", reason=Reason.ERROR,
                         where=f"{variable}: {where.place}", remedy="see host, port and the certificate files of the "
                         "address") from error
    try:
        session = Session(connection)
        _restrain(session, within, read_only)
        yield session
    finally:
        connection.close()


def arguments(where: MariadbAddress, within: float) -> dict[str, Any]:
    """How to connect: no file of the client's settings, named, short of time, TLS verified to other machines."""
    known: dict[str, Any] = {
        "user": where.user, "password": where.password.encode(), "charset": "utf8mb4", "autocommit": True,
        "connect_timeout": CONNECT_SECONDS, "read_timeout": within + 5, "write_timeout": within,
        "program_name": NAME, "local_infile": False,
    }
    if where.unix_socket:
        return {**known, "ssl_disabled": True}
    known |= {"host": where.host, "port": where.port}
    if not where.local or where.ssl_ca:
        import ssl

        context = ssl.create_default_context(cafile=where.ssl_ca or None)
        if where.ssl_cert:
            context.load_cert_chain(where.ssl_cert, where.ssl_key or None)
        known["ssl"] = context
    return known


def _by_socket(path: str) -> socket.socket:
    """Opened here: the driver would leave it open where nobody is at the other end."""
    one = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    one.settimeout(CONNECT_SECONDS)
    try:
        one.connect(path)
    except OSError:
        one.close()
        raise
    return one


def _restrain(session: Session, within: float, read_only: bool) -> None:
    """Out of everyone's way: no waiting for locks, no long query; and read-only unless said."""
    if read_only:
        session.rows("set session transaction read only")
    session.rows(f"set session lock_wait_timeout = {LOCK_SECONDS}")
    try:
        session.rows(f"set session max_statement_time = {within:g}")
    except LookError:
        session.rows(f"set session max_execution_time = {int(within * 1000)}")


def _unreached(error: Exception, where: MariadbAddress, variable: str) -> NotReached:
    number, text = _number(error)
    at = f"{variable}: {where.place}" if variable else where.place
    if number in _REFUSED:
        return NotReached(f"the database refused the sign-in (error {number})", reason=Reason.DENIED, where=at,
                          remedy="see user and password of the address, the host the account may come from, and "
                          "whether it is locked or expired")
    if any(word in text for word in ("SSL", "certificate", "CERTIFICATE", "TLS")):
        return NotReached(f"no encrypted connection could be made: {text[:200]}", reason=Reason.ERROR, where=at,
                          remedy="give the server a certificate for its name, and the address ssl_ca=FILE for an "
                          "authority of your own")
    timed_out = "timed out" in text
    return NotReached(f"the database {'did not answer in time' if timed_out else 'cannot be reached'} "
                      f"(error {number})", reason=Reason.TIMEOUT if timed_out else Reason.ERROR, where=at,
                      remedy="see that the server runs, that host and port are right, and the firewalls between")


def _reason(error: Exception) -> LookError:
    number, text = _number(error)
    if number in _DENIED:
        return Denied(text[:200])
    if number in _TIMED_OUT:
        return TimedOut(text[:200])
    if number in _ABSENT:
        return Absent(text[:200])
    return LookError(Reason.ERROR, f"error {number}: {text[:200]}")


def _number(error: Exception) -> tuple[int, str]:
    args = error.args
    number = args[0] if args and isinstance(args[0], int) else 0
    return number, str(args[1]) if len(args) > 1 else ""
