"""Facts: what was seen on a machine, declared once and carried with its age.

A fact is declared by a collector (or by a derivation) as ``Fact``; what was seen is an
``Observation``. Three answers are kept apart for ever: a value, ``absent`` (looked for and not
there), and ``Missing`` (could not be learnt, with the reason). Missing is never absent.

Values are plain JSON: booleans, numbers, text, times and dates as text (see
``hustings.times``), durations as whole seconds, and ``Listing`` for lists. A fact about a
declared instance (one of several repositories, say) is keyed ``id@subject``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any, Protocol, TypeAlias

import msgspec

from hustings.times import Moment


class Disclosure(StrEnum):
    """What may leave the machine."""

    SHARED = "shared"
    """The value may leave."""
    PSEUDONYM = "pseudonym"
    """Its records leave, names in them as pseudonyms under the office's key; without a key, counts only."""
    COUNTED = "counted"
    """Only counts or booleans derived from it leave."""
    LOCAL = "local"
    """It never leaves."""


STRICTEST = (Disclosure.SHARED, Disclosure.PSEUDONYM, Disclosure.COUNTED, Disclosure.LOCAL)

ACCOUNT, OBJECT, PERSON, WORDS = "account", "object", "person", "words"
"""What a field of a record names, for facts that leave under pseudonyms: an account or a role, an object or a
column of a database, a person. ``WORDS`` are sentences that may quote any of them: they leave only where
accounts and objects do by name."""


class Type(StrEnum):
    """The type of a fact's value, or of a field of its records."""

    BOOL = "bool"
    INT = "int"
    FLOAT = "float"
    TEXT = "text"
    VERSION = "version"
    TIME = "time"
    DURATION = "duration"
    TEXTS = "texts"
    RECORDS = "records"


class Reason(StrEnum):
    """Why a fact could not be learnt."""

    DENIED = "denied"
    TIMEOUT = "timeout"
    UNSUPPORTED = "unsupported"
    TRUNCATED = "truncated"
    ERROR = "error"
    STALE = "stale"
    WITHHELD = "withheld"


class Field(msgspec.Struct, frozen=True, omit_defaults=True):
    """One field of the records in a list fact."""

    name: str
    type: Type
    meaning: str
    names: str = ""
    """For facts that leave under pseudonyms: ``ACCOUNT``, ``OBJECT``, ``PERSON`` or ``WORDS``."""


class Fact(msgspec.Struct, frozen=True, omit_defaults=True):
    """The declaration of a fact: the one place its meaning is written down."""

    id: str
    type: Type
    meaning: str
    disclosure: Disclosure
    unit: str = ""
    each: str = ""
    """The kind of declared instance this fact is about (``repository``, ``database`` …)."""
    fields: tuple[Field, ...] = ()
    platforms: str = ""
    """How the fact is read on each platform, where that needs saying."""


class Missing(msgspec.Struct, frozen=True, omit_defaults=True):
    """The reason a value could not be learnt."""

    reason: Reason
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}" if self.detail else str(self.reason)


class Listing(msgspec.Struct, frozen=True, omit_defaults=True):
    """A list that knows whether it is whole. Items are text or flat records.

    A field of a record may itself be ``Missing`` (encoded as ``{"reason": …, "detail": …}``).
    """

    items: list[Any]
    complete: bool = True
    why: Missing | None = None
    """Why it is not complete."""


class Observation(msgspec.Struct, frozen=True, omit_defaults=True):
    """One fact as seen: exactly one of a value, ``absent`` or ``missing``."""

    value: Any = None
    listing: Listing | None = None
    absent: bool = False
    missing: Missing | None = None
    as_of: Moment | None = None
    """The time the fact's *source* speaks for (aware, UTC); None when missing."""

    @property
    def known(self) -> bool:
        return self.missing is None and not self.absent


Facts: TypeAlias = dict[str, Observation]
"""Observations by ``id`` or ``id@subject``."""


def key(fact: str, subject: str | None = None) -> str:
    """The key of a fact, or of a fact about one declared instance."""
    return f"{fact}@{subject}" if subject else fact


def unknown(reason: Reason, detail: str = "") -> Observation:
    """An observation that says why there is no value."""
    return Observation(missing=Missing(reason, detail))


