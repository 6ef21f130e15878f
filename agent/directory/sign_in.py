"""``hustings directory sign-in``: a person signs in to a tenant, for a review of one day."""

from __future__ import annotations

from pathlib import Path

import click

from hustings.errors import CannotFinish, UsageError

_LONGEST = 1800.0
"""Seconds for all of it; Microsoft's codes are good for 900."""


@click.command("sign-in")
@click.argument("name", metavar="[TENANT]", required=False)
@click.option("--config", "path", type=click.Path(path_type=Path),
              help="machine.yaml; /etc/hustings/machine.yaml if there is one.")
def sign_in(name: str | None, path: Path | None) -> None:
    """Sign in to a tenant of Microsoft Entra ID as a person, for a review of one day.

    Shows an address and a code to be entered there, in any browser, and waits. What is kept is a refresh token,
    encrypted, in the tenant's `token_cache`. The tenant is read with what both the application and the person may
    see: somebody with the role Global Reader sees enough.
    """
    from agent.directory.tenants import tenant
    from agent.render import visible
    from collectors._patience import Patience
    from collectors.graph_device_code import DeviceSignIn
    from collectors.graph_errors import NotSignedIn
    from collectors.host.protocol import LookError

    chosen = tenant(path, name, kinds=("entra",))
    if not chosen.token_cache:
        raise UsageError(f"the tenant {chosen.name} signs in as an application", where=str(path or "machine.yaml"),
                         remedy="give it token_cache: instead of its certificate or secret")
    if not Path(chosen.token_cache).parent.is_dir():
        raise UsageError("there is no such directory", where=str(Path(chosen.token_cache).parent),
                         remedy="make it, for its owner alone: mkdir -m 700")
    try:
        begun = DeviceSignIn(chosen, Patience(_LONGEST))
        code = begun.begin()
        click.echo(f"To sign in to {chosen.name}, open {visible(code.address)} and enter the code "
                   f"{visible(code.code)} within {code.seconds // 60 or 1} min.\n"
                   "Enter it only if you started this yourself. Waiting …")
        permissions = begun.finish(code)
    except LookError as error:
        raise CannotFinish(error.missing.detail, where=f"tenant {chosen.name}",
                           remedy="mend that and start again" if isinstance(error, NotSignedIn) else
                           "check the network and the tenant in machine.yaml, and start again") from None
    click.echo(f"Signed in. Kept in {chosen.token_cache}, encrypted; its key is beside it. Delegated: "
               f"{', '.join(sorted(permissions)) or 'the service does not say'}.")
    click.echo(f"When the review is over: rm {chosen.token_cache} {chosen.token_cache}.key")

