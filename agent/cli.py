"""``hustings agent``: the agent's life on this machine."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agent.install_cli import install, uninstall
from agent.restore_cli import restore_manifest, restore_proof
from hustings.errors import Exit, UsageError

if TYPE_CHECKING:
    from agent.identity import Identity, State
    from agent.reporting import Content
    from agent.run import Run

PLACE = click.Path(path_type=Path)
STATE = click.option("--state", type=PLACE, default=Path("/var/lib/hustings"), show_default=True,
                     help="The agent's state directory.")
CONFIG = click.option("--config", type=PLACE, help="machine.yaml; /etc/hustings/machine.yaml if there is one.")


@click.group()
def agent() -> None:
    """Enrol, run, inspect and install the agent."""


@agent.command()
@click.argument("server")
@click.option("--token", help="The one-time token of the enrolment line.")
@click.option("--token-file", type=PLACE, help="Read the token from this file instead.")
@click.option("--ca-pin", default="", help="SHA-256 of the server's certificate authority: sha256:…")
@click.option("--role", "roles", multiple=True, help="A role of this machine, where machine.yaml declares none.")
@click.option("--proxy", default="", help="Reach the server through this HTTP proxy.")
@click.option("--force", is_flag=True, help="Replace an existing enrolment.")
@STATE
@CONFIG
def enroll(server: str, token: str | None, token_file: Path | None, ca_pin: str, roles: tuple[str, ...], proxy: str,
           force: bool, state: Path, config: Path | None) -> None:
    """Enrol this machine with SERVER, once, with the line that the server printed.

    SERVER is its address: https://host:port.
    """
    import socket
    import time

    from agent import config as configs
    from agent.enroll import Wish
    from agent.enroll import enroll as enroll_at
    from agent.identity import State
    from agent.ownership import as_owner

    declared = configs.with_roles(configs.load(config), roles)
    wish = Wish(server, _token(token, token_file), ca_pin, socket.gethostname()[:256], declared.roles, proxy)
    as_owner(state)
    found = enroll_at(State(state.absolute()), wish, force=force, pause=time.sleep)
    click.echo(f"enrolled at {found.server} as {found.agent} of {found.tenant}")
    if not found.approved:
        click.echo("the server's administrator has yet to approve this machine; its reports wait until then")
    click.echo("next: `hustings agent once` reports now, `hustings agent install` reports every day")


@agent.command()
@click.option("--if-due", is_flag=True, help="Report only if the day's report is due or something changed.")
@click.option("--sweep", is_flag=True, help="Look at every file now, as the scheduled runs do.")
@click.option("--server", default="", help="Send to this address instead (the same server, moved).")
@click.option("--pack", "pack_path", type=PLACE, help="A pack directory or compiled pack.")
@click.option("--set", "settings", multiple=True, metavar="AREA/CHECK.PARAMETER=VALUE", help="Change a threshold.")
@STATE
@CONFIG
def once(if_due: bool, sweep: bool, server: str, pack_path: Path | None, settings: tuple[str, ...], state: Path,
         config: Path | None) -> None:
    """Audit now and send the report, and all that waits.

    Exit code 0: everything has arrived. 3: it is kept on this machine and goes out next time.
    """
    from agent.identity import State
    from agent.ownership import run_as_owner
    from agent.run import once as run_once
    from agent.run import wall_clock
    from agent.transport import HttpTransport

    run_as_owner(state.absolute(), sys.argv[1:])
    place = State(state.absolute())
    identity = place.load()
    address = server or identity.server
    ways = HttpTransport(address, ca=place.place / identity.ca if identity.ca else None, proxy=identity.proxy)

    def audit(found: Identity, skew: float | None) -> Content:
        return _audit(place, found, skew, config, pack_path, settings, sweep=sweep or if_due)

    try:
        run = run_once(place, audit, ways, wall_clock(_sleep), server=address, if_due=if_due)
    finally:
        ways.close()
    _say(run)


@agent.command()
@STATE
@CONFIG
def run(state: Path, config: Path | None) -> None:
    """Stay resident: look every hour, report every day and on change. The system's timer is lighter."""
    import os

    from agent.identity import State
    from agent.schedule import slot

    minute, second = divmod(slot(State(state.absolute()).load().agent).of_hour, 60)
    python = [sys.executable, "-P", "-m"]
    command = [*python, "hustings", "agent", "once", "--if-due", "--state", str(state.absolute()),
               *(("--config", str(config.absolute())) if config else ())]
    # A fresh process in our place: the supervisor needs nothing of what was imported to get here.
    os.execve(sys.executable, [*python, "agent.resident", str(minute), str(second), *command],  # noqa: S606
              os.environ | {"PYTHONPATH": os.pathsep.join(part for part in sys.path if part)})


