"""``hustings access grant-script``: the least rights that the auditing account needs, each explained."""

from __future__ import annotations

from pathlib import Path

import click

from hustings.access.model import Counting
from hustings.access.rights import ENGINES, POSTGRESQL
from hustings.errors import UsageError


@click.command(name="grant-script")
@click.option("--engine", type=click.Choice(ENGINES), help="The database's engine; a model says it itself.")
@click.option("--role", required=True, help="The account that audits; MariaDB and MySQL: user or user@host.")
@click.option("--model", type=click.Path(path_type=Path), help="Also make the functions that the model's `counts` ask.")
def grant_script(engine: str | None, role: str, model: Path | None) -> None:
    """Print the least rights that the auditing account needs, as a script with the reason for each.

    It grants no right on voter data and sets no password. An administrator reads it and runs it; running it
    again changes nothing.
    """
    counts: dict[str, Counting] = {}
    schemas: tuple[str, ...] = ()
    if model is not None:
        from hustings.access.reading import load

        declared, _ = load(model)
        if engine and engine != declared.database.engine:
            raise UsageError(f"the model is of a database of {declared.database.engine}", where=f"--engine {engine}",
                             remedy="leave --engine out: the model says it")
        engine, counts, schemas = declared.database.engine, declared.counts, declared.database.scope
    if not engine:
        raise UsageError("the script differs by engine", where="hustings access grant-script",
                         remedy="give --engine ENGINE, or --model FILE")
    if not role.strip() or any(ord(letter) < 32 for letter in role):
        raise UsageError("this can be no account's name", where="--role", remedy="give the name, as in hustings_audit")
    if engine == POSTGRESQL:
        from agent.access import grant_script_postgresql

        click.echo(grant_script_postgresql.script(role, counts, schemas), nl=False)
    else:
        from agent.access import grant_script_mariadb

        click.echo(grant_script_mariadb.script(engine, role, counts, next(iter(schemas), "")), nl=False)
