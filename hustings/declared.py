"""What a machine is for, as its office declared it in ``machine.yaml``.

Nothing here is measured. Every entry has a name; that name is the *subject* of verdicts about it.
"""

from __future__ import annotations

from datetime import date

import msgspec

from hustings.times import voting_day

ROLES = (
    "registration-db", "registration-app", "pollbook", "ems", "office-workstation",
    "campaign-laptop", "directory", "domain", "backup-server", "network", "organisation",
)
"""The roles of the catalogue, in its order: RDB, RAPP, PB, EMS, OWS, CLT, DIR, DOM, BKP, NET, ORG."""


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Anything declared by name."""

    name: str


class Database(Entry, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A registration database that this machine's agent reads as an unprivileged auditing role."""

    engine: str
    """``postgresql``, ``mariadb`` or ``mysql``."""
    host: str = "127.0.0.1"
    """A host name, an address, or the absolute directory of a Unix socket."""
    port: int = 0
    """0 for the engine's own: 5432 for PostgreSQL, 3306 for MariaDB and MySQL."""
    database: str = ""
    user: str = "hustings_audit"
    password_file: str = ""
    """A file with the password alone, readable by the agent only. Empty: peer or trust."""
    schemas: tuple[str, ...] = ("public",)
    """The schemas that hold voter data."""
    tls_ca: str = ""
    """A file with the certificate authority of the server, for hosts other than this one."""
    access_model: str = ""
    """The file that declares who should hold which right (``docs/access-model.md``)."""
    usage: str = ""
    """The store that ``hustings access usage`` fills from the statement logs; it is only read."""
    mirror: str = ""
    """``primary`` for a database that must have a mirror at another site, ``replica`` for such a mirror."""

    @property
    def listens(self) -> int:
        """The port in force."""
        return self.port or (5432 if self.engine == "postgresql" else 3306)


TOOLS = ("restic", "borg", "pgbackrest", "duplicity", "rclone-crypt", "files")
"""The kinds of backup that are read: five tools, and directories of encrypted dumps and archives."""


class Repository(Entry, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A backup repository that protects something this machine holds."""

    tool: str
    """One of ``TOOLS``."""
    location: str = ""
    """As the tool takes it: a path, ``sftp:…``, ``s3:…``. pgBackRest's is in its configuration."""
    password_file: str = ""
    """What opens it: a passphrase, or for ``files`` the key with which they are decrypted."""
    config: str = ""
    """The tool's own configuration file: pgBackRest's, rclone's; for borg over SSH, an ssh_config."""
    stanza: str = ""
    """pgBackRest's name for the cluster."""
    repo: int = 1
    """pgBackRest's number of the repository in its configuration."""
    protects: str = ""
    """What it backs up, in the office's words."""
    covers: tuple[str, ...] = ()
    """The data paths, by name, that it holds by the office's word, for tools that do not record paths."""
    check_stamp: str = ""
    """A file that the office's job touches after each check of the repository that found no errors."""


class RestoreSet(Entry, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Something that must come back from its backup, proven from time to time by ``agent restore-proof``."""

    repository: str
    """The name of a declared repository."""
    manifest: str
    """A file with what the backup must hold, written by ``agent restore-manifest`` at the time of the backup."""
    path: str = ""
    """The directory to count and checksum, as the backup names it; with it, only this one is restored."""
    tables: tuple[str, ...] = ()
    """The tables to count and checksum, with their schema: ``vr.voters``."""
    database: str = ""
    """The database that holds the tables."""
    objective: str = ""
    """How long restoring may take at most: ``90m``, ``4h``."""
    state: str = "/var/lib/hustings"
    """The agent's state directory, where its key and the signed records are."""


class PrintedList(Entry, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The print-ready voter list, for the day when nothing else works."""

    file: str
    """The PDF."""
    sha256: str
    """The digest of the file that was approved, 64 hex digits."""
    pages: int
    certified: int
    """How many voters the certified list holds."""


class Tenant(Entry, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A directory tenant (read by a later collector)."""

    kind: str
    id: str = ""


class Domain(Entry, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A domain of the office (read by a later collector). ``name`` is the domain itself."""

    sends_mail: bool = True


class DataPath(Entry, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A directory that holds election data and must be encrypted at rest."""

    path: str


class Declared(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The whole of ``machine.yaml``."""

    roles: tuple[str, ...] = ()
    databases: tuple[Database, ...] = ()
    repositories: tuple[Repository, ...] = ()
    tenants: tuple[Tenant, ...] = ()
    domains: tuple[Domain, ...] = ()
    data_paths: tuple[DataPath, ...] = ()
    restore_sets: tuple[RestoreSet, ...] = ()
    printed_lists: tuple[PrintedList, ...] = ()
    voting_days: tuple[date, ...] = ()
    office_key: str = "/etc/hustings/office.key"
    """The key under which names leave as pseudonyms (``hustings keys``)."""

    def __post_init__(self) -> None:
        for day in self.voting_days:
            voting_day(day)

    def instances(self, kind: str) -> list[str]:
        """The names declared of one kind: ``repository``, ``database``, ``data_path`` …"""
        return [entry.name for entry in getattr(self, KINDS[kind])]


KINDS = {
    "database": "databases",
    "repository": "repositories",
    "tenant": "tenants",
    "domain": "domains",
    "data_path": "data_paths",
    "restore_set": "restore_sets",
    "printed_list": "printed_lists",
}
"""The kinds a check may judge one by one (``each``), and where they are declared."""
