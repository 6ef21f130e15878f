"""``hustings directory read``: what a directory says, into a file that stays here."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hustings.errors import CannotFinish, Exit, UsageError

if TYPE_CHECKING:
    from collectors.host.protocol import Host
    from hustings.declared import Tenant


@click.command("read")
@click.argument("name", metavar="[TENANT]", required=False)
@click.option("--output", type=click.Path(path_type=Path), required=True,
              help="The new file: only its owner can read it, for it holds everybody's name.")
@click.option("--deadline", default="1h", metavar="DURATION", show_default=True,
              help="How long to wait at most for a service that asks for patience.")
@click.option("--config", "path", type=click.Path(path_type=Path),
              help="machine.yaml; /etc/hustings/machine.yaml if there is one.")
def read(name: str | None, output: Path, deadline: str, path: Path | None) -> None:
    """Read a tenant or directory into a file, to be judged without asking it again.

    The file is what the agent would keep to itself: accounts, administrators, policies. Nothing is written to the
    directory. `hustings directory mfa --state FILE` judges it. What could not be read is named, with what to grant;
    the exit code is 4 where there was no time for something.
    """
    from agent import durable
    from agent.directory.tenants import tenant
    from collectors.host.live import LiveHost
    from collectors.host.protocol import LookError
    from hustings.declared import TENANTS
    from hustings.directory.unread import unread_of
    from hustings.facts import Reason

    within = _seconds(deadline)
    chosen = tenant(path, name, kinds=TENANTS)
    try:
        handle = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError as error:
        raise UsageError("there is such a file already", where=str(output),
                         remedy="name a new file, or take this one away first") from error
    except OSError as error:
        raise durable.unwritable(output, error) from error
    try:
        with os.fdopen(handle, "wb") as file:
            try:
                text = _text(LiveHost(), chosen, within)
                file.write(text.encode())
            except LookError as error:
                raise CannotFinish(error.missing.detail or str(error.missing.reason), where=f"tenant {chosen.name}",
                                   remedy=f"hustings directory setup {chosen.kind} shows what it takes") from None
            except OSError as error:
                raise durable.unwritable(output, error) from error
    except BaseException:
        output.unlink(missing_ok=True)
        raise
    click.echo(f"{chosen.name}: read into {output} ({len(text) // 1024 + 1} KiB), readable by you alone.")
    unread = unread_of(text)
    for section, why in sorted(unread.items()):
        missing = why.missing()
        click.echo(f"not read: {section.replace('_', ' ')} ({missing.reason}: {missing.detail})", err=True)
    if any(one.reason is Reason.TIMEOUT for one in unread.values()):
        raise click.exceptions.Exit(int(Exit.INCOMPLETE))


def _text(host: Host, tenant: Tenant, within: float) -> str:
    """The state as JSON. Raises ``LookError``."""
    if tenant.kind == "entra":
        import msgspec

        from collectors import _entra_run

        state, _, _ = _entra_run.run(host, tenant, within=within)
        return msgspec.json.encode(state).decode()
    from importlib import import_module

    from collectors.base import Dated, Missing, key
    from collectors.host.protocol import LookError
    from hustings.declared import Declared
    from policies.derive.directory import STATES

    fact = STATES[tenant.kind]
    collector = import_module(f"collectors.{fact.replace('.', '_').removesuffix('_state')}").COLLECTOR
    seen = collector.collect(host, Declared(tenants=(tenant,)))[key(fact, tenant.name)]
    if isinstance(seen, Missing):
        raise LookError(seen.reason, seen.detail)
    return str(seen.value if isinstance(seen, Dated) else seen)


def _seconds(deadline: str) -> float:
    from hustings.times import parse_duration

    try:
        seconds = parse_duration(deadline).total_seconds()
    except ValueError as error:
        raise UsageError(str(error), where="--deadline", remedy="write for example 90s, 20m or 4h") from error
    if seconds <= 0:
        raise UsageError("no time at all", where="--deadline", remedy="write for example 20m") from None
    return seconds
