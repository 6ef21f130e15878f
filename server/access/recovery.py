"""Recovery codes: ten, each good once, for whoever has lost their second factor.

Each holds 80 random bits, so one fast hash is enough to keep it by: there is nothing to guess.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets

COUNT = 10
_BYTES = 10
SHAPE = re.compile(r"[A-Z2-7]{4}(-[A-Z2-7]{4}){3}\Z")


def fresh() -> list[str]:
    """Ten codes as they are shown: ``ABCD-EFGH-IJKL-MNOP``."""
    return [_shown(base64.b32encode(secrets.token_bytes(_BYTES)).decode("ascii")) for _ in range(COUNT)]


def plain(text: str) -> str:
    """A code as a person may type it, without what does not count."""
    return "".join(text.upper().split()).replace("-", "")


def kept(tenant: str, person: int, code: str) -> str:
    """What is kept of a person's code."""
    return hashlib.sha256(f"{tenant} {person} {plain(code)}".encode("utf-8", "surrogatepass")).hexdigest()


def _shown(code: str) -> str:
    return "-".join(code[at:at + 4] for at in range(0, len(code), 4))
