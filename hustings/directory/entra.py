"""A Microsoft Entra ID tenant as it was read: what Microsoft Graph v1.0 said, in fewer words.

Nothing is judged here. A section that could not be read is in ``unread`` by the name of its field, and is then
empty or partial: ask ``State.missing`` before relying on it.
"""

from __future__ import annotations

import msgspec

from hustings.directory.unread import Unread, blocking
from hustings.facts import Missing
from hustings.times import Moment


class User(msgspec.Struct, frozen=True, omit_defaults=True):
    """An account of a person (or one made like a person's)."""

    id: str
    name: str
    """The user principal name."""
    mail: str = ""
    enabled: bool = True
    guest: bool = False
    """``userType`` is Guest."""
    external: bool = False
    """Signs in elsewhere (the name holds ``#EXT#``): with ``guest`` it tells the kinds of guest apart."""
    created: Moment | None = None
    last_sign_in: Moment | None = None
    """The later of the interactive and the non-interactive sign-in; None for never. Only if ``sign_ins`` was read."""
    mailbox: bool = False
    """An Exchange plan is assigned and enabled, or (where plans were not read) a mail address is set."""
    synced: bool = False
    """Comes from an Active Directory."""
    password_never_expires: bool = False
    per_user_mfa: str = ""
    """``disabled``, ``enabled``, ``enforced``; empty where it was not asked for."""
    aliases: tuple[str, ...] = ()
    """Other addresses at which it gets mail."""


class Registration(msgspec.Struct, frozen=True, omit_defaults=True):
    """What second factors an account has registered (which does not say that they are asked for)."""

    user: str
    registered: bool
    capable: bool
    methods: tuple[str, ...] = ()


class RoleAssignment(msgspec.Struct, frozen=True, omit_defaults=True):
    """A directory role given to a principal."""

    role: str
    """The role's template id."""
    role_name: str
    principal: str
    kind: str
    """``user``, ``group`` or ``servicePrincipal``."""
    name: str = ""
    """The principal's name."""
    scope: str = "/"
    """``/`` for the whole tenant; otherwise an administrative unit, an application …"""
    builtin: bool = True
    eligible: bool = False
    """Not held yet: it can be activated (privileged identity management)."""
    privileged: bool = True
    """Whether Microsoft marks the role as privileged, or it is one of those whose holders must use MFA."""


class Group(msgspec.Struct, frozen=True, omit_defaults=True):
    """A group that a policy, a role or a declaration refers to, and who is in it."""

    id: str
    name: str = ""
    members: tuple[str, ...] = ()
    """User ids, through nested groups too."""
    direct: tuple[str, ...] = ()
    """User ids that are members of the group itself: what counts for roles."""
    complete: bool = True
    """False where the members could not all be read."""
    exists: bool = True
    """False for a group that is referred to and is gone."""
    mail: str = ""


class Guests(msgspec.Struct, frozen=True, omit_defaults=True):
    """``conditionalAccessGuestsOrExternalUsers``."""

    kinds: tuple[str, ...] = ()
    """``internalGuest``, ``b2bCollaborationGuest``, ``b2bCollaborationMember``, ``b2bDirectConnectUser``,
    ``otherExternalUser``, ``serviceProvider``."""
    all_tenants: bool = True
    """False where only guests of some tenants are meant."""


class Policy(msgspec.Struct, frozen=True, omit_defaults=True):
    """A conditional access policy (``conditionalAccessPolicy`` of Graph v1.0). Empty conditions do not restrict."""

    id: str
    name: str
    state: str
    """``enabled``, ``disabled`` or ``enabledForReportingButNotEnforced``."""
    include_users: tuple[str, ...] = ()
    """User ids, ``All``, ``None``, ``GuestsOrExternalUsers``."""
    exclude_users: tuple[str, ...] = ()
    include_groups: tuple[str, ...] = ()
    exclude_groups: tuple[str, ...] = ()
    include_roles: tuple[str, ...] = ()
    exclude_roles: tuple[str, ...] = ()
    include_guests: Guests | None = None
    exclude_guests: Guests | None = None
    include_apps: tuple[str, ...] = ()
    """Application ids, ``All``, ``None``, ``Office365``, ``MicrosoftAdminPortals``."""
    exclude_apps: tuple[str, ...] = ()
    app_filter: bool = False
    user_actions: tuple[str, ...] = ()
    contexts: tuple[str, ...] = ()
    clients: tuple[str, ...] = ()
    """``all``, ``browser``, ``mobileAppsAndDesktopClients``, ``exchangeActiveSync``, ``other``."""
    include_platforms: tuple[str, ...] = ()
    exclude_platforms: tuple[str, ...] = ()
    include_locations: tuple[str, ...] = ()
    """Named locations, ``All``, ``AllTrusted``."""
    exclude_locations: tuple[str, ...] = ()
    user_risks: tuple[str, ...] = ()
    sign_in_risks: tuple[str, ...] = ()
    device_filter: str = ""
    """``include`` or ``exclude`` where the policy looks at devices, and the rule after a space."""
    others: tuple[str, ...] = ()
    """Conditions that restrict it and are none of the above: insider risk, authentication flows, service
    principals, or words of Graph that this release does not know. Such a policy is not relied upon."""
    operator: str = "OR"
    """How several grant controls combine."""
    controls: tuple[str, ...] = ()
    """``block``, ``mfa``, ``compliantDevice``, ``domainJoinedDevice``, ``approvedApplication``,
    ``compliantApplication``, ``passwordChange``, ``unknownFutureValue``."""
    strength: str = ""
    """The id of an authentication strength."""
    other_controls: tuple[str, ...] = ()
    """Custom controls and terms of use, by id."""


