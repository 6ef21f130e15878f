"""Pseudonyms: hosts, sites, people and serial numbers as somebody sees them who is not to know their names.

The same name is the same pseudonym throughout one engagement, and another one in the next: each is an HMAC under a key
of that engagement, which comes from a secret of the office that never leaves the server (RFC 2104). Where names are
shown every text comes back as it was.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from server.engagement import Engagement

_LENGTH = 8
"""Letters of a pseudonym: 40 bits, so that two of ten thousand names clash once in 20,000 offices."""
_MAIL = r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
_FOLDER = r"(?<=/home/)[^/\s:'\"]+|(?<=/Users/)[^/\s:'\"]+|(?<=\\Users\\)[^\\\s:'\"]+"
_ADDRESS = r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])|(?<![\w:])(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}(?![\w:])"


@dataclass(frozen=True, slots=True)
class Known:
    """The names an office has, as far as the server knows them: what is blotted out of free text."""

    hosts: frozenset[str] = frozenset()
    sites: frozenset[str] = frozenset()
    people: frozenset[str] = frozenset()
    serials: frozenset[str] = frozenset()


NOTHING = Known()


class Names:
    """How one reader sees names. Without an engagement, or with names shown, as they are."""

    def __init__(self, engagement: Engagement | None = None, known: Known = NOTHING) -> None:
        self._key = None if engagement is None or engagement.names_shown else _required(engagement.key)
        self._known = known

    @classmethod
    def keyed(cls, key: bytes, known: Known = NOTHING) -> Names:
        """Names hidden under a key of another kind than an engagement's."""
        made = cls(None, known)
        made._key = _required(key)
        return made

    @property
    def shown(self) -> bool:
        """Whether names are as they are."""
        return self._key is None

    def host(self, name: str) -> str:
        return self._said("machine", name)

    def site(self, name: str) -> str:
        return self._said("site", name)

    def person(self, name: str) -> str:
        return self._said("pers", name)

    def serial(self, number: str) -> str:
        return self._said("serial", number)

    def text(self, text: str) -> str:
        """Free text without any name that the office is known to have, nor mail addresses, home folders, IP and
        hardware addresses."""
        if self._key is None or not text:
            return text
        return self._pattern.sub(self._hide, text)

    def matching(self, wanted: str, names: Iterable[str]) -> list[str]:
        """The real hosts whose shown form holds ``wanted``: a real name finds nothing where names are hidden."""
        folded = wanted.casefold()
        return [one for one in names if folded in self.host(one).casefold()]

    def _said(self, kind: str, name: str) -> str:
        if self._key is None or not name:
            return name
        digest = hmac.digest(self._key, f"{kind}\0{name.casefold()}".encode("utf-8", "surrogatepass"), hashlib.sha256)
        return f"{kind}-{base64.b32encode(digest)[:_LENGTH].decode('ascii').lower()}"

    @cached_property
    def _kinds(self) -> dict[str, Callable[[str], str]]:
        found: dict[str, Callable[[str], str]] = {}
        for names, say in ((self._known.people, self.person), (self._known.sites, self.site),
                           (self._known.serials, self.serial), (self._known.hosts, self.host)):
            found.update((name.casefold(), say) for name in names if name.strip())
        return found

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        known = sorted(self._kinds, key=lambda one: (-len(one), one))
        words = "|".join(re.escape(one) for one in known)
        own = [rf"(?<!\w)(?P<name>{words})(?P<rest>(?:\.[\w-]+)*)(?!\w)"] if words else []
        return re.compile("|".join((f"(?P<mail>{_MAIL})", f"(?P<folder>{_FOLDER})", *own,
                                    f"(?P<address>{_ADDRESS})")), re.IGNORECASE)

    def _hide(self, found: re.Match[str]) -> str:
        groups = found.groupdict()
        name = groups.get("name")
        if name:
            return self._kinds[name.casefold()](name)
        if groups["mail"] or groups["folder"]:
            return self.person(found[0])
        return self._said("address", found[0])


def _required(key: bytes) -> bytes:
    if not key:
        raise ValueError("names are to be hidden, and there is no key to hide them under")
    return key
