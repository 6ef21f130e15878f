"""Names that say an account is nobody's in particular (row IAM-13 of the catalogue)."""

from __future__ import annotations

import re

SHARED = frozenset({
    "clerk", "clerks", "counter", "temp", "tmp", "temporary", "election", "elections", "shared", "generic", "guest",
    "volunteer", "volunteers", "kiosk", "frontdesk", "reception", "trainee", "training", "seasonal", "everyone",
})
"""Words of which one in a sign-in name says that several people use it."""
_WORD = re.compile(r"[a-z]+")


def shared_words(login: str) -> list[str]:
    """The words of a sign-in name (its part before an ``@``) that say that several people use it."""
    user = login.rpartition("@")[0] if "@" in login else login
    return sorted(SHARED.intersection(_WORD.findall(user.lower())))
