"""PostgreSQL 12 to 18: who may do what, read from the system catalogues as an unprivileged role.

One transaction, so that every query sees the same moment; one query a fact. What the role may not see is in
``State.missing`` with the reason. ``docs/registration-audit-role.md`` says which rights show everything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from collectors import access_postgresql_queries as queries
from collectors.access_postgresql_objects import Catalogue, Names, read_objects
from collectors.access_postgresql_server import read_server
from collectors.database_dsn import NotReached, place, postgresql, postgresql_arguments
from collectors.postgresql_rights import version
from hustings.access.rights import POSTGRESQL
from hustings.access.state import Membership, Principal, State
from hustings.errors import UsageError
from hustings.facts import Missing, Reason

if TYPE_CHECKING:
    import psycopg

OLDEST = 120000
CHUNKS_SINCE = 170000
"""libpq hands over rows by the chunk since this version, one by one before."""
FIRST_OF_USERS = 16384
"""Object identifiers below are the engine's own (PostgreSQL source, ``FirstNormalObjectId``)."""
BOOTSTRAP = 10


class Asked:
    """A transaction that is asked one thing after the other."""

    def __init__(self, connection: psycopg.Connection[Any], where: str) -> None:
        self._connection = connection
        self.where = where
        self.missing: dict[str, Missing] = {}

    def rows(self, sql: str, parameters: Any = None) -> list[tuple[Any, ...]]:
        """All rows. Raises ``NotReached`` when there is no answer: nothing can be said without it."""
        return list(self.stream(sql, parameters))

    def stream(self, sql: str, parameters: Any = None) -> Iterator[tuple[Any, ...]]:
        """Rows as they come, for answers that are large."""
        import psycopg

        try:
            with self._connection.cursor() as cursor:
                size = 500 if psycopg.pq.version() >= CHUNKS_SINCE else 1
                yield from cursor.stream(sql, parameters, size=size)
        except psycopg.Error as error:
            missing = _reason(error)
            raise NotReached(f"the database did not answer: {missing.detail}", reason=missing.reason, where=self.where,
                             remedy="try again when the database is less busy" if missing.reason == Reason.TIMEOUT
                             else "see the server's log; a database of its version may not be supported") from error

    def optional(self, part: str, sql: str, parameters: Any = None) -> list[tuple[Any, ...]] | None:
        """All rows; None when it is refused or fails, and the reason under ``part``."""
        import psycopg

        try:
            with self._connection.transaction():
                return self._connection.execute(sql, parameters).fetchall()
        except psycopg.Error as error:
            self.missing[part] = _reason(error)
            return None


def _reason(error: psycopg.Error) -> Missing:
    import psycopg

    said = (error.diag.message_primary or str(error).strip().partition("\n")[0] or type(error).__name__)[:300]
    for kind, reason in ((psycopg.errors.InsufficientPrivilege, Reason.DENIED),
                         (psycopg.errors.QueryCanceled, Reason.TIMEOUT),
                         (psycopg.errors.LockNotAvailable, Reason.TIMEOUT),
                         (psycopg.errors.UndefinedFunction, Reason.UNSUPPORTED),
                         (psycopg.errors.InvalidSchemaName, Reason.UNSUPPORTED)):
        if isinstance(error, kind):
            return Missing(reason, said)
    return Missing(Reason.ERROR, said)


def read_state(dsn: str, *, engine: str = POSTGRESQL, variable: str = "", schemas: tuple[str, ...] = (),
               counts: tuple[str, ...] = (), within: float = 60) -> State:
    """As ``collectors.access_reader.read``."""
    with postgresql(dsn, variable, within=within) as connection:
        return read_from(connection, variable=variable, schemas=schemas, counts=counts,
                         where=f"{variable}: {place(postgresql_arguments(dsn, variable))}")


def read_from(connection: psycopg.Connection[Any], *, variable: str = "", schemas: tuple[str, ...] = (),
              counts: tuple[str, ...] = (), where: str = "") -> State:
    """Read over a connection in which no transaction is open. Raises as ``read_state``."""
    import psycopg

    before = connection.isolation_level, connection.read_only
    connection.isolation_level, connection.read_only = psycopg.IsolationLevel.REPEATABLE_READ, True
    try:
        with connection.transaction():
            return _read(Asked(connection, where), variable, schemas, counts)
    finally:
        if not connection.closed:
            connection.isolation_level, connection.read_only = before


def _read(asked: Asked, variable: str, schemas: tuple[str, ...], counts: tuple[str, ...]) -> State:
    number, database, as_of, user, in_recovery = asked.rows(queries.SERVER)[0]
    if number < OLDEST:
        raise NotReached(f"PostgreSQL {version(number)} is too old: 12 to 18 are read", reason=Reason.UNSUPPORTED,
                         where=asked.where, remedy="bring the server to a supported release")
    principals = asked.rows(queries.PRINCIPALS)
    names = Names({oid: name for oid, name, *_ in principals})
    catalogue = Catalogue(asked.rows, asked.stream, asked.optional, names, number)
    scope = {"all": not schemas, "schemas": list(schemas)}
    found = read_objects(catalogue, scope)
    _require(schemas, found.has_schema, variable)
    server = read_server(asked.optional, asked.missing, names, in_recovery=in_recovery, counts=counts)
    return State(
        engine=POSTGRESQL, version=version(number), database=database, as_of=as_of, user=user,
        principals=tuple(_principal(row, server.passwords) for row in principals),
        memberships=tuple(Membership(role=names[role], member=names[member], inherit=inherit, set_role=set_role,
                                     admin=admin)
                          for role, member, inherit, set_role, admin in asked.rows(
                              queries.MEMBERSHIPS_16 if number >= 160000 else queries.MEMBERSHIPS)),
        objects=found.objects, acls=found.acls, defaults=found.defaults, database_owner=found.database_owner,
        settings=server.settings, overrides=server.overrides, sign_in_rules=server.sign_in_rules,
        untrusted_languages=server.untrusted_languages, in_recovery=in_recovery, standbys=server.standbys,
        receiver=server.receiver, answers=server.answers, missing=asked.missing,
    )


def _principal(row: tuple[Any, ...], passwords: dict[str, str]) -> Principal:
    oid, name, login, superuser, inherit, replication, bypass, create_role, create_db, limit, until = row
    held = (("replication", replication), ("bypassrls", bypass), ("createrole", create_role), ("createdb", create_db))
    return Principal(
        name=name, login=login, superuser=superuser, bootstrap=oid == BOOTSTRAP,
        system=oid < FIRST_OF_USERS and oid != BOOTSTRAP, inherit=inherit,
        attributes=tuple(word for word, has in held if has), connection_limit=limit, valid_until=until,
        password=passwords.get(name),
    )


def _require(schemas: tuple[str, ...], found: Callable[[str], bool], variable: str) -> None:
    gone = [one for one in schemas if not found(one)]
    if gone:
        raise UsageError(f"there is no schema {gone[0]!r} in this database", where=variable,
                         remedy="see that the address names the right database, and the schema's spelling")
