"""The permissions of Microsoft Graph that reading a tenant takes, and what each opens: the one list of them.

Least-privileged *application* permissions as Microsoft's reference of Graph v1.0 names them for each request. The
collector asks, ``hustings directory setup entra`` prints, and the tests take away, all from here.
"""

from __future__ import annotations

from dataclasses import dataclass

USERS, GROUPS, POLICIES = "User.Read.All", "GroupMember.Read.All", "Policy.Read.All"
ROLES = "RoleManagement.Read.Directory"
AUDIT, APPLICATIONS, ORGANIZATION = "AuditLog.Read.All", "Application.Read.All", "Organization.Read.All"
DOMAINS, SETTINGS, MANAGED = "Domain.Read.All", "GroupSettings.Read.All", "DeviceManagementManagedDevices.Read.All"
DEVICES, DIRECTORY = "Device.Read.All", "Directory.Read.All"
HIDDEN, MAILBOXES = "Member.Read.Hidden", "MailboxSettings.Read"
P1, P2, INTUNE = "Microsoft Entra ID P1", "Microsoft Entra ID P2", "Microsoft Intune"


@dataclass(frozen=True)
class Permission:
    """One permission. ``instead`` are those that open the same and more, which are accepted and not asked for."""

    name: str
    reads: str
    """What is read with it, in plain words."""
    optional: str = ""
    """Of one that can be left out: what is lost without it."""
    instead: tuple[str, ...] = ()


PERMISSIONS = (
    Permission(USERS, "accounts, their state, and for administrators whether they have a mailbox",
               instead=(DIRECTORY,)),
    Permission(GROUPS, "who is in the groups that policies, roles and machine.yaml refer to",
               instead=("Group.Read.All", DIRECTORY)),
    Permission(ROLES, "who administers the tenant, or may activate a role", instead=("RoleManagement.Read.All",)),
    Permission(POLICIES, "conditional access, named locations, authentication strengths, security defaults, "
               "invitations and consent, and multifactor authentication set by user"),
    Permission(AUDIT, "when accounts last signed in, and which second factors they registered"),
    Permission(APPLICATIONS, "applications, their permissions and credentials", instead=(DIRECTORY,)),
    Permission(ORGANIZATION, "which licences are in force", instead=("LicenseAssignment.Read.All", DIRECTORY)),
    Permission(DOMAINS, "the tenant's domains and how long their passwords last", instead=(DIRECTORY,)),
    Permission(SETTINGS, "the lockout threshold and the list of banned passwords",
               instead=("Group.Read.All", DIRECTORY)),
    Permission(MANAGED, "devices that Intune manages: system, encryption, compliance"),
    Permission(DEVICES, "devices where there is no Intune",
               optional="in a tenant without Intune, no device is known", instead=(DIRECTORY,)),
    Permission(DIRECTORY, "delegated permissions that applications hold for everybody",
               optional="whether an application may act as whoever signs in to it is not known"),
    Permission(HIDDEN, "who is in groups with hidden membership",
               optional="groups with hidden membership count as not wholly read"),
    Permission(MAILBOXES, "rules of mailboxes that pass mail on, where machine.yaml says `mail_rules: true`",
               optional="forwarding by rules of mailboxes is not known; it is a broad permission"),
)
BY_NAME = {one.name: one for one in PERMISSIONS}

SECTIONS: dict[str, tuple[str, ...]] = {
    "domains": (DOMAINS,), "licences": (ORGANIZATION,), "users": (USERS,), "sign_ins": (USERS, AUDIT),
    "mailboxes": (USERS,), "per_user_mfa": (USERS, POLICIES), "registrations": (AUDIT,), "roles": (ROLES,),
    "eligible": (ROLES,), "groups": (GROUPS,), "security_defaults": (POLICIES,), "policies": (POLICIES,),
    "locations": (POLICIES,), "strengths": (POLICIES,), "authorization": (POLICIES,), "passwords": (SETTINGS,),
    "applications": (APPLICATIONS,), "delegated": (APPLICATIONS, DIRECTORY), "devices": (MANAGED,),
    "forwardings": (USERS, DOMAINS, MAILBOXES),
}
"""Every section of ``hustings.directory.entra.State`` that can be unread, and all permissions it takes. Without Intune
``devices`` takes ``Device.Read.All`` instead."""

LICENSED = {"sign_ins": P1, "registrations": P1, "policies": P1, "locations": P1, "strengths": P1,
            "devices": INTUNE, "eligible": P2}
"""The licence that Graph may want for a section. Without P2 nobody can be eligible for a role, and without Intune the
devices that the directory knows are read: there a missing licence is an answer."""


def opened_by(permission: str) -> tuple[str, ...]:
    """The sections that cannot be read without it."""
    return tuple(section for section, needed in SECTIONS.items() if permission in needed)


def held(permission: str, granted: frozenset[str]) -> bool:
    """Whether it, or one that opens as much, is among those granted (one that may write opens what it may read)."""
    wanted = (permission, *BY_NAME[permission].instead)
    return any(one in granted or _writing(one) in granted for one in wanted)


def _writing(permission: str) -> str:
    return ".".join("ReadWrite" if part == "Read" else part for part in permission.split("."))


def writes(permission: str) -> bool:
    """Whether a permission allows more than reading, which nothing here ever needs."""
    parts = permission.split(".")
    return not any(part in ("Read", "ReadBasic") for part in parts)
