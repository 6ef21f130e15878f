"""``server init`` and ``server serve``."""

from __future__ import annotations

import re
import socket
from datetime import UTC, datetime
from pathlib import Path

import click

from hustings.errors import CannotFinish, UsageError
from server import config
from server.config import Config, Settings
from server.console import common, enrolling
from server.console.common import Office
from server.service_unit import unit

_LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(\.{_LABEL})*\Z")


@click.command()
@common.data_option
@click.option("--address", "addresses", multiple=True, metavar="HOST",
              help="A name or address this server is reached by; repeat for more. [default: this host's name]")
@click.option("--port", type=click.IntRange(1, 65535), default=config.PORT, show_default=True)
@click.option("--tenant", default="Election office", show_default=True, help="The name of the office or campaign.")
@click.option("--admin", default="admin", show_default=True, help="The administrator's name.")
@click.option("--password-file", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Read the administrator's password from the first line of this file instead of asking.")
@click.option("--no-password", is_flag=True, help="The administrator signs in by one-time links alone (login-link).")
@click.option("--no-tls", is_flag=True, help="Plain HTTP, for a server that this machine alone uses.")
@click.option("--roles", default="", help="Roles of the machine that the first enrol line is for.")
@click.option("--site", default="", help="Where that machine stands.")
@click.option("--service", is_flag=True, help="Print a systemd unit as well.")
@common.format_option
def init(data: Path, addresses: tuple[str, ...], port: int, tenant: str, admin: str, password_file: Path | None,
         no_password: bool, no_tls: bool, roles: str, site: str, service: bool, form: str) -> None:
    """Set up a server: directory, certificate, office, administrator; print one enrol line."""
    from server.access import membership

    names = _addresses(addresses, no_tls=no_tls)
    given = common.roles(roles)
    admin = membership.checked_name(admin)
    if config.settings_file(data).exists():
        raise UsageError("a server is set up here already", where=str(data),
                         remedy="use it (hustings server serve), or name another --data directory")
    if no_password and password_file:
        raise UsageError("--no-password and --password-file exclude each other", remedy="give one of them")
    kept = None if no_password else common.password(
        password_file, f"Password for {admin}", otherwise="give --password-file FILE or --no-password")
    _directory(data)
    chosen = Config(data, Settings(names, port, not no_tls, config.kind(config.database_url(data))))
    secret = _set_up(chosen, tenant, admin, kept, given, site)
    line = enrolling.enrol_line(chosen, secret)
    if form == "json":
        common.say_json({"data": str(data), "url": chosen.url, "tenant": tenant, "admin": admin, "enroll": line,
                         "token": secret, "service": unit(data) if service else None})
        return
    click.echo(f"The server is set up in {data}. Start it: hustings server serve --data {data}", err=True)
    way = (f"sign in as {admin}" if kept else f"sign in with: hustings server login-link --data {data}")
    click.echo(f"Then open {chosen.url}, {way}, and follow First steps under Office.", err=True)
    if service:
        click.echo(unit(data), err=True)
    click.echo("Enrol one machine, within 24 hours:", err=True)
    click.echo(line)


@click.command()
@common.data_option
@click.option("--host", help="The address to listen on. [default: all with TLS, 127.0.0.1 without]")
@click.option("--port", type=click.IntRange(0, 65535), help="[default: the port of init; 0 takes a free one]")
@click.option("--no-tls", is_flag=True, help="Plain HTTP; on this machine's own addresses only.")
def serve(data: Path, host: str | None, port: int | None, no_tls: bool) -> None:
    """Run the server until it is stopped."""
    from server.serve import serve as run

    settings = config.load(data)
    proxy = settings.settings.proxy
    if proxy is not None and not no_tls:
        waiting, _, number = proxy.listen.rpartition(":")
        run(settings, host or waiting, int(number) if port is None else port, secure=False)
        return
    secure = settings.settings.tls and not no_tls
    place = host or ("0.0.0.0" if secure else "127.0.0.1")  # noqa: S104 - with TLS, agents come from outside
    if not secure and not config.is_loopback(place):
        raise UsageError("without TLS the server listens on this machine alone", where=f"--host {place}",
                         remedy="use --host 127.0.0.1, or set up with TLS")
    run(settings, place, settings.settings.port if port is None else port, secure=secure)


def _addresses(given: tuple[str, ...], *, no_tls: bool) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.lower() for name in given)) or (
        ("127.0.0.1",) if no_tls else (socket.gethostname().lower(),))
    for name in names:
        if (":" not in name and not _HOST.match(name)) or (":" in name and not _is_ipv6(name)):
            raise UsageError(f"{name!r} is not a host name or address", where="--address",
                             remedy="write a name or an address alone, without https:// and port")
        if no_tls and not config.is_loopback(name):
            raise UsageError("without TLS the server is for this machine alone", where=f"--address {name}",
                             remedy="leave --no-tls out")
    return names


def _is_ipv6(text: str) -> bool:
    try:
        socket.inet_pton(socket.AF_INET6, text)
    except OSError:
        return False
    return True


def _directory(data: Path) -> None:
    """The data directory, for its owner alone."""
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        data.chmod(0o700)
    except OSError as error:
        raise CannotFinish(f"the directory cannot be made: {error.strerror}", where=str(data),
                           remedy="run as root, or name a --data directory of your own") from error


def _set_up(chosen: Config, tenant: str, admin: str, kept: str | None, roles: tuple[str, ...], site: str) -> str:
    """Everything in the order that lets a set-up that was cut short be repeated: the settings come last."""
    from server import tls
    from server.store import audit, tenants, tokens
    from server.store import people as store
    from server.store.database import WHOLE_SERVER, Database
    from server.store.migrate import migrate

    now = datetime.now(UTC)
    if chosen.settings.tls:
        tls.create_authority(chosen, now)
        tls.create_certificate(chosen, now)
    database = Database(config.database_url(chosen.data))
    try:
        migrate(database)
        with database.write(WHOLE_SERVER) as connection:
            office = Office(chosen, database, tenants.create(connection, tenant, now), common.actor(), now)
            store.add(connection, office.tenant.id, admin, store.Role.ADMINISTRATOR, kept, now)
            secret = tokens.create(connection, office.tenant.id, roles=roles, site=site, life=common.life("24h"),
                                   now=now, by=office.actor)
            audit.record(connection, office.tenant.id, now, office.actor, "server.init", tenant,
                         {"admin": admin, "addresses": list(chosen.settings.addresses)})
            config.save(chosen)
    finally:
        database.close()
    return secret


