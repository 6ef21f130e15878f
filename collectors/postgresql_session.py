"""The door to a PostgreSQL server: one read-only session that can change nothing and cannot hang.

The driver is optional (``hustings[databases]``). A server on another machine is spoken to under TLS with
its name verified, or not at all.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from collectors.host.protocol import Denied, Host, LookError, TimedOut, Truncated, Unsupported
from hustings.declared import Database
from hustings.facts import Disclosure, Fact, Missing, Reason

CONNECT_SECONDS = 5
STATEMENT_MS = 5_000
MAX_ROWS = 20_000


class Session(Protocol):
    """Answers queries. Raises ``LookError``; what the role may not see is ``denied``."""

    def rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]: ...


def is_local(host: str) -> bool:
    """Whether a server's address is a Unix socket or this machine's loopback."""
    if host.startswith("/") or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def arguments(database: Database, password: str) -> dict[str, Any]:
    """How to connect: read-only by default, short of time, named, and with verified TLS to other machines."""
    options = (f"-c default_transaction_read_only=on -c statement_timeout={STATEMENT_MS} -c lock_timeout=1000 "
               "-c idle_in_transaction_session_timeout=10000 -c search_path=pg_catalog")
    known: dict[str, Any] = {
        "host": database.host, "port": database.listens, "dbname": database.database or database.name,
        "user": database.user, "application_name": "hustings", "connect_timeout": CONNECT_SECONDS,
        "options": options, "sslmode": "prefer", "passfile": "/dev/null", "client_encoding": "utf8",
    }
    if password:
        known["password"] = password
    if not is_local(database.host):
        known["sslmode"] = "verify-full"
        known["sslrootcert"] = database.tls_ca or "system"
    return known


@contextmanager
def connect(host: Host, database: Database) -> Iterator[Session]:
    """A session with the declared database, closed at the end. Raises ``LookError``."""
    if host.kind != "live":
        raise Unsupported("a database is asked over a connection, which an image or a recording does not have")
    try:
        import psycopg
    except ImportError as error:
        raise Unsupported("install hustings[databases] to read databases") from error
    password = host.read(database.password_file).strip("\r\n") if database.password_file else ""
    try:
        connection = psycopg.connect(**arguments(database, password), autocommit=True)
    except psycopg.OperationalError as error:
        raise _refused(database, str(error)) from error
    with connection:
        yield _Live(connection)


def _refused(database: Database, text: str) -> LookError:
    line = next((one.strip() for one in text.splitlines() if one.strip()), "no answer")
    detail = f"{database.name}: {line}"[:300]
    for words, kind in ((("authentication failed", "no password supplied", "no pg_hba.conf entry",
                          "permission denied"), Denied), (("timeout expired", "timed out"), TimedOut)):
        if any(word in text for word in words):
            return kind(detail)
    return LookError(Reason.ERROR, detail)


def kept_home(facts: Iterable[Fact], missing: Missing) -> dict[str, Missing]:
    """Why nothing was asked, for each fact. What a server says when it refuses may quote the address and the account:
    facts that leave as they are keep the reason alone."""
    quiet = Missing(missing.reason, "the database could not be asked; `hustings facts` on the machine says why")
    return {fact.id: quiet if fact.disclosure is Disclosure.SHARED else missing for fact in facts}


class _Live:
    """A session over a real connection."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        import psycopg

        try:
            cursor = self._connection.execute(sql, parameters or None)
            rows: list[tuple[Any, ...]] = cursor.fetchmany(MAX_ROWS + 1)
        except psycopg.errors.InsufficientPrivilege as error:
            raise Denied(f"the audit role lacks a right: {error.diag.message_primary}") from error
        except (psycopg.errors.UndefinedFunction, psycopg.errors.InvalidSchemaName) as error:
            raise Unsupported(f"{error.diag.message_primary} (see docs/registration-audit-role.md)") from error
        except psycopg.errors.QueryCanceled as error:
            raise TimedOut(f"the database took more than {STATEMENT_MS // 1000} s for one query") from error
        except psycopg.Error as error:
            raise LookError(Reason.ERROR, f"{type(error).__name__}: {str(error).splitlines()[0][:200]}") from error
        if len(rows) > MAX_ROWS:
            raise Truncated(f"the database answered with more than {MAX_ROWS} rows")
        return rows
