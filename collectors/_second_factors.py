"""The modules in SSH's PAM stack that ask for a second factor."""

from __future__ import annotations

from collectors import _pam
from collectors.host.protocol import Host, NotThere, Unreadable

MFA_MODULES = frozenset({
    "pam_google_authenticator", "pam_duo", "pam_oath", "pam_u2f", "pam_yubico", "pam_radius_auth",
    "pam_rsa", "pam_okta_auth", "pam_privacyidea",
})
"""Modules that ask for something other than the account's password."""


def of(host: Host) -> list[dict[str, object]]:
    """The second-factor modules that SSH's PAM stack asks, and whether nobody gets past them. Raises ``LookError``."""
    try:
        entries = _pam.stack(host.read, "sshd")
    except _pam.StackFault as fault:
        raise Unreadable(str(fault)) from fault
    except NotThere as error:
        if error.what == "/etc/pam.d/sshd":
            return []
        raise
    asked = [entry for entry in entries if entry.kind == "auth"]
    return [
        {"module": entry.module, "control": entry.control,
         "enforced": entry.enforced and "nullok" not in entry.arguments and not _pam.passed_by(asked, index)}
        for index, entry in enumerate(asked) if entry.module in MFA_MODULES
    ]
