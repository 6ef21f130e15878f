"""Ed25519 keys: made, kept, named and, above all, checked before they are trusted.

``cryptography`` accepts public keys that no honest signer has: the points of small order
(RFC 8032, section 5.1.7 leaves the check to the caller), for which one signature verifies every
message, and encodings whose y is not below the field's prime. ``public_key`` refuses both first.
"""

from __future__ import annotations

import base64
import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from hustings.errors import BadKey, ConfigError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_PRIME = 2**255 - 19
_ORDER_8_Y = 2707385501144840649318225287225658788936804267575313519463743609750303402022
_SMALL_ORDER_Y = frozenset({0, 1, _PRIME - 1, _ORDER_8_Y, _PRIME - _ORDER_8_Y})
"""The y coordinates of the eight points whose order divides 8."""


def public_key(raw: bytes) -> Ed25519PublicKey:
    """A usable public key from its 32 bytes. Raises ``BadKey``."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    if len(raw) != 32:
        raise BadKey(f"an Ed25519 public key has 32 bytes, not {len(raw)}")
    y = int.from_bytes(raw, "little") & ((1 << 255) - 1)
    if y >= _PRIME:
        raise BadKey("the public key is not canonically encoded")
    if y in _SMALL_ORDER_Y:
        raise BadKey("the public key is a point of small order")
    if not _on_curve(y):
        raise BadKey("the public key is not a point of the curve")
    return Ed25519PublicKey.from_public_bytes(raw)


def _on_curve(y: int) -> bool:
    """Whether some x satisfies -x² + y² = 1 + d·x²·y² (RFC 8032, section 5.1)."""
    d = -121665 * pow(121666, -1, _PRIME) % _PRIME
    x_squared = (y * y - 1) * pow(d * y * y + 1, -1, _PRIME) % _PRIME
    return x_squared == 0 or pow(x_squared, (_PRIME - 1) // 2, _PRIME) == 1


def key_id(raw: bytes) -> str:
    """The name of a public key: ``sha256:`` and the hex digest of its 32 bytes."""
    return "sha256:" + hashlib.sha256(raw).hexdigest()


def encode(raw: bytes) -> str:
    """Key bytes as standard base64 text."""
    return base64.b64encode(raw).decode("ascii")


def decode(text: str) -> bytes:
    """The inverse of ``encode``. Raises ``BadKey``."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise BadKey("the public key is not base64") from error


def public_bytes(private: Ed25519PrivateKey) -> bytes:
    """The 32 bytes of the public half."""
    return private.public_key().public_bytes_raw()


def create(path: Path) -> Ed25519PrivateKey:
    """Make a private key in a new file of mode 0600 (raw base64). Raises ``FileExistsError``."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    private = Ed25519PrivateKey.generate()
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(base64.b64encode(private.private_bytes_raw()) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return private


def load(path: Path) -> Ed25519PrivateKey:
    """Read a private key, refusing one that others may read. Raises ``ConfigError``, ``OSError``."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    mode = path.stat().st_mode
    if os.name == "posix" and mode & 0o077:
        raise ConfigError(f"the private key may be read by others (mode {mode & 0o777:04o})",
                          where=str(path), remedy=f"chmod 600 {path}, and enrol again if others had access")
    try:
        return Ed25519PrivateKey.from_private_bytes(base64.b64decode(path.read_bytes().strip(), validate=True))
    except ValueError as error:
        raise ConfigError("not a private key of Hustings", where=str(path), remedy="enrol again") from error
