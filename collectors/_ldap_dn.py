"""Distinguished names (RFC 4514), brought to one form so that they can be compared."""

from __future__ import annotations

import re

_PLAIN = re.compile(r"[^\\\"#+;<>]*\Z")
_SPACES = re.compile(r"\s*([,=])\s*")
_HEX = re.compile(r"(?:\\[0-9a-fA-F]{2})+")


def fold(dn: str) -> str:
    """The name in lower case, without spaces around its parts, its escapes written one way."""
    if _PLAIN.match(dn):
        return _SPACES.sub(r"\1", dn.strip()).lower() if " " in dn else dn.lower()
    return ",".join("=".join(_part(half) for half in _halves(one)) for one in parts(dn))


def parts(dn: str) -> list[str]:
    """The relative names, from the entry's own to the topmost, as they are written."""
    found, start, at, quoted = [], 0, 0, False
    while at < len(dn):
        letter = dn[at]
        if letter == "\\":
            at += 1
        elif letter == '"':
            quoted = not quoted
        elif letter in ",;" and not quoted:
            found.append(dn[start:at])
            start = at + 1
        at += 1
    return [*found, dn[start:]] if dn else []


def above(dn: str) -> str:
    """The name of the entry above, as it is written; "" for a topmost one."""
    first = parts(dn)
    return dn[len(first[0]) + 1:].lstrip() if len(first) > 1 else ""


def within(dn: str, base: str) -> bool:
    """Whether the folded name is ``base`` (folded) or below it."""
    return not base or dn == base or dn.endswith("," + base)


def value(dn: str) -> str:
    """What the entry is called: the value of its own relative name."""
    first = parts(dn)
    return _unescaped(_halves(first[0])[-1].strip()) if first else ""


def _halves(one: str) -> list[str]:
    name, equals, rest = one.partition("=")
    return [name, rest] if equals else [name]


def _part(text: str) -> str:
    plain = _unescaped(text.strip().strip('"')).lower()
    return re.sub(r"([,+\"\\<>;=])", r"\\\1", re.sub(r"\s+", " ", plain))


def _unescaped(text: str) -> str:
    def decoded(found: re.Match[str]) -> str:
        return bytes.fromhex(found.group().replace("\\", "")).decode("utf-8", "replace")

    return re.sub(r"\\(.)", r"\1", _HEX.sub(decoded, text))
