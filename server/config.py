"""Where a server keeps its things, and the addresses it goes by.

Everything is in one data directory of mode 0700, but for the database when ``HUSTINGS_DATABASE_URL``
names a PostgreSQL. ``server.json`` there remembers what ``server init`` was told.
"""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass
from pathlib import Path

import msgspec

from hustings.errors import ConfigError

DATA = Path("/var/lib/hustings-server")
PORT = 8443
DATABASE_URL = "HUSTINGS_DATABASE_URL"
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")


class OwnCertificate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A certificate that somebody else issued, in place of the server's own authority."""

    certificate: str
    """A PEM file: the certificate, then those between it and its authority."""
    key: str
    authority: str = ""
    """A PEM file of the authority that agents are to pin; empty for one that every machine knows."""


class Proxy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A reverse proxy in front, which speaks TLS and passes plain HTTP on."""

    trusted: tuple[str, ...]
    """Its addresses or networks: from nowhere else is a forwarded address believed."""
    listen: str
    """``host:port`` where the server waits for it."""
    authority: str = ""
    """As of ``OwnCertificate``."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``server.json``: the names agents and browsers use for this server, the port, and whether they speak TLS."""

    addresses: tuple[str, ...]
    port: int
    tls: bool
    database: str = "sqlite"
    """``sqlite`` or ``postgresql``: the kind it was set up with, so that another is never begun by mistake."""
    own: OwnCertificate | None = None
    proxy: Proxy | None = None


@dataclass(frozen=True, slots=True)
class Config:
    """A server's data directory and what it says."""

    data: Path
    settings: Settings

    @property
    def ca_key(self) -> Path:
        return self.data / "tls" / "ca.key"

    @property
    def ca_certificate(self) -> Path:
        return self.data / "tls" / "ca.pem"

    @property
    def key(self) -> Path:
        return self.data / "tls" / "server.key"

    @property
    def certificate(self) -> Path:
        return self.data / "tls" / "server.pem"

    @property
    def chain(self) -> Path:
        """The certificate that is shown to whoever connects."""
        return Path(self.settings.own.certificate) if self.settings.own else self.certificate

    @property
    def chain_key(self) -> Path:
        return Path(self.settings.own.key) if self.settings.own else self.key

    @property
    def pinned(self) -> Path | None:
        """The authority that agents pin; None without TLS, and where every machine knows it."""
        if not self.settings.tls:
            return None
        other = self.settings.proxy or self.settings.own
        if other is None:
            return self.ca_certificate
        return Path(other.authority) if other.authority else None

    @property
    def form_secret(self) -> Path:
        """What signs the tokens of forms."""
        return self.data / "form-secret"

    @property
    def seal_key(self) -> Path:
        """What seals secrets that must be read again (``server.seal``)."""
        return self.data / "seal.key"

    @property
    def recordings_key(self) -> Path:
        """What signs people's word: the reports of recordings, and reviews of access rights."""
        return self.data / "recordings.key"

    @property
    def url(self) -> str:
        """Where agents and browsers reach this server."""
        return address(self.settings.addresses[0], self.settings.port, tls=self.settings.tls)


def settings_file(data: Path) -> Path:
    return data / "server.json"


def load(data: Path) -> Config:
    """Read a data directory. Raises ``ConfigError``."""
    file = settings_file(data)
    try:
        raw = file.read_bytes()
    except FileNotFoundError as error:
        raise ConfigError("no server is set up here", where=str(data),
                          remedy=f"run: hustings server init --data {data}") from error
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", where=str(file),
                          remedy="run as the user who owns the data directory") from error
    try:
        settings = msgspec.json.decode(raw, type=Settings)
    except msgspec.DecodeError as error:
        raise ConfigError(f"not the settings of a server: {error}", where=str(file),
                          remedy="restore it from a backup, or set up anew in another directory") from error
    if not settings.addresses:
        raise ConfigError("addresses is empty", where=str(file), remedy="name at least one address")
    return Config(data, settings)


def database_url(data: Path) -> str:
    """The PostgreSQL of the environment, or the SQLite file of the data directory."""
    return os.environ.get(DATABASE_URL) or f"sqlite:///{data / 'hustings.db'}"


def chosen_database(config: Config) -> str:
    """The address of the database, once it is of the kind that the server was set up with. Raises ``ConfigError``."""
    url = database_url(config.data)
    if kind(url) == config.settings.database:
        return url
    if kind(url) == "sqlite":
        raise ConfigError("this server was set up with PostgreSQL, and no address of it is given", where=DATABASE_URL,
                          remedy="set HUSTINGS_DATABASE_URL as it was at set-up")
    raise ConfigError("this server was set up with SQLite, and the address of another database is given",
                      where=DATABASE_URL, remedy="unset HUSTINGS_DATABASE_URL, or name another --data directory")


def kind(url: str) -> str:
    """``sqlite`` or ``postgresql``."""
    return "sqlite" if url.startswith("sqlite:") else "postgresql"


def save(config: Config) -> None:
    """Write ``server.json``, whole or not at all."""
    file = settings_file(config.data)
    temporary = file.with_name(file.name + ".new")
    temporary.write_bytes(msgspec.json.format(msgspec.json.encode(config.settings)) + b"\n")
    temporary.replace(file)


def address(host: str, port: int, *, tls: bool) -> str:
    """``https://host:port``, with brackets around an IPv6 address."""
    return f"{'https' if tls else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine alone."""
    if host == "localhost":
        return True
    try:
        parsed = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return (mapped or parsed).is_loopback
