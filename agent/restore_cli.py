"""``hustings agent restore-proof`` and ``restore-manifest``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hustings.errors import Exit

if TYPE_CHECKING:
    from agent.restore_proof import Proof

PLACE = click.Path(path_type=Path)
CONFIG = click.option("--config", type=PLACE, help="machine.yaml; /etc/hustings/machine.yaml if there is one.")


@click.command("restore-proof")
@click.argument("name", metavar="SET")
@click.option("--scratch", type=PLACE, metavar="DIR",
              help="Restore below DIR, in memory or on an encrypted disk, instead of private memory.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@CONFIG
def restore_proof(name: str, scratch: Path | None, form: str, config: Path | None) -> None:
    """Restore the declared SET from its newest backup, compare it with its manifest, and sign the result.

    It restores with the backup tool itself, to private memory that nobody else sees and that is gone at the
    end, however it ends. Exit code 0: it came back, in time. 1: it did not. 3: there is no answer.
    """
    from agent import config as configs
    from agent import restore_proof as proofs
    from agent.identity import State
    from agent.ownership import as_owner

    wanted, repository = proofs.find(configs.load(config), name)
    state = State(Path(wanted.state))
    state.peek()
    proof = proofs.prove(wanted, repository, scratch)
    as_owner(state.place)
    record = proofs.keep(proof, state)
    if form == "json":
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(record), indent=2).decode())
    else:
        click.echo(_as_text(proof))
    if not record.proven or not proof.in_time:
        raise click.exceptions.Exit(int(Exit.NO))


@click.command("restore-manifest")
@click.argument("name", metavar="SET")
@CONFIG
def restore_manifest(name: str, config: Path | None) -> None:
    """Print the manifest of the declared SET as it is here and now: run it when the backup is made.

    A directory is read. Tables are read with psql as whoever runs this (PGHOST, PGUSER and the like apply).
    """
    from agent import config as configs
    from agent import restore_manifest as manifests
    from agent import restore_proof as proofs

    wanted, _ = proofs.find(configs.load(config), name)
    click.echo(manifests.made(wanted))


def _as_text(proof: Proof) -> str:
    record = proof.record
    lines = [f"{record.set}: {'restored and proven' if record.proven else 'NOT PROVEN'}",
             f"  backup    {record.backup or 'none'}" + (f" of {record.backup_time:%Y-%m-%d %H:%M} UTC"
                                                         if record.backup_time else ""),
             f"  took      {_length(record.seconds)}" + ("" if record.objective is None or not record.proven else
                                                         f", {'within' if proof.in_time else 'OVER'} the objective of "
                                                         f"{_length(record.objective)}"),
             *(f"  {name}: {tally.count} of {record.expected[name].count}" for name, tally in record.found.items()),
             *(f"  fault     {one}" for one in record.faults)]
    if proof.detail:
        lines.append(f"  that is   {proof.detail}")
    return "\n".join(lines)


def _length(seconds: int) -> str:
    return f"{seconds} s" if seconds < 120 else f"{seconds / 60:.0f} min"
