"""``server import-recording``: a machine that cannot run the agent, entered as people's word."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from hustings.errors import CannotFinish, UsageError
from hustings.times import utc_text
from hustings.verdicts import Verdict
from server.console import common

PATIENCE = 300
"""Seconds for judging one recording."""


@click.command("import-recording")
@click.argument("recording", type=click.Path(exists=True, path_type=Path))
@click.option("--config", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="A machine.yaml that says what the machine is for, instead of the recorded one.")
@click.option("--roles", default="", help="Roles of the machine, with commas between, instead of the declared ones.")
@click.option("--name", default="", help="What the machine is called here. [default: its own name]")
@click.option("--site", default="", help="Where the machine stands.")
@common.office_options
@common.format_option
def import_recording(recording: Path, config: Path | None, roles: str, name: str, site: str, data: Path,
                     tenant: str | None, form: str) -> None:
    """Enter RECORDING (what `hustings record` made) as evidence of a machine that runs no agent.

    You vouch that it is of that machine: your login is written down beside the name of who recorded it. The
    recording stays where it is; only what may leave a machine is kept. Its verdicts go stale as a report's do.
    """
    from server import attest

    names = common.roles(roles)
    with common.office(data, tenant) as office:
        judged = _judged(recording, config, names)
        with office.database.write(office.tenant.id) as connection:
            machine, document = attest.enter(
                connection, judged,
                attest.Attestation(office.tenant.id, office.actor, office.now, name, names, site),
                office.config.recordings_key)
    said = document.recording
    assert said is not None
    counts = {verdict: sum(one.verdict is verdict for one in document.results) for verdict in Verdict}
    if form == "json":
        common.say_json({"agent": machine.id, "host": document.host, "recording": said.digest,
                         "recorded_at": said.recorded_at, "recorded_by": said.recorded_by,
                         "attested_by": said.attested_by,
                         "summary": {str(one): count for one, count in counts.items()}})
        return
    click.echo(f"{document.host}: recorded by {said.recorded_by} at {utc_text(said.recorded_at)}, "
               f"brought in by {said.attested_by}.")
    click.echo(f"{counts[Verdict.FAIL]} fail, {counts[Verdict.UNKNOWN]} unknown, {counts[Verdict.PASS]} pass. "
               "No agent of its own signed this: it is shown as recorded.")


def _judged(recording: Path, config: Path | None, roles: Sequence[str]) -> bytes:
    """The report of a recording, written by ``hustings check`` in a process of its own: the server does not look.

    Raises ``UsageError`` with what it said, ``CannotFinish``.
    """
    words = ["check", "--recorded", str(recording.resolve()), "--format", "report"]
    words += ["--config", str(config.resolve())] if config else []
    words += [word for role in roles for word in ("--role", role)]
    try:
        done = subprocess.run([sys.executable, "-m", "hustings", *words], stdin=subprocess.DEVNULL,
                              capture_output=True, check=False, timeout=PATIENCE)
    except subprocess.TimeoutExpired as error:
        raise CannotFinish(f"judging it took more than {PATIENCE} seconds", where=str(recording),
                           remedy="see what takes so long: hustings check --recorded RECORDING") from error
    if done.returncode not in (0, 1) or not done.stdout.strip():
        said = done.stderr.decode("utf-8", "replace").strip().removeprefix("hustings: ")
        raise UsageError(said or f"hustings check --recorded ended with {done.returncode}")
    return done.stdout.strip()
