"""Domain names as people type them: what is none is refused with what to write instead."""

from __future__ import annotations

import re
from ipaddress import ip_address

from hustings.errors import CannotFinish, UsageError

LABEL, NAME = 63, 253
_SELECTOR = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\Z",
                       re.IGNORECASE)
_BEHIND = "_domainkey"
"""The label that follows a DKIM selector in the name of its record."""


def domain_name(text: str, where: str = "--domain") -> str:
    """The name in ASCII and lower case. Raises ``UsageError`` for an address, a URL, a mail address, a public suffix
    (``.org``, ``.on.ca``: nobody's own) and whatever else is no domain name; ``CannotFinish`` where the library for
    names beyond ASCII is missing."""
    name = text.strip().rstrip(".").lower()
    if "://" in name or "/" in name:
        host = name.partition("://")[2] or name
        raise UsageError(f"{text!r} is the address of a page", where=where,
                         remedy=f"give the domain alone: {host.partition('/')[0] or 'example.org'}")
    if "@" in name:
        raise UsageError(f"{text!r} is a mail address", where=where,
                         remedy=f"give the domain alone: {name.rpartition('@')[2] or 'example.org'}")
    if _is_address(name):
        raise UsageError(f"{text!r} is an address, not a domain", where=where,
                         remedy="give the domain's name, such as example.org")
    if ":" in name:
        raise UsageError(f"{text!r} holds a port", where=where, remedy=f"give {name.partition(':')[0]!r} alone")
    name = _ascii(name, text, where)
    labels = name.split(".")
    if len(labels) < 2:
        raise UsageError(f"{text!r} is not a whole domain name", where=where, remedy="write it as in example.org")
    if len(name) > NAME or any(not _is_label(one) for one in labels) or labels[-1].isdigit():
        raise UsageError(f"{text!r} is not a domain name", where=where,
                         remedy="use letters, digits and hyphens, with dots between: example.org")
    if _is_public(name):
        raise UsageError(f"{text!r} is a public suffix under which others register their domains, and nobody's own",
                         where=where, remedy=f"give the whole domain: yours.{name}")
    return name


def is_selector(text: str) -> bool:
    """Whether a text is a DKIM selector, without what follows it in the name of its record."""
    return _SELECTOR.match(text) is not None and _BEHIND not in text.lower().split(".")


def selector(text: str, where: str = "--dkim-selector") -> str:
    """A DKIM selector as it is typed. Raises ``UsageError`` for what is none, such as the whole name of its record."""
    found = text.strip()
    if not is_selector(found):
        alone = re.split(rf"\.?{_BEHIND}", found, maxsplit=1, flags=re.IGNORECASE)[0]
        raise UsageError(f"{text!r} is not a DKIM selector", where=where, remedy="write what stands before "
                         f"._domainkey alone: {alone if is_selector(alone) else 'selector1, google'}")
    return found


def _is_address(name: str) -> bool:
    try:
        ip_address(name.strip("[]").partition("%")[0])
    except ValueError:
        return False
    return True


def _ascii(name: str, text: str, where: str) -> str:
    if name.isascii():
        return name
    try:
        import idna
    except ImportError as error:
        raise CannotFinish("a name with letters beyond a to z takes a library that is not installed", where=where,
                           remedy="pip install 'hustings[domains]', or write the name as it is registered: xn--…"
                           ) from error

    try:
        return idna.encode(name, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise UsageError(f"{text!r} is not a domain name: {error}", where=where, remedy="check how it is written"
                         ) from error


def _is_label(label: str) -> bool:
    plain = label.replace("-", "").replace("_", "")
    return 0 < len(label) <= LABEL and plain.isalnum() and not label.startswith("-") and not label.endswith("-")


def _is_public(name: str) -> bool:
    """By the list that comes with the library; without it nobody knows, and every name of two labels may be asked."""
    try:
        from publicsuffixlist import PublicSuffixList
    except ImportError:
        return False
    return bool(PublicSuffixList().is_public(name))
