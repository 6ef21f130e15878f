"""Who may do what in MariaDB and MySQL: everything as the server keeps it, nothing worked out.

The grant tables of the schema ``mysql`` are read, not the lists of ``information_schema``, which leave out what
the asking account has no right on. Names of tables and columns are only there: they are whole for an account with
a right on everything, and REFERENCES, which alone allows nothing, is such a right. What is not surely whole is
``missing``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from collectors import _mariadb_sql as sql
from collectors._mariadb_accounts import Account, Names, accounts, entry, is_public, principal
from collectors._mariadb_objects import (
    OWN,
    Pool,
    database_rights,
    engine_tables,
    object_rights,
    relations,
    restrictions,
    routines,
)
from collectors.database_dsn import mariadb_address
from collectors.host.protocol import Denied, LookError
from collectors.mariadb_session import Absent, Asking, connect
from hustings.access.rights import MARIADB, MYSQL
from hustings.access.state import Entry, Membership, Object, State
from hustings.errors import UsageError
from hustings.facts import Missing, Reason

SEEING = frozenset({"ALL PRIVILEGES", "SELECT", "INSERT", "UPDATE", "REFERENCES"})
"""Rights that show the names of tables and columns."""
_GRANTED = re.compile(r"GRANT (?P<rights>.+?) ON (?P<what>`(?:[^`]|``)*`|\*)\.\* TO ")
_NUMBER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,50}\Z")

Rows = list[tuple[Any, ...]]


def read_state(dsn: str, *, engine: str = MARIADB, variable: str = "", schemas: tuple[str, ...] = (),
               counts: tuple[str, ...] = (), within: float = 60) -> State:
    """Read the server. As ``collectors.access_reader.read``, whose words hold here."""
    where = mariadb_address(dsn, variable)
    with connect(where, variable=variable, within=within) as session:
        return state_of(session, engine=engine, where=variable or where.place, schemas=schemas,
                        database=where.database, counts=counts)


def state_of(session: Asking, *, engine: str, where: str, schemas: tuple[str, ...] = (), database: str = "",
             counts: tuple[str, ...] = ()) -> State:
    """Read through an open session. ``where``: how messages name the address. Raises ``UsageError``."""
    (version, user, as_of), = session.rows(
        "select version(), current_user(), date_format(utc_timestamp(), '%Y-%m-%dT%H:%i:%sZ')")
    told = MARIADB if "mariadb" in version.lower() else MYSQL
    if told != engine:
        raise UsageError(f"the server is {told} {version}, not {engine}", where=where, remedy=f"say engine: {told}")
    look = _Look(session, engine)
    settings = look.settings()
    known, missing = look.whole(schemas, database, where)
    look.missing |= missing
    return look.state(version, user, as_of, database, settings, known, counts)


@dataclass
class _Look:
    """One reading; what could not be read gathers in ``missing``."""

    session: Asking
    engine: str
    missing: dict[str, Missing] = field(default_factory=dict)
    engine_tables: dict[str, tuple[Entry, ...]] = field(default_factory=dict)

    def rows(self, part: str, *queries: str) -> Rows:
        """The first query that is answered; none: the part is missing, for the first one's reason."""
        reason: Missing | None = None
        for query in queries:
            try:
                return self.session.rows(query)
            except LookError as error:
                reason = reason or error.missing
                if not isinstance(error, (Denied, Absent)):
                    break
        assert reason is not None
        self.missing.setdefault(part, reason)
        return []

    def settings(self) -> dict[str, str]:
        found = {name.lower(): str(value) for name, value in self.rows("settings", sql.VARIABLES)}
        found["plugins"] = ",".join(sorted(name for name, in self.rows("settings.plugins", sql.PLUGINS)))
        return found

    def whole(self, schemas: tuple[str, ...], database: str, where: str) -> tuple[list[str], dict[str, Missing]]:
        """The schemas to look at, and whether all their objects can be seen. Raises ``UsageError``."""
        seen = {name for name, in self.session.rows(sql.SCHEMAS)}
        mine = self._mine
        everything = bool(mine.get("*", frozenset()) & SEEING)
        for name in dict.fromkeys((*schemas, *((database,) if database else ()))):
            if everything and name not in seen:
                raise UsageError(f"there is no schema (database) {name!r} on this server", where=where,
                                 remedy=f"one of {', '.join(sorted(seen - set(OWN))) or 'none: the server has none'}")
        wanted = [name for name in (schemas or sorted(seen)) if name.lower() not in OWN]
        hidden = [name for name in wanted if not mine.get(name, frozenset()) & SEEING]
        if everything or (schemas and not hidden):
            return wanted, {}
        what = f"the objects of {', '.join(hidden)}" if schemas else "objects that this account has no right on"
        return wanted, {"objects": Missing(Reason.DENIED, f"{what} are hidden from this account (REFERENCES on *.* "
                                           "would show their names)")}

    @cached_property
    def _mine(self) -> dict[str, frozenset[str]]:
        """The asking account's rights on everything (``*``) and on whole schemas."""
        found: dict[str, frozenset[str]] = {}
        for line, in self.session.rows("show grants"):
            match = _GRANTED.match(line)
            if match:
                name = re.sub(r"\\([_%\\])", r"\1", match["what"].strip("`").replace("``", "`"))
                rights = frozenset(one.strip() for one in match["rights"].split(","))
                found[name] = found.get(name, frozenset()) | rights
        return found

    def state(self, version: str, user: str, as_of: str, database: str, settings: dict[str, str], schemas: list[str],
              counts: tuple[str, ...]) -> State:
        known = accounts(self.rows("principals", sql.ACCOUNTS_MARIADB if self.engine == MARIADB else sql.ACCOUNTS_MYSQL,
                                   sql.ACCOUNTS_HELPER))
        memberships, names, mandatory = self._memberships(known, settings)
        further = self._dynamic()
        for host, name, other_host, other in self.rows("principals.proxies", sql.PROXIES):
            further[name, host] = (*further.get((name, host), ()), f"proxy {names.of(other, other_host)}")
        pool = Pool()
        objects = self._objects(schemas, names, pool)
        replica = self._replica()
        return State(
            engine=self.engine, version=version, database=database, as_of=as_of, user=user,
            principals=tuple(sorted((
                principal(one, names, hostname=settings.get("hostname", ""), settings=settings,
                          further=further.get((one.user, one.host), ()))
                for one in known if not is_public(one)), key=lambda one: one.name)),
            memberships=tuple(memberships), objects=tuple(objects), acls=pool.lists(),
            patterns=(self._everything(known, names), *self._databases(names)), revoked=self._revoked(names),
            engine_tables=self.engine_tables,
            settings=settings, mandatory_roles=mandatory, in_recovery=bool(replica), receiver=replica,
            answers=self._answers(counts), missing=self.missing)

    def _memberships(self, known: list[Account], settings: dict[str, str],
                     ) -> tuple[list[Membership], Names, tuple[str, ...]]:
        if self.engine == MYSQL:
            return self._memberships_mysql(settings)
        names = Names(frozenset((one.user, one.host) for one in known if one.role))
        default = {(one.user, one.host): one.default_role for one in known}
        return [Membership(role=role, member=names.of(user, host),
                           inherit=not host or default.get((user, host)) == role, admin=admin == "Y")
                for host, user, role, admin in self.rows("memberships", sql.MEMBERS_MARIADB)], names, ()

    def _memberships_mysql(self, settings: dict[str, str]) -> tuple[list[Membership], Names, tuple[str, ...]]:
        edges = self.rows("memberships", sql.MEMBERS_MYSQL)
        default = {(user, host, role, from_host) for host, user, from_host, role
                   in self.rows("memberships", sql.DEFAULT_ROLES_MYSQL)}
        always = [_account(one) for one in settings.get("mandatory_roles", "").split(",") if one.strip()]
        names = Names(frozenset({(user, host) for _, _, host, user, _ in edges} | set(always)))
        every = settings.get("activate_all_roles_on_login") == "ON"
        found = [Membership(role=names.of(role, from_host), member=names.of(user, host), admin=admin == "Y",
                            inherit=every or (user, host) in names.roles or (user, host, role, from_host) in default)
                 for host, user, from_host, role, admin in edges]
        return found, names, tuple(names.of(*one) for one in always)

    def _dynamic(self) -> dict[tuple[str, str], tuple[str, ...]]:
        """MySQL: the rights that its parts and plugins brought along."""
        found: dict[tuple[str, str], tuple[str, ...]] = {}
        if self.engine == MYSQL:
            for host, user, right, _ in self.rows("principals.attributes", sql.DYNAMIC_MYSQL):
                found[user, host] = (*found.get((user, host), ()), right.lower().replace("_", " "))
        return found

    def _revoked(self, names: Names) -> tuple[tuple[str, tuple[Entry, ...]], ...]:
        """MySQL: what partial revokes take from the rights on everything."""
        if self.engine != MYSQL:
            return ()
        return restrictions(self.rows("patterns", sql.RESTRICTIONS_MYSQL, sql.RESTRICTIONS_HELPER), names)

    def _everything(self, known: list[Account], names: Names) -> tuple[str, tuple[Entry, ...]]:
        entries = (entry(names.of(one.user, one.host), one.access) for one in known)
        return "*", tuple(one for one in entries if one is not None)

    def _databases(self, names: Names) -> list[tuple[str, tuple[Entry, ...]]]:
        rights = [name for name in sql.DATABASE_RIGHTS if self.engine == MARIADB or name != "DELETE HISTORY"]
        return database_rights(self.rows("patterns", sql.databases(rights)), rights, names)

    def _objects(self, schemas: list[str], names: Names, pool: Pool) -> list[Object]:
        wanted = set(schemas)

        def ask(part: str, query: str, *others: str, place: int = 0) -> Rows:
            own = ", ".join(f"'{name}'" for name in OWN)
            return [row for row in self.rows(part, query.format(own=own), *others) if row[place] in wanted]

        on_tables = object_rights(self.rows("acls", sql.TABLE_RIGHTS), names)
        on_columns = object_rights(self.rows("acls", sql.COLUMN_RIGHTS), names)
        self.engine_tables = engine_tables(on_tables, on_columns)
        on_routines = object_rights(self.rows("acls", sql.ROUTINE_RIGHTS), names)
        found = [Object(schema="", name=name, kind="schema") for name in schemas]
        found += relations(ask("objects", sql.TABLES), ask("objects", sql.COLUMNS), ask("objects", sql.VIEWS),
                           self._triggers(wanted), on_tables, on_columns, pool)
        made = sql.ROUTINES_MARIADB if self.engine == MARIADB else sql.ROUTINES_MYSQL
        found += routines(ask("objects", made) if self._routines_are_whole() else [], on_routines, pool)
        return found

    def _routines_are_whole(self) -> bool:
        """MySQL hides routines from those who hold neither SHOW_ROUTINE nor SELECT on everything."""
        if self.engine == MARIADB or self._mine.get("*", frozenset()) & {"ALL PRIVILEGES", "SELECT", "SHOW_ROUTINE"}:
            return True
        self.missing["objects"] = Missing(Reason.DENIED, "routines are hidden from this account (SHOW_ROUTINE on *.* "
                                          "would show them)")
        return False

    def _triggers(self, wanted: set[str]) -> Rows:
        """Through the auditor's procedure, or directly by those who hold TRIGGER: others are shown none."""
        mine, showing = self._mine, {"ALL PRIVILEGES", "TRIGGER"}
        held = mine.get("*", frozenset()) & showing or all(mine.get(name, frozenset()) & showing for name in wanted)
        asked = sql.TRIGGERS if held else sql.TRIGGERS_HELPER
        return [row for row in self.rows("objects.triggers", asked) if row[0] in wanted]

    def _replica(self) -> str:
        """A replica's connection to its primary, as ``name=value`` words; empty on a primary."""
        try:
            found = self.session.rows(sql.REPLICA[self.engine])
        except LookError as error:
            self.missing["receiver"] = error.missing
            self.missing["in_recovery"] = error.missing
            return ""
        return " ".join(f"connection={place}" for place, _ in enumerate(found))

    def _answers(self, counts: tuple[str, ...]) -> dict[str, int]:
        found: dict[str, int] = {}
        for name in counts:
            part = f"answers.{name}"
            if not _NUMBER.match(name):
                self.missing[part] = Missing(Reason.ERROR, f"{name!r} is no name of a counting function")
                continue
            rows = self.rows(part, f"select {sql.HELPER}.count_{name}()")
            if rows and isinstance(rows[0][0], int):
                found[name] = rows[0][0]
            elif rows:
                self.missing[part] = Missing(Reason.ERROR, f"{sql.HELPER}.count_{name}() answered no number")
        return found


def _account(text: str) -> tuple[str, str]:
    """``role``, ``role@host`` or quoted, as MySQL's ``mandatory_roles`` has them: user and host."""
    user, _, host = text.strip().partition("@")
    return user.strip("`'\" "), host.strip("`'\" ") or "%"
