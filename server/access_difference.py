"""What a machine's report says of the rights in one registration database, as records.

Everything here comes from the facts ``registration.*`` about that database. A list that did not arrive keeps its
reason, one of which only the number may leave the machine keeps that number, and one that was cut says so: none of
them ever reads as empty.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any, Generic, TypeVar

from hustings.facts import ACCOUNT, OBJECT, Missing, Observation, Reason, key
from server.standing import LATE_AFTER, Standing

T = TypeVar("T")

_HASH = re.compile(r"(sha256:)?[0-9a-f]{64}")
_DAYS_MAX = 36_525
PREFIX = "registration."
EXCESS = "registration.excess_rights"
MISSING = "registration.missing_rights"
ASSUMABLE = "registration.assumable_rights"
ANOMALIES = "registration.anomalies"
UNREAD = "registration.access_unread"
SUMMARY = "registration.access_summary"
HASH = "registration.difference_hash"
REVIEWED = "registration.model_reviewed"
LEAVERS = "registration.leavers_with_rights"
WINDOW = "registration.usage_window"
ENGINE = "registration.engine"
DECLARED = "registration.model_declared"
SHARED_NAMES = "registration.shared_names"
COMPARED = "registration.difference_of"
FACTS = (EXCESS, MISSING, ASSUMABLE, ANOMALIES, UNREAD, SUMMARY, HASH, REVIEWED, LEAVERS, WINDOW, ENGINE, DECLARED,
         SHARED_NAMES, COMPARED)
"""Every fact that is read here; each is declared in ``hustings/facts.json``."""


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """A list as it arrived: entries, or how many there are, or why nothing is known."""

    items: tuple[T, ...] = ()
    complete: bool = True
    count: int = 0
    """How many entries there are; more than ``items`` where only their number may leave the machine."""
    missing: Missing | None = None
    absent: bool = False
    """It was looked for and there is no such list: no model is declared, no log is read."""

    @property
    def known(self) -> bool:
        return self.missing is None and not self.absent

    @property
    def counted(self) -> bool:
        """Whether entries stay on the machine and only their number left it."""
        return self.known and self.count > len(self.items)

    @property
    def empty(self) -> bool:
        """Whether it is known that there is nothing."""
        return self.known and self.complete and self.count == 0


@dataclass(frozen=True, slots=True)
class Right:
    """A right that is held and not declared (``excess``), or declared and not held (``missing``)."""

    account: str
    object: str
    kind: str
    column: str
    """Empty for the whole object."""
    right: str
    state: str
    via: str
    last_used: str


@dataclass(frozen=True, slots=True)
class Reachable:
    """A right that an account could take by changing its role."""

    account: str
    role: str
    object: str
    right: str
    """``UPDATE``, or of a column ``UPDATE(status)``."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What was compared: the first line of the reviewed difference."""

    engine: str
    database: str
    model: str
    """SHA-256 of the model's bytes."""


@dataclass(frozen=True, slots=True)
class Fault:
    """An anomaly of a row of the catalogue. ``actual`` is in English; empty where it stays on the machine."""

    catalogue: str
    object: str
    account: str
    actual: str


@dataclass(frozen=True, slots=True)
class Undecided:
    """A row of the catalogue that could not be decided. ``reason`` is in English; empty where it stays there."""

    catalogue: str
    reason: str


@dataclass(frozen=True, slots=True)
class Cell:
    """The rights of one role on one object, in the model's letters (``policies.access.summary``)."""

    role: str
    """Empty for accounts that the model does not know."""
    object: str
    sensitivity: str
    kind: str
    declared: str
    """What the model says, held or not."""
    excess: str
    missing: str
    accounts: int
    """How many accounts have the role."""

    @property
    def held(self) -> str:
        """What is declared and what no account of the role lacks; nothing where no account has it."""
        return "".join(one for one in self.declared if one not in self.missing) if self.accounts else ""

    @property
    def idle(self) -> str:
        """What is declared for a role that nobody has."""
        return "" if self.accounts else self.declared


@dataclass(frozen=True, slots=True)
class Leaver:
    """Somebody who left and whose account still works."""

    person: str
    account: str
    left: date | None
    changes: bool
    """Whether the account can change voter data."""


@dataclass(frozen=True, slots=True)
class Observed:
    """The time that the read logs cover."""

    first: str
    last: str
    days: float


