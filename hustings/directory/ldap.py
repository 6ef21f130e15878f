"""An Active Directory domain or an LDAP directory as it was read, in fewer words.

Nothing is judged here. A section that could not be read is in ``unread`` by its name, and is then empty or partial:
ask ``State.missing`` before relying on it. Accounts and groups are named by ``id``: in Active Directory the security
identifier (``S-1-5-21-…-512``), elsewhere the distinguished name in lower case.
"""

from __future__ import annotations

import msgspec

from hustings.directory.unread import Unread, blocking
from hustings.facts import Missing
from hustings.times import Moment


class Account(msgspec.Struct, frozen=True, omit_defaults=True):
    """An account that can sign in, of a person or not."""

    id: str
    name: str
    """``sAMAccountName``, ``uid``."""
    dn: str
    names: tuple[str, ...] = ()
    """By what else it is known: user principal name, mail addresses."""
    kind: str = "person"
    """``person``; ``computer``, ``controller`` (a domain controller), ``service`` (a managed service account),
    ``trust``."""
    enabled: bool = True
    primary: str = ""
    """The id of the primary group, whose members are listed nowhere else."""
    mail: bool = False
    """A mail address is set."""
    mailbox: bool = False
    """An Exchange mailbox belongs to it."""
    created: Moment | None = None
    last_sign_in: Moment | None = None
    """Not before this. None for never, as far as is known."""
    idle_since: Moment | None = None
    """Not after this: ``last_sign_in`` with the lag by which the directory notes it. None for never."""
    password_set: Moment | None = None
    expires: Moment | None = None
    """From then on it cannot sign in."""
    flags: tuple[str, ...] = ()
    """Words of ``FLAGS``."""
    services: bool = False
    """Anybody in the domain may ask for a ticket that is encrypted with its password (it has service names)."""
    key_credentials: bool = False
    """A key or device is registered for it (Windows Hello, FIDO2)."""
    marked: bool = False
    """``adminCount`` is 1."""
    delegates_to: tuple[str, ...] = ()
    """Services to which it may act for others (constrained delegation)."""
    impersonators: tuple[str, ...] = ()
    """Ids that may act for others on it (resource-based delegation)."""
    history: tuple[str, ...] = ()
    """Former identifiers that it still bears (``sIDHistory``)."""
    policy: str = ""
    """LDAP: the password policy it names (``pwdPolicySubentry``)."""
    scheme: str = ""
    """LDAP: how its password is kept, where the account that asks can read that: ``ssha``, ``clear`` …"""
    hidden: tuple[str, ...] = ()
    """What of it could not be read: ``enabled`` (and the flags), ``last_sign_ins``, ``expires``, ``names``."""


FLAGS = {
    "password_not_required": "An empty password is accepted (PASSWD_NOTREQD)",
    "password_never_expires": "DONT_EXPIRE_PASSWORD",
    "no_preauthentication": "Anybody may ask a crackable ticket for it (DONT_REQ_PREAUTH)",
    "reversible_password": "Its password is kept so that it can be read back (ENCRYPTED_TEXT_PWD_ALLOWED)",
    "weak_encryption": "Its tickets may use DES (USE_DES_KEY_ONLY)",
    "smart_card_required": "Signs in interactively with a smart card or key alone (SMARTCARD_REQUIRED)",
    "trusted_for_delegation": "Receives everybody's tickets (TRUSTED_FOR_DELEGATION)",
    "protocol_transition": "May act for anybody without their having signed in (TRUSTED_TO_AUTH_FOR_DELEGATION)",
}
"""What of ``userAccountControl`` ([MS-ADTS] 2.2.16) is looked at."""


WEAK_SCHEMES = ("clear", "crypt", "lanman", "md5", "sha", "smd5", "ssha", "crypt-1")
"""Ways to keep a password (``Account.scheme``) by which a stolen copy is guessed at billions of tries a second, the
worst first."""


class Group(msgspec.Struct, frozen=True, omit_defaults=True):
    """A group that something else refers to, or that is nested in one."""

    id: str
    name: str
    dn: str
    members: tuple[str, ...] = ()
    """Ids of accounts, groups and foreign principals that are members of the group itself."""
    complete: bool = True
    why: str = ""
    """Why the members are not all known."""


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """An entry of an access list ([MS-DTYP] 2.4.4). Those that only children inherit are left out."""

    sid: str
    mask: int
    allow: bool = True
    object: str = ""
    """The extended right, attribute or set of attributes it is limited to, as a GUID; empty for all."""


class Protected(msgspec.Struct, frozen=True, omit_defaults=True):
    """An object that must be in administrators' hands alone, and who may change it."""

    dn: str
    kind: str
    """``domain``, ``holder`` (AdminSDHolder), ``group``, ``account``, ``controller``, ``container``, ``policy``."""
    name: str = ""
    owner: str = ""
    entries: tuple[Entry, ...] = ()
    unread: bool = False


class PasswordPolicy(msgspec.Struct, frozen=True, omit_defaults=True):
    """The domain's rules for passwords, fine-grained ones, or an entry of the ppolicy overlay."""

    name: str
    id: str = ""
    """LDAP: its name in lower case, as ``Account.policy`` gives it."""
    default: bool = False
    """In force for accounts to which no other applies."""
    precedence: int = 0
    """Of several for one account the lowest holds."""
    applies_to: tuple[str, ...] = ()
    """Ids of accounts and groups."""
    min_length: int = 0
    lockout: int = 0
    """Wrong passwords before an account is locked; 0 for never."""
    history: int | None = 0
    """How many old passwords are refused; None where that is not shown."""
    max_age_days: int | None = 0
    """0 for never; None where that is not shown."""
    complex: bool | None = None
    """None where the directory does not say."""
    reversible: bool = False


class Settings(msgspec.Struct, frozen=True, omit_defaults=True):
    """Settings of the directory itself. None: not asked, or there is no such thing."""

    machine_quota: int | None = None
    """Computers that any user may join to the domain."""
    laps: bool | None = None
    """Whether the schema knows passwords of local administrators."""
    anonymous: bool | None = None
    """Whether people's entries are shown to whoever does not sign in."""


class State(msgspec.Struct, frozen=True, omit_defaults=True):
    """A whole directory. ``unread`` has the sections that are not, or not wholly, known."""

    kind: str
    """``active-directory`` or ``ldap``."""
    base: str
    read_at: Moment
    requests: int = 0
    unread: dict[str, Unread] = {}
    """By section: ``accounts``, ``groups``, ``names``, ``enabled``, ``expires``, ``last_sign_ins``, ``services``,
    ``policies``, ``default_policy``, ``fine_policies``, ``rights``, ``passwords``, ``machine_quota``, ``laps``,
    ``anonymous``."""
    domain: str = ""
    """The domain's own identifier, ``S-1-5-21-…``."""
    accounts: tuple[Account, ...] = ()
    groups: tuple[Group, ...] = ()
    protected: tuple[Protected, ...] = ()
    policies: tuple[PasswordPolicy, ...] = ()
    settings: Settings = Settings()
    noted_since: Moment | None = None
    """LDAP: the earliest sign-in that is noted of anybody. Before it none may have been."""
    readable_passwords: int = 0
    """LDAP: accounts whose password, hashed or not, the account that asks can read."""

    def missing(self, *sections: str) -> Missing | None:
        """The reason of the first of these sections that was not read, or None if all were."""
        return blocking(self.unread, *sections)
