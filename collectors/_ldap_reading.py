"""Reading a directory section by section: what fails is noted with what would have to be granted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from collectors.host.protocol import LookError
from hustings.directory.unread import Unread
from hustings.facts import Missing, Reason

PRE_2000 = "Read All Properties on users and computers (by default membership in Pre-Windows 2000 Compatible Access)"
GRANTS = {
    "active-directory": {
        "accounts": "List Contents and Read All Properties on the domain",
        "groups": "Read All Properties on groups (the attribute member)",
        "names": PRE_2000,
        "enabled": f"{PRE_2000}: userAccountControl",
        "expires": f"{PRE_2000}: accountExpires",
        "last_sign_ins": f"{PRE_2000}: lastLogonTimestamp",
        "policies": "Read Domain Password & Lockout Policies on the domain",
        "fine_policies": "List Contents and Read All Properties on CN=Password Settings Container,CN=System",
        "rights": "Read Permissions on the domain, its administrators, their groups and their organisational units",
        "machine_quota": "Read All Properties on the domain: ms-DS-MachineAccountQuota",
        "laps": "Read on the schema",
        "anonymous": "",
    },
    "ldap": {
        "accounts": "read on the entries of people, and no limit of size",
        "groups": "read on the members of groups",
        "names": "read on uid and mail",
        "enabled": "read on pwdAccountLockedTime",
        "expires": "read on shadowExpire and pwdEndTime",
        "last_sign_ins": "read on authTimestamp or pwdLastSuccess, and the overlay or setting lastbind",
        "policies": "read on the entries of password policies and on pwdPolicySubentry",
        "default_policy": "read on olcPPolicyDefault in cn=config, or password_policy in machine.yaml",
        "passwords": "",
        "anonymous": "",
    },
}
"""By kind and section: what opens it. Setup prints the same."""


class Reading:
    """The sections of one directory that could not be read."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.unread: dict[str, Unread] = {}

    @contextmanager
    def section(self, *names: str) -> Iterator[None]:
        """Whatever fails inside is the reason of these sections."""
        try:
            yield
        except LookError as error:
            for name in names:
                self.note(name, error.missing)

    def note(self, name: str, why: Missing) -> None:
        """The first reason is kept."""
        grant = GRANTS[self.kind].get(name, "") if why.reason in (Reason.DENIED, Reason.TRUNCATED) else ""
        self.unread.setdefault(name, Unread(why.reason, why.detail, grant))

    def hidden(self, name: str, what: str) -> None:
        """An attribute that the server leaves out without a word."""
        self.note(name, Missing(Reason.DENIED, f"the directory hides {what}"))
