"""``server sso``: the identity providers that people of an office sign in through."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from hustings.errors import UsageError
from server.console import common

if TYPE_CHECKING:
    from server.store.single_sign_on import Kept

_ROLES = ("administrator", "official", "staff", "reviewer")
_file = click.Path(exists=True, dir_okay=False, path_type=Path)
_NAME_MAX = 64


@click.group()
def sso() -> None:
    """Signing in through the office's own directory."""


@sso.command()
@click.argument("name")
@click.option("--kind", type=click.Choice(["entra", "oidc"]), required=True)
@click.option("--authority", required=True, metavar="URL",
              help="https://login.microsoftonline.com/DIRECTORY-ID, or the issuer of another provider.")
@click.option("--client-id", required=True, help="What the provider knows this server as.")
@click.option("--secret-file", required=True, type=_file, help="The client secret, in the first line.")
@click.option("--map", "groups", multiple=True, required=True, metavar="GROUP=ROLE",
              help="A group's id and the role it gives here; repeat for more.")
@click.option("--claim", default="groups", show_default=True, help="The claim that lists groups, or roles.")
@click.option("--proves-second-factor", is_flag=True,
              help="The provider always asks for two factors: do not ask for another one here.")
@click.option("--authorities", type=_file, help="PEM of the authority of a provider that is not publicly known.")
@common.office_options
def add(name: str, kind: str, authority: str, client_id: str, secret_file: Path, groups: tuple[str, ...], claim: str,
        proves_second_factor: bool, authorities: Path | None, data: Path, tenant: str | None) -> None:
    """Let people sign in through a provider that people know as NAME. It is asked for its metadata first."""
    from server.single_sign_on import service
    from server.single_sign_on.door import Door
    from server.store import audit, single_sign_on

    _name(name)
    place = _authority(authority)
    pairs = tuple(_pair(one) for one in groups)
    secret = _first_line(secret_file)
    trusted = _pem(authorities) if authorities else ""
    with common.office(data, tenant) as office:
        with office.database.write(office.tenant.id) as connection:
            kept = single_sign_on.add(
                connection, office.tenant.id, name, kind=kind, authority=place, client=client_id,
                secret=service.sealed(office.config, office.tenant.id, client_id, secret), claim=claim, groups=pairs,
                proves_second_factor=proves_second_factor, authorities=trusted, now=office.now)
            Door(lambda: datetime.now(UTC)).begin(service.opened(office.config, kept), office.config.url + service.BACK)
            audit.record(connection, office.tenant.id, office.now, office.actor, "provider.add", name, {
                "kind": kind, "authority": place, "client": client_id, "claim": claim,
                "groups": [list(pair) for pair in pairs], "proves_second_factor": proves_second_factor})
        click.echo(f"{name} answers. Register this address with it: {office.config.url}{service.BACK}")
        click.echo(f"People sign in at: {office.config.url}/sign-in/single/{kept.slug}")


@sso.command("list")
@common.office_options
@common.format_option
def list_(data: Path, tenant: str | None, form: str) -> None:
    """Every provider, and the address that its people sign in at."""
    from server.single_sign_on import service
    from server.store import single_sign_on

    with common.office(data, tenant) as office, office.database.read(office.tenant.id) as connection:
        found = single_sign_on.every(connection, office.tenant.id)
        url = office.config.url
    if form == "json":
        common.say_json([service.plain(one) for one in found])
        return
    common.table(("NAME", "KIND", "STATE", "GROUPS", "ADDRESS"), [
        (one.name, one.kind, "disabled" if one.disabled else "active",
         ", ".join(f"{group}={role}" for group, role in one.groups), f"{url}/sign-in/single/{one.slug}")
        for one in found])


@sso.command()
@click.argument("name")
@common.office_options
def disable(name: str, data: Path, tenant: str | None) -> None:
    """Let nobody sign in through NAME any more. Who is signed in stays so: see hustings server user."""
    from server.store import audit, single_sign_on

    with common.office(data, tenant) as office, office.database.write(office.tenant.id) as connection:
        found = _found(single_sign_on.every(connection, office.tenant.id), name)
        single_sign_on.disable(connection, office.tenant.id, found.id, office.now)
        audit.record(connection, office.tenant.id, office.now, office.actor, "provider.disable", name)
    click.echo(f"Nobody signs in through {name} any more.")


@sso.command()
@click.argument("person")
@click.option("--provider", required=True, help="The provider's name here.")
@click.option("--subject", required=True, help="Who the person is there: oid in Entra, sub elsewhere.")
@common.office_options
def bind(person: str, provider: str, subject: str, data: Path, tenant: str | None) -> None:
    """Say that PERSON, who is known here already, is SUBJECT at the provider."""
    from server.store import audit, people, single_sign_on

    if not 1 <= len(subject) <= 255 or not subject.isprintable():
        raise UsageError("a subject has 1 to 255 printable characters", where="--subject",
                         remedy="copy the object id from the directory")
    with common.office(data, tenant) as office, office.database.write(office.tenant.id) as connection:
        found = _found(single_sign_on.every(connection, office.tenant.id), provider)
        who = people.by_name(connection, office.tenant.id, person)
        if who is None:
            raise UsageError(f"there is no person called {person!r}", remedy="see: hustings server user list")
        if single_sign_on.person_of(connection, office.tenant.id, found.id, subject) is not None:
            raise UsageError("that subject is somebody here already", where="--subject",
                             remedy="see the audit trail: hustings server audit show")
        single_sign_on.bind(connection, office.tenant.id, found.id, subject, who.id, office.now)
        audit.record(connection, office.tenant.id, office.now, office.actor, "provider.bind", person,
                     {"provider": provider, "subject": subject})
    click.echo(f"{person} signs in through {provider}.")


def _found(providers: list[Kept], name: str) -> Kept:
    found = [one for one in providers if one.name == name and one.disabled is None]
    if not found:
        known = ", ".join(one.name for one in providers if one.disabled is None) or "none"
        raise UsageError(f"there is no provider called {name!r}", remedy=f"there are: {known}")
    return found[0]


def _name(name: str) -> None:
    if not 1 <= len(name) <= _NAME_MAX or not name.isprintable() or name != name.strip():
        raise UsageError(f"a name has 1 to {_NAME_MAX} printable characters", where="NAME",
                         remedy="write what people call it, such as County account")


def _authority(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise UsageError("the authority is an https address without query", where="--authority",
                         remedy="write for example https://login.microsoftonline.com/DIRECTORY-ID")
    return text.rstrip("/")


def _pair(text: str) -> tuple[str, str]:
    group, sign, role = text.rpartition("=")
    if not sign or not group.strip() or role not in _ROLES:
        raise UsageError(f"{text!r} is not GROUP=ROLE", where="--map", remedy=f"roles are: {', '.join(_ROLES)}")
    return group.strip(), role


def _first_line(file: Path) -> str:
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError("the secret cannot be read", where=str(file), remedy="name a text file") from error
    if not lines or not lines[0].strip():
        raise UsageError("the file is empty", where=str(file), remedy="its first line is the client secret")
    return lines[0].strip()


def _pem(file: Path) -> str:
    from server import certificates

    certificates.authority(file)
    return file.read_text("ascii")
