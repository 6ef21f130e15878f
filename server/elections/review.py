"""After an election: what was open on the day, what was repaired since, who was silent, what changed in the freeze.

Pure, over what the stored reports said. Nothing is judged anew: a failure is open on the day if the last report by
then that passed or failed the check failed it, whatever was silent or unknown in between (``server.findings``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from hustings.report import Inventory
from hustings.verdicts import Severity, Verdict
from policies.grade import WEIGHTS
from policies.model import Check, Pack
from server.elections.days import zone
from server.elections.deadlines import deadline
from server.elections.model import Election, Window, WindowKind
from server.records import Asset, Exemption
from server.standing import SILENT_AFTER

SHOWN_CHANGES = 40
"""Changed products of one machine that are listed; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Told:
    """What one stored report said. ``at`` is the moment the server can vouch for."""

    number: int
    at: datetime
    verdicts: Mapping[str, Verdict]


@dataclass(frozen=True, slots=True)
class Held:
    """What a report that arrived ``at`` said its machine is. ``inventory`` is never named by digest alone."""

    at: datetime
    roles: tuple[str, ...]
    inventory: Inventory


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine's stored reports: ``before`` the end of the day newest first, ``after`` it oldest first.

    Verdicts that decide nothing may be left out of them; the newest of ``before`` is always there. ``frozen`` and
    ``thawed`` are its last reports before the freeze and by its end; products that both hold alike may be left out.
    """

    agent: str
    name: str
    before: tuple[Told, ...]
    after: tuple[Told, ...] = ()
    frozen: Held | None = None
    thawed: Held | None = None
    since: Mapping[str, datetime] = field(default_factory=dict)
    """Of checks that failed by the end of the day: when they first did after their last pass, as far as is known."""


@dataclass(frozen=True, slots=True)
class Place:
    """One failure that was open on the day."""

    agent: str
    name: str
    first_failed: datetime
    overdue: bool
    accepted: bool
    """An exception was in force."""
    seen: bool
    """The last report of the day says so; if not, an earlier one did and nothing passed since."""
    repaired: datetime | None
    """When a report first said that it passes; None while none has."""
    report: int
    """The number of the stored report that says so."""


@dataclass(frozen=True, slots=True)
class Open:
    """A check that failed on the day somewhere."""

    check: str
    known: Check | None
    """None where this version's pack has it no more."""
    places: tuple[Place, ...]

    @property
    def severity(self) -> Severity | None:
        return self.known.severity if self.known else None

    @property
    def left(self) -> tuple[Place, ...]:
        """Where no report has said yet that it passes."""
        return tuple(one for one in self.places if one.repaired is None)


@dataclass(frozen=True, slots=True)
class Quiet:
    """A machine that said nothing in the week before the end of the day; ``last`` None where it never did."""

    name: str
    last: datetime | None
    still: bool = True
    """It should report today and does not."""


@dataclass(frozen=True, slots=True)
class Changed:
    """What differs on one machine between the last report before the freeze and the last by its end."""

    agent: str
    name: str
    known: bool
    """False where one of the two reports, or a whole inventory, is missing."""
    since: datetime | None = None
    until: datetime | None = None
    system: tuple[str, str] | None = None
    roles: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    products: tuple[tuple[str, str, str], ...] = ()
    """Name, version before, version after; an empty version where it was not there."""
    whole: bool = True

    @property
    def differs(self) -> bool:
        return bool(self.system or self.roles or self.products)


@dataclass(frozen=True, slots=True)
class Review:
    election: Election
    end: datetime
    """The end of the last voting day, where the office is."""
    freeze: Window | None
    machines: int
    open: tuple[Open, ...]
    silent: tuple[Quiet, ...]
    exceptions: tuple[Exemption, ...]
    changes: tuple[Changed, ...]
    heard: int
    """Machines that reported in the week before the end of the day: without one, nothing is known of it."""

    @property
    def failures(self) -> int:
        return sum(len(one.places) for one in self.open)

    @property
    def left(self) -> tuple[Open, ...]:
        """What goes into the next plan."""
        return tuple(one for one in self.open if one.left)

    @property
    def repaired(self) -> tuple[Open, ...]:
        return tuple(one for one in self.open if not one.left)

    @property
    def still_silent(self) -> tuple[Quiet, ...]:
        """Silent then, and today."""
        return tuple(one for one in self.silent if one.still)

    @property
    def changed(self) -> tuple[Changed, ...]:
        return tuple(one for one in self.changes if one.differs)

    @property
    def unknown_changes(self) -> tuple[Changed, ...]:
        return tuple(one for one in self.changes if not one.known or not one.whole)


def end_of(day: date, zone_name: str) -> datetime:
    """The moment a day ends in a time zone."""
    return datetime.combine(day + timedelta(days=1), time(), zone(zone_name))


