"""``hustings access diff``: who holds what, beside who should."""

from __future__ import annotations

from pathlib import Path

import click

from hustings.access.rights import ENGINES
from hustings.errors import UsageError

FORMS = ("text", "json", "csv", "matrix")


@click.command()
@click.option("--model", type=click.Path(path_type=Path), help="The access model: what is declared.")
@click.option("--all", "everything", is_flag=True, help="Without a model: every right of every account.")
@click.option("--engine", type=click.Choice(ENGINES), help="The database's engine; a model says it itself.")
@click.option("--dsn-env", default="", metavar="NAME", help="The environment variable that holds the address, "
              "instead of the model's.")
@click.option("--schema", "schemas", multiple=True, help="Only this schema (may be repeated), with --all.")
@click.option("--usage", type=click.Path(path_type=Path), metavar="STORE", help="What `hustings access usage` kept: "
              "when each right was last used.")
@click.option("--format", "form", type=click.Choice(FORMS), default="text", show_default=True)
@click.pass_context
def diff(ctx: click.Context, model: Path | None, everything: bool, engine: str | None, dsn_env: str,
         schemas: tuple[str, ...], usage: Path | None, form: str) -> None:
    """Who holds what: declared against effective rights.

    The address of the database (its DSN) is read from an environment variable and never shown. Nothing is
    changed, and no row of the office's tables is read.

    Exit code: 1 something is in excess or an anomaly, else 3 something could not be read, else 0.
    2: wrong usage or model.
    """
    if everything == (model is not None):
        raise UsageError("say what to compare: a model, or everything" if model is None else
                         "a model and --all are two questions", where="hustings access diff",
                         remedy="give --model FILE, or --all --engine ENGINE --dsn-env NAME")
    if model is not None:
        from agent.access.diff_model import show as show_difference

        if schemas:
            raise UsageError("with a model, its own schemas are compared", where="--schema",
                             remedy="leave --schema out, or name the schema in the model")
        ctx.exit(show_difference(model, engine=engine or "", dsn_env=dsn_env, usage=usage, form=form))
    from agent.access.diff_all import show

    if not engine or not dsn_env:
        raise UsageError("without a model, the engine and the variable with the address are needed",
                         where="hustings access diff --all",
                         remedy="give --engine ENGINE --dsn-env NAME")
    if form == "matrix":
        raise UsageError("a matrix shows the roles of a model", where="--format matrix", remedy="give --model FILE")
    ctx.exit(show(engine, dsn_env, schemas, usage=usage, form=form))
