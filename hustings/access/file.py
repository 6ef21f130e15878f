"""The access model as a person writes it: every key of the file, its kind and its meaning.

The reader checks a file against these types and the schema shown to editors is generated from them. What they
become is ``hustings.access.model``.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from hustings.access.model import (
    COLUMN_CLASSES,
    MFA,
    OBJECT_CLASSES,
    PEOPLE,
    SHARES,
    AccessException,
    BulkLimit,
    Closed,
    Connection,
    Counting,
    Limits,
    OpenWindow,
    Owner,
    VendorWindow,
    says,
    words,
)
from hustings.access.rights import LETTERS

VERSION = 1
OBJECT_KINDS = ("table", "view", "sequence", "routine")
TLS = ("", "require", "verify-ca", "verify-full")
PLACES = ("primary", "replica", "both")
EXPIRES = ("", "seasonal")
SUPERUSER = ("", "break_glass")
ACCOUNT_STATES = ("open", "closed")
BARE_KEYS = frozenset({"on"})

_LETTERS = ", ".join(f"{letter}={right.lower()}" for letter, right in LETTERS.items())
_COLUMNS = f"Its columns by group: {', '.join(COLUMN_CLASSES)}, or a name of your own."
_ALLOW = (f"Object to rights: letters ({_LETTERS}) or right names in capitals, apart by spaces; a list of columns or "
          "of groups in brackets narrows one: \"r(public) u(status)\". Anything not listed is forbidden. "
          "Objects: name, schema.name, table:, view:, seq:, proc:, schema:, catalog; \"*\" with ddl or backup.")


class FileObject(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table, view or routine, and what is in it."""

    class_: Annotated[str, words(OBJECT_CLASSES, "What it holds.")] = msgspec.field(name="class", default="internal")
    kind: Annotated[str, words(OBJECT_KINDS, "What it is.")] = "table"
    columns: Annotated[dict[str, tuple[str, ...]], says(_COLUMNS)] = {}


class FileRole(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A job to be done, and what it needs."""

    who: Annotated[str, words(PEOPLE, "Who holds it.")] = "humans"
    allow: Annotated[dict[str, str], says(_ALLOW)] = {}
    deny: Annotated[dict[str, str], says("Rights nobody of this role may hold, whatever allow with \"*\" says.")] = {}
    database_roles: Annotated[tuple[str, ...], says("The database's own roles that carry it.")] = ()
    rows: Annotated[str, says("The rows it may see, in your words; demands row-level security.")] = ""
    mfa: Annotated[str, words(MFA, "The second factor its people sign in with.")] = ""
    bulk_limit: Annotated[BulkLimit | None, says("What is a normal day's work.")] = None
    expires: Annotated[str, words(EXPIRES, "seasonal: its accounts must have an end in the database.")] = ""
    hosts: Annotated[tuple[str, ...], says("Addresses or networks its accounts come from: 10.20.4.11, 10.20.9.0/24.")
                     ] = ()
    max_connections: Annotated[Annotated[int, Meta(ge=1)] | None,
                               says("Sessions at once that each of its accounts is limited to.")] = None
    tls: Annotated[str, words(TLS, "How strictly its accounts check the server's certificate.")] = ""
    on: Annotated[str, words(PLACES, "Where its accounts work.")] = "primary"
    limits: Annotated[Limits | None, says("Settings that its accounts have in the database.")] = None
    superuser: Annotated[str, words(SUPERUSER, "break_glass: may become superuser, with a ticket, never by habit.")
                         ] = ""
    attributes: Annotated[tuple[str, ...], says("replication, bypassrls, createrole, createdb that it may have.")] = ()
    member_of: Annotated[tuple[str, ...], says("The engine's own roles it may be in: pg_read_all_settings.")] = ()
    window: Annotated[VendorWindow | None, says("What opening a vendor's account takes.")] = None
    closed: Annotated[Closed | None, says("A time in which its work rests.")] = None


class FileAccount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A login of the database."""

    login: Annotated[str, Meta(min_length=1, description="As the engine names it; MariaDB, MySQL: user or user@host.")]
    roles: Annotated[tuple[str, ...], says("The roles of this file that it has.")] = ()
    person: Annotated[str, says("Who uses it, by a number or short name of the office's own.")] = ""
    until: Annotated[date | None, says("The last day it is needed.")] = None
    state: Annotated[str, words(ACCOUNT_STATES, "closed: nobody can sign in with it, or it does not exist.")] = "open"
    owner: Annotated[str, says("For a shared account that has to be: who answers for it.")] = ""
    email: Annotated[str, says("Compared with the roster of leavers; never leaves the machine.")] = ""


class AccessFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who should hold which right in a registration database."""

    database: Annotated[Connection, says("Where the database is.")]
    model: Annotated[int, Meta(ge=VERSION, le=VERSION, description="The version of this notation.")] = VERSION
    system: Annotated[str, says("A name for the system, for reports.")] = ""
    owner: Annotated[Owner, says("Who answers for this file.")] = Owner()
    objects: Annotated[dict[str, FileObject], says("What is in the tables, views and routines.")] = {}
    roles: Annotated[dict[str, FileRole], says("The jobs, and what each needs.")] = {}
    owner_role: Annotated[str, says("The role that owns the tables: nobody signs in as it, nobody is a member.")] = ""
    owner_members: Annotated[bool, says("true where owner_role may have members.")] = False
    accounts: Annotated[tuple[FileAccount, ...], says("The logins, and the roles each has.")] = ()
    never_together: Annotated[tuple[tuple[str, str], ...], says("Pairs of roles that no person may hold both of.")] = ()
    exceptions: Annotated[tuple[AccessException, ...], says("Findings the office lives with until a date.")] = ()
    windows: Annotated[tuple[OpenWindow, ...], says("Times in which a vendor's account may be open.")] = ()
    leavers: Annotated[dict[str, date], says("Persons who left, and the day.")] = {}
    leavers_file: Annotated[str, says("A roster of leavers as salted hashes of addresses, beside this file.")] = ""
    counts: Annotated[dict[str, Counting], says("Questions whose answer is one number.")] = {}
    reviewed_routines: Annotated[dict[str, str], says("Definer routines read through: SHA-256 of the body.")] = {}
    share: Annotated[tuple[Annotated[str, words(SHARES, "")], ...],
                     says("What may leave the machine by name; anything else leaves as a pseudonym.")] = ()


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the file, for editors."""
    made = msgspec.json.schema(AccessFile)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Hustings access model", **made}
