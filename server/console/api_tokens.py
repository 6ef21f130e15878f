"""``server api-token``: tokens with which programs ask the API."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from hustings.errors import UsageError
from hustings.times import utc_text
from server.console import common


@click.group("api-token")
def api_token() -> None:
    """Tokens with which programs ask the API."""


@api_token.command()
@click.argument("name")
@click.option("--person", required=True, help="As whom it acts: it does what their role allows, and ends with them.")
@click.option("--scope", "scopes", multiple=True, required=True, metavar="SCOPE",
              help="What it may do; give it several times. See: hustings server api-token scopes")
@click.option("--expires", default="90d", show_default=True, help="How long it lives, at most a year.")
@common.office_options
@common.format_option
def make(name: str, person: str, scopes: tuple[str, ...], expires: str, data: Path, tenant: str | None,
         form: str) -> None:
    """Make a token called NAME and print it, this once."""
    from server import api_tokens as service
    from server.store import people
    from server.store.people import Role

    life = common.life(expires)
    if life % timedelta(days=1):
        raise UsageError("a token lives a whole number of days", where="--expires", remedy="write for example 90d")
    with common.office(data, tenant) as office:
        with office.database.read(office.tenant.id) as connection:
            found = people.by_name(connection, office.tenant.id, person)
        if found is None or found.disabled is not None:
            raise UsageError(f"nobody called {person!r} may sign in", where="--person",
                             remedy="see: hustings server user list")
        if found.role is Role.REVIEWER:
            raise UsageError("a reviewer makes a token while looking at an office", where="--person",
                             remedy="let them sign in and open /office/tokens")
        wanted = service.read(name, scopes, str(life.days), found.role)
        with office.database.write(office.tenant.id) as connection:
            number, secret = service.make(connection, office.tenant.id, found.id, wanted, now=office.now,
                                          by=office.actor)
    if form == "json":
        common.say_json({"number": number, "token": secret, "name": wanted.name, "person": found.name,
                         "scopes": list(wanted.scopes), "expires": office.now + life})
    else:
        click.echo(secret)


@api_token.command("list")
@common.office_options
@common.format_option
def list_tokens(data: Path, tenant: str | None, form: str) -> None:
    """Every token, whose it is, and when it was last used."""
    from server.store import api_tokens

    with common.office(data, tenant) as office, office.database.read(office.tenant.id) as connection:
        found = api_tokens.every(connection, office.tenant.id)
    if form == "json":
        common.say_json([{
            "number": one.id, "name": one.name, "ends_with": one.ends_with, "person": one.maker,
            "scopes": sorted(one.scopes), "created": one.created, "created_by": one.created_by,
            "expires": one.expires, "used": one.used, "used_from": one.used_from,
            "ended": one.ended(office.now) or None} for one in found])
        return
    common.table(("NUMBER", "NAME", "ENDS WITH", "PERSON", "STATE", "UNTIL", "LAST USED"), [
        (str(one.id), one.name, one.ends_with, one.maker, one.ended(office.now) or "in force", utc_text(one.expires),
         utc_text(one.used) if one.used else "never") for one in found])


@api_token.command()
@click.argument("number", type=click.IntRange(1))
@common.office_options
def revoke(number: int, data: Path, tenant: str | None) -> None:
    """End token NUMBER at once and for good."""
    from server import api_tokens as service

    with common.office(data, tenant) as office, office.database.write(office.tenant.id) as connection:
        found = service.revoke(connection, office.tenant.id, number, now=office.now, by=office.actor)
    if found is None:
        raise UsageError(f"there is no token {number}", remedy="see: hustings server api-token list")
    click.echo(f"The token {found.name} holds no more.")


@api_token.command()
@common.format_option
def scopes(form: str) -> None:
    """What a token may be given."""
    from server.api.scopes import SCOPES

    if form == "json":
        common.say_json(SCOPES)
        return
    common.table(("SCOPE", "MEANING"), list(SCOPES.items()))