def freeze_of(election: Election) -> Window | None:
    """The freeze of all equipment, else the first of some."""
    windows = election.of(WindowKind.FREEZE)
    return next((one for one in windows if not one.equipment), windows[0] if windows else None)


def review(election: Election, machines: Iterable[Machine], pack: Pack, *, zone_name: str,
           elections: Iterable[Election] = (), assets: Iterable[Asset] = (),
           exemptions: Iterable[Exemption] = (), expected: Collection[str] | None = None) -> Review:
    """The review of one election. ``elections`` are those that were known on the day: they set its deadlines.

    ``expected`` are the folded names that should report today and do not; None if that is not known. ``machines``
    are gone through once.
    """
    end = end_of(election.last, zone_name)
    known = tuple(elections)
    accepting = tuple(one for one in exemptions if one.kind == "exception" and one.in_force(end))
    freeze = freeze_of(election)
    places: dict[str, list[Place]] = {}
    changes: list[Changed] = []
    last: list[tuple[str, datetime | None]] = []
    for machine in machines:
        for check, place in _open(machine, pack, end, known, accepting):
            places.setdefault(check, []).append(place)
        if freeze:
            changes.append(_changed(machine))
        last.append((machine.name, machine.before[0].at if machine.before else None))
    found = [Open(check, pack.check(check), tuple(sorted(some, key=lambda one: (one.repaired is not None, one.name))))
             for check, some in places.items()]
    named = {name.casefold() for name, _ in last}
    quiet = [(name, at) for name, at in last if at is None or end - at > SILENT_AFTER]
    heard = len(last) - len(quiet)
    quiet += [(one.name, None) for one in assets if one.name.casefold() not in named]
    silent = [Quiet(name, at, expected is None or name.casefold() in expected) for name, at in quiet]
    return Review(
        election, end, freeze, len(last), tuple(sorted(found, key=_weight)),
        tuple(sorted(silent, key=lambda one: one.name)), accepting, tuple(changes), heard)


def _open(machine: Machine, pack: Pack, end: datetime, elections: tuple[Election, ...],
          accepting: tuple[Exemption, ...]) -> Iterable[tuple[str, Place]]:
    last: dict[str, tuple[Verdict, Told]] = {}
    first: dict[str, datetime] = {}
    closed: set[str] = set()
    for told in machine.before:
        for check, verdict in told.verdicts.items():
            if check in closed:
                continue
            if verdict is Verdict.PASS:
                closed.add(check)
                last.setdefault(check, (verdict, told))
            elif verdict is Verdict.FAIL:
                last.setdefault(check, (verdict, told))
                first[check] = min(first.get(check, told.at), told.at)
    for check, (verdict, told) in last.items():
        if verdict is not Verdict.FAIL:
            continue
        known = pack.check(check)
        began = min(first[check], machine.since.get(check, first[check]))
        due = deadline(began, known.severity, elections).due if known else None
        accepted = any(one.subject in (check, known.catalogue if known else "")
                       and one.asset.casefold() in ("", machine.name.casefold()) for one in accepting)
        repaired = next((one.at for one in machine.after if one.verdicts.get(check) is Verdict.PASS), None)
        yield check, Place(machine.agent, machine.name, began, due is not None and due < end, accepted,
                           told is machine.before[0], repaired, told.number)


def _changed(machine: Machine) -> Changed:
    if machine.frozen is None or machine.thawed is None:
        return Changed(machine.agent, machine.name, known=False)
    old, new = machine.frozen, machine.thawed
    before, after = old.inventory, new.inventory
    was, now = (_versions(one) for one in (before, after))
    products = tuple((name, was.get((name, source), ""), now.get((name, source), ""))
                     for name, source in sorted(was.keys() | now.keys())
                     if was.get((name, source)) != now.get((name, source)))
    system = (_system(before), _system(after))
    roles = (tuple(sorted(old.roles)), tuple(sorted(new.roles)))
    return Changed(machine.agent, machine.name, known=True, since=old.at, until=new.at,
                   system=system if system[0] != system[1] else None, roles=roles if roles[0] != roles[1] else None,
                   products=products, whole=before.complete and after.complete)


def _versions(inventory: Inventory) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], set[str]] = {}
    for one in inventory.products:
        found.setdefault((one.name, one.source), set()).add(one.version)
    return {key: ", ".join(sorted(some)) for key, some in found.items()}


def _system(inventory: Inventory) -> str:
    return inventory.os.name or f"{inventory.os.id} {inventory.os.version}"


def _weight(one: Open) -> tuple[float, int, str]:
    return (-WEIGHTS[one.severity] if one.severity else 1, -len(one.places), one.check)
