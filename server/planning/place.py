"""Where one line of a plan is shown: an address that any name of an asset can be part of."""

from __future__ import annotations

import hashlib
import re

_PLAIN = re.compile(r"(?=.*[A-Za-z0-9])[A-Za-z0-9][A-Za-z0-9._-]{0,79}")


def key(asset: str) -> str:
    """The asset's own name where an address takes it as it is, else a part of its hash."""
    return asset if _PLAIN.fullmatch(asset) else "~" + hashlib.sha256(asset.encode()).hexdigest()[:20]
