"""Passwords: argon2id, and the few rules that help."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from hustings.errors import UsageError

SHORTEST = 12
LONGEST = 256
_hasher = PasswordHasher()
_NOBODY = _hasher.hash("no person has this password")


def hashed(password: str) -> str:
    """The argon2id hash of a new password. Raises ``UsageError`` if it is too short (12) or too long (256)."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise UsageError(f"a password has {SHORTEST} to {LONGEST} characters, not {len(password)}",
                         remedy="use several unrelated words")
    return _hasher.hash(password)


def matches(kept: str | None, password: str) -> bool:
    """Whether a password is the one kept. For no one (None) it takes as long and is False."""
    if len(password) > LONGEST:
        return False
    try:
        _hasher.verify(kept or _NOBODY, password)
    except (VerifyMismatchError, InvalidHashError):
        return False
    return kept is not None
