"""``hustings access lint``: everything wrong with an access model, before anything is compared with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hustings.errors import ConfigError, Exit, UsageError

if TYPE_CHECKING:
    from hustings.access.model import AccessModel
    from hustings.access.reading import Reading


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--model", type=click.Path(path_type=Path), help="The access model; the same as FILE.")
@click.option("--live", is_flag=True, help="Also ask the database whether everything named is there.")
@click.option("--dsn-env", default="", metavar="NAME", help="With --live: the environment variable that holds the "
              "address, instead of the model's.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_context
def lint(ctx: click.Context, file: Path | None, model: Path | None, live: bool, dsn_env: str, form: str) -> None:
    """Check an access model: file, line and how to mend it, every fault at once.

    Without --live nothing but the file is read. Things that are allowed and probably not meant are shown too and
    do not count as faults.

    Exit code: 0 no fault, 2 a fault, 3 the database could not be asked.
    """
    from hustings.access.reading import inspect, text_of

    path = _one_of(file, model)
    if dsn_env and not live:
        raise UsageError("an address is of use with --live alone", where="--dsn-env", remedy="add --live")
    found = inspect(text_of(path), str(path))
    faults = list(found.faults)
    if live and found.model is not None:
        faults += _unfit(found.model, dsn_env)
    _show_json(path, found, faults, live) if form == "json" else _show(path, found, faults, live)
    ctx.exit(int(Exit.USAGE if faults else Exit.OK))


def _one_of(file: Path | None, model: Path | None) -> Path:
    if (file is None) == (model is None):
        raise UsageError("name one access model", where="hustings access lint", remedy="hustings access lint FILE")
    path = file or model
    assert path is not None
    return path


def _unfit(model: AccessModel, dsn_env: str) -> list[ConfigError]:
    from agent.access.connection import dsn_of
    from collectors.access_reader import read
    from policies.access.fitting import check_against

    variable = dsn_env or model.database.dsn_env
    state = read(model.database.engine, dsn_of(variable), variable=variable)
    return [one.error(model) for one in check_against(model, state)]


def _show(path: Path, found: Reading, faults: list[ConfigError], live: bool) -> None:
    for fault in faults:
        click.echo(str(fault), err=True)
    for advice in found.advice:
        click.echo(str(advice), err=True)
    if faults:
        click.echo(f"{path}: {len(faults)} fault{'s' if len(faults) != 1 else ''}", err=True)
        return
    model = found.model
    assert model is not None
    fits = ", and it fits the database" if live else ""
    click.echo(f"{path}: {len(model.objects)} objects, {len(model.roles)} roles, {len(model.accounts)} accounts: "
               f"no fault{fits}; {len(found.advice)} to think about")


def _show_json(path: Path, found: Reading, faults: list[ConfigError], live: bool) -> None:
    import msgspec

    said = {
        "schema": "hustings.access-lint/1", "file": str(path), "live": live,
        "faults": [_entry(one.where, one.what, one.remedy, path) for one in faults],
        "advice": [_entry(one.where, one.what, one.remedy, path) for one in found.advice],
    }
    click.echo(msgspec.json.format(msgspec.json.encode(said), indent=2).decode())


def _entry(where: str, what: str, remedy: str, path: Path) -> dict[str, str | int | None]:
    line = where.removeprefix(str(path)).lstrip(":")
    return {"line": int(line) if line.isdigit() else None, "what": what, "remedy": remedy}
