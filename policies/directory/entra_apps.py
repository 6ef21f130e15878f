"""Applications that act by themselves: what they could do, and how old their credentials are.

Source: Microsoft's "Microsoft Graph permissions reference", of application permissions.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from hustings.directory.entra import Application, Credential
from hustings.facts import Listing
from hustings.times import shift, utc_text
from policies.directory.context import Context
from policies.directory.entra_people import People

TAKES_OVER = frozenset({
    "RoleManagement.ReadWrite.Directory", "AppRoleAssignment.ReadWrite.All", "Application.ReadWrite.All",
    "Directory.ReadWrite.All", "Policy.ReadWrite.ConditionalAccess", "Policy.ReadWrite.AuthenticationMethod",
    "Policy.ReadWrite.PermissionGrant", "PrivilegedAccess.ReadWrite.AzureAD",
    "PrivilegedAccess.ReadWrite.AzureADGroup", "PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup",
    "PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup", "RoleAssignmentSchedule.ReadWrite.Directory",
    "RoleEligibilitySchedule.ReadWrite.Directory", "RoleManagementPolicy.ReadWrite.Directory",
    "UserAuthenticationMethod.ReadWrite.All", "User.ReadWrite.All", "User-PasswordProfile.ReadWrite.All",
    "Group.ReadWrite.All", "GroupMember.ReadWrite.All", "Domain.ReadWrite.All",
    "Synchronization.ReadWrite.All", "DeviceManagementConfiguration.ReadWrite.All",
    "DeviceManagementRBAC.ReadWrite.All", "EntitlementManagement.ReadWrite.All", "Organization.ReadWrite.All",
})
"""Application permissions by which an application can change who may do what."""
TO_THE_TOP = frozenset({
    "RoleManagement.ReadWrite.Directory", "AppRoleAssignment.ReadWrite.All", "Application.ReadWrite.All",
    "RoleAssignmentSchedule.ReadWrite.Directory", "RoleEligibilitySchedule.ReadWrite.Directory",
    "PrivilegedAccess.ReadWrite.AzureAD", "UserAuthenticationMethod.ReadWrite.All",
})
"""Those of them that make a global administrator out of whoever holds the application's secret."""
READS_ALL = frozenset({
    "Mail.Read", "Mail.ReadWrite", "Mail.Send", "MailboxSettings.ReadWrite", "full_access_as_app",
    "Exchange.ManageAsApp", "MailboxItem.Read.All", "Files.Read.All", "Files.ReadWrite.All", "Sites.Read.All",
    "Sites.ReadWrite.All", "Sites.Manage.All", "Sites.FullControl.All", "Chat.Read.All", "Chat.ReadWrite.All",
    "ChannelMessage.Read.All", "Notes.Read.All", "Notes.ReadWrite.All",
})
"""Application permissions by which it reads, writes or sends everybody's mail, files or messages. Those of IMAP, POP
and SMTP open single mailboxes that Exchange names, and are none of them."""
_FOREIGN_DELEGATED = frozenset({
    "Mail.Read", "Mail.ReadWrite", "Mail.Send", "Mail.Read.Shared", "Mail.ReadWrite.Shared",
    "MailboxSettings.ReadWrite", "EWS.AccessAsUser.All", "IMAP.AccessAsUser.All", "Files.Read.All",
    "Files.ReadWrite.All", "Sites.Read.All", "Sites.ReadWrite.All", "Sites.FullControl.All",
    "Directory.ReadWrite.All", "Directory.AccessAsUser.All",
    "RoleManagement.ReadWrite.Directory", "Application.ReadWrite.All",
})
"""Delegated permissions, consented to for everybody, that another organisation's application should not have."""
CREDENTIAL_WHY = {
    "expired": "It has expired and is still there.",
    "old": "It was made more than two years ago.",
    "long": "It is good for more than two years.",
    "never_ends": "It never expires.",
}
"""What ``why`` of a credential may say."""
_LEEWAY = timedelta(days=2)


def facts(people: People) -> dict[str, Any]:
    """The facts about applications."""
    state, answers = people.state, dict[str, Any]()
    for name, found, sections in (("directory.risky_applications", _risky, ("applications", "delegated")),
                                  ("directory.old_credentials", _old, ("applications",))):
        missing = state.missing(*sections)
        records = [record for one in state.applications if one.enabled for record in found(one, people.context)]
        answers[name] = missing if missing and not state.applications else Listing(records, missing is None, missing)
    return answers


def can_take_over(one: Application) -> bool:
    """Whether whoever holds its secret can become a global administrator."""
    return one.enabled and not TO_THE_TOP.isdisjoint(one.permissions)


def _risky(one: Application, context: Context) -> Iterator[dict[str, Any]]:
    risky = set(one.permissions) & (TAKES_OVER | READS_ALL)
    if one.foreign:
        risky |= set(one.delegated) & _FOREIGN_DELEGATED
    for permission in sorted(risky):
        yield {"application": one.name or one.id, "permission": permission, "foreign": one.foreign,
               "declared": context.accepted_application(one.id, one.name)}


def _old(one: Application, context: Context) -> Iterator[dict[str, Any]]:
    for credential in one.credentials:
        why = _why(credential, context)
        if why:
            ends = {"ends": utc_text(credential.ends)} if credential.ends is not None else {}
            yield {"application": one.name or one.id, "kind": credential.kind, "why": why, **ends}


def _why(one: Credential, context: Context) -> str:
    now = context.now
    if one.ends is None:
        return "never_ends"
    if one.ends <= now:
        return "expired"
    if one.starts is not None and one.starts < shift(now, "-24mo"):
        return "old"
    starts = min(one.starts or now, shift(now, "+24mo"))
    return "long" if one.ends > shift(starts, "+24mo") + _LEEWAY else ""
