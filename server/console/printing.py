"""``server print``, ``server handling`` and ``server publish``: printed pages and what leaves for the public."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hustings.errors import UsageError
from hustings.times import utc_text
from policies.model import LANGUAGES
from server.console import common
from server.console.common import Office

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from server.scorecard import Scorecard
    from server.store.people import Person
    from server.store.publications import Publication

KINDS = ("scorecard", "board", "annex")


@click.command("print")
@click.argument("kind", type=click.Choice(KINDS))
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The PDF to write.")
@click.option("--language", type=click.Choice(LANGUAGES), default="en", show_default=True)
@common.office_options
def print_pages(kind: str, output: Path, language: str, data: Path, tenant: str | None) -> None:
    """Write the scorecard (one page), the board version (two) or the detailed annex as a tagged PDF."""
    from policies.pack import shipped
    from server import publishing
    from server.printing import gathered
    from server.printing.annex import annex_pdf
    from server.printing.board import board_pdf
    from server.printing.card import scorecard_pdf

    with common.office(data, tenant) as office, office.database.read(office.tenant.id) as connection:
        card = _card(office)
        if kind == "scorecard":
            made = scorecard_pdf(card, shipped(), language, beside=gathered.beside(
                connection, office.tenant.id, card, language))
        elif kind == "board":
            made = board_pdf(gathered.public_record(connection, office.tenant.id, card, shipped()), language)
        else:
            made = annex_pdf(card, shipped(), language, handling=publishing.handling(connection, office.tenant.id))
    _write(output, made)


@click.group()
def handling() -> None:
    """The line on every page of the detailed annex."""


@handling.command("set")
@click.argument("line")
@common.office_options
def set_handling(line: str, data: Path, tenant: str | None) -> None:
    """Put LINE ("TLP:AMBER", "For the election board only" …) on every page of the annex."""
    from server import publishing

    with common.office(data, tenant) as office, office.database.write(office.tenant.id) as connection:
        text = publishing.set_handling(connection, office.tenant.id, line, office.now, office.actor)
    click.echo(f"Every page of the annex says: {text}")


@handling.command("show")
@common.office_options
def show_handling(data: Path, tenant: str | None) -> None:
    """The line in force."""
    from server import publishing

    with common.office(data, tenant) as office, office.database.read(office.tenant.id) as connection:
        click.echo(publishing.handling(connection, office.tenant.id))


@click.group()
def publish() -> None:
    """Public versions: prepared, approved by two people, published, withdrawn."""


@publish.command("prepare")
@common.office_options
def prepare(data: Path, tenant: str | None) -> None:
    """Keep a public version of today, in both languages. Nothing leaves before two people approve it."""
    from policies.pack import shipped
    from server import publishing
    from server.printing import gathered

    with common.office(data, tenant) as office:
        card = _card(office)
        with office.database.write(office.tenant.id) as connection:
            record = gathered.public_record(connection, office.tenant.id, card, shipped())
            number = publishing.prepare(connection, office.tenant.id, record, office.now.replace(microsecond=0),
                                        office.actor)
            version = _found(connection, office, number)
    click.echo(f"Version {number} is prepared: {version.digest}\n"
               f"Read it (hustings server publish file {number} --output FILE.pdf), then two people approve it.")


@publish.command("list")
@common.office_options
@common.format_option
def list_versions(data: Path, tenant: str | None, form: str) -> None:
    """Every version and where it stands."""
    from server import publishing
    from server.store import publications

    with common.office(data, tenant) as office, office.database.read(office.tenant.id) as connection:
        found = [(one, publishing.standing(one, office.now))
                 for one in publications.every(connection, office.tenant.id)]
    if form == "json":
        common.say_json([{
            "version": one.id, "state": stands.state, "digest": one.digest, "prepared": one.prepared,
            "prepared_by": one.prepared_by, "approved_by": [each.person for each in stands.approvals],
            "published": stands.published, "override": stands.overridden} for one, stands in found])
        return
    if not found:
        click.echo("No version has been prepared. Prepare one: hustings server publish prepare")
        return
    common.table(("VERSION", "STATE", "PREPARED", "APPROVED BY", "DIGEST"), [
        (str(one.id), stands.state, utc_text(one.prepared), ", ".join(each.person for each in stands.approvals),
         one.digest) for one, stands in found])


@publish.command("file")
@click.argument("version", type=int)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The PDF to write.")
@click.option("--language", type=click.Choice(LANGUAGES), default="en", show_default=True)
@common.office_options
def file(version: int, output: Path, language: str, data: Path, tenant: str | None) -> None:
    """Write the very bytes of VERSION."""
    from server.store import publications

    with common.office(data, tenant) as office, office.database.read(office.tenant.id) as connection:
        _found(connection, office, version)
        made = publications.file(connection, office.tenant.id, version, language)
    assert made is not None
    _write(output, made)


@publish.command("approve")
@click.argument("version", type=int)
@click.option("--digest", required=True, help="What you read: the digest of the version.")
@click.option("--person", required=True, help="Who approves: an administrator or official of the office, by name.")
@click.option("--reason", default="", help="Why in spite of the publication block.")
@common.office_options
def approve(version: int, digest: str, person: str, reason: str, data: Path, tenant: str | None) -> None:
    """Approve VERSION. The console counts for one of the two people; the other one signs in and approves."""
    from server import publishing
    from server.elections.days import today
    from server.elections.phase import publication_block
    from server.reading import Reading

    with common.office(data, tenant) as office:
        read = Reading(office.database).office(office.tenant.id)
        election = publication_block(read.elections, today(office.now, read.zone))
        with office.database.write(office.tenant.id) as connection:
            who = _person(connection, office, person)
            stands = publishing.approve(
                connection, office.tenant.id, _found(connection, office, version), office.now, role=who.role,
                person=who.name, by=office.actor, given=digest,
                block=(election.name or election.id) if election else "", reason=reason.strip())
    click.echo(f"{who.name} approved version {version}; it is now: {stands.state}")


@publish.command("withdraw")
@click.argument("version", type=int)
@click.option("--person", required=True, help="Who withdraws: an administrator or official of the office, by name.")
@click.option("--reason", required=True, help="Why.")
@common.office_options
def withdraw(version: int, person: str, reason: str, data: Path, tenant: str | None) -> None:
    """Take VERSION back, published or not."""
    from server import publishing

    with common.office(data, tenant) as office, office.database.write(office.tenant.id) as connection:
        who = _person(connection, office, person)
        publishing.withdraw(connection, office.tenant.id, _found(connection, office, version), office.now,
                            role=who.role, person=who.name, by=office.actor, reason=reason.strip())
    click.echo(f"{who.name} withdrew version {version}.")


def _card(office: Office) -> Scorecard:
    from policies.pack import shipped
    from server import scorecard as rules
    from server.reading import Reading

    read = Reading(office.database).office(office.tenant.id)
    return rules.scorecard(read, shipped(), office.now.replace(microsecond=0))


def _found(connection: Connection, office: Office, number: int) -> Publication:
    from server.store import publications

    found = publications.get(connection, office.tenant.id, number)
    if found is None:
        raise UsageError(f"there is no public version {number}", remedy="hustings server publish list")
    return found


def _person(connection: Connection, office: Office, name: str) -> Person:
    from server.store import people

    found = people.by_name(connection, office.tenant.id, name)
    if found is None or found.disabled is not None:
        raise UsageError(f"there is nobody called {name!r} in this office", where="--person",
                         remedy="name a person of: hustings server user list")
    return found


def _write(output: Path, made: bytes) -> None:
    try:
        output.write_bytes(made)
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror}", where=str(output),
                         remedy="name a file in a directory that exists and is yours") from error
    click.echo(f"{output}: {len(made)} bytes")


COMMANDS: tuple[Any, ...] = (print_pages, handling, publish)
