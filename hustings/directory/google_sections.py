"""What is read of a Google Workspace tenant: the scope each part takes, the interface, and which facts rest on it.

The one table that the collector, the set-up command, the page of documentation and the tests share. Scopes and the
methods they open: Google's reference of the Directory, Reports, Cloud Identity and Gmail interfaces.
"""

from __future__ import annotations

import msgspec

_AUTH = "https://www.googleapis.com/auth/"

ADMIN, IDENTITY, GMAIL = "admin.googleapis.com", "cloudidentity.googleapis.com", "gmail.googleapis.com"
INTERFACES = {ADMIN: "Admin SDK API", IDENTITY: "Cloud Identity API", GMAIL: "Gmail API"}
"""Hosts, and the names under which the Google Cloud console enables them."""

_BY_POLICY = (
    "directory.admins_without_mfa", "directory.people_without_mfa", "directory.mfa_undecided",
    "directory.weak_method_accepted",
    "directory.legacy_open", "directory.legacy_undecided", "directory.password_min_length",
    "directory.weak_password_rules", "directory.weak_settings", "directory.forwarding_allowed", "directory.consent",
)


class Section(msgspec.Struct, frozen=True):
    """A part of the tenant that one scope opens."""

    name: str
    """As in ``State.unread``."""
    scope: str
    host: str
    what: str
    """What is read, in words."""
    facts: tuple[str, ...]
    """The facts that cannot be told, or not wholly, without it."""
    optional: bool = False
    """Whether the office may well do without."""
    privilege: str = ""
    """What the administrator as whom is asked must be allowed to do, as Google's console names it."""

    @property
    def grant(self) -> str:
        """In words, what opens it."""
        return f"the scope {self.scope} to the service account's client id (domain-wide delegation)"

    @property
    def enable(self) -> str:
        """In words, the interface that must be enabled."""
        return f"use of the {INTERFACES[self.host]} ({self.host}): enable it in the service account's project"


SECTIONS = (
    Section("users", _AUTH + "admin.directory.user.readonly", ADMIN,
            "accounts, their administrators, second steps and last sign-ins", ("*",), privilege="Users > Read"),
    Section("roles", _AUTH + "admin.directory.rolemanagement.readonly", ADMIN,
            "administrator roles and who has them, through groups too", (
                "directory.administrators", "directory.admins_without_mfa", "directory.top_admins",
                "directory.break_glass", "directory.weak_method", "directory.weak_method_accepted",
                "directory.weak_settings", "directory.admins_with_mailbox"), privilege="super administrator"),
    Section("units", _AUTH + "admin.directory.orgunit.readonly", ADMIN,
            "organisational units, to tell whom a setting covers", _BY_POLICY,
            privilege="Organisational units > Read"),
    Section("groups", _AUTH + "admin.directory.group.readonly", ADMIN,
            "those groups that settings, roles and declarations name, and their members", (
                "directory.administrators", "directory.top_admins", "directory.admins_with_mailbox",
                "directory.weak_method", *(one for one in _BY_POLICY if one != "directory.legacy_undecided")),
            privilege="Groups > Read"),
    Section("policies", _AUTH + "cloud-identity.policies.readonly", IDENTITY,
            "settings in force: 2-step verification, IMAP and POP, forwarding, passwords", _BY_POLICY,
            privilege="super administrator"),
    Section("report", _AUTH + "admin.reports.usage.readonly", ADMIN,
            "the usage report: security keys, passkeys, last use of mail (two to three days old)", (
                "directory.weak_method", "directory.admins_with_mailbox", "directory.dormant"), privilege="Reports"),
    Section("sign_on", _AUTH + "cloud-identity.inboundsso.readonly", IDENTITY,
            "who signs in at another service instead of at Google", ("directory.mfa_undecided",),
            privilege="super administrator"),
    Section("mobiles", _AUTH + "admin.directory.device.mobile.readonly", ADMIN,
            "telephones and tablets", ("directory.devices",), optional=True, privilege="Mobile device management"),
    Section("chromebooks", _AUTH + "admin.directory.device.chromeos.readonly", ADMIN,
            "ChromeOS devices", ("directory.devices",), optional=True, privilege="Chrome management"),
    Section("computers", _AUTH + "cloud-identity.devices.readonly", IDENTITY,
            "Windows, macOS and Linux computers that Google knows", ("directory.devices",), optional=True,
            privilege="super administrator"),
    Section("forwardings", _AUTH + "gmail.settings.basic", GMAIL,
            "forwarding and filters of every mailbox; only with mail_rules in machine.yaml", ("directory.forwarding",),
            optional=True, privilege="none: each mailbox is asked as its own user"),
)
"""In the order in which they are read. ``*`` stands for everything."""
BY_NAME = {one.name: one for one in SECTIONS}
