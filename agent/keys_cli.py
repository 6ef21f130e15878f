"""``hustings keys`` and ``hustings person``: the office's key for pseudonyms, and finding a name again."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hustings.errors import CannotFinish, Exit, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

PLACE = click.Path(path_type=Path)
KEY = click.option("--key", "path", type=PLACE, default=Path("/etc/hustings/office.key"), show_default=True,
                   help="The file of the office's key.")
LIMIT = 64 << 20


@click.group()
def keys() -> None:
    """The office's key: names leave its machines as pseudonyms under it.

    One key for all machines of an office, so that one person is one pseudonym everywhere. It is made once, carried
    from machine to machine by hand, and never given to the server.
    """


@keys.command()
@KEY
def init(path: Path) -> None:
    """Make the office's key, once, on its first machine."""
    from hustings import pseudonyms

    key = _create(path, None)
    click.echo(f"made {path}, key {pseudonyms.key_id(key)}")
    click.echo("next: carry it to the office's other machines (`hustings keys export`, `hustings keys import`) "
               "and keep a copy offline: without it pseudonyms cannot be resolved")


@keys.command("show-id")
@KEY
def show_id(path: Path) -> None:
    """Print the key's id, which tells nothing about it: the same on every machine that holds the same key."""
    from hustings import pseudonyms

    click.echo(pseudonyms.key_id(_key(path)))


@keys.command("export")
@KEY
@click.option("--output", type=PLACE, help="Write it to this new file (mode 0600) instead of printing it.")
def export(path: Path, output: Path | None) -> None:
    """Print the key itself, to be carried to another machine of the office."""
    from hustings import pseudonyms

    key = _key(path)
    if output is None:
        click.echo(pseudonyms.encode(key))
    else:
        _create(output, key)
        click.echo(f"wrote {output}, key {pseudonyms.key_id(key)}")


@keys.command("import")
@click.argument("source", type=click.File("r", encoding="ascii", errors="replace"), default="-")
@KEY
def import_(source: TextIO, path: Path) -> None:
    """Keep the key that `hustings keys export` printed on another machine: from SOURCE, or standard input."""
    from hustings import pseudonyms

    name = getattr(source, "name", "") or "standard input"
    key = pseudonyms.decode(source.read(4096), name if name != "<stdin>" else "standard input")
    _create(path, key)
    click.echo(f"kept {path}, key {pseudonyms.key_id(key)}")


@click.command()
@click.argument("pseudonym")
@click.option("--roster", "rosters", type=PLACE, multiple=True,
              help="The office's roster, or a file with names, one a line (of CSV: each cell). May be repeated.")
@click.option("--model", "models", type=PLACE, multiple=True,
              help="An access model: its accounts, persons, roles, objects and columns. May be repeated.")
@KEY
def person(pseudonym: str, rosters: tuple[Path, ...], models: tuple[Path, ...], path: Path) -> None:
    """Say which name PSEUDONYM stands for, where the office's key and a list of names are.

    Exit code 1: none of these names.
    """
    from hustings import pseudonyms

    wanted = pseudonym.strip().lower()
    if not pseudonyms.is_one(wanted):
        raise UsageError(f"{pseudonym!r} is no pseudonym", where="PSEUDONYM",
                         remedy="write it as the report shows it: p- and ten letters and digits")
    if not rosters and not models:
        raise UsageError("a pseudonym is found again among names, and none are given", where="--roster",
                         remedy="give --roster FILE or --model FILE")
    names = [name for place in rosters for name in _roster(place)] + [name for one in models for name in _model(one)]
    found = list(pseudonyms.resolve(_key(path), wanted, names))
    for kind, name in found:
        click.echo(f"{wanted}  {kind}  {name}")
    if not found:
        click.echo(f"{wanted} is none of these {len(set(names))} names under this key", err=True)
        sys.exit(int(Exit.NO))


def _roster(path: Path) -> Iterator[str]:
    text = _text(path)
    if path.suffix in (".yaml", ".yml"):
        from hustings import roster

        for person in roster.parse(text, str(path)).people:
            yield from (person.id, person.name, *person.emails, *person.accounts)
        return
    for line in text.splitlines():
        yield line.strip()
        for cell in line.replace(";", ",").split(","):
            yield cell.strip().strip('"')


def _model(path: Path) -> Iterator[str]:
    from hustings.access import reading

    model, _ = reading.load(path)
    yield model.owner_role
    for account in model.accounts:
        yield from (account.login, account.person, account.owner)
    for role in model.roles:
        yield from (role.name, *role.database_roles)
    for one in model.objects:
        yield from (one.name, *(column for group in one.columns.values() for column in group))
    yield from model.leavers


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(LIMIT + 1)
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=str(path), remedy="name a file of names") from error
    if len(data) > LIMIT:
        raise UsageError(f"larger than {LIMIT} bytes", where=str(path), remedy="split it")
    return data.decode("utf-8-sig", errors="replace")


def _key(path: Path) -> bytes:
    from hustings import pseudonyms

    key = pseudonyms.load(path)
    if key is None:
        raise UsageError("there is no office key here", where=str(path),
                         remedy="`hustings keys init` on the first machine, `hustings keys import` on the others")
    return key


def _create(path: Path, key: bytes | None) -> bytes:
    from hustings import pseudonyms

    try:
        return pseudonyms.create(path, key)
    except FileExistsError as error:
        raise UsageError("there is a key already: another one would change every pseudonym", where=str(path),
                         remedy="keep it; to begin anew, move it away first") from error
    except OSError as error:
        raise CannotFinish(f"cannot be written: {error.strerror}", where=str(path),
                           remedy="run as root, and make its directory first") from error
