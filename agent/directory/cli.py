"""The group ``hustings directory``: each command is a module of its own, imported when it is asked for."""

from __future__ import annotations

import click

from hustings.lazy import LazyGroup

COMMANDS = {
    "setup": ("agent.directory.setup:setup", "The least permissions to grant, and the steps; checks a granted set."),
    "sign-in": ("agent.directory.sign_in:sign_in", "Sign in to a tenant as a person, for a review of one day."),
    "read": ("agent.directory.read:read", "Read a tenant into a file that stays here, to be judged without it."),
    "mfa": ("agent.directory.mfa:mfa", "Who must use a second factor, who slips through, and why."),
}
"""Command, where it is, and its one line of help."""


@click.group(cls=LazyGroup, places=COMMANDS)
def directory() -> None:
    """Directories of accounts: Microsoft Entra ID, Google Workspace, Active Directory and LDAP.

    Who can sign in, with what, and who should not. Nothing is ever written to a directory.
    """
