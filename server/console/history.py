"""``server trend``, ``server rebuild`` and ``server share``: history at the console."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hustings.errors import UsageError
from server.console import common
from server.store.sharing import BANDS

if TYPE_CHECKING:
    from server.office_settings import Jurisdiction


@click.group()
def trend() -> None:
    """The office's points, day by day."""


@trend.command()
@common.office_options
@common.format_option
def show(data: Path, tenant: str | None, form: str) -> None:
    """Print the closed days of the last twelve months, after closing those that have ended."""
    from policies.pack import shipped
    from server import history
    from server import trend as rules
    from server.store import days

    with common.office(data, tenant) as office:
        history.close(office.database, office.tenant.id, shipped(), office.now)
        with office.database.read(office.tenant.id) as connection:
            kept = days.between(connection, office.tenant.id, (office.now - history.SHOWN).date(), office.now.date())
    steps = rules.office(kept).steps
    if form == "json":
        common.say_json({"schema": "hustings.trend/1", "days": [
            {"day": one.day, "office": None if one.point is None else {
                "lower": one.point.lower / 1e6, "upper": one.point.upper / 1e6, "coverage": one.point.coverage / 1e6,
                "letter": one.point.letter}, "changed_by_us": one.ours / 1e6, "changed_by_rules": one.rules / 1e6}
            for one in steps]})
    else:
        common.table(("day", "proven", "possible", "letter", "your work", "rules"), [_row(one) for one in steps])


@trend.command()
@common.office_options
@common.format_option
@click.pass_context
def verify(context: click.Context, data: Path, tenant: str | None, form: str) -> None:
    """Work every closed day out again from the stored reports. Exit code 1 if one comes out otherwise."""
    from server import history

    with common.office(data, tenant) as office:
        count, found = history.verify(office.database, office.tenant.id)
    if form == "json":
        common.say_json({"days": count, "differ": [{"day": one.day, "what": one.what} for one in found]})
    else:
        for one in found:
            click.echo(f"{one.day}: {one.what} differ from what the reports give")
        click.echo(f"{count} closed days worked out again, {len(found)} differences")
    context.exit(1 if found else 0)


@click.command()
@common.data_option
@click.option("--check", is_flag=True, help="Change nothing; exit with 1 if anything differs.")
@click.pass_context
def rebuild(context: click.Context, data: Path, check: bool) -> None:
    """Make what is kept beside the reports anew from them, and name what differed."""
    from server import config
    from server.store import findings_rebuild
    from server.store import rebuild as rebuilding
    from server.store.database import WHOLE_SERVER, Database
    from server.store.migrate import require_current

    database = Database(config.chosen_database(config.load(data)))
    try:
        require_current(database)
        with database.read(WHOLE_SERVER) if check else database.write(WHOLE_SERVER) as connection:
            found = rebuilding.rebuild(connection, write=not check)
            found += findings_rebuild.rebuild(connection, write=not check)
    finally:
        database.close()
    for one in found:
        click.echo(f"{one.agent}: {one.column} is not what the reports say")
    click.echo(f"{len(found)} differences" + ("" if check or not found else ", put right"))
    context.exit(1 if check and found else 0)


@click.group()
def share() -> None:
    """Let others see the office's points, or take that back."""


@share.command(name="set")
@common.office_options
@click.option("--parent", metavar="NAME", help="The jurisdiction, an office of this server, that may see the points.")
@click.option("--band", type=click.Choice(BANDS), help="The size by registered voters that the office is counted in.")
def set_(data: Path, tenant: str | None, parent: str | None, band: str | None) -> None:
    """Consent to what is named, and to nothing else."""
    if parent is None and band is None:
        raise UsageError("nothing to consent to", remedy="give --parent NAME, --band BAND or both")
    from server.office_settings import Jurisdiction
    from server.store import tenants
    from server.store.database import WHOLE_SERVER

    with common.office(data, tenant) as office:
        of = None
        if parent is not None:
            with office.database.read(WHOLE_SERVER) as connection:
                found = tenants.only(connection, parent)
            of = Jurisdiction(found.id, found.name)
        _consent(office, of, band)
    click.echo("Consent is kept. Take it back with: hustings server share withdraw")


@share.command()
@common.office_options
def withdraw(data: Path, tenant: str | None) -> None:
    """Take all consent back: from now on nobody else sees the office's points."""
    with common.office(data, tenant) as office:
        _consent(office, None, None)
    click.echo("Consent is withdrawn.")


@share.command(name="show")
@common.office_options
@common.format_option
def show_sharing(data: Path, tenant: str | None, form: str) -> None:
    """Say who may see the points."""
    from server.store import sharing, tenants
    from server.store.database import WHOLE_SERVER

    with common.office(data, tenant) as office, office.database.read(WHOLE_SERVER) as connection:
        own = sharing.current(connection, office.tenant.id)
        parent = tenants.get(connection, own.parent) if own and own.parent else None
    band = own.band if own else None
    if form == "json":
        common.say_json({"parent": parent.name if parent else None, "band": band, "at": own.at if own else None,
                         "by": own.by if own else None})
        return
    click.echo(f"parent jurisdiction: {parent.name if parent else 'nobody'}")
    click.echo(f"counted in the size: {band or 'none'}")


def _consent(office: common.Office, parent: Jurisdiction | None, band: str | None) -> None:
    from server.office_settings import consent

    with office.database.write(office.tenant.id) as connection:
        consent(connection, office.tenant.id, parent=parent, band=band, now=office.now, by=office.actor)


def _row(step: Any) -> tuple[str, ...]:
    from server.trend import whole

    if step.point is None:
        return (step.day.isoformat(), "–", "–", "–", "–", "–")
    return (step.day.isoformat(), str(whole(step.point.lower)), str(whole(step.point.upper)),
            step.point.letter or "–", f"{step.parts.ours:+d}", f"{step.parts.rules:+d}")
