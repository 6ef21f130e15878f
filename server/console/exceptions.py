"""``server exception``: accepting a failure for a while, and saying that something does not apply."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hustings.errors import UsageError
from server.console import common

if TYPE_CHECKING:
    from server.records import Exemption


@click.group()
def exception() -> None:
    """Failures the office accepts for a while, and what it says does not apply."""


@exception.command("add")
@click.argument("subject")
@click.option("--asset", default="", help="The asset, by its name in the inventory. None: the whole office.")
@click.option("--reason", required=True, help="Why the failure is accepted.")
@click.option("--control", required=True, help="What protects meanwhile.")
@click.option("--owner", required=True, help="Who answers for it.")
@click.option("--approved-by", required=True, help="The second person: an administrator or official of the office.")
@click.option("--until", required=True, help="The last day on which it holds (2027-05-31).")
@common.office_options
def add(subject: str, asset: str, reason: str, control: str, owner: str, approved_by: str, until: str, data: Path,
        tenant: str | None) -> None:
    """Accept the failure of SUBJECT, a check or a row of the catalogue. It stays a failure in the grade."""
    from server.records import EXCEPTION

    _sign(EXCEPTION, subject, asset, reason, control, owner, approved_by, _day(until), data, tenant)


@exception.command("not-applicable")
@click.argument("subject")
@click.option("--asset", default="", help="The asset, by its name in the inventory. None: the whole office.")
@click.option("--reason", required=True, help="Why it does not apply there.")
@click.option("--owner", required=True, help="Who answers for it.")
@click.option("--approved-by", default="", help="A second person. Past a tenth of the asset's weight, and for critical "
              "controls, it counts as measured until there is one.")
@click.option("--until", help="The last day on which it holds; a year from now unless told.")
@common.office_options
def not_applicable(subject: str, asset: str, reason: str, owner: str, approved_by: str, until: str | None, data: Path,
                   tenant: str | None) -> None:
    """Say that SUBJECT, a check or a row of the catalogue, does not apply to an asset."""
    from server.records import NOT_APPLICABLE

    last = _day(until) if until else (datetime.now(UTC) + timedelta(days=365)).date()
    _sign(NOT_APPLICABLE, subject, asset, reason, "", owner, approved_by, last, data, tenant)


@exception.command("end")
@click.argument("number", type=int)
@click.option("--reason", required=True, help="Why it ends before its day.")
@common.office_options
def end(number: int, reason: str, data: Path, tenant: str | None) -> None:
    """End the one of this NUMBER now."""
    from server import exceptions as rules

    with common.office(data, tenant) as office, office.database.write(office.tenant.id) as connection:
        one = rules.end(connection, office.tenant.id, number, reason=reason, now=office.now, by=office.actor)
    click.echo(f"Number {number} ({one.subject}) is ended.")


@exception.command("list")
@click.option("--all", "everything", is_flag=True, help="Those that hold no more, too.")
@common.office_options
@common.format_option
def show(everything: bool, data: Path, tenant: str | None, form: str) -> None:
    """What is accepted and declared not to apply."""
    from server.reading import Reading

    with common.office(data, tenant) as office:
        known = Reading(office.database).office(office.tenant.id).exceptions
        shown = [one for one in known if everything or one.in_force(office.now)]
    if form == "json":
        common.say_json([{
            "number": one.number, "kind": one.kind, "subject": one.subject, "asset": one.asset or None,
            "reason": one.reason, "control": one.control or None, "owner": one.owner,
            "approved_by": one.approved_by or None, "at": one.at, "by": one.by, "until": one.until,
            "ended": one.ended} for one in shown])
        return
    if not shown:
        click.echo("No failure is accepted, and nothing is declared not to apply.")
        return
    common.table(("NUMBER", "KIND", "SUBJECT", "ASSET", "OWNER", "APPROVED BY", "UNTIL", "REASON"), [
        (str(one.number), one.kind.replace("_", " "), one.subject, one.asset or "the office", one.owner,
         one.approved_by or "nobody", _until(one), one.reason) for one in shown])


def _sign(kind: str, subject: str, asset: str, reason: str, control: str, owner: str, approved_by: str, until: date,
          data: Path, tenant: str | None) -> None:
    from policies.pack import shipped
    from server import exceptions as rules
    from server.reading import Reading

    with common.office(data, tenant) as office:
        read = Reading(office.database).office(office.tenant.id)
        wish = rules.Wish(kind, subject, asset, reason, owner, until, control)
        with office.database.write(office.tenant.id) as connection:
            number = rules.add(connection, office.tenant.id, shipped(), wish, approved_by=approved_by, now=office.now,
                               by=office.actor)
        ahead = min((day for day in read.voting_days if day >= office.now.date()), default=None)
    click.echo(f"Number {number}: it holds until {until}.")
    if ahead is not None and until >= ahead:
        click.echo(f"It outlasts the next voting day, {ahead}: exceptions should end before it.", err=True)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is not a date", where="--until", remedy="write it as 2027-05-31") from error


def _until(one: Exemption) -> str:
    return f"{one.until}" if one.ended is None else f"ended {one.ended:%Y-%m-%d}"
