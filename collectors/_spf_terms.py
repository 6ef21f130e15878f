"""The words of an SPF record, as RFC 7208 (section 12) spells them. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address

_EXPAND = r"%\{[slodiphcrtvSLODIPHCRTV][0-9]*[rR]?[.\-+,/_=]*\}"
_MACRO_TEXT = rf"(?:{_EXPAND}|%%|%_|%-|[!-$&-~])*"
_TOP = r"(?:[A-Za-z0-9]*[A-Za-z][A-Za-z0-9]*|[A-Za-z0-9]+-[A-Za-z0-9-]*[A-Za-z0-9])"
_SPEC = re.compile(rf"{_MACRO_TEXT}(?:\.{_TOP}\.?|{_EXPAND})")
_MODIFIER = re.compile(rf"([A-Za-z][A-Za-z0-9\-_.]*)=({_MACRO_TEXT})")
_MECHANISM = re.compile(r"([+\-~?]?)(all|include|a|mx|ptr|ip4|ip6|exists)(?:([:/])(.*))?", re.IGNORECASE)
_LENGTHS = re.compile(r"(.*?)(?:/(0|[1-9][0-9]?))?(?://(0|[1-9][0-9]{0,2}))?")
_EXPANSION = re.compile(r"%\{([A-Za-z])([0-9]*)([rR]?)([.\-+,/_=]*)\}")

LONGEST = 300
ASKING = frozenset({"include", "a", "mx", "ptr", "exists", "redirect"})
"""The terms that cost a look-up (section 4.6.4)."""


class BadTerm(ValueError):
    """A term that makes the whole record invalid, with what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Term:
    """One mechanism or modifier."""

    kind: str
    """``all``, ``include``, ``a``, ``mx``, ``ptr``, ``ip4``, ``ip6``, ``exists``, ``redirect``, ``exp``."""
    qualifier: str = "+"
    domain: str = ""
    """The domain it names, macros and all; empty for the record's own."""
    widths: tuple[int, int] = (32, 128)
    """How many bits of an IPv4 and an IPv6 address must agree."""
    text: str = ""


def is_spf(text: str) -> bool:
    """Whether a TXT record is an SPF record (section 4.5)."""
    return text.lower() == "v=spf1" or text.lower().startswith("v=spf1 ")


def parse(text: str) -> list[Term]:
    """The terms of a record, first to last, unknown modifiers left out; raises ``BadTerm``."""
    if not text.isascii():
        raise BadTerm("it holds characters that are not ASCII")
    found = [one for one in map(_term, filter(None, text[len("v=spf1"):].split(" "))) if one is not None]
    for kind in ("redirect", "exp"):
        if sum(one.kind == kind for one in found) > 1:
            raise BadTerm(f"it holds {kind}= more than once")
    return found


def _term(text: str) -> Term | None:
    if len(text) > LONGEST:
        raise BadTerm(f"{text[:40]!r}… is longer than a domain name can be")
    mechanism = _MECHANISM.fullmatch(text)
    if mechanism:
        return _mechanism(text, *mechanism.groups())
    modifier = _MODIFIER.fullmatch(text)
    if modifier is None:
        raise BadTerm(f"{text!r} is no term of SPF")
    kind = modifier[1].lower()
    if kind not in ("redirect", "exp"):
        return None
    return Term(kind, domain=_domain(modifier[2], text), text=text)


def _mechanism(text: str, sign: str, name: str, mark: str | None, rest: str | None) -> Term:
    kind, sign = name.lower(), sign or "+"
    if kind == "all":
        if mark:
            raise BadTerm(f"{text!r}: all takes nothing behind it")
        return Term(kind, sign, text=text)
    if kind in ("ip4", "ip6"):
        if mark != ":":
            raise BadTerm(f"{text!r} names no address")
        return _address(kind, sign, text, rest or "")
    if mark == "/" and kind not in ("a", "mx"):
        raise BadTerm(f"{text!r}: {kind} takes no prefix length")
    if kind not in ("a", "mx"):
        if mark is None and kind != "ptr":
            raise BadTerm(f"{text!r} names no domain")
        return Term(kind, sign, _domain(rest or "", text) if mark else "", text=text)
    behind = (rest or "") if mark == ":" else f"/{rest}" if mark else ""
    lengths = _LENGTHS.fullmatch(behind)
    if lengths is None:
        raise BadTerm(f"{text!r} cannot be read")
    four, six = int(lengths[2] or 32), int(lengths[3] or 128)
    if four > 32 or six > 128:
        raise BadTerm(f"{text!r} has a prefix length that is too long")
    return Term(kind, sign, _domain(lengths[1], text) if mark == ":" else _nothing(lengths[1], text), (four, six),
                text=text)


def _nothing(text: str, whole: str) -> str:
    if text:
        raise BadTerm(f"{whole!r} cannot be read")
    return ""


def _domain(text: str, whole: str) -> str:
    if not _SPEC.fullmatch(text):
        raise BadTerm(f"{whole!r} names no domain that can be looked up")
    return text


def _address(kind: str, sign: str, text: str, rest: str) -> Term:
    written, slash, length = rest.partition("/")
    most = 32 if kind == "ip4" else 128
    try:
        (IPv4Address if kind == "ip4" else IPv6Address)(written)
    except AddressValueError as error:
        raise BadTerm(f"{text!r} holds no {'IPv4' if most == 32 else 'IPv6'} address") from error
    if slash and not (length.isdigit() and (length == "0" or length[0] != "0") and int(length) <= most):
        raise BadTerm(f"{text!r} has no prefix length from 0 to {most}")
    width = int(length) if slash else most
    return Term(kind, sign, written, (width, 128) if most == 32 else (32, width), text=text)


def expand(spec: str, domain: str, sender: str) -> str | None:
    """A domain with its macros replaced, or None where one depends on the message (section 7).

    ``%{d}`` is the domain whose record it is, ``%{o}`` the sender's."""
    found = spec.replace("%%", "\0")
    while (macro := _EXPANSION.search(found)) is not None:
        if macro[1].lower() not in ("d", "o"):
            return None
        said = domain if macro[1].lower() == "d" else sender
        parts = re.split(f"[{re.escape(macro[4] or '.')}]", said)
        if macro[3]:
            parts.reverse()
        if macro[2]:
            parts = parts[-int(macro[2]):] if int(macro[2]) else parts
        found = found[:macro.start()] + ".".join(parts) + found[macro.end():]
    if "%" in found:
        return None
    return found.replace("\0", "%")
