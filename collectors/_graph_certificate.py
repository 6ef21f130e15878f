"""The private key and the certificate with which an application signs in, from one PEM file."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime

from collectors.graph_errors import NotSignedIn
from hustings.times import utc_text

_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----\r?\n.*?-----END \1-----", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Certificate:
    """Both as PEM. The key is in no text of this object."""

    key: str = field(repr=False)
    certificate: str
    thumbprint: str
    """SHA-256, in hex."""


def parse(text: str, path: str, now: datetime) -> Certificate:
    """What the file at ``path`` holds. Raises ``NotSignedIn`` with what to mend; no message quotes it."""
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

    blocks = [(found.group(1), found.group(0)) for found in _BLOCK.finditer(text)]
    keys = [block for label, block in blocks if label.endswith("PRIVATE KEY")]
    if len(keys) != 1:
        raise NotSignedIn(f"{path} holds {len(keys) or 'no'} private key{'s' if keys else ''}: put one key and its "
                          "certificate there, both as PEM")
    try:
        key = load_pem_private_key(keys[0].encode(), None)
        certificates = [x509.load_pem_x509_certificate(block.encode()) for label, block in blocks
                        if label == "CERTIFICATE"]
    except TypeError:
        raise NotSignedIn(f"the key in {path} is encrypted with a passphrase: keep it without one, in a file that "
                          "its owner alone can read") from None
    except (ValueError, UnsupportedAlgorithm):
        raise NotSignedIn(f"the key or the certificate in {path} cannot be read as PEM") from None
    if not isinstance(key, RSAPrivateKey):
        raise NotSignedIn(f"the key in {path} is not RSA, the only kind Microsoft Entra ID takes")
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    own = next((one for one in certificates
                if one.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) == public), None)
    if own is None:
        raise NotSignedIn(f"{path} holds no certificate of its key: append the certificate that was registered")
    if not own.not_valid_before_utc <= now <= own.not_valid_after_utc:
        raise NotSignedIn(f"the certificate in {path} is valid from {utc_text(own.not_valid_before_utc)} to "
                          f"{utc_text(own.not_valid_after_utc)} only: register a new one, or mend this clock")
    return Certificate(keys[0], own.public_bytes(Encoding.PEM).decode(), own.fingerprint(hashes.SHA256()).hex())
