"""What a database engine says about accounts and rights: neutral, as read, nothing worked out.

A collector fills it with one query per fact; ``policies.access`` works out what it means. Lists of rights are
shared: objects with the same access list name the same one, so that 5,000 tables stay small.
"""

from __future__ import annotations

import msgspec

from hustings.facts import Missing

PUBLIC = ""
"""The grantee that stands for every account."""


class Principal(msgspec.Struct, frozen=True, omit_defaults=True):
    """An account or a role, as the engine keeps it. MariaDB accounts are named ``user@host``, roles by name."""

    name: str
    login: bool = False
    superuser: bool = False
    bootstrap: bool = False
    """The account that the server was made with."""
    system: bool = False
    """Made by the engine itself: ``pg_…`` roles, ``mariadb.sys``."""
    inherit: bool = True
    """PostgreSQL up to 15: whether it has the rights of the roles it is in without asking for them."""
    attributes: tuple[str, ...] = ()
    """``replication``, ``bypassrls``, ``createrole``, ``createdb``; for MariaDB and MySQL the global rights that
    go around those on objects, in small letters: ``super``, ``file``, ``create user``, ``grant option`` …"""
    connection_limit: int | None = None
    """How many sessions at once; None for no limit."""
    valid_until: str | None = None
    """The end of its password's life, ISO 8601 with Z; None for never."""
    locked: bool = False
    password: str | None = None
    """The kind of stored password: ``scram``, ``md5``, ``none``, ``other``, or MariaDB's plugin; None: not known."""
    tls: str | None = None
    """MariaDB's and MySQL's demand: ``""``, ``ANY``, ``X509``, ``SPECIFIED``; None where the engine has none."""


class Membership(msgspec.Struct, frozen=True, omit_defaults=True):
    """``member`` is in ``role``."""

    role: str
    member: str
    inherit: bool = True
    """PostgreSQL 16 and later: its own option. MariaDB and MySQL: whether it is a default role."""
    set_role: bool = True
    admin: bool = False
    grantor: str = ""
    """PostgreSQL: who made it a member."""


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """One line of an access list."""

    grantee: str
    rights: int
    """A mask of ``hustings.access.rights.BIT``."""
    grantable: int = 0
    """Those of them that the grantee may pass on."""
    grantor: str = ""
    """Who gave them, where the engine keeps it."""


class RowPolicy(msgspec.Struct, frozen=True, omit_defaults=True):
    """A policy of row-level security."""

    name: str
    roles: tuple[str, ...]
    """To whom it applies; ``PUBLIC`` (the empty name) for everyone."""
    command: str
    """``ALL``, ``SELECT``, ``INSERT``, ``UPDATE`` or ``DELETE``."""
    permissive: bool
    """Permissive policies are joined by OR, restrictive ones by AND with all others."""
    using: str | None
    """The rows that may be seen or touched; None: the policy says nothing about it."""
    check: str | None = None
    """The rows that may be written; None: as ``using``."""


