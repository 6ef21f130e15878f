"""How old failures are, kept beside each chain so that no page reads its past.

Two things are carried from report to report, in the order in which they were accepted:

* ``failing``: for each check that failed since its last pass, the earliest moment of those failures. An unknown,
  a check that stopped applying or a report that no longer mentions it changes nothing;
* ``applied``: for each check that the last report does not judge (not applicable, or not mentioned) and that an
  earlier one did, the moment of the last report that did.

Moments are those the server can vouch for (``vouched``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

PASS, FAIL, NOT_APPLICABLE = "p", "f", "n"
"""Letters of a stored vector."""

Moments = dict[str, datetime]
"""By check id."""


@dataclass(frozen=True, slots=True)
class Said:
    """What one accepted report said, as it is stored: ``vector`` has one letter for each of ``checks``."""

    at: datetime
    checks: Sequence[str]
    vector: str


@dataclass(frozen=True, slots=True)
class Ages:
    """What is carried, and the last report it was carried to (None before the first)."""

    failing: Mapping[str, datetime]
    applied: Mapping[str, datetime]
    last: Said | None = None


NONE = Ages({}, {})


def vouched(made: datetime | None, received: datetime, *, clock_off: bool) -> datetime:
    """When a report's verdicts were true: its own word if its clock is sound, and never after its receipt."""
    if clock_off or made is None:
        return received
    return min(made, received)


def following(ages: Ages, said: Said) -> Ages:
    """``ages`` after one more report."""
    last = ages.last
    same = last is not None and last.vector == said.vector and last.checks == said.checks
    if same and last is not None and last.at <= said.at:
        return Ages(ages.failing, ages.applied, said)
    failing: Moments = dict(ages.failing)
    judged: set[str] = set()
    for check, letter in zip(said.checks, said.vector, strict=True):
        if letter == PASS:
            failing.pop(check, None)
        elif letter == FAIL:
            failing[check] = min(failing.get(check, said.at), said.at)
        if letter != NOT_APPLICABLE:
            judged.add(check)
    applied: Moments = dict(ages.applied)
    if last is not None and not same:
        applied.update((check, last.at) for check, letter in zip(last.checks, last.vector, strict=True)
                       if letter != NOT_APPLICABLE and check not in judged)
    return Ages(failing, {check: at for check, at in applied.items() if check not in judged}, said)


def ages(reports: Iterable[Said]) -> Ages:
    """The same from nothing: a machine's reports, oldest first."""
    carried = NONE
    for one in reports:
        carried = following(carried, one)
    return carried


def written(moments: Mapping[str, datetime]) -> dict[str, str]:
    """As it is stored."""
    return {check: moments[check].isoformat() for check in sorted(moments)}


def read(stored: Mapping[str, str] | None) -> Moments:
    """From how it is stored."""
    return {check: datetime.fromisoformat(text) for check, text in (stored or {}).items()}
