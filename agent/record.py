"""``hustings record``: a script that records a machine where no agent can run."""

from __future__ import annotations

import click


@click.command()
@click.option("--powershell", is_flag=True, help="For Windows; otherwise a POSIX shell script for Linux.")
def record(powershell: bool) -> None:
    """Print a script that records a machine where no agent can run.

    It needs nothing installed, changes nothing and sends nothing: it copies what the collectors look at
    into a directory for `hustings check --recorded DIRECTORY`.
    """
    from agent import record_powershell, record_sh
    from collectors.discovery import discover
    from collectors.host.protocol import Platform

    collectors = discover(Platform.WINDOWS if powershell else Platform.LINUX)
    collectors = [one for one in collectors if not one.exhaustive]
    reads = [path for one in collectors for path in one.reads]
    runs = [line for one in collectors for line in one.runs]
    stats = [path for one in collectors for path in one.stats]
    click.echo(record_powershell.script(reads, runs) if powershell else record_sh.script(reads, runs, stats), nl=False)
    if not collectors:
        click.echo("note: no collector looks at this platform yet, so a recording of it answers nothing", err=True)
