"""People who left and where they can still get in, over every machine's last report.

A person is a pseudonym here, the same from every machine that holds the office's key, or a name where the office
lets it leave. A place of which nothing could be said is listed beside, never passed over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from hustings.facts import Missing, Observation
from server.standing import Standing

DIRECTORY, DATABASE, MACHINE = "directory", "database", "machine"
FACTS = {"directory.leavers": DIRECTORY, "registration.leavers": DATABASE,
         "registration.leavers_with_rights": DATABASE, "accounts.leavers": MACHINE}
"""Every fact that is read here, and the kind of place that it is about."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was looked for: a directory or a database by name, or the machine itself."""

    kind: str
    name: str
    machine: Standing


@dataclass(frozen=True, slots=True)
class Access:
    """An account of somebody who left; ``open`` is None where nobody could say."""

    place: Place
    account: str
    open: bool | None
    admin: bool


@dataclass(frozen=True, slots=True)
class Leaver:
    """A person, the last day as far as any machine knows it, and the accounts that are or may be open."""

    person: str
    left: date | None
    accesses: tuple[Access, ...]

    @property
    def certain(self) -> bool:
        """Whether at least one account is known to be open."""
        return any(one.open for one in self.accesses)


@dataclass(frozen=True, slots=True)
class Unsaid:
    """A place of which only a number, or nothing, is known."""

    place: Place
    count: int | None
    """Accounts of people who left, open or not, whose names stay on the machine; None where nothing is known."""
    why: str

    @property
    def certain(self) -> bool:
        """Whether the number alone says that somebody can get in: a directory lists open accounts and no others."""
        return bool(self.count) and self.place.kind == DIRECTORY


@dataclass(frozen=True, slots=True)
class Picture:
    """The whole office. ``looked`` counts the places of which it is known who of those who left is there."""

    people: tuple[Leaver, ...]
    unsaid: tuple[Unsaid, ...]
    looked: int

    @property
    def counted(self) -> tuple[Unsaid, ...]:
        """Where somebody can get in, and no name says who."""
        return tuple(one for one in self.unsaid if one.certain)

    @property
    def doubtful(self) -> tuple[Unsaid, ...]:
        """Where nobody can say."""
        return tuple(one for one in self.unsaid if not one.certain)


def picture(machines: Iterable[Standing]) -> Picture:
    """What all machines say, each account once."""
    found: dict[tuple[str, str, str, str], Access] = {}
    left: dict[str, date | None] = {}
    unsaid: list[Unsaid] = []
    looked = 0
    for machine in machines:
        for place, seen in _reported(machine):
            if not machine.late and _nobody(seen):
                looked += 1
                continue
            if machine.late or seen.listing is None:
                unsaid.append(_unsaid(place, seen))
                continue
            looked += 1
            if not seen.listing.complete:
                unsaid.append(Unsaid(place, None, str(seen.listing.why.reason) if seen.listing.why else "truncated"))
            for one in seen.listing.items:
                if not isinstance(one, Mapping):
                    continue
                access = _access(place, one)
                person = _text(one.get("person"))
                if access.open is False or not person:
                    continue
                key = (person, place.kind, place.name, access.account)
                found[key] = _worse(found.get(key), access)
                left[person] = _later(left.get(person), _day(_text(one.get("left"))))
    people = [Leaver(person, left[person], tuple(one for key, one in sorted(found.items(), key=lambda item: item[0])
                                                 if key[0] == person)) for person in left]
    once = {(one.place.kind, one.place.name, one.place.machine.heard.agent): one for one in reversed(unsaid)}
    return Picture(tuple(sorted(people, key=lambda one: (not one.certain, -len(one.accesses), one.person))),
                   tuple(reversed(once.values())), looked)


def _reported(machine: Standing) -> Iterator[tuple[Place, Observation]]:
    facts = machine.report.facts if machine.report else {}
    for name, seen in sorted(facts.items()):
        fact, _, subject = name.partition("@")
        if fact in FACTS and not seen.absent:
            yield Place(FACTS[fact], subject or machine.name, machine), seen


def _access(place: Place, record: Mapping[str, Any]) -> Access:
    is_open = record.get("open", True)
    return Access(place, _text(record.get("account")), is_open if isinstance(is_open, bool) else None,
                  record.get("admin") is True)


def _worse(before: Access | None, now: Access) -> Access:
    """Of two facts or machines that speak of one account, the one that says open."""
    return now if before is None or (before.open is None and now.open) else before


def _nobody(seen: Observation) -> bool:
    """Whether the number alone says that there is nobody."""
    return isinstance(seen.value, Mapping) and seen.value.get("count") == 0 and seen.value.get("complete") is True


def _unsaid(place: Place, seen: Observation) -> Unsaid:
    if place.machine.late:
        return Unsaid(place, None, "stale")
    if isinstance(seen.value, Mapping) and isinstance(seen.value.get("count"), int):
        return Unsaid(place, max(0, seen.value["count"]), "")
    missing = seen.missing if isinstance(seen.missing, Missing) else None
    return Unsaid(place, None, str(missing.reason) if missing else "error")


def _later(one: date | None, other: date | None) -> date | None:
    return max((day for day in (one, other) if day is not None), default=None)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
