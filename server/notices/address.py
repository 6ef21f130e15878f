"""Mail addresses: the plain form that every mail server takes, and no other."""

from __future__ import annotations

import re

LONGEST = 254
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}"
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"{_ATOM}(\.{_ATOM})*@{_LABEL}(\.{_LABEL})*\Z")


def is_address(text: str) -> bool:
    """Whether a text is one address (RFC 5321 without quoting, comments or addresses of hosts), and nothing else."""
    return len(text) <= LONGEST and len(text.partition("@")[0]) <= 64 and _ADDRESS.match(text) is not None