class Location(msgspec.Struct, frozen=True, omit_defaults=True):
    """A named location."""

    id: str
    name: str
    trusted: bool = False
    kind: str = "ip"
    """``ip`` or ``country``."""


class Strength(msgspec.Struct, frozen=True, omit_defaults=True):
    """An authentication strength policy."""

    id: str
    name: str
    combinations: tuple[str, ...] = ()
    """``allowedCombinations``: ``password,microsoftAuthenticatorPush``, ``fido2`` …"""


class Credential(msgspec.Struct, frozen=True, omit_defaults=True):
    """A secret or certificate of an application; never its value."""

    kind: str
    """``secret`` or ``certificate``."""
    starts: Moment | None = None
    ends: Moment | None = None


class Application(msgspec.Struct, frozen=True, omit_defaults=True):
    """An application that can act by itself in the tenant."""

    id: str
    name: str
    permissions: tuple[str, ...] = ()
    """Application permissions that were consented to, by name: ``RoleManagement.ReadWrite.Directory`` …"""
    delegated: tuple[str, ...] = ()
    """Delegated permissions consented to for everybody."""
    credentials: tuple[Credential, ...] = ()
    foreign: bool = False
    """Owned by another organisation (neither this one nor Microsoft)."""
    enabled: bool = True


class Authorization(msgspec.Struct, frozen=True, omit_defaults=True):
    """``authorizationPolicy``."""

    invites: str
    """``allowInvitesFrom``: ``none``, ``adminsAndGuestInviters``, ``adminsGuestInvitersAndAllMembers``,
    ``everyone``."""
    guest_role: str
    """The role template that guests have."""
    consent: tuple[str, ...] = ()
    """Permission grant policies by which ordinary users may consent to applications."""
    users_register_apps: bool = True


class Passwords(msgspec.Struct, frozen=True, omit_defaults=True):
    """Settings of "Password Rule Settings"; Microsoft's defaults where the tenant has none."""

    lockout_threshold: int = 10
    lockout_seconds: int = 60
    banned_list: bool = False
    on_premises: bool = False


class TenantDomain(msgspec.Struct, frozen=True, omit_defaults=True):
    """A domain of the tenant."""

    name: str
    verified: bool = True
    federated: bool = False
    password_validity_days: int = 0
    """0 for never."""


class Device(msgspec.Struct, frozen=True, omit_defaults=True):
    """A device that the tenant's device management knows."""

    name: str
    os: str
    version: str = ""
    encrypted: bool | None = None
    compliant: bool | None = None
    owner: str = ""
    """``company`` or ``personal``."""
    user: str = ""
    """The user principal name it belongs to."""
    last_seen: Moment | None = None


class Forwarding(msgspec.Struct, frozen=True, omit_defaults=True):
    """A rule of a mailbox that passes mail on. The address itself is not kept."""

    user: str
    outside: bool
    """To a domain that is not the tenant's."""


class State(msgspec.Struct, frozen=True, omit_defaults=True):
    """A whole tenant. Fields below the first four are sections: see ``unread``."""

    id: str
    read_at: Moment
    requests: int = 0
    """How many requests it took."""
    unread: dict[str, Unread] = {}
    """Sections that could not be read. Besides fields: ``sign_ins`` (``User.last_sign_in``), ``mailboxes``
    (``User.mailbox``), ``per_user_mfa`` (``User.per_user_mfa``), ``eligible`` (assignments that can be activated),
    ``delegated`` (``Application.delegated``), ``tenant_forwarding`` (whether the tenant lets mail be forwarded
    automatically, which Graph never tells)."""
    domains: tuple[TenantDomain, ...] = ()
    licences: tuple[str, ...] = ()
    """Service plans that are in force: ``AAD_PREMIUM``, ``AAD_PREMIUM_P2``, ``INTUNE_A`` …"""
    users: tuple[User, ...] = ()
    registrations: tuple[Registration, ...] = ()
    roles: tuple[RoleAssignment, ...] = ()
    groups: tuple[Group, ...] = ()
    security_defaults: bool = False
    policies: tuple[Policy, ...] = ()
    locations: tuple[Location, ...] = ()
    strengths: tuple[Strength, ...] = ()
    applications: tuple[Application, ...] = ()
    authorization: Authorization | None = None
    passwords: Passwords | None = None
    devices: tuple[Device, ...] = ()
    forwardings: tuple[Forwarding, ...] = ()

    def missing(self, *sections: str) -> Missing | None:
        """The reason of the first of these sections that was not read, or None if all were."""
        return blocking(self.unread, *sections)
