"""``server notices``: the mail server, networks that webhooks may reach, and what waits to be sent."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from hustings.errors import UsageError
from hustings.times import utc_text
from server.console import common

_SECURITY = ("starttls", "tls", "none")


@click.group()
def notices() -> None:
    """Messages to people: the mail server, and what waits to be sent."""


@notices.command()
@click.option("--host", "server", help="The mail server's name.")
@click.option("--port", type=click.IntRange(1, 65535), help="[default: 587 for starttls, 465 for tls, 25 for none]")
@click.option("--security", type=click.Choice(_SECURITY), default="starttls", show_default=True,
              help="none is for a mail server on this very machine.")
@click.option("--from", "sender", help="The address that messages come from.")
@click.option("--login", default="", help="The name to sign in with, where the mail server wants one.")
@click.option("--password-file", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="The file whose first line is its password.")
@click.option("--authority", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="A PEM file of the authority of its certificate, if not one that every machine knows.")
@click.option("--off", is_flag=True, help="Send no mail any more.")
@common.data_option
def mail(server: str | None, port: int | None, security: str, sender: str | None, login: str,
         password_file: Path | None, authority: Path | None, off: bool, data: Path) -> None:
    """Say which mail server messages are handed to. A server that runs takes it up within seconds."""
    from server.config import load
    from server.notices import host
    from server.notices.host import PORTS, Mail, Security

    config = load(data)
    if off:
        host.save(config, msgspec.structs.replace(host.load(config), mail=None))
        click.echo("No mail is sent any more.")
        return
    if not server or not sender:
        raise UsageError("which mail server, and from which address?", where="--host, --from",
                         remedy="write: --host smtp.example.org --from hustings@example.org, or --off")
    kind = Security(security)
    made = host.checked(Mail(server, port or PORTS[kind], kind, sender, login, _first_line(password_file),
                             str(authority.resolve()) if authority else ""))
    host.save(config, msgspec.structs.replace(host.load(config), mail=made))
    click.echo(f"Mail is handed to {made.host}:{made.port} ({made.security}) and comes from {made.sender}.")


@notices.command()
@click.argument("networks", nargs=-1)
@click.option("--none", "nowhere", is_flag=True, help="Public addresses alone, as at first.")
@common.data_option
def reach(networks: tuple[str, ...], nowhere: bool, data: Path) -> None:
    """Let webhooks reach these NETWORKS too (10.1.2.0/24), which are not public. Without any: show them."""
    from server.config import load
    from server.notices import host

    config = load(data)
    kept = host.load(config)
    if networks or nowhere:
        if networks and nowhere:
            raise UsageError("networks and --none at once", remedy="give one or the other")
        kept = msgspec.structs.replace(kept, reachable=tuple(dict.fromkeys(host.network(one) for one in networks)))
        host.save(config, kept)
    click.echo("Webhooks reach public addresses" + (
        f", and {', '.join(kept.reachable)}." if kept.reachable else " and no others."))


@notices.command("list")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@common.office_options
@common.format_option
def show(limit: int, data: Path, tenant: str | None, form: str) -> None:
    """What was sent, what waits and what was given up, newest first."""
    from server.notices import content, wording
    from server.notices.clean import plain
    from server.store import outbox

    with common.office(data, tenant) as office, office.database.read(office.tenant.id) as connection:
        found = outbox.recent(connection, office.tenant.id, limit)
    said = [", ".join(wording.sentence(part.kind, part.count, "en") for part in content.read(one.content).parts)
            or "a test" for one in found]
    if form == "json":
        common.say_json([{
            "notice": one.name, "channel": one.channel.value, "receiver": one.receiver, "made": one.made,
            "state": one.state.value, "due": one.due if one.ended is None else None, "attempts": one.attempts,
            "ended": one.ended, "trouble": one.trouble or None, "says": text}
            for one, text in zip(found, said, strict=True)])
        return
    if not found:
        click.echo("Nothing was sent yet.")
        return
    common.table(("NOTICE", "MADE", "WAY", "STATE", "TRIES", "SAYS", "TROUBLE"), [
        (one.name, utc_text(one.made), one.channel.value, one.state.value.replace("_", " "), str(one.attempts), text,
         plain(one.trouble)) for one, text in zip(found, said, strict=True)])


def _first_line(file: Path | None) -> str:
    if file is None:
        return ""
    try:
        return next(iter(file.read_text("utf-8").splitlines()), "")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError("the password file cannot be read", where=str(file),
                         remedy="name a text file whose first line is the password") from error
