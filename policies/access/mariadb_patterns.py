"""Patterns of MariaDB's and MySQL's grant tables: which hosts and schemas they mean, and which comes first.

``%`` stands for any text, ``_`` for any one character, a backslash takes the meaning from the next one. Of all
lines on schemas that fit an account only one counts, the most specific: the manual, "GRANT", "Database Privileges",
and the server's own order, by how many names a pattern could match.
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache

_LONGEST = {"host": 255, "schema": 64}
"""Characters that a host or a schema name may have (``HOSTNAME_LENGTH``, ``NAME_CHAR_LEN``)."""


@lru_cache(maxsize=20_000)
def _compiled(pattern: str, fold: bool) -> re.Pattern[str]:
    text, place = [], 0
    while place < len(pattern):
        one = pattern[place]
        if one == "\\" and place + 1 < len(pattern):
            place += 1
            text.append(re.escape(pattern[place]))
        else:
            text.append({"%": ".*", "_": "."}.get(one) or re.escape(one))
        place += 1
    return re.compile("".join(text), re.DOTALL | (re.IGNORECASE if fold else 0))


def fits(pattern: str, name: str, *, fold: bool = False) -> bool:
    """Whether a pattern of schemas means this one. ``fold``: small and capital letters are the same."""
    return _compiled(pattern, fold).fullmatch(name) is not None


def covers(pattern: str, host: str) -> bool:
    """Whether everybody who comes as ``…@host`` (a pattern itself, maybe) comes from within ``pattern`` too."""
    if pattern in ("", "%") or pattern.lower() == host.lower():
        return True
    if "/" in pattern:
        network, inner = _network(pattern), _network(host)
        return network is not None and inner is not None and network.version == inner.version and (
            inner.network_address in network and inner.prefixlen >= network.prefixlen)
    return fits(pattern, host, fold=True)


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


@lru_cache(maxsize=20_000)
def generality(pattern: str, of: str) -> tuple[int, int, int, int]:
    """How much a pattern (``of``: ``host`` or ``schema``) could match: of two, the smaller is more specific."""
    letters = ones = runs = before = place = 0
    while place < len(pattern):
        one = pattern[place]
        if one in "%_":
            before = before if runs or ones else letters
            if one == "%":
                runs += 1
                while pattern[place + 1:place + 2] == "%":
                    place += 1
            else:
                ones += 1
        else:
            if one == "\\" and place + 1 < len(pattern):
                place += 1
            letters += 1
        place += 1
    runs, ones = min(runs, 31), min(ones, 31)
    free = _LONGEST[of] - letters - ones if runs else 0
    return (2 * free + 1, runs, ones, before) if free > ones else (2 * ones, free, runs, before)
