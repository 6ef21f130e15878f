"""A Google Workspace tenant as it was read: what Google's interfaces said, in fewer words.

Nothing is judged here. A section that could not be read is in ``unread`` by its name (``google_sections``), and is
then empty or partial: ask ``State.missing`` before relying on it.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec

from hustings.directory.unread import Unread, blocking
from hustings.facts import Missing
from hustings.times import Moment


class User(msgspec.Struct, frozen=True, omit_defaults=True):
    """An account (``users`` of the Directory API)."""

    id: str
    name: str
    """The primary address, with which it signs in."""
    aliases: tuple[str, ...] = ()
    super_admin: bool = False
    delegated_admin: bool = False
    enrolled: bool | None = None
    """``isEnrolledIn2Sv``: a second step is set up. None where Google does not say."""
    enforced: bool | None = None
    """``isEnforcedIn2Sv``: Google's own word that the second step is demanded."""
    enabled: bool = True
    """Neither suspended nor archived."""
    guest: bool = False
    created: Moment | None = None
    last_sign_in: Moment | None = None
    """None for never."""
    unit: str = "/"
    """The path of its organisational unit."""
    mailbox: bool | None = None
    """``isMailboxSetup``."""


class Role(msgspec.Struct, frozen=True, omit_defaults=True):
    """A role given to an account, a group or a service account."""

    name: str
    holder: str
    """The id of who has it."""
    group: bool = False
    super_admin: bool = False
    scope: str = ""
    """The id of the organisational unit it is limited to; empty for everything."""


class Group(msgspec.Struct, frozen=True, omit_defaults=True):
    """A group that a policy, a role or a declaration refers to, and who is in it."""

    id: str
    mail: str = ""
    name: str = ""
    asked: str = ""
    """The name by which a declaration asked for it, where that is neither its id nor its address."""
    members: tuple[str, ...] = ()
    """User ids, through nested groups too."""
    everyone: bool = False
    """Everybody of the organisation is a member."""
    complete: bool = True
    """False where the members could not all be read."""
    exists: bool = True
    """False for a group that is referred to and is gone."""


class Unit(msgspec.Struct, frozen=True, omit_defaults=True):
    """An organisational unit."""

    id: str
    path: str
    """``/`` for the top one, ``/Staff/Clerks``."""


class Policy(msgspec.Struct, frozen=True, omit_defaults=True):
    """A setting for those whom its query covers (``policies`` of the Cloud Identity Policy API)."""

    type: str
    """``security.two_step_verification_enforcement`` …: without ``settings/``."""
    value: dict[str, Any]
    unit: str = ""
    """The id of the organisational unit; empty where the query alone says it."""
    group: str = ""
    """The id of a group, or ``WORKSPACE_ALL_ADMIN_GROUP``."""
    query: str = ""
    order: float = 0.0
    """Of several policies of one type that cover an account, the greatest order is in force."""
    admin: bool = True
    """Set by an administrator; otherwise it is Google's own."""


class Usage(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the usage report says of an account, on the report's day."""

    user: str
    """The account's id; empty where the report has none."""
    address: str = ""
    """Its address on that day."""
    security_keys: int | None = None
    passkeys: int | None = None
    mail: bool = False
    """Whether the report tells when it was last used for mail."""
    last_mail: Moment | None = None
    """The last time it was used for mail, in a browser or by a programme; None for never, if ``mail``."""
    last_read: Moment | None = None
    """The last time a person was at the mail; programmes that fetch it by themselves do not count."""


class Report(msgspec.Struct, frozen=True, omit_defaults=True):
    """The usage report of the last day for which there is one."""

    day: date
    accounts: tuple[Usage, ...] = ()


class Device(msgspec.Struct, frozen=True, omit_defaults=True):
    """A device that Google manages or has seen."""

    name: str
    os: str
    version: str = ""
    encrypted: bool | None = None
    compliant: bool | None = None
    personal: bool | None = None
    user: str = ""
    last_seen: Moment | None = None
    supported_until: date | None = None
    """The last day of updates, where Google itself says it (ChromeOS)."""


class Forwarding(msgspec.Struct, frozen=True, omit_defaults=True):
    """A mailbox that passes mail on, by its setting or by a filter. The address itself is not kept."""

    user: str
    """The account's sign-in name."""
    outside: bool
    """To a domain of which the tenant has no address."""


class SignOn(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who signs in at another service instead of at Google (``inboundSsoAssignments``)."""

    mode: str
    """``SSO_OFF``, ``SAML_SSO``, ``OIDC_SSO``, ``DOMAIN_WIDE_SAML_IF_ENABLED``."""
    unit: str = ""
    group: str = ""
    rank: int = 0
    """Among assignments to groups, the lowest is in force."""


class State(msgspec.Struct, frozen=True, omit_defaults=True):
    """A whole tenant. Fields below the first four are sections: see ``unread``."""

    id: str
    """The customer id that was asked for."""
    read_at: Moment
    requests: int = 0
    """How many requests it took."""
    unread: dict[str, Unread] = {}
    users: tuple[User, ...] = ()
    roles: tuple[Role, ...] = ()
    units: tuple[Unit, ...] = ()
    groups: tuple[Group, ...] = ()
    policies: tuple[Policy, ...] = ()
    report: Report | None = None
    sign_on: tuple[SignOn, ...] = ()
    forwardings: tuple[Forwarding, ...] = ()
    mobiles: tuple[Device, ...] = ()
    chromebooks: tuple[Device, ...] = ()
    computers: tuple[Device, ...] = ()

    def missing(self, *sections: str) -> Missing | None:
        """The reason of the first of these sections that was not read, or None if all were."""
        return blocking(self.unread, *sections)
