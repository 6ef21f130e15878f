"""``hustings agent install`` and ``uninstall``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hustings.errors import CannotFinish, UsageError

if TYPE_CHECKING:
    from agent.service import Machine

PLACE = click.Path(path_type=Path)
STATE = click.option("--state", type=PLACE, default=Path("/var/lib/hustings"), show_default=True,
                     help="The agent's state directory.")
ROOT = click.option("--root", type=PLACE, default=Path("/"), help="Change the system below DIR instead of this one.")
ACCOUNT = click.option("--account", default="hustings", show_default=True, help="The account the agent runs under.")
DRY_RUN = click.option("--dry-run", is_flag=True, help="Print all that would be written and run; change nothing.")


@click.command()
@click.option("--config", type=PLACE, help="machine.yaml; /etc/hustings/machine.yaml if there is one.")
@click.option("--grant", multiple=True, metavar="CAP_…", help="Grant one more capability, for facts that need it.")
@DRY_RUN
@ACCOUNT
@ROOT
@STATE
def install(config: Path | None, grant: tuple[str, ...], dry_run: bool, account: str, root: Path, state: Path) -> None:
    """Set up a hardened systemd timer under an account of its own, with the read rights it needs.

    Exit code 3: all is in place, but systemd does not run here, so nothing starts it yet.
    """
    from agent import service, steps, units
    from collectors.discovery import discover
    from collectors.host.protocol import Platform

    collectors = discover(Platform.LINUX)
    granted = service.check_granted(grant, collectors)
    program = Path(sys.executable)
    weak = service.exposed(program)
    if weak:
        raise UsageError(f"{weak}, so someone could make the agent's account run other code", where=str(program),
                         remedy="install hustings where root alone may write, for example with a venv in /opt/hustings")
    machine = _machine(root, state, account)
    command = [str(program), "-I", "-m", "hustings", "agent", "once", "--if-due", "--state", str(machine.state),
               *(("--config", str(config.absolute())) if config else ())]
    plan = service.install(machine, command, granted)
    if dry_run:
        click.echo(steps.describe(plan))
        return
    _as_root(root)
    _refuse_other(steps.Hands(machine.root).at(machine.state))
    steps.Hands(machine.root).perform(plan)
    click.echo(f"installed: {units.NAME}.timer runs the agent as {account}, hourly if something is due")
    for capability, facts in service.grantable(collectors).items():
        if capability not in granted:
            click.echo(f"stays unknown without {capability} (--grant {capability}): {', '.join(facts)}")
    if not (steps.Hands(machine.root).at(machine.state) / "agent.json").exists():
        click.echo("this machine is not enrolled yet: run the enrolment line that the server printed")
    if not machine.systemd:
        once = f"runuser -u {account} -- {' '.join(command)}"
        raise CannotFinish("systemd does not run here, so the timer starts only when it does",
                           where=str(root), remedy=f"until then run this hourly by other means: {once}")


@click.command()
@click.option("--keep-state", is_flag=True, help="Leave the account and the state directory: key, spool, receipts.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@DRY_RUN
@ACCOUNT
@ROOT
@STATE
def uninstall(keep_state: bool, yes: bool, dry_run: bool, account: str, root: Path, state: Path) -> None:
    """Remove the timer, the service, the account and the state: no trace stays."""
    from agent import service, steps

    machine = _machine(root, state, account)
    plan = service.uninstall(machine, keep_state=keep_state)
    if dry_run:
        click.echo(steps.describe(plan))
        return
    _as_root(root)
    if not keep_state:
        _refuse_other(steps.Hands(machine.root).at(machine.state))
    if not keep_state and not yes:
        click.confirm(f"Remove the account {account} and {state} with this machine's key and unsent reports?",
                      abort=True)
    steps.Hands(machine.root).perform(plan)
    click.echo("uninstalled; the server keeps what it received until the agent is revoked there")


def _machine(root: Path, state: Path, account: str) -> Machine:
    from agent.service import Machine
    from agent.steps import Hands

    if sys.platform != "linux":
        raise UsageError("only systemd's timer can be set up",
                         remedy="run `hustings agent run` under this system's own service manager, or "
                                "`hustings agent once --if-due` from its scheduler every hour")
    if not root.is_dir():
        raise UsageError(f"{root} is not a directory", where="--root", remedy="name the top of a file system")
    root, state = root.resolve(), state.absolute()
    if len(state.parts) < 3 or any(char.isspace() for char in str(state)):
        raise UsageError("not a place for the agent's own files", where=str(state),
                         remedy="name a directory of its own, such as /var/lib/hustings")
    known = Hands(root).account(account)
    if known is not None and Path(known[2]) != state:
        raise UsageError(f"the account {account} exists and is not this agent's (its home is {known[2]})",
                         where="--account", remedy="name another account")
    live = root == Path("/") and Path("/run/systemd/system").is_dir()
    return Machine(root=root, state=state, account=account, account_exists=known is not None, systemd=live)


def _as_root(root: Path) -> None:
    import os

    if os.geteuid() != 0:
        raise CannotFinish("only root may do this", where=str(root), remedy="run it with sudo; --dry-run only looks")


def _refuse_other(state: Path) -> None:
    """Neither give away nor delete a directory that is not an agent's state."""
    from agent.identity import State

    other = State(state).foreign()
    if other:
        raise UsageError(f"it holds {other}, which is not the agent's", where=str(state),
                         remedy="name the agent's own state directory with --state")