@dataclass(frozen=True)
class Picture:
    """One registration database as one machine reports it."""

    machine: Standing
    database: str

    @cached_property
    def declared(self) -> bool:
        """Whether the report says that an access model is declared for it."""
        said, seen = self._seen(DECLARED), self._seen(HASH)
        return said.value is not False if said is not None and said.known else seen is not None and not seen.absent

    @cached_property
    def difference(self) -> str:
        """The hash of the difference, 64 hexadecimal digits; empty where it is not known."""
        seen = self._seen(HASH)
        said = seen.value if seen is not None and isinstance(seen.value, str) else ""
        return said.removeprefix("sha256:") if _HASH.fullmatch(said) else ""

    @cached_property
    def why_unknown(self) -> Missing | None:
        """Why the difference is not known, where a model is declared."""
        seen = self._seen(HASH)
        if self.difference or not self.declared:
            return None
        said = seen.missing if seen else None
        return said or Missing(Reason.ERROR, "the report does not say what the difference is")

    @cached_property
    def as_of(self) -> datetime | None:
        """The moment that the difference speaks for."""
        seen = self._seen(HASH) or self._seen(EXCESS)
        return (seen.as_of if seen else None) or self.machine.heard.received

    @property
    def stale(self) -> bool:
        """Whether it is too old to say anything of today, or of a clock that cannot be relied on."""
        return (self.as_of is None or self.machine.now - self.as_of > LATE_AFTER or self.machine.late
                or self.machine.heard.clock_off)

    @cached_property
    def engine(self) -> str:
        seen = self._seen(ENGINE)
        return seen.value if seen is not None and isinstance(seen.value, str) else ""

    @cached_property
    def model_reviewed(self) -> date | None:
        """The day on which the model was last read through, by its own word."""
        seen = self._seen(REVIEWED)
        return _day(seen.value) if seen is not None and isinstance(seen.value, str) else None

    @cached_property
    def names_shared(self) -> bool:
        """Whether accounts and objects are named as they are."""
        seen = self._seen(SHARED_NAMES)
        said = seen.listing.items if seen is not None and seen.listing is not None else []
        return ACCOUNT in said and OBJECT in said

    @cached_property
    def compared(self) -> Part[Compared]:
        return self._part(COMPARED, lambda one: Compared(
            _text(one, "engine"), _text(one, "database"), _text(one, "model")))

    @cached_property
    def excess(self) -> Part[Right]:
        return self._part(EXCESS, lambda one: _right(one, "excess"))

    @cached_property
    def missing(self) -> Part[Right]:
        return self._part(MISSING, lambda one: _right(one, "missing"))

    @cached_property
    def assumable(self) -> Part[Reachable]:
        return self._part(ASSUMABLE, lambda one: Reachable(
            _text(one, "account"), _text(one, "role"), _text(one, "object"),
            _text(one, "right") + (f"({_text(one, 'column')})" if one.get("column") else "")))

    @cached_property
    def anomalies(self) -> Part[Fault]:
        return self._part(ANOMALIES, lambda one: Fault(
            _text(one, "catalogue"), _text(one, "object"), _text(one, "account"), _text(one, "actual")))

    @cached_property
    def unread(self) -> Part[Undecided]:
        return self._part(UNREAD, lambda one: Undecided(_text(one, "catalogue"), _text(one, "reason")))

    @cached_property
    def cells(self) -> Part[Cell]:
        return self._part(SUMMARY, lambda one: Cell(
            _text(one, "role"), _text(one, "object"), _text(one, "class"), _text(one, "kind"),
            _text(one, "declared"), _text(one, "excess"), _text(one, "missing"), _count(one.get("accounts"))))

    @cached_property
    def leavers(self) -> Part[Leaver]:
        return self._part(LEAVERS, lambda one: Leaver(
            _text(one, "person"), _text(one, "account"), _day(_text(one, "left")), one.get("changes") is not False))

    @cached_property
    def window(self) -> Part[Observed]:
        return self._part(WINDOW, _observed)

    @property
    def clean(self) -> bool:
        """Whether everyone is known to hold exactly what is declared, today, and nothing is wrong or unread."""
        return bool(self.difference) and not self.stale and all(
            one.empty for one in (self.excess, self.missing, self.anomalies, self.unread))

    def _seen(self, fact: str) -> Observation | None:
        report = self.machine.report
        return report.facts.get(key(fact, self.database)) if report else None

    def _part(self, fact: str, build: Callable[[Mapping[str, Any]], T]) -> Part[T]:
        seen = self._seen(fact)
        if seen is None:
            return Part(missing=Missing(Reason.ERROR, "it is not in the report"))
        if seen.missing is not None:
            return Part(missing=seen.missing)
        if seen.absent:
            return Part(absent=True)
        if seen.listing is not None:
            items = tuple(build(one) for one in seen.listing.items if isinstance(one, Mapping))
            return Part(items, seen.listing.complete and len(items) == len(seen.listing.items), len(items))
        if isinstance(seen.value, Mapping) and isinstance(seen.value.get("count"), int):
            return Part(complete=seen.value.get("complete") is True, count=_count(seen.value["count"]))
        return Part(missing=Missing(Reason.ERROR, "it is not a list"))


def pictures(machine: Standing) -> tuple[Picture, ...]:
    """Every registration database that a machine's last report speaks of, by name."""
    facts = machine.report.facts if machine.report else {}
    names = {name.partition("@")[2] for name in facts if name.startswith(PREFIX) and "@" in name}
    return tuple(Picture(machine, name) for name in sorted(names))


def picture(machine: Standing, database: str) -> Picture | None:
    """One of them; None if the report does not speak of it."""
    return next((one for one in pictures(machine) if one.database == database), None)


def every(machines: Iterable[Standing]) -> Iterator[Picture]:
    """The registration databases of all machines."""
    for machine in machines:
        yield from pictures(machine)


def _text(record: Mapping[str, Any], field: str) -> str:
    value = record.get(field)
    if isinstance(value, (Mapping, Missing)):
        return "?"
    return "" if value is None else str(value)


def _count(value: Any) -> int:
    return value if isinstance(value, int) and value > 0 else 0


def _right(record: Mapping[str, Any], state: str) -> Right:
    via = record.get("via")
    said = " > ".join(map(str, via)) if isinstance(via, list) else _text(record, "via")
    return Right(_text(record, "account"), _text(record, "object"), _text(record, "kind"), _text(record, "column"),
                 _text(record, "right"), state, said, _text(record, "last_used"))


def _observed(record: Mapping[str, Any]) -> Observed:
    days = record.get("days")
    whole = days if isinstance(days, (int, float)) and 0 <= days < _DAYS_MAX else 0
    return Observed(_text(record, "first"), _text(record, "last"), whole)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
