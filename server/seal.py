"""Secrets that must be read again (shared secrets of authenticators, of identity providers): sealed at rest.

The key is a file of the data directory, so that a copy of the database alone opens none of them. What is sealed is
bound to its purpose: a sealed value that is moved to another row or another use does not open.
"""

from __future__ import annotations

import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hustings.errors import ConfigError
from server.config import Config

_NONCE = 12
_KEY = 32


def seal(config: Config, secret: bytes, purpose: str) -> bytes:
    """``secret`` under the server's key (AES-256-GCM), for one purpose: what it is and whose, as one text."""
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(_key(config)).encrypt(nonce, secret, purpose.encode())


def open_sealed(config: Config, sealed: bytes, purpose: str) -> bytes:
    """What was sealed. Raises ``ConfigError`` if it was sealed under another key or for another purpose."""
    try:
        return AESGCM(_key(config)).decrypt(sealed[:_NONCE], sealed[_NONCE:], purpose.encode())
    except (InvalidTag, ValueError) as error:
        raise ConfigError("a sealed secret does not open with the server's key", where=str(config.seal_key),
                          remedy="restore the data directory and the database from the same backup") from error


def signature(config: Config, data: bytes, purpose: str) -> bytes:
    """32 bytes that only this server makes of ``data`` for one purpose (HMAC-SHA-256 under a key of that purpose)."""
    return hmac.digest(hmac.digest(_key(config), purpose.encode(), "sha256"), data, "sha256")


def _key(config: Config) -> bytes:
    """The key, made on first use."""
    file = config.seal_key
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        key = file.read_bytes()
        if len(key) != _KEY:
            raise ConfigError("this is not the server's key", where=str(file),
                              remedy="restore the data directory from a backup") from None
        return key
    key = os.urandom(_KEY)
    with os.fdopen(handle, "wb") as out:
        out.write(key)
        out.flush()
        os.fsync(out.fileno())
    return key
