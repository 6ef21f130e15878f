"""What a certificate says, and whether it is good for a name. Pure, but for the library that reads it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address

from collectors.host.protocol import Unreadable

RSA_BITS = 2048
CURVE_BITS = 256
RENEWAL = timedelta(days=21)
"""How long before its end a certificate of a year should have been renewed; of shorter ones, a quarter of their
life: those of 90 days are renewed by programs when 30 are left."""


@dataclass(frozen=True)
class Certificate:
    """The leaf that a server shows."""

    names: tuple[str, ...]
    """DNS names (RFC 9525: the only place to look for them), in lower case; addresses as text."""
    not_before: datetime
    not_after: datetime
    key: str
    """``RSA 2048``, ``EC 256``, ``Ed25519`` …"""
    strong: bool
    """Whether key and signature are strong enough: RSA of 2048 bits, curves of 256, no MD5 or SHA-1."""
    der: bytes
    spki: bytes
    """The public key in DER, as TLSA records hold it."""

    @property
    def renew_by(self) -> datetime:
        """When it should have been renewed."""
        return self.not_after - min(RENEWAL, (self.not_after - self.not_before) / 4)


def parse(der: bytes) -> Certificate:
    """A certificate in DER. Raises ``Unreadable``."""
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    try:
        read = x509.load_der_x509_certificate(der)
        try:
            alternative = read.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
            names = [one.rstrip(".").lower() for one in alternative.get_values_for_type(x509.DNSName)]
            names += [str(one) for one in alternative.get_values_for_type(x509.IPAddress)]
        except x509.ExtensionNotFound:
            names = []
        key, strong = _strength(read.public_key())
        signature = read.signature_hash_algorithm
        weak = signature is not None and signature.name in ("md5", "sha1", "md4", "md2")
        spki = read.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Unreadable(f"the certificate cannot be read: {error}"[:200]) from error
    return Certificate(tuple(names), read.not_valid_before_utc, read.not_valid_after_utc, key, strong and not weak,
                       der, spki)


def _strength(key: object) -> tuple[str, bool]:
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa

    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}", key.key_size >= RSA_BITS
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC {key.key_size}", key.key_size >= CURVE_BITS
    if isinstance(key, (ed25519.Ed25519PublicKey, ed448.Ed448PublicKey)):
        return "Ed25519" if isinstance(key, ed25519.Ed25519PublicKey) else "Ed448", True
    return ("DSA" if isinstance(key, dsa.DSAPublicKey) else "unknown"), False


def matches(names: tuple[str, ...], host: str) -> bool:
    """Whether a certificate with these names is good for ``host``: the name itself, or ``*`` in place of its first
    label alone (RFC 9525, 6.3)."""
    host = host.rstrip(".").lower()
    try:
        return str(ip_address(host)) in names
    except ValueError:
        rest = host.partition(".")[2]
        return host in names or ("." in rest and f"*.{rest}" in names)


def tlsa(certificate: Certificate, selector: int, kind: int) -> bytes | None:
    """What a TLSA record with this selector and matching type holds for it (RFC 6698, 2.1); None for numbers that
    nobody assigned."""
    chosen = {0: certificate.der, 1: certificate.spki}.get(selector)
    if chosen is None:
        return None
    digests = {0: chosen, 1: hashlib.sha256(chosen).digest(), 2: hashlib.sha512(chosen).digest()}
    return digests.get(kind)
