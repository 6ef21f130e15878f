"""The group ``hustings directory setup``: one command for each kind of directory."""

from __future__ import annotations

import click

from hustings.lazy import LazyGroup

COMMANDS = {
    "entra": ("agent.directory.setup_entra:entra", "Microsoft Entra ID: permissions, steps, and a check of them."),
    "google": ("agent.directory.setup_google:google", "Google Workspace: scopes, steps, and a check of them."),
    "active-directory": ("agent.directory.setup_ldap:active_directory", "Active Directory: the account that asks."),
    "ldap": ("agent.directory.setup_ldap:ldap", "LDAP: the account that asks."),
}
"""Kind, where it is, and its one line of help."""


@click.group(cls=LazyGroup, places=COMMANDS)
def setup() -> None:
    """The least permissions that reading a directory takes, and the steps to grant them.

    Nothing is changed by these commands. With --check a granted set is compared with what is needed.
    """
