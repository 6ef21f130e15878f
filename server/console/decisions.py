"""``server decision``: what waits for a second person.

The console refuses and takes back, and does not approve. Whoever is at it did not sign in: it may be the very person
who asked, and any name could be typed. So an approval is a person's, signed in on the page; the console can at most
be the first of the two (docs/decisions/0006-two-people.md).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hustings.times import utc_text
from policies.model import Text
from server.console import common

if TYPE_CHECKING:
    from server.two_people.model import Value


@click.group()
def decision() -> None:
    """What waits for a second person. Approving is done on the page, signed in: the console does not count."""


@decision.command("list")
@click.option("--all", "everything", is_flag=True, help="Those that ended, too.")
@common.office_options
@common.format_option
def show(everything: bool, data: Path, tenant: str | None, form: str) -> None:
    """What was asked for, and where it stands."""
    from server.pages.language import language
    from server.planning.wording import inert
    from server.store import proposals
    from server.two_people import discovery
    from server.two_people.seconds import seconds

    say = language("en").say
    with common.office(data, tenant) as office, office.database.read(office.tenant.id) as connection:
        found = proposals.waiting(connection, office.tenant.id, office.now)
        able = {one.number: seconds(connection, office.tenant.id, one, office.now) for one in found}
        if everything:
            found = [*proposals.past(connection, office.tenant.id, office.now)[::-1], *found]
    if form == "json":
        common.say_json([{
            "number": one.number, "action": one.action, "subject": one.subject, "state": one.state(office.now).value,
            "asked": one.at, "by": one.by, "expires": one.expires, "may_approve": able.get(one.number, []),
            "decided": one.decision.at if one.decision else None,
            "decided_by": one.decision.by if one.decision else None,
            "reason": one.decision.reason if one.decision else None,
            "what": {label: _plain(value) for label, value in discovery.told(one.action).describe(one.payload)}}
            for one in found])
        return
    if not found:
        click.echo("Nothing waits for a second person.")
        return
    for one in found:
        click.echo(f"{one.number}  {say(discovery.told(one.action).title)}: {inert(one.subject)} "
                   f"[{one.state(office.now).value}]")
        click.echo(f"    asked by {inert(one.by)} on {utc_text(one.at)}, until {utc_text(one.expires)}")
        for label, value in discovery.told(one.action).describe(one.payload):
            click.echo(f"    {label}: {inert(_plain(value))}")
        if one.number in able:
            names = ", ".join(map(inert, able[one.number]))
            click.echo(f"    may approve: {names}" if names else "    nobody else may approve: add a second person "
                       "(hustings server user add NAME --role official)")


def _plain(value: Value) -> str:
    return value.en if isinstance(value, Text) else str(value)


@decision.command()
@click.argument("number", type=int)
@click.option("--reason", required=True, help="Why it is refused.")
@common.office_options
def refuse(number: int, reason: str, data: Path, tenant: str | None) -> None:
    """Refuse what waits under NUMBER."""
    from server.two_people import Actor, decide

    with common.office(data, tenant) as office, office.database.write(office.tenant.id) as connection:
        decide(connection, office.tenant.id, number, False, Actor.console(office.actor), reason, office.now)
    click.echo(f"Request {number} is refused.")


@decision.command()
@click.argument("number", type=int)
@common.office_options
def withdraw(number: int, data: Path, tenant: str | None) -> None:
    """Take back what was asked for at this console."""
    from server.two_people import Actor
    from server.two_people import withdraw as take_back

    with common.office(data, tenant) as office, office.database.write(office.tenant.id) as connection:
        take_back(connection, office.tenant.id, number, Actor.console(office.actor), office.now)
    click.echo(f"Request {number} is taken back.")
