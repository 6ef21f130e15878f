"""The address of a database (its DSN): what it says, the TLS it needs, and the session it opens.

PostgreSQL takes what libpq takes, a URL or keywords. MariaDB and MySQL take
``mariadb://user:password@host:port/database?ssl_ca=FILE`` (or ``mysql://``, ``unix_socket=PATH``). Another
machine is spoken to under TLS or not at all. An address holds a password: no message repeats any part of it but
the host and the port, and those only where they can be nothing else.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from collectors.postgresql_session import is_local
from hustings.errors import CannotFinish, UsageError
from hustings.facts import Reason

if TYPE_CHECKING:
    import psycopg

CONNECT_SECONDS = 5
NAME = "hustings"
_HOST = re.compile(r"[A-Za-z0-9_.:%-]+|/[^@]*")
_SAFE_MODES = ("require", "verify-ca", "verify-full")
_MARIADB_OPTIONS = {"ssl_ca", "ssl_cert", "ssl_key", "ssl_verify_cert", "unix_socket", "charset"}


class NotReached(CannotFinish):
    """The database could not be asked. ``reason``: whether it refused, took too long, or was not there."""

    def __init__(self, what: str, *, reason: Reason, where: str = "", remedy: str = "") -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.reason = reason


@dataclass(frozen=True)
class MariadbAddress:
    """What a ``mariadb://`` address says."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    database: str = ""
    unix_socket: str = ""
    ssl_ca: str = ""
    """The authority that signed the server's certificate; empty: those of this machine."""
    ssl_cert: str = ""
    ssl_key: str = ""

    @property
    def local(self) -> bool:
        """Whether no network lies between: TLS is not asked for."""
        return bool(self.unix_socket) or is_local(self.host)

    @property
    def place(self) -> str:
        return self.unix_socket or f"{self.host}:{self.port}"


def mariadb_address(dsn: str, variable: str) -> MariadbAddress:
    """Take the address apart. Raises ``UsageError``."""
    def refuse(what: str) -> UsageError:
        return UsageError(what, where=variable, remedy="mariadb://user:password@host:port/database?ssl_ca=FILE, with "
                                                       "special characters as %XX")
    try:
        parts = urlsplit(dsn)
        port = parts.port or 3306
        options = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
    except ValueError:
        raise refuse("this is no address of a database") from None
    if parts.scheme.partition("+")[0] not in ("mariadb", "mysql"):
        raise refuse("the address of a MariaDB or MySQL database begins with mariadb:// or mysql://")
    if "@" in (parts.username or "") + (parts.password or "") or not parts.username or parts.fragment:
        raise refuse("the user or the password cannot be told apart from the rest of the address")
    host, database = parts.hostname or "", unquote(parts.path.lstrip("/"))
    if not options.get("unix_socket") and not _HOST.fullmatch(host):
        raise refuse("there is no host in the address")
    if "/" in database:
        raise refuse("the database of the address has a slash in it")
    if set(options) - _MARIADB_OPTIONS:  # which is not said: it may be a part of the password
        raise refuse(f"an option of this address is not known; these are: {', '.join(sorted(_MARIADB_OPTIONS))}")
    return MariadbAddress(host=host, port=port, user=unquote(parts.username), password=unquote(parts.password or ""),
                          database=database, unix_socket=options.get("unix_socket", ""),
                          ssl_ca=options.get("ssl_ca", ""), ssl_cert=options.get("ssl_cert", ""),
                          ssl_key=options.get("ssl_key", ""))


