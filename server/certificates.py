"""A certificate from elsewhere: whether it may stand in front of this server, and taking a renewed one up."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from hustings.errors import ConfigError
from server import tls
from server.config import Config

logger = logging.getLogger(__name__)
EVERY = 3600.0
"""Seconds between two looks at the files."""
WARN = timedelta(days=21)


def check(certificate: Path, key: Path, names: Iterable[str], now: datetime) -> x509.Certificate:
    """The certificate of a file, once it is good for this server. Raises ``ConfigError``: what is wrong, and where."""
    found = _chain(certificate)[0]
    try:
        private = load_pem_private_key(_read(key), None)
    except (ValueError, TypeError) as error:
        raise ConfigError("this is not a private key without a passphrase", where=str(key),
                          remedy="give the PEM file of the key alone") from error
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if private.public_key().public_bytes(*form) != found.public_key().public_bytes(*form):
        raise ConfigError("the key is not this certificate's", where=str(key),
                          remedy="give the two that belong together")
    if not found.not_valid_before_utc <= now < found.not_valid_after_utc:
        raise ConfigError(f"the certificate holds from {found.not_valid_before_utc:%Y-%m-%d} to "
                          f"{found.not_valid_after_utc:%Y-%m-%d}", where=str(certificate), remedy="renew it")
    covered = _names(found)
    for name in names:
        parent = name.partition(".")[2]
        if name.lower() not in covered and f"*.{parent}" not in covered:
            raise ConfigError(f"the certificate is not for {name}; it is for {', '.join(sorted(covered)) or 'nothing'}",
                              where=str(certificate), remedy="have it issued for every address of the server")
    if key.stat().st_mode & 0o077:
        raise ConfigError("others than its owner may read the key", where=str(key), remedy=f"chmod 600 {key}")
    return found


def authority(file: Path) -> x509.Certificate:
    """The authority that agents are to pin. Raises ``ConfigError``."""
    found = _chain(file)[0]
    try:
        basic = found.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        basic = None
    if basic is None or not basic.ca:
        raise ConfigError("this certificate is not an authority's", where=str(file),
                          remedy="give the certificate at the root of the chain")
    return found


class Renewal:
    """Takes up a renewed certificate without a restart: the server's own when it is due, or changed files."""

    def __init__(self, config: Config, context: ssl.SSLContext, clock: Callable[[], datetime]) -> None:
        self._config = config
        self._context = context
        self._clock = clock
        self._stop = Event()
        self._seen = self._stamp()

    def run(self) -> None:
        """Look every hour until ``stop``."""
        while not self._stop.wait(EVERY):
            self.look()

    def look(self) -> bool:
        """Load the files anew if they changed. What cannot be loaded is logged, and the old certificate stays."""
        try:
            now = self._clock()
            if self._config.settings.own is None:
                tls.renew_if_due(self._config, now)
            stamp = self._stamp()
            if stamp == self._seen:
                return False
            found = check(self._config.chain, self._config.chain_key, self._config.settings.addresses, now)
            self._context.load_cert_chain(self._config.chain, self._config.chain_key)
        except (ConfigError, OSError, ssl.SSLError) as error:
            logger.error("the new certificate is not taken", extra={"error": str(error)[:500]})
            return False
        self._seen = stamp
        logger.info("certificate taken up", extra={"until": found.not_valid_after_utc.isoformat()})
        return True

    def stop(self) -> None:
        self._stop.set()

    def _stamp(self) -> tuple[tuple[int, int], ...]:
        found = []
        for file in (self._config.chain, self._config.chain_key):
            status = file.stat()
            found.append((status.st_mtime_ns, status.st_ino))
        return tuple(found)


def _chain(file: Path) -> list[x509.Certificate]:
    try:
        found = x509.load_pem_x509_certificates(_read(file))
    except ValueError as error:
        raise ConfigError("this is not a certificate in PEM", where=str(file),
                          remedy="give the file that begins with -----BEGIN CERTIFICATE-----") from error
    return found


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", where=str(file),
                          remedy="name a file that the server's user may read") from error


def _names(certificate: x509.Certificate) -> set[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return set()
    return {name.lower() for name in names.get_values_for_type(x509.DNSName)} | {
        str(address) for address in names.get_values_for_type(x509.IPAddress)}
