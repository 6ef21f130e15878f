"""``server tls`` and ``server proxy``: what stands between the server and whoever connects."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from hustings.errors import UsageError
from server import config
from server.config import Config, OwnCertificate, Proxy
from server.console import common

_file = click.Path(exists=True, dir_okay=False, resolve_path=True, path_type=Path)
_RESTART = "Restart the server for it to take effect."
_authority = click.option("--authority", type=_file,
                          help="The authority's certificate, where machines do not know it: agents pin it.")


@click.group("tls")
def tls_() -> None:
    """The certificate that browsers and agents see."""


@tls_.command()
@common.data_option
@common.format_option
def show(data: Path, form: str) -> None:
    """Say which certificate is used, for what, and until when."""
    from server import certificates, tls

    settings = _of(data)
    now = datetime.now(UTC)
    found = certificates.check(settings.chain, settings.chain_key, settings.settings.addresses, now)
    pin = tls.pin(settings) if settings.pinned else ""
    if form == "json":
        common.say_json({"certificate": str(settings.chain), "until": found.not_valid_after_utc,
                         "addresses": list(settings.settings.addresses), "pin": pin or None,
                         "own": settings.settings.own is not None})
        return
    click.echo(f"certificate: {settings.chain}")
    click.echo(f"until: {found.not_valid_after_utc:%Y-%m-%d}")
    click.echo(f"for: {', '.join(settings.settings.addresses)}")
    click.echo(f"agents pin: {pin or 'nothing; they know its authority'}")


@tls_.command()
@common.data_option
@click.option("--certificate", required=True, type=_file, help="PEM: the certificate and those below its authority.")
@click.option("--key", required=True, type=_file, help="PEM: its key, without a passphrase.")
@_authority
def own(data: Path, certificate: Path, key: Path, authority: Path | None) -> None:
    """Use a certificate that somebody else issued. A renewed one is taken up within the hour."""
    from server import certificates

    settings = _of(data)
    found = certificates.check(certificate, key, settings.settings.addresses, datetime.now(UTC))
    if authority is not None:
        certificates.authority(authority)
    _save(settings, own=OwnCertificate(str(certificate), str(key), str(authority or "")))
    click.echo(f"The certificate holds until {found.not_valid_after_utc:%Y-%m-%d}. {_RESTART}")
    click.echo("Machines that are enrolled pin the authority they knew: enrol them anew.", err=True)


@tls_.command()
@common.data_option
def builtin(data: Path) -> None:
    """Go back to the certificate of the server's own authority."""
    _save(_of(data), own=None)
    click.echo(f"The server's own authority is used again. {_RESTART}")


@click.group()
def proxy() -> None:
    """A reverse proxy in front of the server."""


@proxy.command("set")
@common.data_option
@click.option("--trust", "trusted", required=True, multiple=True, metavar="ADDRESS",
              help="The proxy's address or network; repeat for more.")
@click.option("--listen", default="127.0.0.1:8080", show_default=True, metavar="HOST:PORT",
              help="Where the server waits for the proxy, in plain HTTP.")
@click.option("--port", type=click.IntRange(1, 65535), help="The port that browsers and agents use, if it changes.")
@_authority
def set_(data: Path, trusted: tuple[str, ...], listen: str, port: int | None, authority: Path | None) -> None:
    """Stand behind a proxy that speaks TLS. It must set X-Forwarded-For and X-Forwarded-Proto."""
    from server import certificates, proxies

    settings = _of(data)
    for one in trusted:
        proxies.network(one)
    host, _, number = listen.rpartition(":")
    if not host or not number.isdigit() or not 1 <= int(number) <= 65535:
        raise UsageError(f"{listen!r} is not an address and a port", where="--listen",
                         remedy="write for example 127.0.0.1:8080")
    if authority is not None:
        certificates.authority(authority)
    _save(settings, proxy=Proxy(tuple(dict.fromkeys(trusted)), listen, str(authority or "")),
          port=port or settings.settings.port)
    click.echo(f"The server waits for its proxy at {listen}. {_RESTART}")


@proxy.command("none")
@common.data_option
def none(data: Path) -> None:
    """Speak TLS to browsers and agents without a proxy."""
    _save(_of(data), proxy=None)
    click.echo(f"There is no proxy. {_RESTART}")


def _of(data: Path) -> Config:
    settings = config.load(data)
    if not settings.settings.tls:
        raise UsageError("this server was set up without TLS, for this machine alone", where=str(data),
                         remedy="set one up with TLS: hustings server init")
    return settings


def _save(settings: Config, **changes: object) -> None:
    config.save(Config(settings.data, msgspec.structs.replace(settings.settings, **changes)))
