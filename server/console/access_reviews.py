"""``server access-review``: who signed which difference between declared and effective rights, and signing it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hustings.errors import UsageError
from hustings.times import utc_text
from server.console import common
from server.console.common import Office

if TYPE_CHECKING:
    from server.access_difference import Picture
    from server.records import Review


@click.group("access-review")
def access_review() -> None:
    """The signed quarterly reviews of access rights."""


@access_review.command("show")
@common.office_options
@common.format_option
def show(data: Path, tenant: str | None, form: str) -> None:
    """How the review of each registration database stands."""
    from server import access_review as rules

    with common.office(data, tenant) as office:
        found, signed = _read(office)
    lines = [(one, rules.status(one, signed)) for one in found if one.declared]
    if form == "json":
        common.say_json([{
            "machine": one.machine.name, "database": one.database, "difference": one.difference or None,
            "proof": rules.proof(one), "state": stands.state, "person": stands.last.person if stands.last else None,
            "by": stands.last.by if stands.last else None, "at": stands.last.at if stands.last else None,
            "until": stands.until} for one, stands in lines])
        return
    if not lines:
        click.echo("No machine reports a registration database with an access model.")
        return
    common.table(("MACHINE", "DATABASE", "REVIEW", "LAST SIGNED BY", "UNTIL", "DIFFERENCE IN FORCE"), [
        (one.machine.name, one.database, stands.state, stands.last.person if stands.last else "",
         utc_text(stands.until) if stands.until else "", one.difference or "not known") for one, stands in lines])


@access_review.command("sign")
@click.argument("machine")
@click.argument("database")
@click.option("--difference", required=True, help="The hash that you read on the page or in `hustings access review`.")
@click.option("--person", required=True, help="Who answers for the review.")
@common.office_options
def sign(machine: str, database: str, difference: str, person: str, data: Path, tenant: str | None) -> None:
    """Sign the difference of DATABASE as MACHINE reports it. Refused where it is no longer the one in force."""
    from server import access_review as rules

    with common.office(data, tenant) as office:
        found, _ = _read(office)
        one = next((one for one in found if one.machine.name.casefold() == machine.casefold()
                    and one.database == database), None)
        if one is None:
            known = ", ".join(f"{one.machine.name} {one.database}" for one in found) or "none is reported yet"
            raise UsageError(f"no machine {machine} reports a database {database}", remedy=f"reported are: {known}")
        with office.database.write(office.tenant.id) as connection:
            made = rules.sign(connection, office.tenant.id, one, difference, person=person, by=office.actor,
                              key_file=office.config.recordings_key)
    click.echo(f"{person} signed {made.difference}; it holds until {utc_text(made.at + rules.VALID)} or until the "
               "difference changes.")


@access_review.command("statement")
@click.argument("machine")
@click.argument("database")
@common.office_options
def statement(machine: str, database: str, data: Path, tenant: str | None) -> None:
    """Print the newest signed statement about DATABASE of MACHINE: an envelope (DSSE) to hand to a reviewer."""
    from server.store import access_reviews

    with common.office(data, tenant) as office:
        found, signed = _read(office)
        agents = {one.machine.heard.agent for one in found if one.machine.name.casefold() == machine.casefold()}
        last = next((one for one in signed if one.agent in agents and one.database == database), None)
        if last is None:
            raise UsageError(f"nobody signed for {database} of {machine} yet",
                             remedy="see what stands: hustings server access-review show")
        with office.database.read(office.tenant.id) as connection:
            sealed = access_reviews.statement(connection, office.tenant.id, last.agent, database, last.difference)
    assert sealed is not None
    click.echo(sealed.decode())


def _read(office: Office) -> tuple[tuple[Picture, ...], tuple[Review, ...]]:
    """Every registration database of the office, and its signatures."""
    from policies.pack import shipped
    from server import access_difference
    from server import scorecard as rules
    from server.reading import Reading

    read = Reading(office.database).office(office.tenant.id)
    machines = rules.everyone(read, shipped(), office.now.replace(microsecond=0))
    return tuple(access_difference.every(machines)), read.reviews
