"""The declared access model: who should hold which right in a registration database.

A person writes it (``docs/access-model.md``); ``hustings.access.reading`` turns the file into these types and
refuses what makes no sense. Names of objects, accounts and columns are those of the database.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from hustings.access.rights import ENGINES

OBJECT_CLASSES = ("restricted", "internal", "evidence", "public")
"""``restricted``: voter data. ``evidence``: records that may only grow. ``public``: may be published."""
COLUMN_CLASSES = ("identity", "secret", "protected", "eligibility", "public")
"""Groups of columns. ``identity``, ``secret`` and ``protected`` are read only by roles that say so."""
GUARDED_COLUMNS = ("identity", "secret", "protected")
PEOPLE = ("humans", "job", "vendor")
MFA = ("", "required", "phishing_resistant")
SHARES = ("accounts", "objects")
COUNTED = ("IAM-09", "LPR-21")
"""Rows of the catalogue that a counting function answers."""
CATALOGUE_ROW = r"^[A-Z]{3}-[0-9]{2}$"


def words(allowed: tuple[str, ...], about: str) -> Meta:
    """A key whose value is one of these words; the schema shown to editors lists them."""
    return Meta(description=about, extra_json_schema={"enum": list(allowed)})


def says(about: str) -> Meta:
    """What a key means, for the schema shown to editors."""
    return Meta(description=about)


class Owner(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Who answers for the model."""

    office: Annotated[str, says("The office whose database it is.")] = ""
    person: Annotated[str, says("Who answers for this file.")] = ""
    reviewed: Annotated[date | None, says("The day it was last read through.")] = None
    review_every_days: Annotated[int, Meta(ge=1, description="How often that has to happen.")] = 90


class Connection(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where the database is. The address and its password are in the environment, never in the file."""

    engine: Annotated[str, words(ENGINES, "What the database runs on.")]
    dsn_env: Annotated[str, says("The environment variable that holds the connection string.")] = ""
    schema: Annotated[str, says("The schema (MariaDB, MySQL: database) that names without one belong to.")] = ""
    schemas: Annotated[tuple[str, ...], says("All schemas the file speaks for; the first as `schema`.")] = ()
    name: Annotated[str, says("The name of this database in machine.yaml, where it is declared there too.")] = ""
    production: Annotated[bool, says("Whether people work on it: a change script is rehearsed on a copy, or here only "
                                     "when told to.")] = False

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
    line: int = 0
    """Where it stands in the file, here and below."""


class Allow(msgspec.Struct, frozen=True, omit_defaults=True):
    """Rights on one object, or on everything."""

    object: str
    """``schema.name``, the name of a schema, or ``*``."""
    rights: tuple[str, ...]
    """Right names as in ``hustings.access.rights.RIGHTS``; for ``*`` also ``ddl`` and ``backup``."""
    columns: dict[str, tuple[str, ...]] = {}
    """Right name to the columns it is narrowed to; groups are already resolved. A right in both here and in
    ``rights`` is not narrowed."""
    kind: str = "table"
    """``table`` (also for views and ``*``), ``sequence``, ``routine`` or ``schema``; ``catalog`` for the engine's own
    tables, which every account may read anyway."""
    line: int = 0


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Settings that the account must have in the database."""

    statement_timeout: Annotated[str, says("The longest a statement may take: 2s, 500ms.")] = ""
    read_only: Annotated[bool | None, says("Whether its sessions start read-only.")] = None


class BulkLimit(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How many rows a day are the day's work."""

    rows_per_day: Annotated[int, Meta(ge=1, description="Rows that one account changes on a busy day.")]


class VendorWindow(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What opening a vendor's account takes."""

    max_hours: Annotated[int, Meta(ge=1, description="The longest that a window may be open.")] = 8
    needs: Annotated[tuple[str, ...], says("What every window must name: ticket, approver.")] = ()
    session_recording: Annotated[bool, says("Whether the session is recorded.")] = False


class Closed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A time of the electoral calendar in which the role's work rests. Written down; not judged from the database."""

    calendar: Annotated[str, says("The time of the electoral calendar.")]
    applies_to: Annotated[str, says("The work that rests in that time.")] = ""


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
    line: int = 0


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


class OpenWindow(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A time in which a vendor's account may be open."""

    login: Annotated[str, says("The vendor's account.")]
    opens: Annotated[datetime, says("With its time zone: 2026-11-22T09:00:00-05:00.")]
    closes: Annotated[datetime, says("With its time zone.")]
    ticket: Annotated[str, says("The request it was opened for.")] = ""
    approver: Annotated[str, says("Who said yes.")] = ""


class AccessException(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A finding that the office lives with until a date. It is shown beside the finding and hides nothing."""

    check: Annotated[str, Meta(description="The row of the catalogue: LPR-12.",
                               extra_json_schema={"pattern": CATALOGUE_ROW})]
    reason: Annotated[str, says("Why the office lives with it.")]
    owner: Annotated[str, says("The person who decided so.")]
    until: Annotated[date, says("The day it ends.")]
    compensating: Annotated[str, says("What is done instead.")] = ""
    account: Annotated[str, says("Only for this account.")] = ""
    object: Annotated[str, says("Only for this object.")] = ""


class Counting(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A question whose answer is one number, asked through a function of the auditor's own schema.

    The function is made by ``hustings access grant-script``; the auditor may call it and read nothing else.
    """

    sql: Annotated[str, says("One SELECT that gives one number.")]
    at_most: Annotated[int, Meta(ge=0, description="More than this is a finding.")] = 0
    catalogue: Annotated[str, words(COUNTED, "IAM-09: no second factor. LPR-21: bulk changes.")] = "IAM-09"


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
    source: str = ""
    """The file, as messages name it."""

    def object(self, name: str) -> ObjectModel | None:
        return next((one for one in self.objects if one.name == name), None)

    def role(self, name: str) -> Role | None:
        return next((one for one in self.roles if one.name == name), None)
