"""The server's own certificate authority, and the certificate it signs for itself.

Agents pin the authority by the SHA-256 of its DER form, printed in the enrol line.
"""

from __future__ import annotations

import hashlib
import ipaddress
import os
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hustings.errors import ConfigError
from server.config import Config

CA_LIFE = timedelta(days=3650)
LIFE = timedelta(days=397)
RENEW_BEFORE = timedelta(days=60)
_BACKDATED = timedelta(hours=1)


def create_authority(config: Config, now: datetime) -> None:
    """A new authority in the data directory. Its key never leaves it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Hustings {config.settings.addresses[0]}"[:64])])
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED).not_valid_after(now + CA_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(ca=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256()))
    config.ca_key.parent.mkdir(mode=0o700, exist_ok=True)
    _write(config.ca_key, _pem(key))
    _write(config.ca_certificate, certificate.public_bytes(serialization.Encoding.PEM), mode=0o644)


def create_certificate(config: Config, now: datetime) -> None:
    """A new key and certificate for every address of the server, signed by its authority."""
    authority = _authority(config)
    authority_key = serialization.load_pem_private_key(config.ca_key.read_bytes(), None)
    assert isinstance(authority_key, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    names = [_name(one) for one in dict.fromkeys((*config.settings.addresses, "localhost", "127.0.0.1", "::1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, config.settings.addresses[0][:64])]))
        .issuer_name(authority.subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED).not_valid_after(min(now + LIFE, authority.not_valid_after_utc))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(ca=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256()))
    _write(config.key, _pem(key))
    _write(config.certificate, certificate.public_bytes(serialization.Encoding.PEM), mode=0o644)


def renew_if_due(config: Config, now: datetime) -> bool:
    """Replace a certificate that ends within 60 days. Agents notice nothing: the authority stays."""
    certificate = _read(config.certificate)
    if certificate.not_valid_after_utc - now > RENEW_BEFORE:
        return False
    create_certificate(config, now)
    return True


def pin(config: Config) -> str:
    """``sha256:`` and the hex digest of the DER bytes of the authority that agents pin. Raises ``ConfigError``."""
    if config.pinned is None:
        raise ConfigError("there is no authority to pin", where=str(config.data),
                          remedy="machines know the authority of this server's certificate already")
    der = _read(config.pinned).public_bytes(serialization.Encoding.DER)
    return "sha256:" + hashlib.sha256(der).hexdigest()


def _authority(config: Config) -> x509.Certificate:
    return _read(config.ca_certificate)


def _read(path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ConfigError("the certificate cannot be read", where=str(path),
                          remedy="restore the data directory from a backup") from error


def _name(address: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(address))
    except ValueError:
        return x509.DNSName(address)


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca, key_cert_sign=ca, crl_sign=ca, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                             serialization.NoEncryption())


def _write(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Write whole or not at all."""
    temporary = path.with_name(path.name + ".new")
    temporary.unlink(missing_ok=True)
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
