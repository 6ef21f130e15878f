"""PostgreSQL's access lists, as the server writes them: ``{clerks=arw/owner,=r/owner}``.

Pure. Source: PostgreSQL documentation, "Privileges", table of ACL privilege abbreviations; quoting as in its
``aclitemout`` (a name of other than letters, digits and _ in double quotes) within an array's text.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from hustings.access.rights import BIT
from hustings.access.state import Entry

LETTERS = {
    "r": "SELECT", "a": "INSERT", "w": "UPDATE", "d": "DELETE", "D": "TRUNCATE", "x": "REFERENCES", "t": "TRIGGER",
    "m": "MAINTAIN", "X": "EXECUTE", "U": "USAGE", "C": "CREATE", "c": "CONNECT", "T": "TEMPORARY",
}
"""``s`` and ``A`` (of configuration parameters) are on nothing that is read here."""


LONG = 256
"""Texts of more letters are remembered by their digest: there may be thousands, of hundreds of lines each."""


class Lists:
    """Access lists kept once each: equal texts are one list, equal lines one entry."""

    def __init__(self) -> None:
        self.lists: list[tuple[Entry, ...]] = []
        self._places: dict[str | bytes, int] = {"{}": -1}
        self._entries: dict[str, Entry] = {}

    def place(self, text: str) -> int:
        """Where the list of this text is; -1 for an empty one. Raises ``ValueError`` for what is no list."""
        known = text if len(text) <= LONG else sha256(text.encode()).digest()
        place = self._places.get(known)
        if place is None:
            place = self._places[known] = len(self.lists)
            self.lists.append(self.entries(text))
        return place

    def entries(self, text: str) -> tuple[Entry, ...]:
        """The lines of a list. Raises ``ValueError`` for what is no list."""
        if not (text.startswith("{") and text.endswith("}")):
            raise ValueError(f"no access list: {text[:80]!r}")
        plain = '"' not in text
        return tuple(self._entry(one) for one in (text[1:-1].split(",") if plain else elements(text)) if one)

    def _entry(self, text: str) -> Entry:
        entry = self._entries.get(text)
        if entry is None:
            entry = self._entries[text] = parse_item(text)
        return entry


def elements(text: str) -> Iterator[str]:
    """The elements of an array's text ``{a,"b c"}``, unquoted."""
    place, end = 1, len(text) - 1
    while place < end:
        if text[place] == '"':
            place += 1
            element = []
            while text[place] != '"':
                place += text[place] == "\\"
                element.append(text[place])
                place += 1
            yield "".join(element)
            place += 2
        else:
            stop = text.find(",", place, end)
            stop = end if stop < 0 else stop
            yield text[place:stop]
            place = stop + 1


def parse_item(text: str) -> Entry:
    """``clerks=ar*w/owner``: the grantee's rights, a star after each that may be passed on, and who gave them.
    Raises ``ValueError``."""
    grantee, place = _name(text, 0)
    if text[place:place + 1] != "=":
        raise ValueError(f"no line of an access list: {text[:80]!r}")
    letters, _, grantor = text[place + 1:].partition("/")
    rights = grantable = bit = 0
    for letter in letters:
        if letter == "*":
            grantable |= bit
        else:
            bit = BIT[LETTERS[letter]] if letter in LETTERS else 0
            rights |= bit
    return Entry(grantee, rights, grantable, _name(grantor, 0)[0])


def _name(text: str, place: int) -> tuple[str, int]:
    """A name, quoted or not, and where it ends."""
    if text[place:place + 1] != '"':
        end = text.find("=", place)
        end = len(text) if end < 0 else end
        return text[place:end], end
    parts = []
    while text[place:place + 1] == '"':
        end = text.index('"', place + 1)
        parts.append(text[place + 1:end])
        place = end + 1
    return '"'.join(parts), place
