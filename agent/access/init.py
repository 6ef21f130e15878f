"""``hustings access init``: a first access model, so that nobody starts from an empty page."""

from __future__ import annotations

from pathlib import Path

import click

from hustings.access.rights import ENGINES
from hustings.errors import CannotFinish, ConfigError


@click.command()
@click.option("--engine", type=click.Choice(ENGINES), required=True, help="The database's engine.")
@click.option("--dsn-env", required=True, metavar="NAME", help="The environment variable that holds the address.")
@click.option("--schema", "schemas", multiple=True, help="Only this schema (may be repeated); the first is the one "
              "that names without a schema belong to.")
@click.option("--output", "-o", type=click.Path(path_type=Path), help="The file to write, which must not exist yet; "
              "standard output without it.")
def init(engine: str, dsn_env: str, schemas: tuple[str, ...], output: Path | None) -> None:
    """Write a first access model from what a live database grants today.

    Roles of the database become roles of the model, and rights that accounts hold of their own are grouped. What
    is guessed and what a person must decide is said in comments. The draft approves neither what is held through
    PUBLIC alone nor what superusers hold: the difference goes on showing that as excess.
    """
    from agent.access.connection import dsn_of
    from collectors.access_reader import read
    from policies.access.draft import draft
    from policies.access.draft_text import text
    from policies.access.engines import effective

    if output is not None and output.exists():
        raise ConfigError("this file exists already; a draft never writes over a model", where=str(output),
                          remedy="name another file and compare the two")
    state = read(engine, dsn_of(dsn_env), variable=dsn_env, schemas=schemas)
    try:
        written = text(draft(state, effective(state), schemas), variable=dsn_env)
    except ValueError as error:
        raise CannotFinish(f"nothing to draft: {error}", where=dsn_env,
                           remedy="see that the address names the right database, and name its --schema") from error
    if output is None:
        click.echo(written, nl=False)
        return
    try:
        with output.open("x", encoding="utf-8") as file:
            file.write(written)
    except OSError as error:
        raise CannotFinish(f"the draft cannot be written: {error.strerror}", where=str(output),
                           remedy="name a file in a directory that you may write") from error
    click.echo(f"{output}: read every line, decide, then `hustings access lint {output}` and "
               f"`hustings access diff --model {output}`", err=True)
