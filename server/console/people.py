"""``server user`` and ``server login-link``: who may sign in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hustings.errors import UsageError
from hustings.times import utc_text
from server.config import address
from server.console import common
from server.console.common import Office

if TYPE_CHECKING:
    from server.store.people import Person

_ROLES = ("administrator", "staff", "official", "reviewer")
_password_file = click.option("--password-file", type=click.Path(exists=True, dir_okay=False, path_type=Path),
                              help="Read the password from the first line of this file instead of asking.")


@click.group()
def user() -> None:
    """People who may sign in."""


@user.command()
@click.argument("name")
@click.option("--role", type=click.Choice(_ROLES), default="staff", show_default=True)
@_password_file
@common.office_options
def add(name: str, role: str, password_file: Path | None, data: Path, tenant: str | None) -> None:
    """Let NAME sign in."""
    from server.access import membership
    from server.store import audit, people

    name = membership.checked_name(name)
    with common.office(data, tenant) as office:
        kept = common.password(password_file, f"Password for {name}")
        with office.database.write(office.tenant.id) as connection:
            people.add(connection, office.tenant.id, name, people.Role(role), kept, office.now)
            audit.record(connection, office.tenant.id, office.now, office.actor, "person.add", name, {"role": role})
    click.echo(f"{name} may sign in as {role}.")


@user.command("list")
@common.office_options
@common.format_option
def list_people(data: Path, tenant: str | None, form: str) -> None:
    """Everyone who may sign in, and who no longer may."""
    from server.store import people

    with common.office(data, tenant) as office, office.database.read(office.tenant.id) as connection:
        found = people.every(connection, office.tenant.id)
    if form == "json":
        common.say_json([{"name": one.name, "role": one.role.value, "created": one.created, "disabled": one.disabled,
                          "invited": one.invited} for one in found])
        return
    common.table(("NAME", "ROLE", "SINCE", "STATE"), [
        (one.name, one.role.value, utc_text(one.created), "disabled" if one.disabled else
         "invited" if one.invited else "active" if one.password else "active, without password") for one in found])


@user.command()
@click.argument("name")
@_password_file
@common.office_options
def reset(name: str, password_file: Path | None, data: Path, tenant: str | None) -> None:
    """Give NAME a new password, and sign them out everywhere."""
    from server.store import audit, people, sessions

    with common.office(data, tenant) as office:
        person = _person(office, name)
        kept = common.password(password_file, f"New password for {name}")
        with office.database.write(office.tenant.id) as connection:
            people.set_password(connection, person, kept)
            sessions.end_all(connection, person.tenant, person.id, office.now, "password")
            audit.record(connection, person.tenant, office.now, office.actor, "person.reset", name)
    click.echo(f"{name} has a new password and is signed out everywhere.")


@user.command()
@click.argument("name")
@click.option("--role", type=click.Choice(_ROLES), default="staff", show_default=True)
@click.option("--email", default="", help="Where notices to them go.")
@common.office_options
@common.format_option
def invite(name: str, role: str, email: str, data: Path, tenant: str | None, form: str) -> None:
    """Add NAME, and print a link with which they set password and second factor: once, within three days."""
    from server.access import membership

    with common.office(data, tenant) as office:
        with office.database.write(office.tenant.id) as connection:
            person, secret = membership.invite(connection, office.tenant, name, role, email, "", office.actor,
                                               office.now)
        _say_invitation(office, person.name, secret, form)


@user.command()
@click.argument("name")
@click.argument("role", type=click.Choice(_ROLES))
@common.office_options
def role(name: str, role: str, data: Path, tenant: str | None) -> None:
    """Let NAME be something else. The last administrator stays one."""
    from server.access import membership

    with common.office(data, tenant) as office:
        person = _person(office, name)
        with office.database.write(office.tenant.id) as connection:
            membership.set_role(connection, office.tenant, person, role, office.actor, office.now)
    click.echo(f"{name} is {role} from now on.")


@user.command("sign-out")
@click.argument("name")
@common.office_options
def sign_out(name: str, data: Path, tenant: str | None) -> None:
    """End everything that NAME has open."""
    from server.access import membership

    with common.office(data, tenant) as office:
        person = _person(office, name)
        with office.database.write(office.tenant.id) as connection:
            ended = membership.sign_out(connection, person, office.actor, office.now)
    click.echo(f"{name} is signed out everywhere: {ended} session{'' if ended == 1 else 's'}.")


@user.command()
@click.argument("name")
@common.office_options
@common.format_option
def recover(name: str, data: Path, tenant: str | None, form: str) -> None:
    """For NAME, who lost password or second factor: take both away, and print a link to set new ones.

    Everybody of the office is told, and it is in the audit trail.
    """
    from server.access import membership

    with common.office(data, tenant) as office:
        person = _person(office, name)
        with office.database.write(office.tenant.id) as connection:
            secret = membership.recover(connection, person, office.actor, office.now)
        _say_invitation(office, person.name, secret, form)


@user.command()
@click.argument("name")
@common.office_options
def enable(name: str, data: Path, tenant: str | None) -> None:
    """Let NAME sign in again."""
    from server.access import membership

    with common.office(data, tenant) as office:
        person = _person(office, name)
        with office.database.write(office.tenant.id) as connection:
            membership.enable(connection, person, office.actor, office.now)
    click.echo(f"{name} may sign in again.")


@user.command()
@click.argument("name")
@common.office_options
def disable(name: str, data: Path, tenant: str | None) -> None:
    """Let NAME sign in no more. The last administrator stays."""
    from server.access import membership

    with common.office(data, tenant) as office:
        person = _person(office, name)
        with office.database.write(office.tenant.id) as connection:
            membership.disable(connection, person, office.actor, office.now)
    click.echo(f"{name} can no longer sign in.")


@click.command("login-link")
@click.option("--person", help="Who it signs in; the administrator, where there is one.")
@click.option("--port", type=click.IntRange(1, 65535), help="The port the server listens on, if not the usual one.")
@common.office_options
@common.format_option
def login_link(person: str | None, port: int | None, data: Path, tenant: str | None, form: str) -> None:
    """Print a link that signs one person in, once, from this machine, within ten minutes."""
    from server.store import audit, links

    with common.office(data, tenant) as office:
        chosen = _person(office, person) if person else _only_administrator(office)
        with office.database.write(office.tenant.id) as connection:
            secret = links.create(connection, chosen, office.now)
            audit.record(connection, chosen.tenant, office.now, office.actor, "link.create", chosen.name)
        settings = office.config.settings
        url = f"{address('127.0.0.1', port or settings.port, tls=settings.tls)}/sign-in/link/{secret}"
    if form == "json":
        common.say_json({"url": url, "person": chosen.name, "expires": office.now + links.LIFE})
    else:
        click.echo(url)


def _say_invitation(office: Office, name: str, secret: str, form: str) -> None:
    from server.store import links

    url = f"{office.config.url}/invitation/{secret}"
    if form == "json":
        common.say_json({"url": url, "person": name, "expires": office.now + links.INVITATION_LIFE})
        return
    click.echo(f"Give {name} this link, in a way you trust. It opens once, within three days:", err=True)
    click.echo(url)


def _person(office: Office, name: str) -> Person:
    from server.store import people

    with office.database.read(office.tenant.id) as connection:
        person = people.by_name(connection, office.tenant.id, name)
    if person is None:
        raise UsageError(f"there is no person called {name!r}", remedy="see: hustings server user list")
    return person


def _only_administrator(office: Office) -> Person:
    from server.store import people

    with office.database.read(office.tenant.id) as connection:
        found = [one for one in people.every(connection, office.tenant.id)
                 if one.role is people.Role.ADMINISTRATOR and one.disabled is None]
    if len(found) != 1:
        raise UsageError(f"there are {len(found)} administrators", remedy="say which with --person NAME")
    return found[0]
