"""Secrets at rest: sealed in the database with a key that lies in the data directory, so that neither is enough.

AES-256-GCM (NIST SP 800-38D) with a random nonce; what a secret is about goes in as associated data, so that a sealed
secret put in another person's place does not open.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hustings.errors import CannotFinish, ConfigError

_KEY = 32
_NONCE = 12


class Sealer:
    """Seals, opens and signs with one key."""

    def __init__(self, key: bytes, where: str = "") -> None:
        self._cipher = AESGCM(_of(key, b"seal"))
        self._key = key
        self._where = where

    def seal(self, plain: bytes, about: str) -> bytes:
        """``plain`` so that only ``open`` with the same key and the same ``about`` reads it."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._cipher.encrypt(nonce, plain, about.encode("utf-8"))

    def open(self, sealed: bytes, about: str) -> bytes:
        """What was sealed. Raises ``CannotFinish`` for another key, another ``about``, or changed bytes."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], about.encode("utf-8"))
        except (InvalidTag, ValueError) as error:
            raise CannotFinish("a secret in the database was not sealed with this server's key", where=self._where,
                               remedy="restore factors.key from the backup the database is of, or recover the person "
                                      "(hustings server user recover)") from error

    def signature(self, purpose: str, data: bytes) -> bytes:
        """32 bytes that only this key makes of ``data`` for ``purpose`` (HMAC-SHA-256)."""
        return hmac.digest(_of(self._key, purpose.encode("utf-8")), data, "sha256")


def sealer(file: Path) -> Sealer:
    """The sealer of a data directory; its key is made on first use. Raises ``ConfigError`` if it is not a key."""
    if not file.exists():
        _make(file)
    try:
        key = file.read_bytes()
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", where=str(file),
                          remedy="run as the user who owns the data directory") from error
    if len(key) != _KEY:
        raise ConfigError("not a key: it must have 32 bytes", where=str(file), remedy="restore it from a backup")
    return Sealer(key, str(file))


def _of(key: bytes, purpose: bytes) -> bytes:
    return hashlib.blake2b(purpose, key=key, digest_size=_KEY).digest()


def _make(file: Path) -> None:
    """Whole or not at all, and never over another's."""
    fresh = file.with_name(f".{file.name}-{secrets.token_hex(8)}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(secrets.token_bytes(_KEY))
            out.flush()
            os.fsync(out.fileno())
        os.link(fresh, file)
    except FileExistsError:
        return
    finally:
        fresh.unlink()