def postgresql_arguments(dsn: str, variable: str, *, within: float = 60, read_only: bool = True) -> dict[str, Any]:
    """What to hand to libpq: the address, the TLS it needs, and the session's limits. Raises ``UsageError``."""
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    try:
        known: dict[str, Any] = dict(conninfo_to_dict(dsn))
    except ProgrammingError:  # its text may repeat the password
        raise UsageError("this is no address of a PostgreSQL database", where=variable,
                         remedy="postgresql://user:password@host:port/database, with special characters as %XX, or "
                                "libpq's keywords") from None
    hosts = _hosts(known)
    if not all(_HOST.fullmatch(one) for one in hosts) or not re.fullmatch(r"[0-9,]*", str(known.get("port") or "")):
        raise UsageError("the host or the port in this address is none", where=variable,
                         remedy="write an @, a slash or a colon within the password as %40, %2F or %3A")
    away = bool(known.get("service")) or not all(is_local(one) for one in hosts)
    if away:
        mode = str(known.get("sslmode") or "verify-full")
        if mode not in _SAFE_MODES:
            raise UsageError(f"sslmode={mode} to another machine: the password and the answers could be read and "
                             "changed on the way", where=variable, remedy="sslmode=verify-full, and sslrootcert=FILE "
                             "where an authority of your own signed the server's certificate")
        known["sslmode"] = mode
        if mode == "verify-full" and not (known.get("sslrootcert") or os.environ.get("PGSSLROOTCERT")
                                                      or Path("~/.postgresql/root.crt").expanduser().exists()):
            known["sslrootcert"] = "system"
    limits = {"statement_timeout": int(within * 1000), "lock_timeout": 1000,
              "idle_in_transaction_session_timeout": 60_000, "search_path": "pg_catalog",
              "default_transaction_read_only": "on" if read_only else "off"}
    options = " ".join(f"-c {name}={value}" for name, value in limits.items())
    known.setdefault("connect_timeout", CONNECT_SECONDS)
    return {**known, "application_name": NAME, "client_encoding": "utf8",
            "options": f"{known.get('options') or ''} {options}".strip()}


def postgresql(dsn: str, variable: str, *, within: float = 60, read_only: bool = True) -> psycopg.Connection[Any]:
    """Connect, for a session that is read-only unless said, limited in time and named ``hustings``. It is not in
    autocommit: a transaction begins with the first statement.

    Raises ``UsageError`` for an address that cannot be, ``NotReached`` when nobody answers or it refuses.
    """
    try:
        import psycopg
    except ImportError as error:
        raise CannotFinish("PostgreSQL's driver is not installed", remedy="install hustings[databases]") from error
    arguments = postgresql_arguments(dsn, variable, within=within, read_only=read_only)
    try:
        return psycopg.connect(**arguments)
    except psycopg.OperationalError as error:
        raise _refused(str(error), arguments, variable) from None


def _hosts(known: dict[str, Any]) -> list[str]:
    said = known.get("host") or known.get("hostaddr") or os.environ.get("PGHOST") or "/tmp"  # noqa: S108
    return [one.strip() or "/tmp" for one in f"{said},{known.get('hostaddr') or said}".split(",")]  # noqa: S108


def place(known: dict[str, Any]) -> str:
    """``host:port`` of the arguments, for messages."""
    if known.get("service") and not known.get("host"):
        return "the service's address"
    host = known.get("host") or known.get("hostaddr") or os.environ.get("PGHOST") or "the local socket"
    return f"{host}:{known.get('port') or os.environ.get('PGPORT') or 5432}"


def _refused(text: str, known: dict[str, Any], variable: str) -> NotReached:
    lines = [one.strip() for one in text.splitlines() if one.strip()]
    line = next((one for words in ("FATAL", " failed: ") for one in lines if words in one),
                lines[-1] if lines else "no answer")
    said = re.sub(r"^.* failed: ", "", re.sub(r"^.*?FATAL:\s*", "", line))
    password = str(known.get("password") or "")
    said = (said.replace(password, "…") if len(password) > 2 else said)[:300]
    where = f"{variable}: {place(known)}" if variable else place(known)
    for words, reason, what, remedy in _REFUSALS:
        if any(word in text for word in words):
            return NotReached(f"{what}: {said}", reason=reason, where=where, remedy=remedy)
    return NotReached(f"the database cannot be reached: {said}", reason=Reason.ERROR, where=where,
                      remedy="see that the server runs, and that host and port are right")


_REFUSALS = (
    (("root certificate", "certificate verify failed", "server certificate", "SSL was required", "SSL error"),
     Reason.ERROR, "no encrypted connection could be made",
     "give the server a certificate for its name, and the address sslrootcert=FILE for an authority of your own"),
    (("authentication failed", "no password supplied", "pg_hba.conf", "is not permitted to log in",
      "permission denied", "does not exist"), Reason.DENIED, "the database refused the sign-in",
     "see user, password and database of the address, and the server's pg_hba.conf"),
    (("timeout expired", "timed out"), Reason.TIMEOUT, "the database did not answer in time",
     "see host and port, and the firewalls between"),
)
