"""The office's roster: who works here, who left, and which accounts are whose.

One file for the whole office, kept where the office's people files are and never sent. A person's ``id`` is what
becomes one pseudonym on every machine, and what access models name as ``person``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import date

import msgspec

from hustings import yaml_source
from hustings.errors import ConfigError

_DIGEST = re.compile(r"[0-9a-f]{64}\Z")


class Person(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Somebody who works or worked for the office."""

    id: str
    """The office's own name for the person, the same everywhere."""
    name: str = ""
    emails: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    """Sign-in names that are no addresses: of databases, machines, a directory."""
    left: date | None = None
    """The last day. From the next one on no account may be open."""


class RosterFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file as it is written."""

    people: tuple[Person, ...]
    salt: str = ""
    left_hashed: tuple[str, ...] = ()
    """Of those who left and are not to be named: SHA-256 of the salt and the lower-case address, as 64 hex digits."""


class Roster:
    """Whose account is whose. Names are compared without regard to case."""

    def __init__(self, file: RosterFile) -> None:
        self.people = file.people
        self._salt = file.salt
        self._hashed = frozenset(one.lower() for one in file.left_hashed)
        self._of: dict[str, Person] = {}
        for person in file.people:
            for name in names_of(person):
                self._of.setdefault(name, person)

    def person(self, *names: str) -> Person | None:
        """Whose account bears one of these names (sign-in name, mail address)."""
        return next((self._of[one.casefold()] for one in names if one and one.casefold() in self._of), None)

    def leaver(self, today: date, *names: str) -> Person | None:
        """The person who left before ``today`` and has an account of one of these names. Of one who is known by a
        digest alone, the id is the address."""
        found = self.person(*names)
        if found is not None:
            return found if found.left is not None and found.left < today else None
        for name in names:
            if "@" in name and self._digest(name) in self._hashed:
                return Person(name.lower())
        return None

    def _digest(self, address: str) -> str:
        return hashlib.sha256((self._salt + address.lower()).encode()).hexdigest()


def names_of(person: Person) -> Iterator[str]:
    """Every name by which an account may be this person's, folded."""
    yield from (one.casefold() for one in (*person.emails, *person.accounts, person.id) if one)


def parse(text: str, name: str) -> Roster:
    """A roster from its text. Raises ``ConfigError`` with the line and what to write instead."""
    source = yaml_source.load(text, name)
    if source.value is None:
        raise ConfigError("the roster is empty", where=name, remedy="write `people:` and who works here")
    file = yaml_source.convert(source, RosterFile)
    seen: dict[str, str] = {}
    ids: set[str] = set()
    for index, person in enumerate(file.people):
        where = source.where(("people", index))
        if not person.id.strip():
            raise ConfigError("a person has no id", where=where, remedy="give each person a short id of their own")
        if person.id in ids:
            raise ConfigError(f"two people have the id {person.id!r}", where=where, remedy="rename one")
        ids.add(person.id)
        for one in names_of(person):
            if seen.setdefault(one, person.id) != person.id:
                raise ConfigError(f"{one!r} is an account of {seen[one]!r} and of {person.id!r}", where=where,
                                  remedy="leave it with the one who answers for it")
    for index, digest in enumerate(file.left_hashed):
        if not _DIGEST.match(digest.lower()):
            raise ConfigError("not a SHA-256 digest", where=source.where(("left_hashed", index)),
                              remedy="write 64 hexadecimal digits: sha256(salt + lower-case address)")
    if file.left_hashed and not file.salt:
        raise ConfigError("digests without a salt can be guessed", where=name, remedy="add `salt:` and random text")
    return Roster(file)
