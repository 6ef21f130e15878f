"""``server backup-key``, ``server backup`` and ``server restore``."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hustings.errors import UsageError
from server import config, origin
from server.console import common

if TYPE_CHECKING:
    from server.keeping.restore import Proven

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("backup-key")
@click.option("--to", "file", type=_FILE, required=True, help="The file to make. Keep it offline, and a copy of it.")
def backup_key(file: Path) -> None:
    """Make the key that opens backups; print its public half, which backups are made with."""
    from server.keeping import sealing

    public = sealing.make_identity(file, datetime.now(UTC))
    click.echo(f"The key is in {file}. Without it no backup can be opened: keep it offline, and a copy elsewhere.",
               err=True)
    click.echo(public)


@click.command()
@common.data_option
@click.option("--to", "file", type=_FILE, required=True, help="The backup to write. Nothing is ever replaced.")
@click.option("--recipient", "recipients", multiple=True, metavar="age1…",
              help="Who can open it: what backup-key printed. Repeat for more.")
@click.option("--passphrase-file", type=_FILE, help="Lock it with the passphrase in the first line of this file.")
@common.format_option
def backup(data: Path, file: Path, recipients: tuple[str, ...], passphrase_file: Path | None, form: str) -> None:
    """Back the whole server up while it runs: the database of one moment and the keys, encrypted and read back."""
    from server.keeping import backup as making
    from server.keeping import sealing
    from server.store import audit, tenants
    from server.store.database import WHOLE_SERVER, Database
    from server.store.migrate import require_current

    if bool(recipients) == bool(passphrase_file):
        raise UsageError("who may open the backup?", remedy="give --recipient age1… or --passphrase-file FILE, one of "
                         "the two; hustings server backup-key makes a key")
    to = sealing.recipients(recipients)
    phrase = sealing.passphrase(passphrase_file) if passphrase_file else None
    settings = config.load(data)
    database = Database(config.chosen_database(settings))
    try:
        require_current(database)
        made = making.make(database, settings, file, to, phrase)
        with origin.console(), database.write(WHOLE_SERVER) as connection:
            for one in tenants.every(connection):
                audit.record(connection, one.id, datetime.now(UTC), common.actor(), "server.backup", made.made, {
                    "digest": f"sha256:{made.digest}", "bytes": made.bytes, "rows": made.rows,
                    "recipients": sorted(recipients) or ["passphrase"]})
    finally:
        database.close()
    if form == "json":
        common.say_json({"file": str(file), "bytes": made.bytes, "sha256": made.digest, "made": made.made,
                         "schema": made.schema, "rows": made.rows, "tables": len(made.manifest.tables),
                         "files": [one.path for one in made.manifest.files],
                         "left_out": list(made.manifest.left_out), "seconds": round(made.seconds, 1)})
        return
    click.echo(f"{file}: {made.rows} rows of {len(made.manifest.tables)} tables and {len(made.manifest.files)} files, "
               f"{made.bytes / 1e6:.1f} MB in {made.seconds:.1f} s; read back and compared.")
    for left in made.manifest.left_out:
        click.echo(f"not in it: {left}", err=True)
    click.echo(f"sha256 {made.digest}")


@click.command()
@click.argument("file", type=_FILE)
@common.data_option
@click.option("--identity", type=_FILE, help="The key that opens it: what backup-key made.")
@click.option("--passphrase-file", type=_FILE, help="Or the file with the passphrase it was locked with.")
@click.option("--sha256", metavar="DIGEST", help="Refuse any other file than the one with this digest.")
@click.option("--check", is_flag=True, help="Read and prove all of it; restore nothing.")
@common.format_option
def restore(file: Path, data: Path, identity: Path | None, passphrase_file: Path | None, sha256: str | None,
            check: bool, form: str) -> None:
    """Make a server from a backup, in an empty directory and an empty database.

    The database is SQLite in the directory, or the empty PostgreSQL that HUSTINGS_DATABASE_URL names.
    """
    from server.keeping import restore as restoring
    from server.keeping import sealing

    if bool(identity) == bool(passphrase_file):
        raise UsageError("what opens the backup?", remedy="give --identity FILE or --passphrase-file FILE")
    keys = sealing.identities(identity) if identity else []
    phrase = sealing.passphrase(passphrase_file) if passphrase_file else None
    if sha256 is not None:
        restoring.require_digest(file, sha256)
    if check:
        proven = restoring.prove(file, keys, phrase)
        restoring.refuse_newer(proven.header)
        _say(proven, form, {"restored": False})
        return
    with origin.console():
        done = restoring.restore(file, data, keys, phrase, now=datetime.now(UTC), by=common.actor())
    _say(done.proven, form, {"restored": True, "data": str(data), "schema_now": done.schema, "ended": done.ended})
    if form == "text":
        click.echo(f"Restored into {data}. Ended: " + ", ".join(f"{many} {name}" for name, many in done.ended.items()))
        click.echo("Whatever was done after the backup was made is undone. Before you serve it, disable people, revoke "
                   "machines and tokens, and delete offices again that were since.", err=True)


def _say(proven: Proven, form: str, more: dict[str, object]) -> None:
    if form == "json":
        common.say_json({"made": proven.header.made, "product": proven.header.product, "schema": proven.header.schema,
                         "database": proven.header.database, "rows": proven.rows,
                         "tables": {name: one.rows for name, one in proven.manifest.tables.items()},
                         "files": [one.path for one in proven.manifest.files],
                         "left_out": list(proven.manifest.left_out), **more})
        return
    click.echo(f"A backup of {proven.header.made}, by Hustings {proven.header.product}: {proven.rows} rows of "
               f"{len(proven.manifest.tables)} tables, {len(proven.manifest.files)} files; every digest holds.")


COMMANDS = (backup_key, backup, restore)
