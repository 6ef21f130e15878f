"""``server inventory``: the machines the office says it has."""

from __future__ import annotations

import hashlib
from pathlib import Path

import click

from hustings.errors import UsageError
from hustings.times import utc_text
from server.console import common
from server.pages.inert import shown


@click.group()
def inventory() -> None:
    """The machines the office says it has."""


@inventory.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@common.office_options
def import_inventory(file: Path, data: Path, tenant: str | None) -> None:
    """Declare the whole inventory anew from FILE (CSV: asset,role,site,responsible)."""
    from server import inventory_csv
    from server.store import audit
    from server.store import inventory as store

    try:
        content = file.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=str(file),
                         remedy="check the file's rights") from error
    assets = inventory_csv.parse(content, str(file))
    digest = "sha256:" + hashlib.sha256(content).hexdigest()
    with common.office(data, tenant) as office, office.database.write(office.tenant.id) as connection:
        number = store.add(connection, office.tenant.id, assets, file=file.name, digest=digest, now=office.now,
                           by=office.actor)
        audit.record(connection, office.tenant.id, office.now, office.actor, "inventory.import", file.name,
                     {"version": number, "assets": len(assets), "digest": digest})
    click.echo(f"{len(assets)} {'asset' if len(assets) == 1 else 'assets'} declared (version {number}).")


@inventory.command("show")
@common.office_options
@common.format_option
def show_inventory(data: Path, tenant: str | None, form: str) -> None:
    """The inventory in force."""
    from server.store import inventory as store

    with common.office(data, tenant) as office, office.database.read(office.tenant.id) as connection:
        version = store.current(connection, office.tenant.id)
    if form == "json":
        common.say_json(None if version is None else {
            "version": version.id, "file": version.file, "digest": version.digest, "imported": version.imported,
            "imported_by": version.imported_by,
            "assets": [{"asset": one.asset, "roles": one.roles, "site": one.site, "responsible": one.responsible}
                       for one in version.assets]})
        return
    if version is None:
        click.echo("No inventory has been declared. Import one: hustings server inventory import FILE.csv")
        return
    click.echo(f"Version {version.id}: {shown(version.file)}, {utc_text(version.imported)}, by {version.imported_by}")
    common.table(("ASSET", "ROLES", "SITE", "RESPONSIBLE"), [
        (one.asset, ",".join(one.roles), one.site, one.responsible) for one in version.assets])
