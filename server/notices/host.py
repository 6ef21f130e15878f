"""What the server's own machine says of messages: its mail server, and addresses that webhooks may reach.

Kept in ``notices.json`` of the data directory, readable by the server alone, and read anew for every round.
"""

from __future__ import annotations

import ipaddress
import os
from enum import StrEnum
from pathlib import Path

import msgspec

from hustings.errors import ConfigError, UsageError
from server.config import Config, is_loopback
from server.notices.address import is_address


class Security(StrEnum):
    """How the connection to the mail server is kept secret."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"
    """For a mail server on this very machine alone."""


PORTS = {Security.STARTTLS: 587, Security.TLS: 465, Security.NONE: 25}


class Mail(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The mail server that messages are handed to."""

    host: str
    port: int
    security: Security
    sender: str
    """The address that messages come from."""
    login: str = ""
    password: str = ""
    authority: str = ""
    """A PEM file of the authority that signed its certificate; empty for one that every machine knows."""


class Host(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    mail: Mail | None = None
    reachable: tuple[str, ...] = ()
    """Networks that are not public and that webhooks may reach all the same."""

    @property
    def networks(self) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
        return tuple(ipaddress.ip_network(one) for one in self.reachable)


def file(config: Config) -> Path:
    return config.data / "notices.json"


def load(config: Config) -> Host:
    """What was set; nothing where nothing was. Raises ``ConfigError``."""
    try:
        raw = file(config).read_bytes()
    except FileNotFoundError:
        return Host()
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", where=str(file(config)),
                          remedy="run as the user who owns the data directory") from error
    try:
        found = msgspec.json.decode(raw, type=Host)
        return msgspec.structs.replace(found, reachable=tuple(str(one) for one in found.networks))
    except (msgspec.DecodeError, ValueError) as error:
        raise ConfigError(f"not the settings of messages: {error}", where=str(file(config)),
                          remedy="set them anew: hustings server notices mail") from error


def save(config: Config, host: Host) -> None:
    """Write them, whole or not at all, for the server's own eyes."""
    place = file(config)
    temporary = place.with_name(place.name + ".new")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(msgspec.json.format(msgspec.json.encode(host)) + b"\n")
        out.flush()
        os.fsync(out.fileno())
    temporary.replace(place)


def checked(mail: Mail) -> Mail:
    """Raises ``UsageError`` for what would send a password or a message in the clear, or cannot be an address."""
    if not is_address(mail.sender):
        raise UsageError(f"{mail.sender!r} is not a mail address", where="--from",
                         remedy="write it as hustings@elections.example")
    if mail.security is Security.NONE and not is_loopback(mail.host):
        raise UsageError("without TLS everybody on the way reads along", where="--security",
                         remedy="use starttls or tls; none is for a mail server on this very machine")
    if mail.login and not mail.password:
        raise UsageError("a login needs a password", where="--password-file", remedy="name the file that holds it")
    if not mail.host or not mail.host.isascii() or not mail.host.isprintable() or " " in mail.host:
        raise UsageError(f"{mail.host!r} is not the name of a mail server", where="--host",
                         remedy="write it as smtp.example.org")
    return mail


def network(text: str) -> str:
    """A network from ``10.1.2.0/24``, or one address. Raises ``UsageError``."""
    try:
        return str(ipaddress.ip_network(text))
    except ValueError as error:
        raise UsageError(f"{text!r} is not a network", remedy="write it as 10.1.2.0/24 or 10.1.2.7") from error
