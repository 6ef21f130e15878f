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


TENANTS = ("entra", "google", "active-directory", "ldap")
"""The kinds of directory that are read."""


class MaySkip(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An account or a group that the office lets sign in without a second factor, and why."""

    who: str
    """The account's sign-in name, or a group's name or id."""
    reason: str
    owner: str
    """Who answers for it."""
    until: date | None = None
    """The last day on which it holds."""


class SharedAccount(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An account that several people may use, and who answers for it."""

    account: str
    owner: str


class AcceptedApplication(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An application that may act on everybody's data, and who answers for it."""

    application: str
    """Its id or its name."""
    owner: str


class Tenant(Entry, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A directory of accounts: a Microsoft Entra ID or Google Workspace tenant, Active Directory, or LDAP."""

    kind: str
    """One of ``TENANTS``."""
    id: str = ""
    """Entra: the tenant's id or one of its domains. Google: the customer id; empty for the administrator's own."""
    client_id: str = ""
    """Entra: the application that was registered for Hustings."""
    certificate_file: str = ""
    """Entra: a PEM file with the application's private key and certificate."""
    secret_file: str = ""
    """Entra: a file with the application's secret alone, where it has no certificate."""
    token_cache: str = ""
    """Entra: the encrypted token cache that `hustings directory sign-in` made, where a person signs in."""
    cloud: str = ""
    """Entra: empty for the worldwide cloud, else ``us-government``, ``us-government-dod`` or ``china``."""
    key_file: str = ""
    """Google: the service account's key, as Google's console gives it."""
    administrator: str = ""
    """Google: the administrator as whom the service account asks."""
    url: str = ""
    """Active Directory, LDAP: ``ldaps://host:port``, or ``ldap://host`` with StartTLS. Entra, Google: an address
    of this machine (loopback) or ``https://``, instead of the service's own, for a rehearsal."""
    bind: str = ""
    """Active Directory, LDAP: the account that asks, as a distinguished name or ``name@domain``."""
    password_file: str = ""
    """Active Directory, LDAP: a file with its password alone."""
    base: str = ""
    """Active Directory, LDAP: where to look; empty for what the server names first."""
    admin_groups: tuple[str, ...] = ()
    """Active Directory, LDAP: groups whose members administer the directory or what signs in with it, by name or
    distinguished name; in Active Directory besides those it came with."""
    password_policy: str = ""
    """LDAP: the distinguished name of the password policy that is in force where an account names none."""
    tls_ca: str = ""
    """A file with the certificate authority of the server, where the system does not know it."""
    break_glass: tuple[str, ...] = ()
    """Sign-in names of the accounts kept for the day when nobody else can sign in."""
    may_skip_mfa: tuple[MaySkip, ...] = ()
    """Who else may sign in without a second factor. Without it nobody."""
    trusted_locations: tuple[str, ...] = ()
    """Entra: named locations, by name or id, from which a sign-in without a second factor is accepted."""
    accept_managed_devices: bool = False
    """Entra: whether a compliant or joined device is accepted instead of a second factor."""
    high_value: tuple[str, ...] = ()
    """Accounts and groups that must use a phishing-resistant method as administrators must: candidates, those
    who work with the voter roll."""
    registration_apps: tuple[str, ...] = ()
    """Entra: application ids of registration systems that people sign in to through this tenant."""
    shared_accounts: tuple[SharedAccount, ...] = ()
    """Accounts that several people may use."""
    accepted_applications: tuple[AcceptedApplication, ...] = ()
    """Applications that may read everybody's mail and files or change accounts, as a backup service must."""
    service_accounts: tuple[str, ...] = ()
    """Accounts of no person: synchronisation, devices, scanners."""
    per_user_mfa: int = 1000
    """Entra: of how many accounts the setting of multifactor authentication of old, by user, is asked for."""
    mail_rules: bool = False
    """Whether mailboxes' forwarding and rules are read, which takes a broad permission."""
    share: tuple[str, ...] = ()
    """What leaves by name instead of as pseudonyms: ``accounts``, ``objects``."""


class Domain(Entry, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A domain of the office. ``name`` is the domain itself; nothing else is ever asked about."""

    sends_mail: bool = True
    dkim_selectors: tuple[str, ...] = ()
    """The selectors its mail is signed with."""
    sites: tuple[str, ...] = ()
    """Hosts of its public sites; empty for the domain itself and www. A lone ``none`` says that it has no site."""
    leads_to: tuple[str, ...] = ()
    """Other hosts and domains to which its sites may send visitors on."""
    addresses: tuple[str, ...] = ()
    """Public mail addresses of the office, to be compared with official domains."""
    outside: tuple[str, ...] = ()
    """The office's own hosts and addresses whose administration ports are tried from here."""
    consent: str = ""
    """Who agreed in writing that they are tried, and when. Without it nothing is tried."""
    outside_from: str = ""
    """The network from which they are tried, if it is known to let connections to every port out: by whose word."""
    registration: str = ""
    """The RDAP server that knows the domain, where the public list of them is not to be asked."""


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
    roster: str = ""
    """The office's list of its people and of those who left (``docs/roster.md``)."""
    resolvers: tuple[str, ...] = ()
    """Name servers to ask, as ``address`` or ``address:port``; none for the system's own."""
    trust_anchors: tuple[str, ...] = ()
    """Keys of the office's own zones that DNSSEC may start from, beside the root's: each a DS record as text,
    ``corp.example 12345 13 2 49fd…``."""
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