@agent.command()
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@STATE
def status(form: str, state: Path) -> None:
    """Where this machine reports to, when it last did, what waits, and what is wrong.

    Exit code 0: all is well. 1: something is wrong, and it says what and how to fix it.
    """
    from datetime import UTC, datetime

    from agent import status as statuses
    from agent.identity import State

    now = datetime.now(UTC)
    found = statuses.status(State(state.absolute()), now)
    if form == "json":
        import json

        click.echo(json.dumps(statuses.fields(found), indent=2, ensure_ascii=False))
    else:
        click.echo(statuses.as_text(found, now))
    if found.trouble:
        raise click.exceptions.Exit(int(Exit.NO))


agent.add_command(install)
agent.add_command(uninstall)
agent.add_command(restore_proof)
agent.add_command(restore_manifest)


def _token(token: str | None, file: Path | None) -> str:
    if (token is None) == (file is None):
        raise UsageError("give the token once", where="--token", remedy="with --token TOKEN or --token-file FILE")
    if file is None:
        return token or ""
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot be read: {error}", where=str(file),
                         remedy="name a file that holds the token") from error


def _audit(place: State, identity: Identity, skew: float | None, config: Path | None, pack_path: Path | None,
           settings: tuple[str, ...], *, sweep: bool) -> Content:
    """The content of a report. Every file is looked at when ``sweep`` says so; where that was done before,
    what changed since is looked at in every run."""
    from contextlib import ExitStack

    from agent import audit as audits
    from agent import collector_memory, facts_cache, reporting
    from agent import config as configs
    from agent.run import skew_of
    from policies import pack as packs

    declared = configs.load(config)
    if not declared.roles:
        declared = configs.with_roles(declared, identity.roles)
    pack = packs.load(pack_path) if pack_path else packs.shipped()
    cache = facts_cache.load(place.cache_file)
    sweep = sweep or place.sweep_file.exists()
    files = {collector_memory.SWEEP: place.sweep_file} if sweep else {}
    if any(one.kind == "entra" for one in declared.tenants):
        files[collector_memory.ENTRA] = place.entra_file
    with ExitStack() as kept:
        memories = kept.enter_context(collector_memory.taken_up(files)) if files else None
        found = audits.audit(audits.open_host(), declared, pack, overrides=audits.parse_overrides(settings, pack),
                             skew=skew_of(skew), cache=cache, sweep=sweep, memories=memories)
    facts_cache.save(place.cache_file, cache)
    return reporting.prepare(found, identity, audits.registry(), skew)


def _sleep(seconds: float) -> None:
    import time

    time.sleep(seconds)


def _say(run: Run) -> None:
    for note in run.notes:
        click.echo(note)
    if run.trouble is None:
        what = f"{run.arrived} sent, nothing waits" if run.made or run.arrived else "nothing was due, nothing waits"
        click.echo(what)
        return
    click.echo(f"{run.arrived} sent; {run.waiting} waiting on this machine for the next run", err=True)
    click.echo(f"hustings: {run.trouble}", err=True)
    raise click.exceptions.Exit(int(Exit.CANNOT))
