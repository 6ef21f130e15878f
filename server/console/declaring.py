"""``server inventory`` and ``server elections``: what the office declares of itself."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import click

from hustings.errors import UsageError
from hustings.times import utc_text, voting_day
from server.console import common


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
    with common.office(data, tenant) as office, office.database.write() as connection:
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

    with common.office(data, tenant) as office, office.database.read() as connection:
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
    click.echo(f"Version {version.id}: {version.file}, {utc_text(version.imported)}, by {version.imported_by}")
    common.table(("ASSET", "ROLES", "SITE", "RESPONSIBLE"), [
        (one.asset, ",".join(one.roles), one.site, one.responsible) for one in version.assets])


@click.group()
def elections() -> None:
    """The office's voting days."""


@elections.command("set")
@click.argument("days", nargs=-1, required=True, metavar="DATE...")
@common.office_options
def set_elections(days: tuple[str, ...], data: Path, tenant: str | None) -> None:
    """Declare the voting days anew, all of them (2027-11-02 …)."""
    from server.store import audit
    from server.store import elections as store

    dates = sorted({_date(day) for day in days})
    with common.office(data, tenant) as office, office.database.write() as connection:
        store.add(connection, office.tenant.id, dates, now=office.now, by=office.actor)
        audit.record(connection, office.tenant.id, office.now, office.actor, "elections.set", "",
                     {"days": [day.isoformat() for day in dates]})
    click.echo("Voting days: " + ", ".join(day.isoformat() for day in dates))
    if dates[-1] < office.now.date():
        click.echo("None of them lies ahead: nothing tightens until the next one is set too.", err=True)


@elections.command("show")
@common.office_options
@common.format_option
def show_elections(data: Path, tenant: str | None, form: str) -> None:
    """The voting days in force."""
    from server.store import elections as store

    with common.office(data, tenant) as office, office.database.read() as connection:
        days = store.voting_days(connection, office.tenant.id)
    if form == "json":
        common.say_json([day.isoformat() for day in days])
    else:
        click.echo("\n".join(day.isoformat() for day in days) or
                   "No voting days are declared. Declare them: hustings server elections set DATE…")


def _date(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is not a date", remedy="write it as 2027-11-02") from error
    try:
        return voting_day(day)
    except ValueError as error:
        raise UsageError(str(error), remedy="correct the year") from error