class Registry:
    """All declared facts by id. Built by discovery on a machine, from ``facts.json`` elsewhere."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        self._facts: dict[str, Fact] = {}
        for fact in facts:
            if fact.id in self._facts:
                raise ValueError(f"the fact {fact.id} is declared twice")
            self._facts[fact.id] = fact

    def get(self, fact: str) -> Fact | None:
        """The declaration of ``fact`` (an id or an ``id@subject`` key), or None."""
        return self._facts.get(fact.partition("@")[0])

    def __iter__(self) -> Iterator[Fact]:
        return iter(self._facts.values())

    def __contains__(self, fact: str) -> bool:
        return fact.partition("@")[0] in self._facts

    def __len__(self) -> int:
        return len(self._facts)

    @classmethod
    def shipped(cls) -> Registry:
        """The facts of this release, from the generated ``facts.json``: for rooms that never look."""
        from importlib.resources import files

        return cls(msgspec.json.decode(files("hustings").joinpath("facts.json").read_bytes(), type=list[Fact]))


class Names(Protocol):
    """What names become when they leave (``hustings.pseudonyms``)."""

    def shares(self, kind: str, subject: str | None) -> bool: ...

    def can_say(self, kinds: Iterable[str], subject: str | None) -> bool: ...

    def say(self, kind: str, name: str, subject: str | None) -> str: ...


def disclose(facts: Mapping[str, Observation], registry: Registry, names: Names | None = None) -> Facts:
    """The projection of ``facts`` that may leave the machine.

    ``shared`` facts pass; of ``pseudonym`` ones the records do, with what ``names`` says for each name, and are
    held like ``counted`` ones where it cannot; of ``counted`` ones, booleans and counts pass and the rest reads
    ``withheld``; ``local`` and undeclared facts read ``withheld``. Reasons always pass, without
    their detail for facts that are not shared (a detail may quote a name).
    """
    return {name: _project(seen, registry.get(name), names, name.partition("@")[2] or None)
            for name, seen in facts.items()}


def speakable(fact: Fact, names: Names | None, subject: str | None) -> bool:
    """Whether the records of a fact that is held under pseudonyms may leave."""
    kinds = {one.names for one in fact.fields} - {"", WORDS}
    return fact.disclosure is Disclosure.PSEUDONYM and names is not None and names.can_say(kinds, subject)


def renamed(item: Any, fact: Fact, names: Names, subject: str | None) -> dict[str, Any]:
    """A record as it leaves: declared fields alone, every name in it as ``names`` says it, reasons as their word."""
    left: dict[str, Any] = {}
    kinds = {one.name: one.names for one in fact.fields}
    words = names.shares(ACCOUNT, subject) and names.shares(OBJECT, subject)
    for field, value in item.items():
        kind = kinds.get(field)
        if kind is None or (kind == WORDS and not words):
            continue
        if isinstance(value, Missing):
            left[field] = {"reason": str(value.reason)}
        elif isinstance(value, Mapping):
            left[field] = {one: _word(str(why)) for one, why in value.items() if one in ("reason", "unknown")}
        elif not kind or kind == WORDS or value is None:
            left[field] = value
        elif isinstance(value, str):
            left[field] = names.say(kind, value, subject)
        else:
            left[field] = [names.say(kind, str(one), subject) for one in value]
    return left


def _word(cause: str) -> str:
    """A reason's own word, without its detail."""
    word = cause.partition(":")[0].strip()
    return word if word in set(Reason) else str(Reason.ERROR)


def _project(seen: Observation, fact: Fact | None, names: Names | None, subject: str | None) -> Observation:
    if fact is not None and fact.disclosure is Disclosure.SHARED:
        return seen
    if seen.missing is not None:
        return Observation(missing=Missing(seen.missing.reason))
    if fact is not None and seen.listing is not None and names is not None and speakable(fact, names, subject):
        why = Missing(seen.listing.why.reason) if seen.listing.why else None
        items = [renamed(item, fact, names, subject) for item in seen.listing.items]
        return Observation(listing=Listing(items, seen.listing.complete, why), as_of=seen.as_of)
    held_as_counts = fact is not None and fact.disclosure in (Disclosure.PSEUDONYM, Disclosure.COUNTED)
    if seen.absent and held_as_counts:
        return seen
    if fact is not None and held_as_counts:
        if seen.listing is not None:
            return Observation(value={"count": len(seen.listing.items), "complete": seen.listing.complete},
                               as_of=seen.as_of)
        if fact.type in (Type.BOOL, Type.INT):
            return seen
    return Observation(missing=Missing(Reason.WITHHELD))
