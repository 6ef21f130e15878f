"""registration_postgresql: who may do what to a voter registration database on PostgreSQL.

The agent connects as an auditing role without rights on voter data: the system catalogues are open to
every role, and none of these queries reads a row of the office's tables. What the role may not see
(``pg_hba_file_rules``, the kind of stored passwords) is ``denied``, never empty.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from collectors import postgresql_rights as rights
from collectors._database_address import mariadb
from collectors.base import Collected, Collector, Disclosure, Fact, Field, Listing, Missing, Platform, Reason, Type, key
from collectors.host.protocol import Host, LookError
from collectors.postgresql_session import Session, connect, kept_home
from hustings.access.rights import MARIADB, MYSQL
from hustings.declared import Database, Declared

_OF_SCHEMAS: dict[str, Callable[[Session, tuple[str, ...]], Listing]] = {
    "registration.public_grants": rights.public_grants,
    "registration.grantable": rights.grantable,
    "registration.owner_logins": rights.owner_logins,
}
_OF_SERVER: dict[str, Callable[[Session], Listing]] = {
    "registration.superusers": rights.superusers,
    "registration.definer_functions": rights.definers,
    "registration.os_access": rights.os_access,
    "registration.special_rights": rights.special_rights,
    "registration.untrusted_languages": rights.languages,
    "registration.sign_in_rules": rights.sign_in_rules,
    "registration.password_kinds": rights.password_kinds,
}


def collect(host: Host, declared: Declared) -> Collected:
    """Ask every declared PostgreSQL database; one that does not answer costs its own facts alone."""
    collected: Collected = {}
    for database in declared.databases:
        answers = _ask(host, database)
        collected.update({key(fact.id, database.name): answers[fact.id] for fact in COLLECTOR.facts})
    return collected


def _ask(host: Host, database: Database) -> Collected:
    if database.engine != "postgresql":
        other = Missing(Reason.UNSUPPORTED, f"a {database.engine} database is judged by its access model: name one as "
                        "access_model in machine.yaml")
        return _all(other) | {"registration.engine": database.engine, "registration.version": _version(host, database)}
    try:
        with connect(host, database) as session:
            return look(session, database.schemas)
    except LookError as error:
        return kept_home(COLLECTOR.facts, error.missing)


def _version(host: Host, database: Database) -> str | Missing:
    """``10.11.6`` of a MariaDB that calls itself 10.11.6-MariaDB-0+deb12u1."""
    if database.engine not in (MARIADB, MYSQL):
        return Missing(Reason.UNSUPPORTED, f"no collector reads the engine {database.engine}")
    try:
        with mariadb(host, database) as session:
            ((version,),) = session.rows("select version()")
    except LookError as error:
        return kept_home(COLLECTOR.facts, error.missing)["registration.version"]
    return str(version).partition("-")[0]


def look(session: Session, schemas: tuple[str, ...]) -> Collected:
    """Every fact of one database; a query that is refused gives its reason to its own facts."""
    collected = _all(Missing(Reason.ERROR, "not asked"))
    collected.update(rights.server(session))
    for name, ask in _OF_SERVER.items():
        collected[name] = _answer(partial(ask, session))
    try:
        rights.require_tables(session, schemas)
    except LookError as error:
        collected.update(dict.fromkeys(_OF_SCHEMAS, error.missing))
        return collected
    for name, ask_of in _OF_SCHEMAS.items():
        collected[name] = _answer(partial(ask_of, session, schemas))
    return collected


def _answer(ask: Callable[[], Listing]) -> Listing | Missing:
    try:
        return ask()
    except LookError as error:
        return error.missing


def _all(missing: Missing) -> Collected:
    return {fact.id: missing for fact in COLLECTOR.facts}


_fact = partial(Fact, disclosure=Disclosure.SHARED, each="database")
_names = partial(Fact, disclosure=Disclosure.COUNTED, each="database", type=Type.RECORDS)
_role = Field("role", Type.TEXT, "The account")

COLLECTOR = Collector(
    name="registration_postgresql",
    platforms=frozenset({Platform.LINUX, Platform.WINDOWS, Platform.MACOS}),
    facts=(
        _fact("registration.engine", Type.TEXT, "The database engine: postgresql, mariadb or mysql"),
        _fact("registration.version", Type.VERSION, "The version of the running server"),
        _fact("registration.tls", Type.BOOL, "Whether the server offers encrypted connections"),
        _fact("registration.password_encryption", Type.TEXT, "How new passwords are stored: scram-sha-256 or md5"),
        _fact("registration.listens_on", Type.TEXTS, "The addresses the server listens on; * for all"),
        _fact("registration.logs_connections", Type.BOOL, "Whether the server logs every connection"),
        _names("registration.superusers", meaning="Accounts that are superuser or a member of one", fields=(
            _role,
            Field("bootstrap", Type.BOOL, "Whether it is the account that the server was made with"),
            Field("itself", Type.BOOL, "Whether it is superuser itself, not by membership"),
        )),
        _names("registration.public_grants", meaning="What every account holds on the declared schemas, and the right "
               "to create objects in any schema", fields=(
                   Field("kind", Type.TEXT, "table, column, schema, future tables or future sequences"),
                   Field("object", Type.TEXT, "Its name"),
                   Field("privilege", Type.TEXT, "The right: SELECT, INSERT …"),
               )),
        _names("registration.grantable", meaning="Rights that an account may pass on to others", fields=(
            _role,
            Field("object", Type.TEXT, "What the right is on, or the role that may be given"),
            Field("privilege", Type.TEXT, "The right, or MEMBERSHIP"),
        )),
        _names("registration.owner_logins", meaning="Accounts that can sign in and own tables of the declared schemas",
               fields=(
                   _role,
                   Field("owner", Type.TEXT, "The owning role it is, or is a member of"),
                   Field("tables", Type.INT, "How many tables and views"),
               )),
        _names("registration.definer_functions", meaning="Functions that run with their owner's rights", fields=(
            Field("function", Type.TEXT, "Its name"),
            Field("pinned", Type.BOOL, "Whether its search path is fixed"),
            Field("public", Type.BOOL, "Whether every account may call it"),
        )),
        _names("registration.os_access", meaning="Accounts that may run programs or read and write files on the "
               "server", fields=(_role, Field("through", Type.TEXT, "The predefined role that allows it"))),
        _names("registration.special_rights", meaning="Accounts with rights that go around grants", fields=(
            _role,
            Field("right", Type.TEXT, "replication, bypassrls, createrole, createdb, pg_read_all_data or "
                                      "pg_write_all_data"),
        )),
        _fact("registration.untrusted_languages", Type.TEXTS, "Installed languages that confine nothing"),
        _names("registration.sign_in_rules", meaning="The rules of pg_hba.conf", fields=(
            Field("line", Type.INT, "The line"),
            Field("type", Type.TEXT, "local, host, hostssl, hostnossl, hostgssenc, hostnogssenc or error"),
            Field("users", Type.TEXT, "For which accounts"),
            Field("method", Type.TEXT, "How the account proves itself"),
            Field("remote", Type.BOOL, "Whether it lets other machines in"),
            Field("anywhere", Type.BOOL, "Whether it is for every address, or a whole network of this machine"),
        )),
        _names("registration.password_kinds", meaning="How accounts' passwords are stored, as told by the function "
               "hustings.password_kinds()", fields=(_role, Field("kind", Type.TEXT, "scram, md5, none or other"))),
    ),
    collect=collect,
    timeout=60.0,
    every=timedelta(hours=1),
    each="database",
    needs="the rights of the audit role in the database (pg_hba_file_rules, hustings.password_kinds)",
)
