"""The declared access model: who should hold which right in a registration database.

A person writes it (``docs/access-model.md``); ``hustings.access.reading`` turns the file into these types and
refuses what makes no sense. Names of objects, accounts and columns are those of the database.
"""

from __future__ import annotations

from datetime import date, datetime

import msgspec

OBJECT_CLASSES = ("restricted", "internal", "evidence", "public")
"""``restricted``: voter data. ``evidence``: records that may only grow. ``public``: may be published."""
COLUMN_CLASSES = ("identity", "secret", "protected", "eligibility", "public")
"""Groups of columns. ``identity``, ``secret`` and ``protected`` are read only by roles that say so."""
GUARDED_COLUMNS = ("identity", "secret", "protected")
PEOPLE = ("humans", "job", "vendor")
MFA = ("", "required", "phishing_resistant")
SHARES = ("accounts", "objects")


class Owner(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Who answers for the model."""

    office: str = ""
    person: str = ""
    reviewed: date | None = None
    review_every_days: int = 90


class Connection(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where the database is. The address and its password are in the environment, never in the file."""

    engine: str
    dsn_env: str = ""
    schema: str = ""
    schemas: tuple[str, ...] = ()
    name: str = ""
    """The name of this database in machine.yaml, where it is declared there too."""

    @property
    def scope(self) -> tuple[str, ...]:
        """The schemas that the model speaks for."""
        return tuple(dict.fromkeys((*((self.schema,) if self.schema else ()), *self.schemas)))


class ObjectModel(msgspec.Struct, frozen=True, omit_defaults=True):
    """A table, view or routine, and what is in it."""

    name: str
    """``schema.name``."""
    sensitivity: str = "internal"
    """One of ``OBJECT_CLASSES``."""
    kind: str = "table"
    columns: dict[str, tuple[str, ...]] = {}
    """Groups of columns, by their class or a name of the office's own."""


class Allow(msgspec.Struct, frozen=True, omit_defaults=True):
    """Rights on one object, or on everything."""

    object: str
    """``schema.name``, or ``*``."""
    rights: tuple[str, ...]
    """Right names as in ``hustings.access.rights.RIGHTS``; for ``*`` also ``ddl`` and ``backup``."""
    columns: dict[str, tuple[str, ...]] = {}
    """Right name to the columns it is narrowed to; groups are already resolved. A right in both here and in
    ``rights`` is not narrowed."""
    kind: str = "table"
    """``table`` (also for views), ``sequence``, ``routine`` or ``schema``."""


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Settings that the account must have in the database."""

    statement_timeout: str = ""
    read_only: bool | None = None


class BulkLimit(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How many rows a day are the day's work."""

    rows_per_day: int


class VendorWindow(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What opening a vendor's account takes."""

    max_hours: int = 8
    needs: tuple[str, ...] = ()
    session_recording: bool = False


class Closed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A time of the electoral calendar in which the role's work rests. Written down; not judged from the database."""

    calendar: str
    applies_to: str = ""


class Role(msgspec.Struct, frozen=True, omit_defaults=True):
    """A job to be done, and what it needs."""

    name: str
    who: str = "humans"
    allow: tuple[Allow, ...] = ()
    deny: tuple[Allow, ...] = ()
    """Rights nobody of this role may hold, whatever ``allow`` (with ``*``) says."""
    database_roles: tuple[str, ...] = ()
    """The roles of the database that carry it, where the office names them."""
    rows: str = ""
    """Words for the rows it may see; anything here demands row-level security."""
    mfa: str = ""
    bulk_limit: BulkLimit | None = None
    expires: str = ""
    """``seasonal``: its accounts must have an end in the database too."""
    hosts: tuple[str, ...] = ()
    """Addresses or networks its accounts may come from; empty: not restricted by the model."""
    max_connections: int | None = None
    tls: str = ""
    on: str = "primary"
    """``primary``, ``replica`` or ``both``: where its accounts work."""
    limits: Limits | None = None
    superuser: str = ""
    """``break_glass``: its accounts may become superuser, by SET ROLE and with a ticket, never by habit."""
    attributes: tuple[str, ...] = ()
    """``replication``, ``bypassrls``, ``createrole``, ``createdb`` that its accounts may have."""
    member_of: tuple[str, ...] = ()
    """The engine's own roles that its accounts may be in: ``pg_read_all_settings`` …"""
    window: VendorWindow | None = None
    closed: Closed | None = None


class Account(msgspec.Struct, frozen=True, omit_defaults=True):
    """A login of the database."""

    login: str
    """As the engine names it. MariaDB and MySQL: ``user`` (from every host) or ``user@host``."""
    roles: tuple[str, ...] = ()
    person: str = ""
    until: date | None = None
    state: str = "open"
    """``open`` or ``closed``."""
    owner: str = ""
    """For a shared account that has to be: who answers for it."""
    email: str = ""
    line: int = 0
    """Where it stands in the file."""


class OpenWindow(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A time in which a vendor's account may be open."""

    login: str
    opens: datetime
    closes: datetime
    ticket: str = ""
    approver: str = ""


class AccessException(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A finding that the office lives with until a date. It is shown beside the finding and hides nothing."""

    check: str
    """A row of the catalogue: ``LPR-12``."""
    reason: str
    owner: str
    until: date
    compensating: str = ""
    account: str = ""
    object: str = ""


class Counting(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A question whose answer is one number, asked through a function of the auditor's own schema.

    The function is made by ``hustings access grant-script``; the auditor may call it and read nothing else.
    """

    sql: str
    at_most: int = 0
    catalogue: str = "IAM-09"
    """``IAM-09`` (people without a second factor) or ``LPR-21`` (rows changed in bulk)."""


class AccessModel(msgspec.Struct, frozen=True, omit_defaults=True):
    """The whole file."""

    system: str
    database: Connection
    owner: Owner = Owner()
    objects: tuple[ObjectModel, ...] = ()
    roles: tuple[Role, ...] = ()
    accounts: tuple[Account, ...] = ()
    owner_role: str = ""
    """The role that owns the tables: nobody signs in as it, nobody is a member."""
    owner_members: bool = False
    never_together: tuple[tuple[str, str], ...] = ()
    exceptions: tuple[AccessException, ...] = ()
    windows: tuple[OpenWindow, ...] = ()
    leavers: dict[str, date] = {}
    """Person ids, and the day they left."""
    leavers_file: str = ""
    """A roster of leavers: lines of ``sha256(salt + lower-case e-mail)``, the first line ``salt: …``."""
    counts: dict[str, Counting] = {}
    reviewed_routines: dict[str, str] = {}
    """Definer routines that were read through: ``schema.name`` to the SHA-256 of the body."""
    share: tuple[str, ...] = ()
    """What may leave the machine by name: ``accounts``, ``objects``; anything else leaves as a pseudonym."""
    digest: str = ""
    """SHA-256 of the file's bytes, hexadecimal."""

    def object(self, name: str) -> ObjectModel | None:
        return next((one for one in self.objects if one.name == name), None)

    def role(self, name: str) -> Role | None:
        return next((one for one in self.roles if one.name == name), None)