class Object(msgspec.Struct, frozen=True, omit_defaults=True):
    """A table, view, sequence, routine, schema or database."""

    schema: str
    """Empty for schemas and databases."""
    name: str
    """A routine's is plain while it is alone in its schema, with its argument types otherwise."""
    kind: str
    """One of ``hustings.access.rights.KINDS``."""
    owner: str = ""
    acl: int = -1
    """Its place in ``State.acls``; -1 for an empty list. Where the engine keeps none, its default was put here."""
    column_acls: dict[str, int] = {}
    """Columns that have a list of their own."""
    columns: tuple[str, ...] = ()
    of: str = ""
    """The table (``schema.name``) that a sequence belongs to."""
    part_of: str = ""
    """The table (``schema.name``) of which this is a partition, or from which it inherits: its rows are that one's."""
    arguments: str | None = None
    """PostgreSQL, routines: the argument types, also where the name does not say them: ``integer, text``."""
    row_security: bool | None = None
    row_security_forced: bool | None = None
    policies: tuple[str, ...] = ()
    """Row policies that apply to someone: their USING expressions (``true`` hides nothing)."""
    row_policies: tuple[RowPolicy, ...] = ()
    """The same policies in full."""
    triggers: int = 0
    """Enabled row triggers that fire on insert, update or delete, not internal ones."""
    trigger_events: tuple[str, ...] = ()
    """Which of ``INSERT``, ``UPDATE`` and ``DELETE`` such a trigger fires on."""
    definer: bool | None = None
    """Routines and views: whether they run with their owner's (definer's) rights."""
    pinned: bool | None = None
    """Definer routines: whether the search path is fixed."""
    body: str = ""
    """Definer routines: SHA-256 of the body."""
    procedure: bool | None = None
    """MariaDB and MySQL: whether a routine is a procedure (a function, a package: False), as GRANT needs to know."""
    trigger_function: bool = False
    """A function that only a trigger can call."""
    extension: bool = False
    """Made by an extension of the engine (PostGIS, pgcrypto …), not by the office."""
    shows: dict[str, tuple[str, str]] = {}
    """Views: the columns they show as they are elsewhere, under whatever name: to (``schema.table``, column)."""

    @property
    def label(self) -> str:
        """``schema.name``, or the name alone for schemas and databases."""
        return f"{self.schema}.{self.name}" if self.schema else self.name


class SignInRule(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line of pg_hba.conf as the server understands it."""

    line: int
    type: str
    databases: tuple[str, ...]
    users: tuple[str, ...]
    address: str | None
    netmask: str | None
    method: str
    options: tuple[str, ...] = ()
    error: str = ""


class Standby(msgspec.Struct, frozen=True, omit_defaults=True):
    """A replica, as its primary sees it."""

    name: str
    address: str
    state: str
    lag_seconds: float | None
    tls: bool | None


class State(msgspec.Struct, frozen=True, omit_defaults=True):
    """One database, read at one moment."""

    engine: str
    version: str
    database: str
    as_of: str
    """ISO 8601 with Z, by the server's clock."""
    user: str
    """The account that asked."""
    principals: tuple[Principal, ...]
    memberships: tuple[Membership, ...] = ()
    objects: tuple[Object, ...] = ()
    acls: tuple[tuple[Entry, ...], ...] = ()
    defaults: tuple[tuple[str, str, str, tuple[Entry, ...]], ...] = ()
    """Default rights of objects to come: (owner role, schema or "", kind, entries)."""
    patterns: tuple[tuple[str, tuple[Entry, ...]], ...] = ()
    """MariaDB and MySQL: rights on databases by pattern (``mysql.db``), ``*`` for global ones."""
    revoked: tuple[tuple[str, tuple[Entry, ...]], ...] = ()
    """MySQL, partial revokes: (schema, rights on everything that do not hold there)."""
    engine_tables: dict[str, tuple[Entry, ...]] = {}
    """MariaDB and MySQL: rights on single tables of the schema ``mysql`` by the table's name: on all of it, and those
    to change a column."""
    database_owner: str = ""
    settings: dict[str, str] = {}
    """PostgreSQL: ssl, password_encryption, listen_addresses, log_connections, shared_preload_libraries,
    pgaudit.log …; MariaDB and MySQL: global variables by name. One that may not be read is left out and
    in ``missing``."""
    overrides: tuple[tuple[str, str, str, str], ...] = ()
    """Settings for sessions of a role, in a database, or both: (role or "", database or "", setting, value)."""
    sign_in_rules: tuple[SignInRule, ...] = ()
    untrusted_languages: tuple[str, ...] = ()
    mandatory_roles: tuple[str, ...] = ()
    """MySQL: roles that every account has."""
    in_recovery: bool = False
    standbys: tuple[Standby, ...] = ()
    receiver: str = ""
    """A replica's own connection string to its primary, its password blanked out by the engine."""
    answers: dict[str, int] = {}
    """What the office's declared counting functions answered, by name."""
    missing: dict[str, Missing] = {}
    """Parts that could not be read, by the name of this struct's field (``sign_in_rules``, ``settings.ssl``,
    ``principals.password`` …), with the reason. A part named here says nothing, whatever it holds."""
